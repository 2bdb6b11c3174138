// Printing: map, legend and table on A4 or A3; and the map as one file to send.

import { fill, h } from "wangge/core/dom.js";
import { onPaper } from "wangge/core/theme.js";
import { count, day, share, t } from "wangge/core/words.js";
import { toolButton } from "wangge/operations/measuring.js";
import { periodChooser, sendingMenu, viewOf } from "wangge/operations/sending.js";

export function joinPrinting(planner) {
  const tools = document.getElementById("tools");
  const print = toolButton(t("Print"), "M4 6V2h8v4M4 12H2V6h12v6h-2M4 10h8v4H4z", null);
  const menu = h("details.menu.print-menu", {}, h("summary.button.quiet.tool", {}, ...print.childNodes));
  const paper = h(
    "select",
    {},
    [["a4", t("A4 landscape")], ["a4-tall", t("A4 portrait")], ["a3", t("A3 landscape")], ["a3-tall", t("A3 portrait")]].map(([key, name]) => h("option", { value: key }, name)),
  );
  const title = h("input", { type: "text", maxlength: 80 });
  let proposed = "";
  menu.addEventListener("toggle", () => {
    if (title.value && title.value !== proposed) return;
    proposed = planner.paperOfDraft?.()?.title || planner.summary?.name || planner.page.profile.name;
    title.value = proposed;
  });
  menu.append(
    h(
      "div.menu-body",
      {},
      h("label.field", {}, h("span", {}, t("Title")), title),
      h("label.field", {}, h("span", {}, t("Paper")), paper),
      h("button.button.main", { type: "button", onClick: () => { menu.open = false; printMap(planner, paper.value, title.value); } }, t("Print map, legend and table")),
    ),
  );
  tools.append(menu);
  if (planner.page.may.export) tools.append(savingMenu(planner, title));
}

/** The map as one file, with the layers that are switched on. */
function savingMenu(planner, title) {
  const period = periodChooser();
  return sendingMenu({
    shown: async () => Object.keys(planner.layers).filter((name) => planner.layers[name].visible),
    asked: () => ({ at: planner.at, minutes: planner.covering.minutes, view: viewOf(planner.map) }),
    title: () => title.value || planner.summary?.name || planner.page.profile.name,
    cases: period.query,
    chooser: period.chooser,
  });
}

/** Lay the page out for a paper, let the tiles come, print, and lay it out for the screen again. */
export async function printMap(planner, paper, title) {
  const { body } = document;
  fillPrint(planner, title);
  body.dataset.print = paper;
  onPaper();
  const before = planner.map.getCenter();
  planner.map.invalidateSize({ animate: false });
  planner.map.setView(before, planner.map.getZoom(), { animate: false });
  await new Promise((done) => setTimeout(done, 900));
  const back = () => {
    delete body.dataset.print;
    planner.map.invalidateSize({ animate: false });
    planner.map.setView(before, planner.map.getZoom(), { animate: false });
  };
  addEventListener("afterprint", back, { once: true });
  globalThis.print();
}

function fillPrint(planner, title) {
  const { summary, covering, layering, at } = planner;
  const draft = planner.paperOfDraft?.();
  fill(
    document.getElementById("print-head"),
    h("h1", {}, title || planner.page.profile.name),
    h("p", {}, [draft?.words, at ? t("The district as it stood on %(day)s", { day: day(at) }) : t("As of %(day)s", { day: day(new Date()) }), summary?.synthetic ? t("Synthetic data") : null].filter(Boolean).join(" · ")),
  );
  const legend = layering.legend();
  fill(
    document.getElementById("print-legend"),
    h("h2", {}, t("Legend")),
    h("ul.legend", {}, legend.map(([mark, name]) => h("li", {}, mark, name)), covering.answer ? covering.legend() : null),
  );
  const answer = covering.answer;
  fill(
    document.getElementById("print-table"),
    draft?.table,
    draft ? null : answer
      ? h(
          "table",
          {},
          h("caption", {}, t("Households within %(minutes)s minutes of a station, by community", { minutes: answer.minutes })),
          h("thead", {}, h("tr", {}, h("th", {}, t("Community")), h("th.number", {}, t("Households")), h("th.number", {}, t("Covered")), h("th.number", {}, t("Share")))),
          h("tbody", {}, answer.areas.map((row) => h("tr", {}, h("td", {}, row.name || row.code), h("td.number", {}, count(Math.round(row.households))), h("td.number", {}, count(Math.round(row.covered))), h("td.number", {}, share(row.share))))),
        )
      : summary &&
          h(
            "table",
            {},
            h("caption", {}, t("The district in figures")),
            h("tbody", {}, [
              [t("Households"), count(summary.households)],
              [t("Residents"), count(summary.residents)],
              [t("Grids"), count(summary.grids.count)],
              [t("Grids within the band"), count(summary.grids.within)],
              [t("Compounds"), count(summary.counts.compounds)],
              [t("Facilities"), count(summary.counts.facilities)],
            ].map(([name, value]) => h("tr", {}, h("th", {}, name), h("td.number", {}, value)))),
          ),
  );
}
