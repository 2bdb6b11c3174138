// What a drawing would come to, on the map and in words: each piece with its households, in the band or not.

import { h } from "wangge/core/dom.js";
import { token } from "wangge/core/theme.js";
import { count, t } from "wangge/core/words.js";
import { shortName } from "wangge/drafting/picture.js";

const L = globalThis.L;
const GROUND = "wangge-outcome";
const MARKS = "wangge-outcome-marks"; // above the map's names
const LABELLED = 36; // pixels: smaller pieces have no label
const NAMED = 140; // pixels: narrower ones only their number
const MOST_NAMED = 4; // pieces told one by one

const COLOURS = { below: "--near-mark", above: "--late-mark", within: "--accent", unknown: "--map-label-quiet" };
const SIGNS = { below: "▽", above: "▲", within: "✓", unknown: "" };

/** Why the server would refuse it. */
const refusals = () => ({
  line_ends_inside: t("The line ends inside a grid: draw it on to a border."),
  self_crossing: t("What is drawn crosses itself: take a point back."),
  misses: t("The line divides no grid yet: draw it from border to border across one."),
  one_side: t("The line lies within one grid yet: draw it from a border of the grid to a border."),
  crumbs: t("What it cuts off would be too small or too narrow for a grid."),
  outside: t("The polygon lies outside the ground of this draft."),
  locked: t("A locked grid would change: unlock it first, or draw past it."),
  outer_border: t("The outer border of the draft stays: drag along it."),
  crosses: t("The dragged border would cross another: drag it less far."),
  too_narrow: t("The ground is too narrow there to be cut: draw the line a little further off."),
  too_many_points: t("What is drawn has too many points."),
});

/** What grids of a draft are called beside each other: with their community only where there are several. */
export function calledGrids(draft, numbers) {
  const known = numbers.map((number) => draft.grids.get(number)?.properties ?? {});
  const isShort = new Set(known.map(({ community }) => community)).size < 2;
  return known.map(({ name, code }, i) => {
    const called = name || code || t("New grid %(number)s", { number: numbers[i] });
    return isShort ? shortName(called) : called;
  });
}

export class Outcome {
  constructor(planner, bench) {
    Object.assign(this, { planner, bench });
    this.layer = L.layerGroup();
    this.answer = null;
  }

  get isRefused() {
    return Boolean(this.answer?.refusal && refusals()[this.answer.refusal]);
  }

  /** Show an answer of the worker; null: nothing. */
  show(answer) {
    const { map } = this.planner;
    this.answer = answer;
    this.layer.clearLayers();
    if (!answer) this.hush(new Set());
    if (!answer?.pieces) return;
    this.renderer ??= this.made();
    this.layer.addTo(map);
    this.hush(new Set(answer.pieces.map(({ grid }) => grid)));
    const taken = [];
    for (const piece of answer.pieces) if (piece.geometry) this.paint(piece, taken);
  }

  /** The panes, made when first asked for. */
  made() {
    const { map } = this.planner;
    for (const [name, zIndex] of [[GROUND, 380], [MARKS, 470]]) Object.assign(map.createPane(name).style, { zIndex, pointerEvents: "none" });
    return L.svg({ pane: GROUND });
  }

  paint(piece, taken) {
    const { map } = this.planner;
    const { geometry, at, isNew, households } = piece;
    const state = this.stateOf(households);
    const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
    const latlngs = polygons.map((rings) => rings.map((ring) => ring.map(([lng, lat]) => [lat, lng])));
    const colour = token(COLOURS[state]);
    const shape = L.polygon(latlngs, { pane: GROUND, renderer: this.renderer, color: colour, weight: isNew ? 3 : 2, fillColor: colour, fillOpacity: isNew ? 0.32 : 0.16, interactive: false, pmIgnore: true, snapIgnore: true, className: `outcome outcome-${state}` });
    shape.addTo(this.layer);
    const box = shape.getBounds();
    const [low, high] = [map.latLngToContainerPoint(box.getSouthWest()), map.latLngToContainerPoint(box.getNorthEast())];
    const wide = high.x - low.x;
    const spot = map.latLngToContainerPoint([at[1], at[0]]);
    if (Math.min(wide, low.y - high.y) < LABELLED || taken.some((other) => Math.abs(other.x - spot.x) < NAMED && Math.abs(other.y - spot.y) < 30)) return;
    taken.push(spot);
    const label = h(`span.outcome-label.outcome-${state}`, {}, wide < NAMED ? this.figure(piece) : this.called(piece));
    L.marker([at[1], at[0]], { pane: MARKS, icon: L.divIcon({ className: "outcome-mark", iconSize: [0, 0], html: label }), interactive: false, keyboard: false, pmIgnore: true, snapIgnore: true }).addTo(this.layer);
  }

  /** Leave the map's names of these grids away: the pieces have labels of their own. */
  hush(numbers) {
    const name = [...numbers].join(" ");
    if (name === (this.hushed ?? "")) return;
    this.hushed = name;
    const { data } = this.bench.picture.grids;
    if (this.named?.data === data) data.labels = this.named.labels;
    this.named = { data, labels: data.labels };
    data.labels = data.labels.filter(({ code }) => !numbers.has(code));
    this.planner.labels.refresh();
  }

  stateOf(households) {
    const { low, high } = this.planner.page.profile.band;
    if (households == null) return "unknown";
    return households < low ? "below" : households > high ? "above" : "within";
  }

  /** A number of households with the sign of the band. */
  figure({ households, isAbout }) {
    if (households == null) return t("households unknown");
    const sum = t("%(number)s households %(sign)s", { number: count(households), sign: SIGNS[this.stateOf(households)] });
    return isAbout ? t("about %(sum)s", { sum }) : sum;
  }

  /** The answer in words, as an element. */
  words() {
    const { answer } = this;
    if (!answer) return null;
    if (this.isRefused) return h("p.outcome-refused", { id: "draft-guess" }, h("span", { "aria-hidden": "true" }, "✕ "), refusals()[answer.refusal]);
    if (!answer.pieces?.length) return null;
    const change = ({ households, before }) => Math.abs((households ?? 0) - (before ?? 0));
    const told = [...answer.pieces].sort((one, other) => other.isNew - one.isNew || change(other) - change(one));
    const shown = told.slice(0, MOST_NAMED);
    const names = calledGrids(this.bench.draft, shown.filter(({ isNew }) => !isNew).map(({ grid }) => grid));
    const rows = shown.map((piece) => h("span.outcome-row", {}, this.sentence(piece, piece.isNew ? null : names.shift())));
    const rest = told.length - rows.length;
    return h("p.figures.outcome-words", { id: "draft-guess" }, rows, rest > 0 && h("span.outcome-row", {}, t("and %(number)s more", { number: count(rest) })));
  }

  /** A piece with its name and what it would have. */
  called(piece, grid = calledGrids(this.bench.draft, [piece.grid])[0]) {
    const sum = this.figure(piece);
    return piece.isNew ? t("New grid: %(sum)s", { sum }) : t("%(grid)s: %(sum)s", { grid, sum });
  }

  sentence(piece, grid) {
    if (piece.isNew || (piece.geometry && piece.before == null)) return this.called(piece, grid);
    return piece.geometry ? t("%(grid)s: %(before)s → %(sum)s", { grid, before: count(piece.before), sum: this.figure(piece) }) : t("%(grid)s: nothing is left of it", { grid });
  }
}
