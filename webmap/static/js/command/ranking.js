// Places by cases or by cases per 10,000 households: the list beside the choropleth.

import { fill, h } from "wangge/core/dom.js";
import { count, language, t } from "wangge/core/words.js";
import { ranked } from "wangge/command/rates.js";

const MOST = 300;
const one = new Intl.NumberFormat(language === "en" ? "en-GB" : "zh-CN", { minimumFractionDigits: 1, maximumFractionDigits: 1 });

/** A rate with one decimal; a dash where there is none. */
export function rate(value) {
  return value == null ? "–" : one.format(value);
}

/** What a rate rests on, in a sentence. */
export function baseOf(board) {
  const [from, to] = board.span();
  return {
    period: `${board.dayName(from)} – ${board.dayName(Math.min(to - 1, Math.max(board.now, from)))}`,
    households: t("households of %(day)s", { day: board.dayName(Date.parse(board.cases.header.as_of) / 60000) }),
  };
}

/** The ranked list in `box`; `choose(row)` flies there. */
export function joinRanking(box, board, { choose, shownAs }) {
  let lowestFirst = false;
  function show() {
    const { by, level, measure } = shownAs();
    const rows = ranked(board.counts(by).filter((row) => row.level === level), measure, { lowestFirst });
    const base = baseOf(board);
    const most = Math.max(1e-9, ...rows.filter((row) => measure === "count" || !row.smallBase).map((row) => row[measure] ?? 0));
    const small = rows.filter((row) => row.smallBase).length;
    fill(box,
      h("div.panel-head", {},
        h("h2", {}, measure === "rate" ? t("Cases per 10,000 households") : t("Cases by place")),
        h("button.button.quiet.small", { type: "button", onClick: () => { lowestFirst = !lowestFirst; show(); } }, lowestFirst ? t("lowest first ↑") : t("highest first ↓"))),
      h("p.small.quiet.ranking-base", {}, [base.period, measure === "rate" && base.households, t("%(count)s places", { count: count(rows.length) })].filter(Boolean).join(" · ")),
      h("ol.ranking", {}, rows.slice(0, MOST).map((row, n) => entry(row, n, { measure, most, board, choose }))),
      rows.length > MOST && h("p.small.quiet", {}, t("%(count)s more below", { count: count(rows.length - MOST) })),
      measure === "rate" && small > 0 && h("p.small.quiet", {}, t("Places with fewer than %(count)s households stand at the end: one case more would change their rate much.", { count: count(board.minHouseholds) })),
      !rows.length && h("div.empty", {}, h("p", {}, t("There are no such places yet.")), h("a.button", { href: "/import" }, t("Import places"))));
  }
  return { show };
}

function entry(row, n, { measure, most, board, choose }) {
  const isChosen = board.criteria.areas.includes(row.code);
  const width = Math.min(100, ((row[measure] ?? 0) / most) * 100);
  const detail = measure === "rate"
    ? row.households == null
      ? t("%(cases)s cases, households unknown", { cases: count(row.count) })
      : t("%(cases)s cases, %(households)s households", { cases: count(row.count), households: count(row.households) })
    : row.rate == null
      ? t("households unknown")
      : t("%(rate)s per 10,000 households", { rate: rate(row.rate) });
  return h("li", {}, h("button.rank-row", { type: "button", "aria-pressed": String(isChosen), class: row.smallBase && measure === "rate" ? "is-small" : "", onClick: () => choose(row) },
    h("span.rank-number", {}, String(n + 1)),
    h("span.rank-name", {}, row.name || row.code, row.smallBase && measure === "rate" && h("span.badge.badge-near", {}, t("small base"))),
    h("b.rank-value", {}, measure === "rate" ? rate(row.rate) : count(row.count)),
    h("span.bar-track", {}, h("i", { style: { width: `${width}%` } })),
    h("span.small.quiet.rank-detail", {}, detail)));
}
