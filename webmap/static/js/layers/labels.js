// Names on the map: on a canvas above all layers, with a halo, never over each other.
//
// Names of more weight are placed first; one that would touch another is left out until there is
// room at a nearer zoom.

import { onTheme, theme, token } from "wangge/core/theme.js";
import { settled } from "wangge/core/dom.js";
import { toWorld } from "wangge/layers/shapes.js";
import { stackOf } from "wangge/layers/stack.js";

const L = globalThis.L;

/** How each layer is named: from which zoom, how large, in which colour, with which weight. */
const RULES = {
  areas: (props, zoom, levels) => {
    const rank = levels.length - 1 - levels.indexOf(props.level);
    if (rank === 0) return zoom >= 12 ? { size: zoom >= 14 ? 14 : 12, weight: 600, order: 20, colour: "--map-label" } : null;
    if (rank === 1) return zoom >= 9 && zoom < 14 ? { size: 15, weight: 600, order: 10, colour: "--map-label-quiet", spaced: true } : null;
    return zoom < 11 ? { size: 16, weight: 600, order: 5, colour: "--map-label-quiet", spaced: true } : null;
  },
  compounds: (props, zoom) => (zoom >= 15 ? { size: 12, weight: 400, order: 40 - Math.min(9, (props.households ?? 0) / 300), colour: "--map-label" } : null),
  grids: (props, zoom) => (zoom >= 16 ? { size: 12, weight: 600, order: 30, colour: "--map-label-quiet", text: (props.name || String(props.code ?? "").slice(-3)).replace(/^.+社区(?=.)/, "") } : null),
  facilities: (props, zoom) => (zoom >= 16 ? { size: 12, weight: 400, order: 50, colour: "--map-label-quiet", below: 10 } : null),
};

/** Put names on the map for these sheets; gives the layer. */
export function add(map, { layers = ["areas", "compounds", "grids", "facilities"], levels = ["county", "street_office", "community"], visible = true } = {}) {
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
    onTheme(() => this._map && this._soon());
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
    const zoom = Math.round(map.getZoom());
    const bounds = map.getBounds().pad(0.1);
    const [minX, minY] = toWorld(bounds.getWest(), bounds.getNorth());
    const [maxX, maxY] = toWorld(bounds.getEast(), bounds.getSouth());
    const named = [];
    for (const sheet of stackOf(map).sheets) {
      const rule = RULES[sheet.layer];
      if (!rule || !this.options.layers.includes(sheet.layer) || !sheet.isDrawn(zoom) || sheet.unnamed) continue;
      for (const label of await sheet.labelsIn([minX, minY, maxX, maxY], zoom)) {
        const look = rule(label.props, zoom, this.options.levels);
        const text = look?.text ?? label.props.name;
        if (look && text) named.push({ ...label, ...look, text: String(text) });
      }
    }
    if (this._turn !== turn || !this._map) return;
    this._paint(named, zoom);
  },

  _paint(named, zoom) {
    const map = this._map;
    const size = map.getSize();
    const sharp = Math.min(3, globalThis.devicePixelRatio || 1);
    const scale = Number(token("--map-scale")) || (size.x >= 2600 ? 2 : 1);
    const canvas = this._canvas;
    canvas.width = size.x * sharp;
    canvas.height = size.y * sharp;
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    const corner = map.containerPointToLayerPoint([0, 0]);
    L.DomUtil.setPosition(canvas, corner);
    const context = canvas.getContext("2d");
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    context.clearRect(0, 0, size.x, size.y);
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    const world = 256 * 2 ** zoom;
    const origin = map.getPixelBounds().min;
    const placed = [...(this.avoid?.() ?? [])]; // boxes that other layers keep free of names
    const seen = new Set();
    for (const label of named.sort((a, b) => a.order - b.order || String(a.code).localeCompare(String(b.code)))) {
      const x = Math.round(label.x * world - origin.x);
      const y = Math.round(label.y * world - origin.y) + (label.below ?? 0) * scale;
      const place = `${label.text}|${Math.round(x / 8)}|${Math.round(y / 8)}`;
      if (seen.has(place)) continue;
      seen.add(place);
      const pixels = label.size * scale;
      context.font = `${label.weight} ${pixels}px ${token("--font")}`;
      context.letterSpacing = label.spaced ? `${pixels * 0.2}px` : "0px";
      const width = context.measureText(label.text).width;
      const box = [x - width / 2 - 4, y - pixels * 0.7, x + width / 2 + 4, y + pixels * 0.7];
      if (box[2] < 0 || box[0] > size.x || box[3] < 0 || box[1] > size.y) continue;
      if (placed.some((other) => box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1])) continue;
      placed.push(box);
      context.strokeStyle = token("--map-halo");
      context.globalAlpha = theme() === "dark" ? 0.85 : 0.9;
      context.lineWidth = 3.5 * scale;
      context.strokeText(label.text, x, y);
      context.globalAlpha = 1;
      context.fillStyle = token(label.colour);
      context.fillText(label.text, x, y);
    }
    this.drawn = placed;
  },
});
