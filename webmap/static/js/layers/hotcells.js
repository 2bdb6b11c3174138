// Square cells of the hotspot test: red where there is more than chance explains, blue where less.
//
// How sure it is shows thrice: by the strength of the fill, by one to three marks in the cell where
// there is room (triangles up for more, down for less), and by the outline. Each hotspot has its
// number. So nothing rests on telling red from blue.

import { onTheme, token } from "wangge/core/theme.js";
import { Surface } from "wangge/layers/surface.js";

export const STRENGTH = [0, 0.34, 0.58, 0.85];
const ROOM = 15; // pixels of a cell's side from which on it has marks
const key = (column, row) => `${column} ${row}`;

/** A canvas of cells; `set` gives them. */
export const HotCells = Surface.extend({
  initialize(options) {
    Surface.prototype.initialize.call(this, { padding: 0.15, scale: 1, ...options });
    this.cells = null;
    this.spots = [];
    this.places = new Map();
    this.chosen = null;
    onTheme(() => this.redrawSoon());
  },

  /** @param {object|null} cells - columns `column`, `row`, `class`, `cases` and the world's share `side` */
  set(cells, spots = []) {
    Object.assign(this, { cells, spots, chosen: null });
    this.places = new Map(cells?.column?.map((column, i) => [key(column, cells.row[i]), i]));
    this.redrawSoon();
  },

  /** Mark the cells of one hotspot. */
  choose(members) {
    this.chosen = members;
    this.redrawSoon();
  },

  /** The position of the cell at a place of the world (0 to 1), or -1. */
  at(x, y) {
    if (!this.cells?.side) return -1;
    return this.places.get(key(Math.floor(x / this.cells.side), Math.floor(-y / this.cells.side))) ?? -1;
  },

  paint(context, frame) {
    if (this.cells?.side) this._paintCells(context, frame);
    else if (this.cells?.x) this._markPlaces(context, frame);
    for (const spot of this.spots) this._number(context, frame, spot);
  },

  _paintCells(context, frame) {
    const { column, row, side, cases } = this.cells;
    const step = side * frame.unit;
    const tones = { hot: token("--hot"), cold: token("--cold"), none: token("--map-unknown") };
    for (let i = 0; i < column.length; i++) {
      const left = column[i] * step - frame.west;
      const top = -(row[i] + 1) * step - frame.north;
      if (left > frame.width || top > frame.height || left + step < 0 || top + step < 0) continue;
      const degree = this._degree(i);
      const strength = Math.abs(degree);
      if (!strength && !cases[i]) continue;
      const tone = strength ? (degree > 0 ? tones.hot : tones.cold) : tones.none;
      context.globalAlpha = strength ? STRENGTH[strength] : 0.16;
      context.fillStyle = tone;
      context.fillRect(left, top, step, step);
      context.globalAlpha = strength ? 1 : 0.3;
      context.strokeStyle = tone;
      context.lineWidth = strength || 0.5;
      context.strokeRect(left + 0.5, top + 0.5, step - 1, step - 1);
      if (strength && step >= ROOM) marks(context, left + step / 2, top + step / 2, Math.min(step * 0.2, 7 * this.options.scale), degree);
    }
    context.globalAlpha = 1;
    if (!this.chosen) return;
    context.strokeStyle = token("--map-label");
    context.lineWidth = 2.5;
    for (const i of this.chosen) context.strokeRect(column[i] * step - frame.west, -(row[i] + 1) * step - frame.north, step, step);
  },

  /** How sure one stands out, 1 to 3, below 0 for fewer: with its surroundings, or alone. */
  _degree(i) {
    const { class: degree, alone } = this.cells;
    return degree[i] > 0 ? degree[i] : alone[i] || degree[i];
  },

  /** The marks of places that are drawn by others. */
  _markPlaces(context, frame) {
    const { x, y } = this.cells;
    for (let i = 0; i < x.length; i++) {
      const strength = this._degree(i);
      if (strength) marks(context, x[i] * frame.unit - frame.west, y[i] * frame.unit - frame.north + 16 * this.options.scale, 6 * this.options.scale, strength);
    }
  },

  /** A disc with the hotspot's number, hollow if it is gone. */
  _number(context, frame, { x, y, id, isGone }) {
    const radius = 11 * this.options.scale;
    const left = x * frame.unit - frame.west;
    // Above the middle of its square, whose marks stay in sight.
    const above = Math.min(((this.cells?.side ?? 0) * frame.unit) / 2, 3 * radius);
    const top = y * frame.unit - frame.north - above;
    context.beginPath();
    context.arc(left, top, radius, 0, 2 * Math.PI);
    context.fillStyle = isGone ? token("--surface") : token("--hot-mark");
    context.fill();
    context.lineWidth = 2;
    context.strokeStyle = isGone ? token("--hot") : token("--map-halo");
    context.stroke();
    context.fillStyle = isGone ? token("--map-label") : "#fff";
    context.font = `600 ${12 * this.options.scale}px ${getComputedStyle(document.body).fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(String(id), left, top + 0.5);
  },
});

/** One to three triangles side by side, up for more and down for less. */
function marks(context, x, y, size, degree) {
  const count = Math.abs(degree);
  const way = degree > 0 ? -1 : 1;
  context.globalAlpha = 1;
  context.fillStyle = count > 1 ? "#fff" : token("--map-label");
  for (let n = 0; n < count; n++) {
    const middle = x + (n - (count - 1) / 2) * size * 1.35;
    context.beginPath();
    context.moveTo(middle, y + way * size * 0.6);
    context.lineTo(middle + size * 0.55, y - way * size * 0.5);
    context.lineTo(middle - size * 0.55, y - way * size * 0.5);
    context.fill();
  }
}
