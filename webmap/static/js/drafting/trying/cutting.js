// Units cut along lines: faces, and what becomes of parts that are too small, as on the server.

import { areaOf, boxOf, crossing, farFrom, isInside, meet, nameOf, nearest, PER_M, same, sideName, sidesOf, Unions } from "./plane.js";
import { sidesOfUnit } from "./ground.js";
import { lineOf, polygonOf } from "./laying.js";

const ON = 0.75; // steps: as near to a point a side goes through it
const CRUMB_M2 = 20;
const THIN_M = 1;
const PASSES = 100;

/**
 * The faces into which lines divide units: {unit, rings, sides, area, box}; those sides that lie on a
 * line, by name.
 */
export function divided(units, lines) {
  const stretches = lines.flatMap((line) => line.slice(1).map((b, i) => ({ a: line[i], b, box: boxOf([line[i], b], 10) }))).filter(({ a, b }) => !same(a, b));
  const touched = units.filter(({ box }) => stretches.some((stretch) => meet(box, stretch.box)));
  const { edges, onLine } = noded(touched, stretches);
  const among = new Set(touched);
  const faces = [...polygons(edges, touched), ...units.filter((unit) => !among.has(unit)).map(whole)];
  faces.sort((one, other) => one.unit.number - other.unit.number);
  return { faces, onLine };
}

const whole = (unit) => ({ unit, rings: unit.rings, sides: sidesOfUnit(unit), area: unit.area, box: unit.box });

/** Sides of units and of lines, broken wherever one meets another. */
function noded(units, stretches) {
  const sides = new Map();
  const corners = new Map();
  const points = new Map();
  for (const unit of units) {
    for (const side of sidesOfUnit(unit)) {
      if (sides.has(side.name)) continue;
      sides.set(side.name, side);
      corners.set(nameOf(side.a), side.a).set(nameOf(side.b), side.b);
    }
  }
  for (const { a, b, box } of stretches) {
    points.set(nameOf(a), a).set(nameOf(b), b);
    for (const side of sides.values()) {
      if (!meets(side, box)) continue;
      const at = crossing(a, b, side.a, side.b);
      if (at) points.set(nameOf(at), at);
    }
  }
  for (const [name, at] of points) corners.set(name, at);
  const edges = new Map();
  const onLine = new Set();
  const fresh = [...points.values()];
  const boxes = boxOf(fresh, 1);
  for (const side of sides.values()) for (const [a, b] of meets(side, boxes) ? broken(side.a, side.b, fresh) : [[side.a, side.b]]) edges.set(sideName(a, b), [a, b]);
  const all = [...corners.values()];
  for (const stretch of stretches) {
    for (const [a, b] of broken(stretch.a, stretch.b, all.filter(([x, y]) => x >= stretch.box[0] && x <= stretch.box[2] && y >= stretch.box[1] && y <= stretch.box[3]))) {
      edges.set(sideName(a, b), [a, b]);
      onLine.add(sideName(a, b));
    }
  }
  return { edges, onLine };
}

const meets = ({ a, b }, box) => Math.max(a[0], b[0]) >= box[0] && Math.min(a[0], b[0]) <= box[2] && Math.max(a[1], b[1]) >= box[1] && Math.min(a[1], b[1]) <= box[3];

/** A side in pieces, broken at the points that it goes through. */
function broken(a, b, points) {
  const put = [];
  for (const point of points) {
    if (same(point, a) || same(point, b)) continue;
    const { far, along } = nearest(a, b, point);
    if (far <= ON) put.push([along, point]);
  }
  if (!put.length) return [[a, b]];
  const path = [a, ...put.sort(([one], [other]) => one - other).map(([, point]) => point), b];
  return path.slice(1).map((point, i) => [path[i], point]);
}

function polygons(edges, units) {
  const polygonizer = new globalThis.jsts.operation.polygonize.Polygonizer();
  for (const [a, b] of edges.values()) polygonizer.add(lineOf([a, b]));
  const faces = [];
  for (const polygon of polygonizer.getPolygons().toArray()) {
    const inner = polygon.getInteriorPoint();
    const at = [inner.getX(), inner.getY()];
    const unit = units.find(({ box, rings }) => at[0] >= box[0] && at[0] <= box[2] && at[1] >= box[1] && at[1] <= box[3] && isInside(rings, at));
    if (!unit) continue;
    const rings = [polygon.getExteriorRing(), ...Array.from({ length: polygon.getNumInteriorRing() }, (_, i) => polygon.getInteriorRingN(i))].map((ring) => ring.getCoordinates().map(({ x, y }) => [x, y]));
    faces.push({ unit, rings, sides: sidesOf(rings), area: areaOf(rings), box: boxOf(rings[0]), inner: at });
  }
  return faces;
}

/** A point inside a face. */
export function innerOf(face) {
  if (!face.inner) {
    const inner = polygonOf(face.rings).getInteriorPoint();
    face.inner = [inner.getX(), inner.getY()];
  }
  return face.inner;
}

/** Pairs of faces that share sides: [one, other, metres]; without sides of these names. */
export function beside(faces, but = new Set()) {
  const first = new Map();
  const shared = new Map();
  faces.forEach(({ sides }, i) => {
    for (const { name, length } of sides) {
      if (but.has(name)) continue;
      const other = first.get(name);
      if (other === undefined) first.set(name, i);
      else if (other !== i) {
        const pair = other * faces.length + i;
        shared.set(pair, (shared.get(pair) ?? 0) + length);
      }
    }
  });
  return [...shared].map(([pair, metres]) => [Math.floor(pair / faces.length), pair % faces.length, metres]);
}

/**
 * The pieces into which lines cut regions: the piece of each face, and whether it was cut off (all
 * pieces of each connected part of a region are, but the largest).
 */
export function piecesOf(faces, onLine, region) {
  const kin = (pairs) => pairs.filter(([one, other]) => region[one] === region[other]);
  const before = joined(faces.length, kin(beside(faces)));
  const piece = joined(faces.length, kin(beside(faces, onLine)));
  const area = new Map();
  faces.forEach((face, i) => area.set(piece[i], (area.get(piece[i]) ?? 0) + face.area));
  const largest = new Map();
  faces.forEach((_, i) => {
    const best = largest.get(before[i]);
    if (best === undefined || area.get(piece[i]) > area.get(best) + 0.0005) largest.set(before[i], piece[i]);
  });
  return { before, piece, area, isOff: faces.map((_, i) => piece[i] !== largest.get(before[i])) };
}

function joined(count, pairs) {
  const unions = new Unions(count);
  for (const [one, other] of pairs) unions.join(one, other);
  return Array.from({ length: count }, (_, i) => unions.find(i));
}

/** Labels after parts that are too small have gone to what is beside them in their unit, and the part of each face. */
export function settled(faces, labels) {
  const label = [...labels];
  const pairs = beside(faces).filter(([one, other]) => faces[one].unit === faces[other].unit);
  for (let pass = 0; pass < PASSES; pass++) {
    const part = joined(faces.length, pairs.filter(([one, other]) => label[one] === label[other]));
    const goes = crumbs(faces, part, pairs);
    if (!goes.size) return { label, part };
    const given = new Map([...goes].map(([from, to]) => [from, label[to]]));
    faces.forEach((_, i) => given.has(part[i]) && (label[i] = given.get(part[i])));
  }
  return null;
}

/** Parts that are too small, and a face of the part that each goes to. */
function crumbs(faces, part, pairs) {
  const parts = new Map();
  faces.forEach((face, i) => {
    const one = parts.get(part[i]) ?? { faces: [], area: 0, unit: face.unit };
    parts.set(part[i], one);
    one.faces.push(face);
    one.area += face.area;
  });
  const count = new Map();
  for (const { unit } of parts.values()) count.set(unit, (count.get(unit) ?? 0) + 1);
  const small = new Set();
  for (const [number, one] of parts) if (count.get(one.unit) > 1 && (one.area < CRUMB_M2 || isThin(one.faces))) small.add(number);
  const best = new Map();
  const runs = new Map();
  for (const [one, other, metres] of pairs) {
    for (const [a, b] of [[part[one], part[other]], [part[other], part[one]]]) {
      if (a === b || !small.has(a)) continue;
      const [mine, theirs] = [parts.get(a).area, parts.get(b).area];
      if (mine > theirs || (mine === theirs && a > b)) continue;
      const run = (runs.get(`${a} ${b}`) ?? 0) + metres;
      runs.set(`${a} ${b}`, run);
      if (!best.has(a) || run > best.get(a)[1]) best.set(a, [b, run]);
    }
  }
  return new Map([...best].map(([a, [b]]) => [a, b]));
}

/** Whether a disc fits nowhere into these faces. */
function isThin(faces) {
  for (const face of faces) if (farFrom(face.rings, innerOf(face)) > (THIN_M / 2) * PER_M) return false;
  let ground = polygonOf(faces[0].rings);
  for (const face of faces.slice(1)) ground = ground.union(polygonOf(face.rings));
  return globalThis.jsts.operation.buffer.BufferOp.bufferOp(ground, (-THIN_M / 2) * PER_M, 2).isEmpty();
}
