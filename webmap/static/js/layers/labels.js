// Names on the map: on a canvas above all layers, with a halo, never over each other.
//
// Names of more weight are placed first; one that would touch another is left out until there is
// room at a nearer zoom. Streets are named last, along themselves.

import { isPrinting, onTheme, theme, token } from "wangge/core/theme.js";
import { settled } from "wangge/core/dom.js";
import { along, lettered } from "wangge/layers/lettering.js";
import { toWorld } from "wangge/layers/shapes.js";
import { stackOf } from "wangge/layers/stack.js";

const L = globalThis.L;

/** How each layer is named: from which zoom, how large, in which colour, with which weight. */
const RULES = {
  areas: (props, zoom, levels) => {
    const rank = levels.length - 1 - levels.indexOf(props.level);
    if (levels.length === 1) return { size: zoom >= 14 ? 14 : 12, weight: 600, order: 20, colour: "--map-label", folded: true };
    if (rank === 0) return zoom >= 12 ? { size: zoom >= 14 ? 14 : 12, weight: 600, order: 20, colour: "--map-label" } : null;
    if (rank === 1) return zoom >= 9 && zoom < 14 ? { size: 15, weight: 600, order: 10, colour: "--map-label-quiet", spaced: true } : null;
    return zoom < 11 ? { size: 16, weight: 600, order: 5, colour: "--map-label-quiet", spaced: true } : null;
  },
  compounds: (props, zoom) => (zoom >= 15 ? { size: 12, weight: 400, order: 40 - Math.min(9, (props.households ?? 0) / 300), colour: "--map-label" } : null),
  grids: (props, zoom) => (zoom >= 16 ? { size: 12, weight: 600, order: 30, colour: "--map-label-quiet", text: (props.name || String(props.code ?? "").slice(-3)).replace(/^.+社区(?=.)/, "") } : null),
  draft: ({ colour, brief, people }, zoom) => {
    if (zoom >= 15) return { size: 12, weight: 600, order: brief ? 0 : 1, colour: "--map-label", under: people && { text: people, weight: brief ? 600 : 400, colour } };
    return brief ? { size: 12, weight: 600, order: 0, colour, text: brief } : null;
  },
  differences: (props, zoom) => (zoom >= 14 ? { size: 13, weight: 700, order: -1, colour: "--near" } : null),
  facilities: (props, zoom) => (zoom >= 16 ? { size: 12, weight: 400, order: 50, colour: "--map-label-quiet", below: 10 } : null),
  streets: ({ kind }, zoom) => (WATER.has(kind) && zoom >= 14 ? { size: zoom >= 16 ? 15 : 13, weight: 400, order: 15, colour: "--map-label-water", spaced: true, apart: true } : null),
};

const STREETS_FROM = { trunk: 15, motorway: 15, primary: 15, secondary: 15, tertiary: 16, rail: 16, railway: 16 };
const WATER = new Set(["river", "stream", "canal", "water", "drain"]);
const APART = 420; // pixels between two mentions of one street

/** How a street is named: quietly, the larger ones first. */
function streetRule({ kind, name }, zoom) {
  const plain = String(kind ?? "").replace(/_link$/, "");
  const from = STREETS_FROM[plain] ?? 17;
  if (!name || zoom < from) return null;
  return { size: 12, weight: 400, order: 60 + from, colour: WATER.has(plain) ? "--map-label-water" : "--map-label-quiet" };
}

/** Put names on the map for these sheets; gives the layer. */
export function add(map, { layers = ["areas", "compounds", "grids", "facilities", "streets"], levels = ["county", "street_office", "community"], visible = true } = {}) {
  const pane = map.createPane("wangge-labels");
  pane.style.zIndex = 450;
  pane.style.pointerEvents = "none";
  const layer = new Labels({ pane: "wangge-labels", layers, levels });
  if (visible) layer.addTo(map);
  return layer;
}

const Labels = L.Layer.extend({
  initialize(options) {
    L.setOptions(this, options);
  },

  onAdd(map) {
    this._canvas ??= L.DomUtil.create("canvas", "leaflet-zoom-hide");
    this._canvas.setAttribute("aria-hidden", "true");
    this.getPane().append(this._canvas);
    this._soon = settled(() => this._draw(), 30);
    map.on("moveend zoomend resize", this._soon);
    stackOf(map).on("load changed", this._soon);
    onTheme(() => {
      if (!this._map) return;
      if (isPrinting() && this._last) {
        // a canvas that is drawn again while the browser prints would hide the map below
        const fresh = this._canvas.cloneNode();
        this._canvas.replaceWith(fresh);
        this._canvas = fresh;
        this._paint(...this._last);
      }
      this._soon();
    });
    this._soon();
  },

  onRemove(map) {
    map.off("moveend zoomend resize", this._soon);
    stackOf(map).off("load changed", this._soon);
    this._canvas.remove();
  },

  /** Draw again, for instance when a layer was switched. */
  refresh() {
    this._soon?.();
  },

  async _draw() {
    const map = this._map;
    if (!map) return;
    const turn = (this._turn = (this._turn ?? 0) + 1);
    const zoom = Math.round(map.getZoom()); // of the rules and of the tiles; places are exact
    const bounds = map.getBounds().pad(0.1);
    const [minX, minY] = toWorld(bounds.getWest(), bounds.getNorth());
    const [maxX, maxY] = toWorld(bounds.getEast(), bounds.getSouth());
    const named = [];
    for (const sheet of stackOf(map).sheets) {
      const rule = RULES[sheet.layer];
      if (!rule || !(sheet.named || this.options.layers.includes(sheet.layer)) || !sheet.isDrawn(zoom) || sheet.unnamed) continue;
      for (const label of await sheet.labelsIn([minX, minY, maxX, maxY], zoom)) {
        const look = rule(label.props, zoom, this.options.levels);
        const text = look?.text ?? label.props.name;
        if (look && text) named.push({ ...label, ...look, text: String(text) });
      }
    }
    const ways = await this._ways(stackOf(map), [minX, minY, maxX, maxY], zoom);
    if (this._turn !== turn || !this._map) return;
    this._last = [named, ways];
    this._paint(named, ways);
  },

  /** Streets that may be named here: {look, name, line} with corners in units of the world. */
  async _ways(stack, box, zoom) {
    const found = [];
    for (const sheet of stack.sheets) {
      if (sheet.layer !== "streets" || !this.options.layers.includes("streets") || !sheet.isDrawn(zoom) || zoom < 14) continue;
      for (const { props, lines } of await sheet.linesIn(box, zoom)) {
        const look = streetRule(props, zoom);
        if (look) for (const line of lines) found.push({ look, name: String(props.name), line });
      }
    }
    return found;
  },

  _paint(named, ways) {
    const map = this._map;
    const size = map.getSize();
    const sharp = Math.min(3, globalThis.devicePixelRatio || 1);
    const scale = Number(token("--map-scale")) || (globalThis.innerWidth >= 2600 ? 2 : 1);
    const canvas = this._canvas;
    canvas.width = size.x * sharp;
    canvas.height = size.y * sharp;
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    const corner = map.containerPointToLayerPoint([0, 0]);
    L.DomUtil.setPosition(canvas, corner);
    const context = canvas.getContext("2d");
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    const world = 256 * 2 ** map.getZoom();
    const origin = map.getPixelBounds().min;
    const placed = [...(this.avoid?.() ?? [])]; // boxes that other layers keep free of names
    const seen = new Set();
    const apart = new Map();
    for (const label of named.sort((a, b) => a.order - b.order || String(a.code).localeCompare(String(b.code)))) {
      const x = Math.round(label.x * world - origin.x);
      const y = Math.round(label.y * world - origin.y) + (label.below ?? 0) * scale;
      const place = `${label.text}|${Math.round(x / 8)}|${Math.round(y / 8)}`;
      if (seen.has(place)) continue;
      seen.add(place);
      const pixels = label.size * scale;
      context.letterSpacing = label.spaced ? `${pixels * 0.2}px` : "0px";
      const lines = (label.folded ? foldedName(label.text) : [label.text]).map((text) => ({ text, weight: label.weight, colour: label.colour }));
      if (label.under) lines.push(label.under);
      const write = (line) => {
        context.font = `${line.weight} ${pixels}px ${token("--font")}`;
        return line.text;
      };
      const width = Math.max(...lines.map((line) => context.measureText(write(line)).width));
      const height = pixels * (0.7 + 0.6 * (lines.length - 1));
      const box = [x - width / 2 - 4, y - height, x + width / 2 + 4, y + height];
      if (box[2] < 0 || box[0] > size.x || box[3] < 0 || box[1] > size.y) continue;
      if (placed.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
      if (label.apart) {
        const others = apart.get(label.text) ?? [];
        if (others.some((other) => Math.hypot(other[0] - x, other[1] - y) < APART * scale)) continue;
        apart.set(label.text, [...others, [x, y]]);
      }
      placed.push(box);
      context.strokeStyle = token("--map-halo");
      context.globalAlpha = theme() === "dark" ? 0.85 : 0.9;
      context.lineWidth = 3.5 * scale;
      const rows = lines.map((line, i) => [line, y + (i - (lines.length - 1) / 2) * pixels * 1.2]);
      for (const [line, at] of rows) context.strokeText(write(line), x, at);
      context.globalAlpha = 1;
      for (const [line, at] of rows) {
        context.fillStyle = token(line.colour);
        context.fillText(write(line), x, at);
      }
    }
    this._paintWays(context, ways, { placed, world, origin, size, scale });
    this.drawn = placed;
  },

  /** Names along streets, where they are straight and long enough and nothing else is named. */
  _paintWays(context, ways, { placed, world, origin, size, scale }) {
    const said = new Map();
    const wanted = [];
    for (const { look, name, line } of ways) {
      const pixels = look.size * scale;
      context.font = `${look.weight} ${pixels}px ${token("--font")}`;
      context.letterSpacing = `${pixels * 0.1}px`;
      const width = context.measureText(name).width;
      const corners = line.map((value, i) => value * world - (i % 2 ? origin.y : origin.x));
      const place = along(corners, width + pixels, pixels * 0.35);
      if (place) wanted.push({ look, name, width, pixels, place });
    }
    wanted.sort((a, b) => a.look.order - b.look.order || b.place.length - a.place.length || a.name.localeCompare(b.name));
    for (const { look, name, width, pixels, place } of wanted) {
      const letters = lettered(name, place, { width, pixels });
      const { box } = letters;
      if (box[0] < 0 || box[2] > size.x || box[1] < 0 || box[3] > size.y) continue;
      const others = said.get(name) ?? [];
      if (others.some(({ x, y }) => Math.hypot(x - place.x, y - place.y) < APART * scale)) continue;
      if (placed.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
      placed.push(box);
      said.set(name, [...others, place]);
      context.font = `${look.weight} ${pixels}px ${token("--font")}`;
      context.strokeStyle = token("--map-halo");
      context.lineWidth = 3 * scale;
      letters.write(context, (text, x, y) => {
        context.globalAlpha = 0.8;
        context.strokeText(text, x, y);
        context.globalAlpha = 1;
        context.fillStyle = token(look.colour);
        context.fillText(text, x, y);
      });
    }
    context.letterSpacing = "0px";
  },
});

/** A long name of several words in two lines, parted where they are most alike. */
function foldedName(name) {
  if (name.length < 10 || !name.includes(" ")) return [name];
  const gaps = [...name].flatMap((sign, i) => (sign === " " ? [i] : []));
  const middle = gaps.reduce((best, i) => (Math.abs(i - name.length / 2) < Math.abs(best - name.length / 2) ? i : best));
  return [name.slice(0, middle), name.slice(middle + 1)];
}
