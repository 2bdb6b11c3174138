// All polygon, line and point layers of a map, drawn on one canvas per tile.
//
// A *sheet* is one layer of it: where its shapes come from (vector tiles or embedded GeoJSON) and
// how a shape looks. Sheets are drawn in their order. A change of style, selection or theme draws
// again from what is in memory and asks the server for nothing.

import { busy } from "wangge/core/api.js";
import { isPrinting, onTheme } from "wangge/core/theme.js";
import { fromGeoJson, fromTile, hits, within } from "wangge/layers/shapes.js";

const L = globalThis.L;
const SIDE = 512; // pixels of a tile; its zoom is the map's minus one
const EDGE = 0.02; // of a tile's side: as far as the lines of what lies beside it reach into it
const stacks = new WeakMap();
const NOTHING = { shapes: [], index: null, labels: [] };

/** The stack of this map, made when first asked for. */
export function stackOf(map) {
  if (!stacks.has(map)) {
    const pane = map.getPane("wangge-stack") ?? map.createPane("wangge-stack");
    pane.style.zIndex = 350;
    stacks.set(map, new Stack({ pane: "wangge-stack" }).addTo(map));
  }
  return stacks.get(map);
}

/**
 * One layer of the stack.
 *
 * @param {string} key
 * @param {object} options
 * @param {number} options.order - lower is drawn first
 * @param {(props, look) => object|null} options.style - {fill, alpha, line, width, dash, radius,
 *   casing, lift}; null hides the shape. `look` is {zoom, metre, selected, hovered, isGround,
 *   isBased}; a metre is `metre` pixels, `isGround` says that the shape is a polygon, `isBased`
 *   that a basemap lies below.
 * @param {{order, style}[]} [options.passes] - drawn once more at other places, such as borders above
 *   what lies between, or water below it
 * @param {string} [options.tiles] - address with {z} {row} {col}
 * @param {object} [options.data] - a GeoJSON FeatureCollection instead
 * @param {number} [options.deepest=15] - deepest zoom of tiles to ask for
 * @param {number} [options.minZoom=0] - map zoom from which it is drawn
 * @param {boolean} [options.pickable=true]
 */
export class Sheet {
  constructor(key, options) {
    Object.assign(this, { order: 0, deepest: 15, minZoom: 0, pickable: true, visible: true, passes: [] }, options, { key });
    this.tilesByPlace = new Map();
    this.data = options.data ? fromGeoJson(options.data) : null;
    this.selected = null;
    this.stack = null;
  }

  show(visible) {
    if (this.visible === visible) return;
    this.visible = visible;
    this.stack?.redrawSoon();
  }

  /** Draw with other options (a style, other data, another address). */
  change(options) {
    Object.assign(this, options);
    if ("data" in options) this.data = options.data ? fromGeoJson(options.data) : null;
    if ("tiles" in options) this.tilesByPlace.clear();
    this.stack?.redrawSoon();
  }

  select(code) {
    if (this.selected === code) return;
    this.selected = code;
    this.stack?.redrawSoon();
  }

  isDrawn(zoom) {
    return this.visible && zoom >= this.minZoom;
  }

  /** The shapes for a tile and how to bring them into its units: x · scale + dx. */
  async shapesFor({ x, y, z }, signal) {
    if (this.data) {
      const n = 2 ** z;
      const margin = 0.05 / n;
      const shapes = within(this.data, x / n - margin, y / n - margin, (x + 1) / n + margin, (y + 1) / n + margin);
      return { shapes, scale: n, dx: -x, dy: -y };
    }
    if (!this.tiles) return { shapes: [], scale: 1, dx: 0, dy: 0 };
    const up = Math.max(0, z - this.deepest);
    const n = 2 ** up;
    const place = { z: z - up, x: Math.floor(x / n), y: Math.floor(y / n) };
    const tile = await this.tileAt(place, signal);
    const dx = -(x - place.x * n);
    const dy = -(y - place.y * n);
    const shapes = up ? within(tile, -dx / n - 0.05 / n, -dy / n - 0.05 / n, (1 - dx) / n + 0.05 / n, (1 - dy) / n + 0.05 / n) : tile.shapes;
    return { shapes, scale: n, dx, dy };
  }

  /** Label points in a part of the world (units of the world, zoom of the map). */
  async labelsIn([minX, minY, maxX, maxY], zoom) {
    const isIn = (x, y) => x >= minX && x <= maxX && y >= minY && y <= maxY;
    if (this.data) return labelled(this.data.labels, 1, 0, 0).filter(({ x, y }) => isIn(x, y));
    if (!this.tiles) return [];
    const z = Math.max(0, Math.min(zoom - 1, this.deepest));
    const n = 2 ** z;
    const places = [];
    for (let x = Math.floor(minX * n); x <= Math.floor(maxX * n); x++) {
      for (let y = Math.max(0, Math.floor(minY * n)); y <= Math.min(n - 1, Math.floor(maxY * n)); y++) places.push({ z, x, y });
    }
    const tiles = await Promise.all(places.map((place) => this.tileAt(place)));
    return tiles
      .flatMap((tile, i) => labelled(this.pointLabels ? tile.shapes : tile.labels, n, places[i].x, places[i].y))
      .filter(({ x, y }) => isIn(x, y));
  }

  /** Named lines that meet a part of the world: {props, lines}, corners in units of the world. */
  async linesIn([minX, minY, maxX, maxY], zoom) {
    const meets = ({ box: [west, north, east, south] }) => west <= maxX && east >= minX && north <= maxY && south >= minY;
    const isNamed = ({ kind, props }) => kind === 2 && props.name;
    if (this.data) return this.data.shapes.filter((shape) => isNamed(shape) && meets(shape)).map(({ props, parts }) => ({ props, lines: parts }));
    if (!this.tiles) return [];
    const z = Math.max(0, Math.min(zoom - 1, this.deepest));
    const n = 2 ** z;
    const found = [];
    for (let x = Math.floor(minX * n); x <= Math.floor(maxX * n); x++) {
      for (let y = Math.max(0, Math.floor(minY * n)); y <= Math.min(n - 1, Math.floor(maxY * n)); y++) {
        for (const { kind, props, parts } of (await this.tileAt({ z, x, y })).shapes) {
          if (!isNamed({ kind, props })) continue;
          found.push({ props, lines: parts.map((part) => Float64Array.from(part, (value, i) => (value + (i % 2 ? y : x)) / n)) });
        }
      }
    }
    return found;
  }

  tileAt({ z, x, y }) {
    const place = `${z}/${y}/${x}`;
    if (!this.tilesByPlace.has(place)) {
      const address = this.tiles.replace("{z}", z).replace("{row}", y).replace("{col}", x);
      const asked = fetchTile(address, this.key).catch((error) => {
        this.tilesByPlace.delete(place);
        this.stack?.fire("sheeterror", { sheet: this, error });
        return NOTHING;
      });
      this.tilesByPlace.set(place, asked);
      if (this.tilesByPlace.size > 400) this.tilesByPlace.delete(this.tilesByPlace.keys().next().value);
    }
    return this.tilesByPlace.get(place);
  }
}

function labelled(shapes, n, tileX, tileY) {
  return shapes.map(({ code, id, props, parts }) => ({ code, id, props, x: (parts[0][0] + tileX) / n, y: (parts[0][1] + tileY) / n }));
}

async function fetchTile(address, name) {
  busy(+1);
  try {
    const response = await fetch(address, { credentials: "same-origin" });
    if (response.status === 204 || response.status === 404) return NOTHING;
    if (!response.ok) throw new Error(`${response.status}`);
    return fromTile(await response.arrayBuffer(), name);
  } finally {
    busy(-1);
  }
}

/** The Leaflet layer that draws all sheets. Fires `pick`, `hover` and `sheeterror`. */
const Stack = L.GridLayer.extend({
  options: { tileSize: SIDE, updateWhenZooming: false, keepBuffer: 1, updateInterval: 100, maxZoom: 22 },

  initialize(options) {
    L.GridLayer.prototype.initialize.call(this, options);
    this.sheets = [];
    this.hovered = null;
    onTheme(() => this.redrawSoon());
  },

  /** Say whether a basemap lies below, which nothing may then hide. */
  setBased(isBased) {
    if (Boolean(this.isBased) === isBased) return;
    this.isBased = isBased;
    this.redrawSoon();
  },

  add(sheet) {
    sheet.stack = this;
    this.sheets.push(sheet);
    this.sheets.sort((a, b) => a.order - b.order);
    this.redrawSoon();
    return sheet;
  },

  drop(sheet) {
    this.sheets = this.sheets.filter((one) => one !== sheet);
    this.redrawSoon();
  },

  onAdd(map) {
    L.GridLayer.prototype.onAdd.call(this, map);
    map.on("click", this._picked, this);
    map.on("mousemove", this._moved, this);
    map.on("zoomend", this._fitted, this);
    map.on("movestart moveend", this._seamless, this);
    if (map.getZoom() !== undefined) this._fitted();
  },

  onRemove(map) {
    map.off("click", this._picked, this);
    map.off("mousemove", this._moved, this);
    map.off("zoomend", this._fitted, this);
    map.off("movestart moveend", this._seamless, this);
    L.GridLayer.prototype.onRemove.call(this, map);
  },

  createTile(coords, done) {
    const tile = L.DomUtil.create("canvas", "leaflet-tile");
    this._draw(tile, coords).then(
      () => done(null, tile),
      (error) => done(error, tile),
    );
    return tile;
  },

  /** How much larger tiles are shown than drawn: not 1 between whole zooms. */
  _stretch() {
    const zoom = this._map.getZoom();
    return 2 ** (zoom - Math.round(zoom));
  },

  /** Tiles are drawn as sharp, and their lines as wide, as they are shown. */
  _fitted() {
    const stretch = this._stretch();
    if (stretch === this._stretched) return;
    this._stretched = stretch;
    this._seamless({ type: "moveend" });
    this.redrawSoon();
  },

  /** Stretched tiles are joined without a seam at rest only: it would hold up a dragged map. */
  _seamless({ type }) {
    this.getContainer().classList.toggle("between-zooms", type === "moveend" && this._stretched !== 1);
  },

  /** Draw all visible tiles again, once, before the next frame. */
  redrawSoon() {
    if (!this._map) return;
    if (isPrinting()) for (const { el, coords } of Object.values(this._tiles)) this._paint(el, coords);
    this._stale = null;
    this._drawInFrame();
  },

  /** Draw again, before the next frame, the tiles that show a part of these boxes of the world. */
  redrawIn(boxes) {
    if (!this._map || !boxes.length) return;
    if (!this._frame) this._stale = [];
    this._stale?.push(...boxes);
    this._drawInFrame();
  },

  _drawInFrame() {
    if (this._frame) return;
    this._frame = requestAnimationFrame(() => {
      this._frame = 0;
      const stale = this._stale;
      for (const { el, coords } of Object.values(this._tiles)) if (!stale || stale.some((box) => touches(coords, box))) this._draw(el, coords);
    });
  },

  /** While the map is dragged, tiles are painted one a frame: several at once would hold it up. */
  _turnToPaint() {
    this._paints = (this._paints ?? Promise.resolve()).then(() => new Promise(requestAnimationFrame));
    return this._paints;
  },

  async _draw(tile, coords) {
    const turn = (tile.turn = (tile.turn ?? 0) + 1);
    const zoom = coords.z;
    const place = { x: coords.x, y: coords.y, z: zoom - 1 };
    const drawn = this.sheets.filter((sheet) => sheet.isDrawn(zoom));
    const found = await Promise.all(drawn.map((sheet) => sheet.shapesFor(place)));
    if (this._map?.dragging?.moving()) await this._turnToPaint();
    if (tile.turn !== turn) return;
    tile.held = { drawn, found };
    this._paint(tile, coords);
  },

  /** Paint what a tile holds. */
  _paint(tile, coords) {
    if (!tile.held) return;
    const { drawn, found } = tile.held;
    const zoom = coords.z;
    const stretch = this._stretch();
    const side = Math.round(SIDE * stretch * Math.min(3, globalThis.devicePixelRatio || 1));
    if (tile.width !== side) tile.width = tile.height = side;
    const context = tile.getContext("2d");
    const sharp = side / SIDE;
    const strong = strength() / stretch;
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    context.clearRect(0, 0, SIDE, SIDE);
    const metre = pixelsPerMetre(coords) / strong;
    tile.drawn = new Map(drawn.map((sheet, i) => [sheet, found[i].shapes]));
    const upper = [];
    const passes = drawn.flatMap((sheet, i) => [
      { sheet, order: sheet.order, style: sheet.style, found: { ...found[i], strong } },
      ...sheet.passes.map((pass) => ({ sheet, ...pass, found: { ...found[i], strong } })),
    ]);
    passes.sort((a, b) => a.order - b.order).forEach(({ sheet, style, found: { shapes, ...frame } }) => {
      if (sheet.union) {
        paintUnion(context, shapes, style({}, { zoom, metre }), frame, sharp);
        return;
      }
      const hovered = this.hovered?.sheet === sheet ? this.hovered.code : undefined;
      const { groups, alone } = styled(shapes, (props, look) => style(props, { zoom, metre, isBased: this.isBased, ...look }), sheet.selected, hovered);
      if (sheet.casing) for (const [look, members] of groups) paint(context, members, look, frame, "casing");
      for (const [look, members] of groups) paint(context, members, look, frame, "line");
      for (const { shape, look, selected } of alone) {
        paint(context, [shape], look, frame, "line");
        if (selected) upper.push([shape, { ...look, fill: shape.kind === 1 ? look.fill : null }, frame]);
      }
    });
    for (const [shape, look, frame] of upper) paint(context, [shape], look, frame, "line");
  },

  /** What lies at a place of the map, uppermost first: [{sheet, shape}]. */
  async at(latlng) {
    const zoom = Math.round(this._map.getZoom());
    const point = this._map.project(latlng, zoom).divideBy(SIDE);
    const place = { x: Math.floor(point.x), y: Math.floor(point.y), z: zoom - 1 };
    const found = [];
    for (const sheet of this.sheets.filter((one) => one.isDrawn(zoom) && one.pickable)) {
      const { shapes, scale, dx, dy } = await sheet.shapesFor(place);
      const x = (point.x - place.x - dx) / scale;
      const y = (point.y - place.y - dy) / scale;
      const reach = (sheet.reach ?? 8) / SIDE / scale;
      for (const shape of shapes) {
        if (x < shape.box[0] - reach || x > shape.box[2] + reach) continue;
        if (y < shape.box[1] - reach || y > shape.box[3] + reach) continue;
        if (!hits(shape, x, y, reach)) continue;
        if (!sheet.style(shape.props, { zoom, metre: 1 })) continue;
        found.unshift({ sheet, shape });
      }
    }
    return found;
  },

  async _picked(event) {
    if (this.paused) return;
    const found = await this.at(event.latlng);
    this.fire("pick", { found, latlng: event.latlng });
  },

  _moved(event) {
    if (this.paused || this._hovering || this._map.dragging?.moving() || this._map._animatingZoom) return;
    this._hovering = true;
    this.at(event.latlng).then((found) => {
      this._hovering = false;
      const top = found[0];
      const same = top?.sheet === this.hovered?.sheet && top?.shape.code === this.hovered?.code;
      if (this._map) this._map.getContainer().style.cursor = top ? "pointer" : "";
      if (same) return;
      const before = this.hovered;
      this.hovered = top ? { sheet: top.sheet, code: top.shape.code } : null;
      this.fire("hover", { top, latlng: event.latlng });
      this._redrawWith([before, this.hovered].filter(Boolean));
    });
  },

  /** Draw again the tiles that show one of these: {sheet, code}. */
  _redrawWith(changed) {
    for (const { el, coords } of Object.values(this._tiles)) {
      const shows = ({ sheet, code }) => !el.drawn || el.drawn.get(sheet)?.some((shape) => shape.code === code);
      if (changed.some(shows)) this._draw(el, coords);
    }
  },
});

/** Whether a tile shows part of a box of the world, lines at its edge included. */
function touches({ x, y, z }, [west, north, east, south]) {
  const n = 2 ** (z - 1);
  return west * n <= x + 1 + EDGE && east * n >= x - EDGE && north * n <= y + 1 + EDGE && south * n >= y - EDGE;
}

/** How many pixels of the screen a metre on the ground is, in the middle of a tile of ours. */
function pixelsPerMetre({ y, z }) {
  const n = 2 ** (z - 1);
  const latitude = Math.atan(Math.sinh(Math.PI * (1 - (2 * (y + 0.5)) / n)));
  return (SIDE * n) / (40075016.686 * Math.cos(latitude));
}

/** Shapes by their look, so that each look is one path; the selected and the hovered one by one. */
function styled(shapes, style, selectedCode, hoveredCode) {
  const byLook = new Map();
  const alone = [];
  for (const shape of shapes) {
    const selected = selectedCode != null && shape.code === selectedCode;
    const hovered = hoveredCode !== undefined && shape.code === hoveredCode;
    const look = style(shape.props, { selected, hovered, isGround: shape.kind === 3 });
    if (!look) continue;
    if (selected || hovered) {
      alone.push({ shape, look, selected });
      continue;
    }
    const key = `${shape.kind}|${Object.values(look).join("|")}`;
    if (!byLook.has(key)) byLook.set(key, [look, []]);
    byLook.get(key)[1].push(shape);
  }
  return { groups: [...byLook.values()], alone };
}

/** All shapes of a sheet as one: no seams and no darker overlaps inside, one line around. */
function paintUnion(context, shapes, look, { scale, dx, dy, strong }, sharp) {
  if (!shapes.length || !look) return;
  const apart = new OffscreenCanvas(context.canvas.width, context.canvas.height);
  const own = apart.getContext("2d");
  own.scale(sharp, sharp);
  own.beginPath();
  for (const { parts } of shapes) {
    for (const part of parts) {
      own.moveTo((part[0] * scale + dx) * SIDE, (part[1] * scale + dy) * SIDE);
      for (let i = 2; i < part.length; i += 2) own.lineTo((part[i] * scale + dx) * SIDE, (part[i + 1] * scale + dy) * SIDE);
      own.closePath();
    }
  }
  own.lineJoin = "round";
  own.strokeStyle = look.line;
  own.lineWidth = 2 * look.width * strong;
  own.setLineDash((look.dash ?? []).map((length) => length * strong));
  own.stroke();
  own.globalCompositeOperation = "destination-out";
  own.fill("nonzero");
  own.globalCompositeOperation = "source-over";
  own.globalAlpha = look.alpha;
  own.fillStyle = look.fill;
  own.fill("nonzero");
  context.save();
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.drawImage(apart, 0, 0);
  context.restore();
}

/** Lines and dots are twice as strong on a wall screen. */
const strength = () => (globalThis.innerWidth >= 2600 ? 2 : 1);

/** One path of shapes of one kind and look. */
function paint(context, shapes, look, { scale, dx, dy, strong }, pass) {
  if (pass === "casing" && !look.casing) return;
  const sx = (x) => (x * scale + dx) * SIDE;
  const sy = (y) => (y * scale + dy) * SIDE;
  const [{ kind }] = shapes;
  context.beginPath();
  for (const { parts } of shapes) {
    for (const part of parts) {
      if (kind === 1) {
        for (let i = 0; i < part.length; i += 2) {
          context.moveTo(sx(part[i]) + look.radius * strong, sy(part[i + 1]));
          context.arc(sx(part[i]), sy(part[i + 1]), look.radius * strong, 0, 2 * Math.PI);
        }
        continue;
      }
      context.moveTo(sx(part[0]), sy(part[1]));
      for (let i = 2; i < part.length; i += 2) context.lineTo(sx(part[i]), sy(part[i + 1]));
      if (kind === 3) context.closePath();
    }
  }
  context.lineJoin = "round";
  context.lineCap = look.dash ? "butt" : "round";
  if (pass === "casing") {
    context.strokeStyle = look.casing;
    context.lineWidth = (look.width + 2 * (look.casingWidth ?? 1)) * strong;
    context.stroke();
    return;
  }
  if (look.fill && kind !== 2) {
    context.globalAlpha = look.alpha ?? 1;
    context.fillStyle = look.fill;
    context.fill("nonzero");
    context.globalAlpha = 1;
  }
  if (look.line && look.width > 0) {
    context.setLineDash((look.dash ?? []).map((length) => length * strong));
    if (look.halo) {
      context.strokeStyle = look.halo;
      context.lineWidth = (look.width + 4) * strong;
      context.stroke();
    }
    context.strokeStyle = look.line;
    context.lineWidth = look.width * strong;
    context.stroke();
    context.setLineDash([]);
  }
}
