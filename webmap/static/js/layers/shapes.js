// Shapes as the canvas draws them: one form for vector tiles and for embedded GeoJSON.
//
// A shape is {code, props, kind: 1 point | 2 line | 3 polygon, parts, box}; `parts` are flat
// arrays x, y, x, y … in *units*, where one unit is the side of the tile (or of the world) that
// the shapes belong to. A polygon's parts are its rings; holes turn the other way round, so that
// many polygons can be filled as one path.

import { VectorTile } from "@mapbox/vector-tile";
import Flatbush from "flatbush";
import Pbf from "pbf";

/** The shapes of one vector tile, and its label points from the tile's layer `…_labels`. */
export function fromTile(buffer, name) {
  const tile = new VectorTile(new Pbf(new Uint8Array(buffer)));
  const found = [];
  const labels = [];
  for (const [key, layer] of Object.entries(tile.layers)) {
    const isLabels = key.endsWith("_labels");
    if (!isLabels && key !== name && name in tile.layers) continue;
    for (let i = 0; i < layer.length; i++) {
      const feature = layer.feature(i);
      const parts = feature.loadGeometry().map((ring) => flat(ring, layer.extent));
      (isLabels ? labels : found).push({ ...shape(feature.properties, feature.type, parts), id: feature.id });
    }
  }
  if ("streets" in tile.layers) labels.push(...found.filter(({ kind }) => kind === 3).map(labelOf)); // water
  return { ...indexed(found), labels };
}

function flat(ring, extent) {
  const part = new Float32Array(ring.length * 2);
  for (let i = 0; i < ring.length; i++) {
    part[2 * i] = ring[i].x / extent;
    part[2 * i + 1] = ring[i].y / extent;
  }
  return part;
}

/** The shapes of a GeoJSON FeatureCollection, in units of the Web Mercator world. */
export function fromGeoJson(collection) {
  const found = [];
  for (const feature of collection?.features ?? []) {
    if (!feature.geometry) continue;
    const [kind, parts] = worldParts(feature.geometry);
    if (parts.length) found.push(shape({ code: feature.id, ...feature.properties }, kind, parts));
  }
  const labels = found.filter(({ kind }) => kind === 3).map(labelOf);
  return { ...indexed(found), labels };
}

/** A point inside a polygon: the middle of its widest stretch at half its height. */
function labelOf({ props, parts, box }) {
  const y = (box[1] + box[3]) / 2;
  const crossings = [];
  for (const ring of parts) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      if (ring[i + 1] > y === ring[j + 1] > y) continue;
      crossings.push(((ring[j] - ring[i]) * (y - ring[i + 1])) / (ring[j + 1] - ring[i + 1]) + ring[i]);
    }
  }
  crossings.sort((a, b) => a - b);
  let best = [(box[0] + box[2]) / 2, -1];
  for (let i = 0; i + 1 < crossings.length; i += 2) {
    const width = crossings[i + 1] - crossings[i];
    if (width > best[1]) best = [(crossings[i] + crossings[i + 1]) / 2, width];
  }
  return shape(props, 1, [Float64Array.of(best[0], y)]);
}

function worldParts({ type, coordinates }) {
  switch (type) {
    case "Point":
      return [1, [worldRing([coordinates])]];
    case "MultiPoint":
      return [1, coordinates.map((point) => worldRing([point]))];
    case "LineString":
      return [2, [worldRing(coordinates)]];
    case "MultiLineString":
      return [2, coordinates.map(worldRing)];
    case "Polygon":
      return [3, turned(coordinates)];
    case "MultiPolygon":
      return [3, coordinates.flatMap(turned)];
    default:
      return [0, []];
  }
}

/** Longitude, latitude as units of the Web Mercator world (0…1, y southward). */
export function toWorld(lng, lat) {
  const sine = Math.sin((Math.max(-85.0511, Math.min(85.0511, lat)) * Math.PI) / 180);
  return [lng / 360 + 0.5, 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)];
}

function worldRing(points) {
  const part = new Float64Array(points.length * 2);
  points.forEach(([lng, lat], i) => part.set(toWorld(lng, lat), 2 * i));
  return part;
}

/** The rings of a polygon, the outer one clockwise on the screen, the holes against it. */
function turned(rings) {
  return rings.map((points, i) => {
    const ring = worldRing(points);
    let doubled = 0;
    for (let j = 0; j + 3 < ring.length; j += 2) doubled += ring[j] * ring[j + 3] - ring[j + 2] * ring[j + 1];
    return doubled > 0 === (i === 0) ? ring : worldRing([...points].reverse());
  });
}

function shape(props, kind, parts) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const part of parts) {
    for (let i = 0; i < part.length; i += 2) {
      box[0] = Math.min(box[0], part[i]);
      box[1] = Math.min(box[1], part[i + 1]);
      box[2] = Math.max(box[2], part[i]);
      box[3] = Math.max(box[3], part[i + 1]);
    }
  }
  return { code: props.code, props, kind, parts, box };
}

function indexed(shapes) {
  let index = null;
  if (shapes.length > 16) {
    index = new Flatbush(shapes.length);
    for (const one of shapes) index.add(...one.box);
    index.finish();
  }
  return { shapes, index };
}

/** The shapes whose boxes meet this one, in their own order. */
export function within({ shapes, index }, minX, minY, maxX, maxY) {
  if (index) return index.search(minX, minY, maxX, maxY).sort((a, b) => a - b).map((i) => shapes[i]);
  return shapes.filter(({ box }) => box[0] <= maxX && box[2] >= minX && box[1] <= maxY && box[3] >= minY);
}

/** Whether a point hits a shape, `reach` being how near a line or point must be. */
export function hits({ kind, parts }, x, y, reach) {
  if (kind === 3) return isInside(parts, x, y);
  return parts.some((part) => nearTo(part, x, y, reach));
}

function isInside(rings, x, y) {
  let inside = false;
  for (const ring of rings) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      const crosses = ring[i + 1] > y !== ring[j + 1] > y;
      if (crosses && x < ((ring[j] - ring[i]) * (y - ring[i + 1])) / (ring[j + 1] - ring[i + 1]) + ring[i]) {
        inside = !inside;
      }
    }
  }
  return inside;
}

function nearTo(part, x, y, reach) {
  for (let i = 0; i < part.length; i += 2) {
    const last = i + 2 >= part.length;
    const [x1, y1, x2, y2] = last
      ? [part[i], part[i + 1], part[i], part[i + 1]]
      : [part[i], part[i + 1], part[i + 2], part[i + 3]];
    const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
    const along = length ? Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length)) : 0;
    if (Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1)) <= reach) return true;
  }
  return false;
}
