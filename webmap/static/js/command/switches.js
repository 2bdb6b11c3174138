// What the map shows of the cases: points, density, or places filled by their cases.

import { fill, h } from "wangge/core/dom.js";
import { setState } from "wangge/core/state.js";
import { count, named, t } from "wangge/core/words.js";

const RADII = [150, 300, 600, 1200];

/** The switches in `box`; `changed()` after every change. */
export class Switches {
  constructor(box, board, { levels, basemaps = [], changed, radius }) {
    this.box = box;
    this.board = board;
    this.changed = changed;
    this.radius = radius;
    this.basemaps = basemaps;
    this.levels = [...levels.map((level) => ["area", level.key, named(level.name)]).reverse(), ["grid", "grid", t("Grids")], ["compound", "compound", t("Compounds")]];
    this.now = { show: "points", level: this.levels[0][1], measure: "rate", method: "quantiles", metres: 300, all: true, base: "" };
    this._build();
  }

  /** {by, level, measure, method} of the filled places. */
  places() {
    const [by, level] = this.levels.find(([, key]) => key === this.now.level) ?? this.levels[0];
    return { by, level, measure: this._hasRates() ? this.now.measure : "count", method: this.now.method };
  }

  /** Whether any place states its households, so that there are rates. */
  _hasRates() {
    if (!this.board.cases) return true;
    return Object.values(this.board.cases.header.places ?? {}).some(({ households }) => households.some((number) => number != null));
  }

  /** Take over what the address says. */
  read({ show, level, measure, method, radius, base }) {
    this.now.base = this.basemaps.some(({ key }) => key === base) ? base : "";
    this.now.show = ["heat", "hotspots", "places"].includes(show) ? show : "points";
    if (this.levels.some(([, key]) => key === level)) this.now.level = level;
    if (["rate", "count"].includes(measure)) this.now.measure = measure;
    if (["quantiles", "natural"].includes(method)) this.now.method = method;
    if (RADII.includes(Number(radius))) this._setRadius(Number(radius));
    this._build();
    this.changed();
  }

  _set(changes) {
    Object.assign(this.now, changes);
    if ("metres" in changes) this._setRadius(changes.metres);
    const { show, level, measure, method, metres, base } = this.now;
    setState({
      base: base || null,
      show: show === "points" ? null : show,
      level: show === "places" ? level : null,
      measure: show === "places" ? measure : null,
      method: show === "places" && method !== "quantiles" ? method : null,
      radius: show === "heat" && metres !== 300 ? metres : null,
    });
    const focused = document.activeElement?.dataset?.switch;
    this._build();
    if (focused) this.box.querySelector(`[data-switch="${CSS.escape(focused)}"]`)?.focus();
    this.changed();
  }

  /** Offer what the data allow. */
  refresh() {
    if (this.now.show === "places") this._build();
  }

  _setRadius(metres) {
    this.now.metres = metres;
    this.radius(metres);
  }

  _segments(label, choices, property) {
    return h("div.segments", { role: "group", "aria-label": label }, choices.map(([value, name]) =>
      h("button.segment", { type: "button", dataset: { switch: `${property} ${value}` }, "aria-pressed": String(this.now[property] === value), onClick: () => this._set({ [property]: value }) }, name)));
  }

  _build() {
    const { show } = this.now;
    fill(this.box,
      this._segments(t("Shown as"), [["points", t("Points")], ["heat", t("Density")], ["hotspots", t("Hotspots")], ["places", t("Places")]], "show"),
      show === "places" && this._segments(t("Kind of place"), this.levels.map(([, key, name]) => [key, name]), "level"),
      show === "places" && this._hasRates() && this._segments(t("Measure"), [["rate", t("per 10,000 households")], ["count", t("number")]], "measure"),
      show === "places" && this._segments(t("Classes"), [["quantiles", t("equal numbers")], ["natural", t("natural breaks")]], "method"),
      show === "heat" && this._segments(t("Radius"), RADII.map((metres) => [metres, `${count(metres)} m`]), "metres"),
      this.basemaps.length > 0 && this._segments(t("Basemap"), [["", t("No basemap")], ...this.basemaps.map(({ key, name }) => [key, name])], "base"));
  }
}
