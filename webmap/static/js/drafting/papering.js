// What stands on paper beside the map of a draft: its name and state, and a table of its grids.

import { h } from "wangge/core/dom.js";
import { count, squareMetres, t } from "wangge/core/words.js";
import { states } from "wangge/drafting/opening.js";

/** {title, words, table} of a draft. */
export function paperOf({ info: { name, revision, state }, grids }, { low, high }) {
  const rows = [...grids].map(([number, { properties: p }]) => ({ ...p, called: p.name || p.code || t("New grid %(number)s", { number }) }));
  rows.sort((a, b) => a.called.localeCompare(b.called, "zh", { numeric: true }));
  const hasWorkers = rows.some(({ worker }) => worker);
  const sign = (households) => (households < low ? "▽ " : households > high ? "▲ " : "");
  const said = (value) => (value == null ? "–" : count(value));
  const head = [[t("Grid")], [t("Households"), true], [t("Residents"), true], [t("Ground area"), true], hasWorkers && [t("Grid worker")]].filter(Boolean);
  const table = h(
    "table",
    {},
    h("caption", {}, t("Grids of the draft")),
    h("thead", {}, h("tr", {}, head.map(([words, isNumber]) => h(`th${isNumber ? ".number" : ""}`, { scope: "col" }, words)))),
    h(
      "tbody",
      {},
      rows.map((row) =>
        h("tr", {}, h("td", {}, row.called), h("td.number", {}, row.households == null ? "–" : `${sign(row.households)}${count(row.households)}`), h("td.number", {}, said(row.residents)), h("td.number", {}, row.area_m2 == null ? "–" : squareMetres(row.area_m2)), hasWorkers && h("td", {}, row.worker ?? "")),
      ),
    ),
  );
  return { title: name, words: `${t("Draft")} v${revision} (${states()[state] ?? state})`, table };
}
