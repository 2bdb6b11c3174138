// What the map's marks mean, with bounds, unit, period and base.

import { fill, h, svg } from "wangge/core/dom.js";
import { count, language, named, t } from "wangge/core/words.js";
import { mark } from "wangge/command/charts.js";
import { baseOf } from "wangge/command/ranking.js";

const short = new Intl.NumberFormat(language === "en" ? "en-GB" : "zh-CN", { maximumFractionDigits: 1 });

/** The legend in `box`: `shown()` is {show, measure, bounds, colours, heat, level}. */
export function joinLegend(box, board, { shown }) {
  return {
    show() {
      const now = shown();
      if (now.show === "heat") fill(box, heat(board, now));
      else if (now.show === "places") fill(box, places(board, now));
      else if (now.show === "hotspots") fill(box, now.hotspots);
      else fill(box, points(board));
    },
  };
}

function points(board) {
  const used = board.profile.categories.flatMap((term) => {
    const position = board.cases.dictionaries.category.indexOf(term.key);
    return board.sums.categories[position] ? [[term, position]] : [];
  });
  const ring = svg("svg", { viewBox: "0 0 20 20", width: 18, height: 18, "aria-hidden": "true", class: "mark" },
    svg("circle", { cx: 10, cy: 10, r: 8, fill: "none", stroke: "var(--text-quiet)", "stroke-width": 2.5 }),
    svg("text", { x: 10, y: 13.4, "text-anchor": "middle", "font-size": 9, fill: "currentColor" }, "n"));
  return [
    h("ul.legend-marks", {}, used.map(([term, position]) => h("li", {}, mark(position, term.color), named(term.name)))),
    h("ul.legend-marks.legend-notes", {},
      h("li", {}, ring, t("several cases, ring by category")),
      h("li", {}, mark(0, "var(--text-quiet)", { open: false }), t("hollow: closed")),
      h("li", {}, svg("svg", { viewBox: "-7 -7 14 14", width: 14, height: 14, class: "mark", "aria-hidden": "true" }, svg("path", { d: "M0,-6L6,5L-6,5Z", fill: "var(--late-mark)" })), t("overdue")),
      h("li", {}, svg("svg", { viewBox: "-7 -7 14 14", width: 14, height: 14, class: "mark", "aria-hidden": "true" }, svg("circle", { r: 5.5, fill: "none", stroke: "var(--near-mark)", "stroke-width": 1.8, "stroke-dasharray": "3 2" })), t("nearly due"))),
  ];
}

function classes(colours, words) {
  return h("ol.legend-classes", {}, colours.map((colour, i) => h("li", {}, h("i", { style: { background: colour } }), h("span", {}, words[i]))));
}

function heat(board, { heat: found, metres: asked }) {
  const { period } = baseOf(board);
  return [
    h("h3", {}, t("Density of cases")),
    found?.bounds.length
      ? classes(found.colours, found.bounds.map((bound, i) => (i + 1 < found.bounds.length ? `${short.format(bound)}–${short.format(found.bounds[i + 1])}` : `≥ ${short.format(bound)}`)))
      : h("p.small.quiet", {}, t("No case in this part of the map")),
    h("p.small.quiet", {}, [t("cases per km²"), period].join(" · ")),
    found && h("p.small.quiet", {}, t("radius %(metres)s m", { metres: count(Math.round(found.metres)) }), found.metres > 1.01 * asked && ` (${t("the least at this zoom")})`),
  ];
}

function places(board, { measure, bounds, colours, method }) {
  const { period, households } = baseOf(board);
  const digits = (value) => (measure === "rate" ? short.format(value) : count(value));
  const words = colours.map((_, i) => `${digits(bounds[i])}–${digits(bounds[i + 1])}`);
  return [
    h("h3", {}, measure === "rate" ? t("Cases per 10,000 households") : t("Cases by place")),
    colours.length ? classes(colours, words) : h("p.small.quiet", {}, measure === "rate" ? t("No household figures, so no rate") : t("No values")),
    measure === "rate" && colours.length > 0 && h("p.small.quiet.legend-hatch", {}, h("i", {}), t("fewer than %(count)s households", { count: count(board.minHouseholds) })),
    h("p.small.quiet", {}, [method === "natural" ? t("natural breaks") : t("equal numbers of places"), period, measure === "rate" && households].filter(Boolean).join(" · ")),
  ];
}
