// Incident points: clusters when far, single points when near, on one canvas.
//
// A cluster shows its count and, as a thin ring, its mix of categories; a single point has the
// colour and the shape of its category, filled while the case is open and hollow when closed.

import { h } from "wangge/core/dom.js";
import { onTheme, token } from "wangge/core/theme.js";
import { count, language, named, t } from "wangge/core/words.js";
import { cluster, members } from "wangge/layers/clusters.js";
import { glyph } from "wangge/layers/glyphs.js";
import { Surface } from "wangge/layers/surface.js";

const L = globalThis.L;
const NEAR = 16; // from this zoom on points stand alone, save those at one spot
const FAR_RADIUS = 50; // pixels
const NEAR_RADIUS = 9;
const MOST_PULSES = 60;

/** Pixels from the middle to the edge of what is drawn for so many cases. */
export function drawnRadius(size, { near, scale }) {
  if (size === 1) return ((near ? 7 : 5) + 3) * scale;
  return ringInside(size, near) * scale + (near ? 3 : 3.5) * scale + 1;
}

function ringInside(size, near) {
  return near ? 10 : Math.min(28, 9.5 + 3.8 * Math.log10(size) ** 1.2);
}

/** Fires `point` {index}, `cluster` {members, latlng}, `hoverpoint` {index|null}. */
export const PointLayer = Surface.extend({
  /**
   * @param {object} options
   * @param {Array<{key, name, color}>} options.categories - colours, in the order of positions
   * @param {number} [options.scale=1] - of everything drawn (2 on a wall)
   */
  initialize(options) {
    Surface.prototype.initialize.call(this, { padding: 0.3, scale: 1, ...options });
    this.cases = null;
    this.shown = new Uint32Array(0);
    this.isOpen = null;
    this.isLate = () => false;
    this.isNear = () => false;
    this.fresh = new Map(); // position of a case that just came → its ring
    this.selected = null;
    this.hovered = null;
    this.drawn = null;
    onTheme(() => this.redrawSoon());
  },

  /** What to show: cases (columns), which of them, and what is open and late. */
  set(cases, shown, { isOpen, isLate, isNear } = {}) {
    if (cases !== this.cases) this.forget();
    Object.assign(this, { cases, shown });
    this._found = null;
    if (isOpen) this.isOpen = isOpen;
    if (isLate) this.isLate = isLate;
    if (isNear) this.isNear = isNear;
    this.redrawSoon();
  },

  /** A ring round these for a moment: they just came. */
  greet(indexes, milliseconds = 8000) {
    for (const index of indexes.slice(0, MOST_PULSES)) {
      if (!(this.cases.x[index] >= 0) || this.fresh.has(index)) continue;
      const ring = h("i.fresh-ring", { style: { "--radius": `${13 * this.options.scale}px` } });
      this.fresh.set(index, ring);
      setTimeout(() => {
        ring.remove();
        if (this.fresh.get(index) === ring) this.fresh.delete(index);
      }, milliseconds);
    }
    this.redrawSoon();
  },

  /** The positions of cases mean others now. */
  forget() {
    for (const ring of this.fresh.values()) ring.remove();
    this.fresh.clear();
  },

  select(index) {
    this.selected = index;
    this.redrawSoon();
  },

  highlight(index) {
    if (this.hovered === index) return;
    this.hovered = index;
    this.redrawSoon();
  },

  onAdd(map) {
    Surface.prototype.onAdd.call(this, map);
    this._pulses = h("div.point-pulses", { "aria-hidden": "true" });
    this._rings = h("div.point-pulses", { "aria-hidden": "true" });
    this.getPane().append(this._pulses, this._rings);
    map.on("mousemove", this._moved, this);
    map.on("click", this._clicked, this);
    map.on("mouseout", this._left, this);
  },

  onRemove(map) {
    map.off("mousemove", this._moved, this);
    map.off("click", this._clicked, this);
    map.off("mouseout", this._left, this);
    map.getContainer().classList.remove("over-point");
    this._pulses.remove();
    this._rings.remove();
    Surface.prototype.onRemove.call(this, map);
  },

  paint(context, frame) {
    this._pulses?.replaceChildren();
    if (!this.cases) return;
    const { scale } = this.options;
    const near = frame.zoom >= NEAR;
    const isTotal = (size) => this.cases.weights && size > 99; // its whole count is shown, however near
    const found = this._clustered(frame, near, isTotal);
    this.drawn = { ...found, near, radii: new Float32Array(found.count) };
    // The largest last, so that they lie above the small ones round them.
    for (let k = found.count - 1; k >= 0; k--) {
      const x = found.x[k] * frame.unit - frame.west;
      const y = found.y[k] * frame.unit - frame.north;
      if (found.size[k] === 1) this.drawn.radii[k] = this._paintPoint(context, found.first[k], x, y, near);
      else this.drawn.radii[k] = near && !isTotal(found.size[k]) ? this._paintStack(context, k, x, y) : this._paintCluster(context, k, x, y);
    }
    this._paintMarks(context, frame, near);
    this._placeRings(frame);
    if (!this._began) performance.mark("wangge-points-painted");
    this._began = true;
    this.fire("painted");
  },

  /** The clusters of a frame; those that were found last as long as neither cases nor frame are others. */
  _clustered(frame, near, isTotal) {
    const { scale } = this.options;
    const key = [frame.unit, frame.box.west, frame.box.north, frame.box.east, frame.box.south, scale].join(" ");
    if (this._found?.key === key && this._found.shown === this.shown) return this._found.clusters;
    const clusters = cluster(this.cases, this.shown, {
      kinds: this.cases.category,
      kindCount: this.options.categories.length + 1,
      unit: frame.unit,
      radius: (near ? NEAR_RADIUS : FAR_RADIUS) * scale,
      box: frame.box,
      marked: this.isLate,
      weights: this.cases.weights,
      radiusOf: (size) => drawnRadius(size, { near: near && !isTotal(size), scale }),
    });
    this._found = { key, shown: this.shown, clusters };
    return clusters;
  },

  _paintPoint(context, i, x, y, near) {
    const { categories, scale } = this.options;
    const category = categories[this.cases.category[i]];
    const radius = (near ? 7 : 5) * scale;
    const open = this.isOpen?.[this.cases.state[i]] === 1;
    if (this.isLate(i)) {
      context.beginPath();
      context.arc(x, y, radius + 4 * scale, 0, 2 * Math.PI);
      context.strokeStyle = token("--late-mark");
      context.lineWidth = 2 * scale;
      context.stroke();
      if (near) this._pulseAt(x, y, radius);
    } else if (this.isNear(i)) {
      context.beginPath();
      context.setLineDash([3.2 * scale, 2.4 * scale]);
      context.arc(x, y, radius + 4 * scale, 0, 2 * Math.PI);
      context.strokeStyle = token("--near-mark");
      context.lineWidth = 2 * scale;
      context.stroke();
      context.setLineDash([]);
    }
    const image = glyph(this.cases.category[i], category?.color ?? token("--map-unknown"), { radius, open, halo: token("--map-halo"), sharp: this._sharp });
    context.drawImage(image.canvas, x - image.half, y - image.half, image.half * 2, image.half * 2);
    return radius + 3 * scale;
  },

  _paintStack(context, k, x, y) {
    const { scale } = this.options;
    const radius = this._paintRing(context, k, x, y, ringInside(2, true) * scale, 3 * scale);
    const size = this.drawn.size[k];
    this._paintCount(context, size > 99 ? "99+" : String(size), x, y, 11 * scale);
    return radius;
  },

  _paintCluster(context, k, x, y) {
    const { scale } = this.options;
    const size = this.drawn.size[k];
    const inner = ringInside(size, false) * scale;
    const radius = this._paintRing(context, k, x, y, inner, 3.5 * scale);
    this._paintCount(context, count(size), x, y, Math.min(15, 10.5 + Math.log10(size)) * scale);
    if (this.drawn.marks[k]) this._paintLate(context, x + inner * 0.72, y - inner * 0.72, 4.5 * scale);
    return radius;
  },

  _paintRing(context, k, x, y, inner, width) {
    const { categories } = this.options;
    const { mix, kindCount, size } = this.drawn;
    context.beginPath();
    context.arc(x, y, inner + width + 1, 0, 2 * Math.PI);
    context.fillStyle = token("--map-halo");
    context.globalAlpha = 0.92;
    context.fill();
    context.globalAlpha = 1;
    context.lineWidth = width;
    let from = -Math.PI / 2;
    for (let c = 0; c < kindCount; c++) {
      const part = mix[k * kindCount + c];
      if (!part) continue;
      const to = from + (part / size[k]) * 2 * Math.PI;
      context.beginPath();
      context.arc(x, y, inner + width / 2, from, to);
      context.strokeStyle = categories[c]?.color ?? token("--map-unknown");
      context.stroke();
      from = to;
    }
    return inner + width + 1;
  },

  _paintCount(context, text, x, y, height) {
    context.font = `600 ${height}px ${token("--font")}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillStyle = token("--map-label");
    context.fillText(text, x, y + height * 0.06);
  },

  _paintLate(context, x, y, radius) {
    context.beginPath();
    context.moveTo(x, y - radius * 1.25);
    context.lineTo(x + radius * 1.15, y + radius * 0.75);
    context.lineTo(x - radius * 1.15, y + radius * 0.75);
    context.closePath();
    context.fillStyle = token("--late-mark");
    context.strokeStyle = token("--map-halo");
    context.lineWidth = 1.5;
    context.stroke();
    context.fill();
  },

  /** Selected and hovered points above all others, wherever they are drawn. */
  _paintMarks(context, frame, near) {
    const { scale } = this.options;
    for (const [index, colour, width] of [[this.hovered, token("--map-label"), 2], [this.selected, token("--accent"), 3]]) {
      if (index == null || !(this.cases.x[index] >= 0)) continue;
      const x = this.cases.x[index] * frame.unit - frame.west;
      const y = this.cases.y[index] * frame.unit - frame.north;
      this._paintPoint(context, index, x, y, near);
      context.beginPath();
      context.arc(x, y, 13 * scale, 0, 2 * Math.PI);
      context.strokeStyle = token("--map-halo");
      context.lineWidth = (width + 3) * scale;
      context.stroke();
      context.strokeStyle = colour;
      context.lineWidth = width * scale;
      context.stroke();
    }
  },

  /** The rings of new cases are elements, so that drawing anew does not begin them anew. */
  _placeRings(frame) {
    if (!this._rings) return;
    const place = this._bounds.min;
    for (const [index, ring] of this.fresh) {
      ring.style.left = `${place.x + this.cases.x[index] * frame.unit - frame.west}px`;
      ring.style.top = `${place.y + this.cases.y[index] * frame.unit - frame.north}px`;
      if (ring.parentNode !== this._rings) this._rings.append(ring);
    }
  },

  _pulseAt(x, y, radius) {
    if (!this._pulses || this._pulses.childElementCount >= MOST_PULSES) return;
    const place = this._bounds.min;
    this._pulses.append(
      h("i", { style: { left: `${place.x + x}px`, top: `${place.y + y}px`, "--radius": `${radius + 4}px` } }),
    );
  },

  /** Boxes of what is drawn (left, top, right, bottom in pixels of the map's container). */
  boxes() {
    if (!this.drawn || !this._map || !this._frame) return [];
    const { x, y, radii, count: n } = this.drawn;
    const { unit, west, north } = this._frame;
    const shift = this._map.layerPointToContainerPoint(this._bounds.min);
    return Array.from({ length: n }, (_, k) => {
      const left = x[k] * unit - west + shift.x;
      const top = y[k] * unit - north + shift.y;
      return [left - radii[k], top - radii[k], left + radii[k], top + radii[k]];
    });
  },

  /** The cluster or point under a place of the map: its number, or -1. */
  at(point) {
    if (!this.drawn || !this._frame || this._map._animatingZoom) return -1;
    const at = this._map.containerPointToLayerPoint(point).subtract(this._bounds.min);
    const { x, y, radii, count: n } = this.drawn;
    const { unit, west, north } = this._frame;
    let best = -1;
    let least = Infinity;
    for (let k = 0; k < n; k++) {
      const away = Math.hypot(x[k] * unit - west - at.x, y[k] * unit - north - at.y);
      if (away <= Math.max(radii[k], 8) && away < least) {
        best = k;
        least = away;
      }
    }
    return best;
  },

  _moved(event) {
    const k = this.at(event.containerPoint);
    const container = this._map.getContainer();
    container.classList.toggle("over-point", k >= 0);
    const single = k >= 0 && this.drawn.size[k] === 1;
    const index = single ? this.drawn.first[k] : null;
    if (this._hover === index) return;
    this._hover = index;
    this.highlight(index);
    this.fire("hoverpoint", { index, containerPoint: event.containerPoint });
  },

  _left() {
    this._map?.getContainer().classList.remove("over-point");
    this._hover = null;
    this.highlight(null);
    this.fire("hoverpoint", { index: null });
  },

  _clicked(event) {
    const k = this.at(event.containerPoint);
    if (k < 0) return;
    event.originalEvent.wanggeTaken = true;
    if (this.drawn.size[k] === 1) {
      this.fire("point", { index: this.drawn.first[k] });
      return;
    }
    const indexes = members(this.cases, this.shown, this.drawn, k);
    this.fire("cluster", { members: indexes, latlng: event.latlng, box: boxOf(this.cases, indexes) });
  },
});

function boxOf({ x, y }, indexes) {
  const box = { west: Infinity, north: Infinity, east: -Infinity, south: -Infinity };
  for (const i of indexes) {
    box.west = Math.min(box.west, x[i]);
    box.east = Math.max(box.east, x[i]);
    box.north = Math.min(box.north, y[i]);
    box.south = Math.max(box.south, y[i]);
  }
  return box;
}

/** Put embedded incidents on a plain Folium map; `options.data` has columns, see elements/incidents.py. */
export function add(map, options) {
  const cases = embedded(options.data);
  const pane = map.getPane("wangge-points") ?? map.createPane("wangge-points");
  pane.style.zIndex = 460;
  const layer = new PointLayer({ pane: "wangge-points", categories: options.categories, scale: options.scale ?? 1 });
  layer.set(cases, Uint32Array.from({ length: cases.count }, (_, i) => i), {
    isOpen: Uint8Array.of(0, 1),
    isLate: (i) => cases.late?.[i] === 1,
  });
  layer.addTo(map);
  layer.on("cluster", ({ box, members: inside }) => zoomTo(map, box) || describe(map, cases, inside, options));
  layer.on("point", ({ index }) => describe(map, cases, [index], options));
  return layer;
}

const DEGREE = 1e6;
const NO_TIME = -2147483648;

/** Columns in base64 as typed arrays. */
function embedded(data) {
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const column = (name, Kind) => (data[name] === undefined ? null : new Kind(bytes(data[name]).buffer));
  const x = Float64Array.from(column("lon", Int32Array), (value) => value / DEGREE / 360 + 0.5);
  const y = Float64Array.from(column("lat", Int32Array), (value) => {
    const sine = Math.sin((value / DEGREE / 180) * Math.PI);
    return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
  });
  const state = column("open", Uint8Array) ?? new Uint8Array(data.count).fill(1);
  return {
    count: data.count, x, y, state, category: column("category", Uint8Array), late: column("late", Uint8Array),
    named: column("state", Uint16Array), time: column("time", Int32Array), label: data.label,
  };
}

/** Show the members of a cluster; gives false if they are at one spot already. */
export function zoomTo(map, box) {
  const north = map.unproject([box.west * 256, box.north * 256], 0);
  const south = map.unproject([box.east * 256, box.south * 256], 0);
  const bounds = L.latLngBounds(south, north);
  const zoom = Math.min(18, map.getBoundsZoom(bounds.pad(0.2)));
  if (zoom <= map.getZoom()) {
    if (map.getZoom() >= 18) return false;
    map.setView(bounds.getCenter(), Math.min(18, map.getZoom() + 2));
    return true;
  }
  map.setView(bounds.getCenter(), zoom);
  return true;
}

const MOST_LINES = 12;

function describe(map, cases, indexes, { categories, states, timezone }) {
  const times = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { timeZone: timezone ?? undefined, dateStyle: "medium", timeStyle: "short" });
  const time = (i) => cases.time && cases.time[i] !== NO_TIME && times.format(new Date(cases.time[i] * 60000));
  const line = (i) => [named(categories[cases.category[i]]?.name) || t("Incident"), cases.named && named(states[cases.named[i]]), time(i), cases.label?.[i]].filter(Boolean).join(" · ");
  const rest = indexes.length - MOST_LINES;
  L.popup({ maxWidth: 320 })
    .setLatLng(map.unproject([cases.x[indexes[0]] * 256, cases.y[indexes[0]] * 256], 0))
    .setContent(h("div.point-words", {}, indexes.slice(0, MOST_LINES).map((i) => h("div", {}, line(i))), rest > 0 && h("div", {}, t("and %(count)s more", { count: count(rest) }))))
    .openOn(map);
}
