// The table that says which old patch became which grid: to look at, to download, to print.

import { get, getFile } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { count, day, share, t } from "wangge/core/words.js";

const SHOWN = 60; // rows beside the map; the file and the paper have all

export function corresponding(bench) {
  const choose = h("select", { "aria-label": t("Old net"), onChange: () => show() });
  const told = h("div", { "aria-live": "polite" });
  const element = h("details.history", { id: "net-table" }, h("summary", {}, t("What became of the old patches")), h("div.draft-form", {}, h("label.field", {}, h("span", {}, t("Old net")), choose), told));
  let names = new Map();
  let found = null;
  element.addEventListener("toggle", () => element.open && show());

  /** The nets that can be chosen. */
  function choices(nets) {
    const before = choose.value;
    names = new Map([["", bench.draft.info.state === "published" ? t("the net in force until then") : t("the net in force")], ...nets.map(({ id, name }) => [String(id), name])]);
    fill(choose, [...names].map(([key, name]) => h("option", { value: key, selected: key === before }, name)));
    if (element.open) show();
  }

  async function show() {
    const wanted = { net: choose.value || null };
    const path = `/api/v1/plans/${bench.draft.id}/correspondence`;
    if (!told.childElementCount) fill(told, h("p.small.quiet", {}, t("Comparing …")));
    try {
      found = await get(path, wanted);
    } catch (error) {
      fill(told, h("div.refused", {}, h("p", {}, error.message)));
      return;
    }
    const { rows } = found;
    fill(
      told,
      found.kept && h("p.small.quiet", {}, t("As it was when the plan was published.")),
      rows.length === 0 && h("p.small.quiet", {}, t("The old net has nothing on this ground.")),
      rows.length > 0 && h("div.net-table", { tabindex: 0, role: "region", "aria-label": t("What became of the old patches") }, table(rows.slice(0, SHOWN))),
      rows.length > SHOWN && h("p.small.quiet.figures", {}, t("%(number)s more in the file and on paper", { number: count(rows.length - SHOWN) })),
      rows.length > 0 && h("div.row", {}, h("button.button", { type: "button", dataset: { table: "download" }, onClick: () => download(path, wanted) }, t("Download as a table (CSV)")), h("button.button", { type: "button", dataset: { table: "print" }, onClick: () => print() }, t("Print"))),
    );
  }

  async function download(path, wanted) {
    try {
      const { blob } = await getFile(path, { ...wanted, format: "csv" });
      const url = URL.createObjectURL(blob);
      h("a", { href: url, download: `${t("What became of the old patches")}-${bench.draft.info.name}-${names.get(choose.value)}.csv`.replace(/[\\/:*?"<>|\s]+/g, "_") }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    } catch (error) {
      fill(told, h("div.refused", {}, h("p", {}, error.message)));
    }
  }

  /** The whole table on paper, without the map. */
  function print() {
    const { body } = document;
    const [head, place] = ["print-head", "print-table"].map((id) => document.getElementById(id));
    fill(head, h("h1", {}, t("What became of the old patches: %(old)s → %(draft)s", { old: names.get(choose.value), draft: bench.draft.info.name })), h("p", {}, [t("As of %(day)s", { day: day(new Date()) }), bench.planner.summary?.synthetic ? t("Synthetic data") : null].filter(Boolean).join(" · ")));
    fill(place, table(found.rows));
    Object.assign(body.dataset, { print: "a4-tall", printOnly: "table" });
    addEventListener("afterprint", () => { delete body.dataset.print; delete body.dataset.printOnly; }, { once: true });
    globalThis.print();
  }

  return { element, choices, refresh: () => element.open && show() };
}

function table(rows) {
  const called = (row, which, none) => (row[`${which}_code`] || row[`${which}_name`] ? [row[`${which}_name`] ?? "", row[`${which}_code`] && h("span.small.quiet.figures", {}, " ", row[`${which}_code`])] : none);
  let before = null;
  return h(
    "table.small",
    {},
    h("thead", {}, h("tr", {}, h("th", {}, t("Old patch")), h("th", {}, t("Became")), h("th.number", {}, t("households")), h("th.number", {}, t("Share")))),
    h(
      "tbody",
      {},
      rows.map((row) => {
        const key = `${row.patch_code}|${row.patch_name}`;
        const isNew = key !== before;
        before = key;
        return h("tr", {}, h("td", {}, isNew ? called(row, "patch", "–") : ""), h("td", {}, row.grid == null ? t("no grid") : called(row, "grid", t("New grid %(number)s", { number: row.grid }))), h("td.number", {}, count(row.households)), h("td.number", {}, share(row.share)));
      }),
    ),
  );
}
