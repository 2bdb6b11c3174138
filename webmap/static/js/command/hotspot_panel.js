// The hotspots beside the map: what is asked, what was found in words, and what the marks mean.

import { fill, h, svg } from "wangge/core/dom.js";
import { count, language, named, t } from "wangge/core/words.js";

const locale = language === "en" ? "en-GB" : "zh-CN";
const one = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
const small = new Intl.NumberFormat(locale, { maximumSignificantDigits: 2 });
const TRENDS = {
  new: () => t("newly hot"), growing: () => t("growing"), lasting: () => t("lasting"),
  fading: () => t("fading"), returning: () => t("returning"), gone: () => t("gone"),
};
const SIGNS = { new: "✦", growing: "▲", lasting: "■", fading: "▼", returning: "↻", gone: "○" };

/** A p as people read it: never 0. */
export function chance(p) {
  return p < 0.0001 ? "< 0.0001" : small.format(p);
}

/** The panel in `box`. */
export class HotspotPanel {
  constructor(box, options) {
    Object.assign(this, options);
    this.days = new Intl.DateTimeFormat(locale, { timeZone: this.timezone, month: "2-digit", day: "2-digit" });
    this.tools = h("div.hot-tools");
    this.status = h("p.small.quiet.hot-status", { "aria-live": "polite" });
    this.body = h("div.hot-body", { tabindex: "-1" });
    fill(box, h("div.panel-head", {}, h("h2", {}, t("Hotspots"))), this.tools, this.status, this.body);
    this.build();
  }

  /** What can be chosen, as it is chosen now. */
  build() {
    const now = this.now();
    const places = [["cells", t("Squares")], ...this.levels.map(({ key, name }) => [key, named(name)]).reverse(), ["grid", t("Grids")], ["compound", t("Compounds")]];
    const focused = this.tools.contains(document.activeElement) ? document.activeElement.name : null;
    fill(this.tools,
      this._select("by", t("Tested on"), places),
      now.by === "cells" && this._select("cell", t("Side"), this.cells.map((side) => [side, `${count(side)} m`])),
      this._select("base", t("Measured by"), [["cases", t("cases alone")], ["households", t("per 10,000 households")]]),
      this._select("counted", t("Counted are"), [["cases", t("troubles: joined cases as one")], ["reports", t("reports: each that came in")]]),
      this._select("earlier", t("Beside"), this.earlier.map((n) => [n, n ? t("%(count)s periods before", { count: n }) : t("no period before")])));
    if (focused) this.tools.querySelector(`[name="${focused}"]`)?.focus();
  }

  _select(name, label, choices) {
    const now = this.now()[name];
    const take = ({ target }) => this.set({ [name]: typeof now === "number" ? Number(target.value) : target.value });
    return h("label.hot-choice", {}, h("span.small.quiet", {}, label),
      h("select", { name, onChange: take }, choices.map(([value, words]) => h("option", { value, selected: value === now }, words))));
  }

  sayBusy(share, stage, { mayStop = false } = {}) {
    this.body.classList.add("is-old");
    this.body.setAttribute("aria-busy", "true");
    fill(this.status, stage || t("Testing against chance…"), " ",
      share > 0 && h("progress", { value: String(share), max: "1" }), " ",
      mayStop && h("button.link", { type: "button", onClick: this.stop }, t("Stop")));
  }

  sayFailed(problem) {
    this._ready();
    fill(this.status);
    fill(this.body, h("div.empty", {},
      h("p", {}, problem.isStopped ? t("The test was stopped.") : problem.message),
      h("button.button", { type: "button", onClick: this.again }, t("Try again"))));
  }

  /** Cases came in since. */
  sayStale() {
    if (this.isStale || !this.answer) return;
    this.isStale = true;
    this.status.append(" ", h("button.link", { type: "button", onClick: this.again }, t("Cases have changed: test again")));
  }

  _ready() {
    this.isStale = false;
    this.body.classList.remove("is-old");
    this.body.removeAttribute("aria-busy");
  }

  show(answer) {
    this.answer = answer;
    this._ready();
    const until = new Date(Date.parse(answer.until) - 1);
    fill(this.status, [
      this.days.formatRange(new Date(answer.since), until),
      t("%(count)s cases", { count: count(answer.cases) }),
      t("%(count)s places tested", { count: count(answer.tested) }),
    ].join(" · "));
    const hot = answer.hotspots.filter(({ trend }) => trend !== "gone");
    const gone = answer.hotspots.filter(({ trend }) => trend === "gone");
    fill(this.body,
      answer.why ? h("div.empty", {}, h("p", {}, named(answer.why))) : [
        hot.length === 0 && h("div.empty.hot-none", {}, h("p", {}, t("No hotspot: the cases lie as chance would have them, or as the households do.")),
          h("p.small.quiet", {}, t("Choose a category, a longer period or another side of the squares to look closer."))),
        hot.length > 0 && h("ol.hot-list", {}, hot.map((spot) => this._row(`h${spot.id}`, spot))),
        answer.clusters.length > 0 && [h("h3.hot-heading", {}, t("Flared up lately")), h("ol.hot-list", {}, answer.clusters.map((flare) => this._row(`c${flare.id}`, flare)))],
        gone.length > 0 && [h("h3.hot-heading", {}, t("No hotspot any more")), h("ol.hot-list", {}, gone.map((spot) => this._row(`h${spot.id}`, spot)))],
      ]);
  }

  _row(id, row) {
    const isFlare = id.startsWith("c");
    const name = named(row.place) || (isFlare ? t("Flare-up %(number)s", { number: row.id }) : t("Hotspot %(number)s", { number: row.id }));
    const p = isFlare ? row.p : row.p_adjusted;
    return h("li", {}, h("button.hot-row", { type: "button", dataset: { hot: id }, "aria-pressed": "false", onClick: () => this.pick(id) },
      h("span.hot-number", { class: row.trend === "gone" ? "is-gone" : isFlare ? "is-flare" : "" }, isFlare ? "✦" : String(row.id)),
      h("b.hot-name", {}, name),
      row.trend && h("span.hot-trend", { class: `is-${row.trend}` }, h("i", { "aria-hidden": "true" }, SIGNS[row.trend]), TRENDS[row.trend]()),
      h("span.hot-words", {}, sentenceOf(row)),
      row.earlier?.length > 0 && course([...row.earlier, row.cases]),
      h("span.small.quiet.hot-figures", {}, [
        row.trend !== "gone" && t("p %(p)s", { p: chance(p) }),
        row.confidence > 0 && t("%(share)s in 100 sure", { share: row.confidence }),
        row.rate != null && t("%(rate)s per 10,000 households (smoothed)", { rate: one.format(row.rate) }),
      ].filter(Boolean).join(" · "))));
  }

  /** Show which one is chosen. */
  mark(id) {
    for (const button of this.body.querySelectorAll("[data-hot]")) button.setAttribute("aria-pressed", String(button.dataset.hot === id));
  }
}

/** The sentence without the place, which stands above it. */
function sentenceOf(row) {
  const words = named(row.sentence);
  const place = named(row.place);
  return place && words.startsWith(place) ? words.slice(place.length).replace(/^[：:]\s*/, "") : words;
}

/** Cases by period as small bars, the last one full. */
function course(values) {
  const most = Math.max(1, ...values);
  const words = t("cases by period: %(values)s", { values: values.join(", ") });
  return svg("svg", { viewBox: `0 0 ${values.length * 8} 20`, class: "hot-course", role: "img", "aria-label": words },
    svg("title", {}, words),
    values.map((value, i) => svg("rect", { x: i * 8, width: 6, y: 20 - (value / most) * 20, height: Math.max(1, (value / most) * 20), class: i === values.length - 1 ? "is-now" : "" })));
}

/** How sure a cell or place stands out: 1 to 3 for more, below 0 for fewer; with its surroundings, or alone. */
export function degreeOf(cells, i) {
  return cells.class[i] > 0 ? cells.class[i] : cells.alone[i] || cells.class[i];
}

/** What is known of one cell or place. */
export function tipOf(answer, i, nameOf) {
  const { cells } = answer;
  const degree = degreeOf(cells, i);
  const share = [0, 10, 5, 1][Math.abs(degree)];
  return h("div", {},
    cells.code && h("b", {}, nameOf(cells.code[i])),
    h("p", {}, degree > 0 ? t("More cases than chance explains: at most %(share)s of 100 such finds are chance.", { share })
      : degree < 0 ? t("Fewer cases than chance explains: at most %(share)s of 100 such finds are chance.", { share })
        : t("No more and no fewer than chance explains.")),
    h("p.small", {}, [
      t("%(count)s cases", { count: count(cells.cases[i]) }),
      cells.households?.[i] != null && t("%(count)s households", { count: count(cells.households[i]) }),
      cells.rate?.[i] != null && t("%(rate)s per 10,000 households (smoothed)", { rate: one.format(cells.rate[i]) }),
    ].filter(Boolean).join(" · ")),
    h("p.small.quiet", {}, cells.alone[i] > 0 && cells.class[i] <= 0 ? t("It stands out alone; around it all is as usual.") : t("p %(p)s, controlled %(q)s, z %(z)s", { p: chance(cells.p[i]), q: chance(cells.p_adjusted[i]), z: one.format(cells.z[i]) })));
}

/** What the marks mean, in words, with the bounds of the classes. */
export function legendOf(answer) {
  const step = (degree, words) => h("li", {}, swatch(degree), h("span", {}, words));
  const bounds = [[3, 1], [2, 5], [1, 10]];
  return [
    h("h3", {}, t("More or fewer than chance")),
    h("ol.legend-classes.hot-legend", {},
      bounds.map(([degree, share]) => step(degree, t("more, p ≤ %(p)s", { p: share / 100 }))),
      step(0, t("as chance would have it")),
      bounds.toReversed().map(([degree, share]) => step(-degree, t("fewer, p ≤ %(p)s", { p: share / 100 })))),
    h("p.small.quiet", {}, answer
      ? t("p is controlled for the %(count)s places tested: of those marked 0.05, at most 5 in 100 are so by chance.", { count: count(answer.tested) })
      : t("Testing against chance…")),
    answer && h("p.small.quiet", {}, answer.base === "households" ? t("measured by households, small places drawn to the mean") : t("measured by cases alone"), " · ", answer.each_report ? t("each report counts") : t("cases that were joined count as one")),
  ];
}

function swatch(degree) {
  const tone = degree > 0 ? "var(--hot)" : degree < 0 ? "var(--cold)" : "var(--map-unknown)";
  const strength = Math.abs(degree);
  const turn = degree > 0 ? "" : "rotate(180 0 0)";
  return svg("svg", { viewBox: "-15 -9 30 18", width: 30, height: 18, "aria-hidden": "true" },
    svg("rect", { x: -14, y: -8, width: 28, height: 16, fill: tone, "fill-opacity": [0.16, 0.34, 0.58, 0.85][strength], stroke: tone, "stroke-width": strength || 0.5 }),
    Array.from({ length: strength }, (_, n) => svg("path", { d: "M0,-4L4,3L-4,3Z", transform: `translate(${(n - (strength - 1) / 2) * 9} 0) ${turn}`, fill: strength > 1 ? "#fff" : "var(--map-label)" })));
}
