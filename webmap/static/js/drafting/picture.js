// How a draft looks on the map: its grids and units as sheets of the map's stack.
//
// The selected grid is strong, those beside it are tinted, others are thin grey lines; locked ones
// are hatched; a grid outside the band is coloured and says so by a shape and its number.

import { count, t } from "wangge/core/words.js";
import { onTheme, token } from "wangge/core/theme.js";
import { outline } from "wangge/drafting/foreseeing.js";
import { holds } from "wangge/drafting/handing.js";
import { fromGeoJson, toWorld } from "wangge/layers/shapes.js";
import { Sheet, stackOf } from "wangge/layers/stack.js";

const L = globalThis.L;

const shapes = new WeakMap(); // feature → its shape and its label: only what changed is made anew

function shaped(feature, props) {
  if (!shapes.has(feature)) {
    const { shapes: [shape], labels: [label] } = fromGeoJson({ features: [{ ...feature, properties: props() }] });
    shape.code = label.code = Number(feature.id);
    shape.middle = label.parts[0];
    shapes.set(feature, { shape, label });
  }
  return shapes.get(feature);
}

/** Let a sheet draw these. */
function hold(sheet, held) {
  const shapes = [];
  const labels = [];
  for (const { shape, label } of held) {
    shapes.push(shape);
    labels.push(label);
  }
  sheet.data = { shapes, labels, index: null };
}

const MOST_CORNERS = 20_000; // of a veil: more would hold the map up
const WORLD = [0, 0, 1, 0, 1, 1, 0, 1, 0, 0];

/** A flat ring the other way round. */
function turnedRound(ring) {
  const turned = new Float64Array(ring.length);
  for (let i = 0; i < ring.length; i += 2) turned.set([ring[i], ring[i + 1]], ring.length - 2 - i);
  return turned;
}

/** What mutes the ground outside a draft: all the world but its units. */
function veilOf(units) {
  const geometry = outline(units);
  const { shapes } = fromGeoJson({ features: geometry ? [{ id: 0, geometry, properties: {} }] : [] });
  const parts = shapes.flatMap((shape) => shape.parts);
  const isLarge = parts.reduce((sum, part) => sum + part.length, 0) > 2 * MOST_CORNERS;
  const shape = { code: 0, props: {}, kind: 3, parts: [WORLD, ...parts.map(turnedRound)], box: [0, 0, 1, 1] };
  return { shapes: isLarge || !geometry ? [] : [shape], index: null, labels: [] };
}

export class Picture {
  constructor(planner) {
    this.planner = planner;
    this.stack = stackOf(planner.map);
    this.draft = null;
    this.selected = new Set();
    this.beside = new Set();
    this.chosen = new Set(); // units that a tool is about to hand over
    this.warned = new Set(); // grids that others have changed meanwhile
    this.showsUnits = false;
    this.showsGrids = true;
    this.held = null;
    this.grids = new Sheet("draft-grids", { layer: "draft", named: true, order: 52, style: (props, look) => this.ofGrid(props, look) });
    this.locks = new Sheet("draft-locks", { layer: "draft-locks", order: 53, pickable: false, unnamed: true, style: (props) => this.ofLock(props) });
    this.units = new Sheet("draft-units", { layer: "draft-units", order: 51, unnamed: true, style: (props, look) => this.ofUnit(props, look) });
    this.veil = new Sheet("draft-veil", { order: 95, pickable: false, unnamed: true, style: () => ({ fill: token("--map-ground"), alpha: 0.6, line: null, width: 0 }) });
    onTheme(() => (this.hatch = null));
  }

  open(draft) {
    this.draft = draft;
    this.others = this.stack.sheets.map((sheet) => [sheet, sheet.pickable]);
    for (const [sheet] of this.others) sheet.pickable = false;
    for (const sheet of [this.units, this.grids, this.locks, this.veil]) this.stack.add(sheet);
    const { grids } = this.planner.layers; // in force: the draft's are drawn in their place
    this.minZoom = grids.minZoom;
    this.showsGrids = grids.visible;
    this.grids.unnamed = !grids.visible;
    grids.change({ minZoom: Infinity });
    this.renew();
  }

  close() {
    if (!this.draft) return;
    this.draft = null;
    this.ring?.remove();
    this.showsUnits = false;
    for (const [sheet, pickable] of this.others) sheet.pickable = pickable;
    for (const sheet of [this.units, this.grids, this.locks, this.veil]) this.stack.drop(sheet);
    this.planner.layers.grids.change({ minZoom: this.minZoom });
    this.planner.labels.refresh();
  }

  /**
   * Draw what the draft holds now.
   *
   * @param {{grids: number[], units: number[]}} [changed] - only these are others than before
   */
  renew(changed) {
    if (!this.draft) return;
    if (!changed) {
      this.held = { grids: new Map(), units: new Map() };
      changed = { grids: this.draft.grids.keys(), units: this.draft.units.keys() };
      this.warned = new Set();
      this.veil.data = veilOf([...this.draft.units.values()]);
      this.redraw();
    }
    const props = {
      grids: (number, feature) => this.propsOf(number, feature),
      units: (number, { properties: { grid, kind } }) => ({ number, grid, kind }),
    };
    const boxes = [];
    for (const kind of ["grids", "units"]) {
      const held = this.held[kind];
      for (const number of changed[kind]) {
        const feature = this.draft[kind].get(number);
        if (held.has(number)) boxes.push(held.get(number).shape.box);
        if (!feature) held.delete(number);
        else {
          held.set(number, shaped(feature, () => props[kind](number, feature)));
          boxes.push(held.get(number).shape.box);
        }
      }
    }
    hold(this.grids, this.held.grids.values());
    hold(this.locks, [...this.held.grids.values()].filter(({ shape }) => shape.props.locked));
    hold(this.units, this.held.units.values());
    this.stack.redrawIn(boxes);
    this.planner.labels.refresh();
  }

  /** What the look and the name of a grid need. */
  propsOf(number, { properties: { households, name, code, locked } }) {
    const { low, high } = this.planner.page.profile.band;
    const known = households != null;
    const state = !known ? "unknown" : households < low ? "below" : households > high ? "above" : "within";
    const sign = { below: "▽ ", above: "▲ " }[state] ?? "";
    const plain = shortName(name || code || t("New grid %(number)s", { number }));
    const people = known ? `${sign}${t("%(number)s households", { number: count(households) })}` : null;
    return { number, state, locked: Boolean(locked), name: plain, people, brief: sign && people, colour: COLOURS[state] };
  }

  mark(selected) {
    const before = [...this.selected, ...this.beside];
    this.selected = new Set(selected);
    this.beside = new Set();
    for (const number of this.selected) for (const other of this.draft.beside(number)) if (!this.selected.has(other)) this.beside.add(other);
    this.redrawOf("grids", [...before, ...this.selected, ...this.beside]);
  }

  choose(units) {
    const changed = [...this.chosen].filter((number) => !units.has(number)).concat([...units].filter((number) => !this.chosen.has(number)));
    this.chosen = units;
    this.redrawOf("units", changed);
  }

  /** Draw the tiles again that show these grids or units. */
  redrawOf(kind, numbers) {
    this.stack.redrawIn(numbers.map((number) => this.held?.[kind].get(number)?.shape.box).filter(Boolean));
  }

  /** Show which grids others have changed. */
  warn(grids) {
    this.warned = grids;
    this.redraw();
  }

  /** The grid and the unit at a place of the map, whether they are drawn or not. */
  at({ lat, lng }) {
    const [x, y] = toWorld(lng, lat);
    const one = (sheet) => sheet.data.shapes.find((shape) => holds(shape, x, y))?.code ?? null;
    return { grid: one(this.grids), unit: one(this.units) };
  }

  /** Ring the place of a finding for a while. */
  point(where) {
    this.ring?.remove();
    if (!where?.box) return;
    const [west, south, east, north] = where.box;
    this.ring = L.rectangle([[south, west], [north, east]], { color: token("--late-mark"), weight: 2, dashArray: "5 4", fill: false, interactive: false }).addTo(this.planner.map);
    const { ring } = this;
    setTimeout(() => ring.remove(), 6000);
  }

  showUnits(shows) {
    if (this.showsUnits === shows) return;
    this.showsUnits = shows;
    this.redrawOf("grids", [...this.selected, ...this.beside]);
  }

  /** Show all grids, or only the selected ones. */
  show(shows) {
    if (!this.draft || this.showsGrids === shows) return;
    this.showsGrids = shows;
    this.grids.unnamed = !shows;
    this.redraw();
    this.planner.labels.refresh();
  }

  redraw() {
    this.stack.redrawSoon();
  }

  ofGrid({ number, state }, { zoom, hovered }) {
    const thin = zoom < 14 ? 0.9 : 1.3;
    if (this.warned.has(number)) return { fill: token("--late-mark"), alpha: 0.28, line: token("--late-mark"), width: 3, dash: [8, 4] };
    if (!this.showsGrids && !this.selected.has(number)) return null;
    if (this.selected.has(number)) return { fill: token("--accent"), alpha: 0.16, line: token("--accent"), width: 3.5, halo: token("--map-halo") };
    const colour = token(COLOURS[state]);
    const isOut = state === "below" || state === "above";
    if (this.beside.has(number)) return { fill: isOut ? colour : token("--accent"), alpha: hovered ? 0.2 : isOut ? 0.14 : 0.07, line: token("--accent"), width: 1.6 };
    return { fill: isOut ? colour : hovered ? token("--accent") : "transparent", alpha: hovered ? 0.18 : 0.12, line: token("--map-grid"), width: thin };
  }

  ofLock() {
    this.hatch ??= hatched(token("--map-label-quiet"));
    return { fill: this.hatch, alpha: 0.35, line: null, width: 0 };
  }

  ofUnit({ number, grid }, { hovered }) {
    if (this.chosen.has(number)) return { fill: token("--near-mark"), alpha: 0.45, line: token("--near-mark"), width: 2 };
    if (grid == null) return { fill: token("--late-mark"), alpha: hovered ? 0.28 : 0.16, line: token("--late-mark"), width: 1, dash: [4, 3] };
    if (!this.showsUnits || !(this.selected.has(grid) || this.beside.has(grid))) return null;
    return { fill: hovered ? token("--near-mark") : "transparent", alpha: 0.25, line: token("--map-border-strong"), width: 0.9, dash: [3, 3] };
  }
}

const COLOURS = { below: "--near-mark", above: "--late-mark", within: "--map-label-quiet", unknown: "--map-label-quiet" };

export const shortName = (name) => String(name).replace(/^.+社区(?=.)/, "");

/** Slanted lines, as a fill. */
function hatched(colour) {
  const side = 8;
  const sharp = Math.min(3, globalThis.devicePixelRatio || 1);
  const tile = new OffscreenCanvas(side * sharp, side * sharp);
  const context = tile.getContext("2d");
  context.scale(sharp, sharp);
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  context.beginPath();
  for (const from of [-side, 0, side]) {
    context.moveTo(from, side);
    context.lineTo(from + side, 0);
  }
  context.stroke();
  const pattern = context.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(1 / sharp));
  return pattern;
}
