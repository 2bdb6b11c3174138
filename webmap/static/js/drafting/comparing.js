// What changes hands between a draft and today's net, or another draft: on the map and as a table.

import { get } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { token } from "wangge/core/theme.js";
import { count, share, squareMetres, t } from "wangge/core/words.js";
import { drafts } from "wangge/drafting/draft.js";
import { Sheet, stackOf } from "wangge/layers/stack.js";

const SHOWN = 40; // rows

export function comparison(planner, bench) {
  const choose = h("select", { "aria-label": t("Compare with"), onChange: () => show() });
  const told = h("div.draft-form", { "aria-live": "polite" });
  const sheet = new Sheet("draft-moved", {
    order: 54,
    pickable: false,
    unnamed: true,
    style: () => ({ fill: token("--near-mark"), alpha: 0.4, line: token("--near-mark"), width: 2, dash: [6, 3] }),
  });
  const box = h("details.history", { id: "draft-compare" }, h("summary", {}, t("Compare")), h("div.draft-form", {}, choose, told));
  let isOn = false;

  box.addEventListener("toggle", async () => {
    if (!box.open) return clear();
    const others = (await drafts().catch(() => [])).filter(({ id, communities }) => id !== bench.draft.id && communities.some((code) => bench.draft.info.communities.includes(code)));
    fill(choose, h("option", { value: "today" }, t("the net in force")), others.map(({ id, name }) => h("option", { value: id }, name)));
    return show();
  });

  /** Take what is compared off the map. */
  function clear() {
    if (isOn) stackOf(planner.map).drop(sheet);
    isOn = false;
  }

  async function show() {
    fill(told, h("p.small.quiet", {}, t("Comparing …")));
    try {
      const found = await get(`/api/v1/plans/${bench.draft.id}/compare/${choose.value}`);
      sheet.change({ data: found.moved });
      if (!isOn) stackOf(planner.map).add(sheet);
      isOn = true;
      fill(told, table(found));
    } catch (error) {
      fill(told, h("div.refused", {}, h("p", {}, error.message)));
    }
  }

  function table({ households, households_moved: moved, households_rehanded: rehanded, moved: { features } }) {
    const part = households ? ` (${share(moved / households)})` : "";
    return [
      h("p.figures", {}, t("%(moved)s of %(all)s households come to another grid", { moved: count(moved), all: count(households) }), part),
      rehanded != null && h("p.figures", {}, t("%(number)s households come to another grid worker", { number: count(rehanded) })),
      features.length === 0
        ? h("p.all-good", {}, "✓ ", t("Nothing changes hands."))
        : h(
            "table.small",
            {},
            h("thead", {}, h("tr", {}, h("th", {}, t("From")), h("th", {}, t("To")), h("th.number", {}, t("households")), h("th.number", {}, t("Ground area")))),
            h("tbody", {}, features.slice(0, SHOWN).map(({ properties: p }) => h("tr", {}, h("td", {}, nameOf(p, "before")), h("td", {}, nameOf(p, "after")), h("td.number", {}, count(p.households)), h("td.number", {}, squareMetres(p.area_m2))))),
          ),
      h("p.small", {}, h("a", { href: `/planner/compare/${bench.draft.id}/${choose.value}`, target: "_blank", rel: "noopener" }, t("Map and tables to print"))),
      features.length > SHOWN && h("p.small.quiet.figures", {}, t("%(number)s more", { number: count(features.length - SHOWN) })),
    ];
  }

  return { element: box, clear };
}

const nameOf = (p, side) => (p[side] == null ? t("no grid") : (p[`name_${side}`] || t("New grid %(number)s", { number: p[side] })).replace(/^.+社区(?=.)/, ""));
