// The list as a file: Excel or CSV, put together by the server, with a word on how far it is.

import { getFile } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { count, t } from "wangge/core/words.js";

const KEPT = 60_000; // milliseconds until the page lets go of a file that the browser has saved

/** A menu of the kinds of file; `asked()` gives the query of the API, `amount()` how many cases it means. */
export function exportMenu({ asked, amount }) {
  const said = h("p.small", { role: "status", hidden: true });
  const kinds = [["xlsx", t("Excel")], ["csv", "CSV"]].map(([kind, name]) => h("button.button", { type: "button", dataset: { kind }, onClick: () => take(kind) }, name));
  const menu = h("details.menu.export-menu", {}, h("summary.button.quiet.small", {}, t("Export")),
    h("div.menu-body", {}, h("p.quiet.small", {}, t("The cases of this list. The export is entered in the audit trail.")), h("div.row", {}, kinds), said));
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    menu.firstElementChild.focus();
  });

  function say(words, tone = "") {
    said.hidden = false;
    said.className = `small ${tone && `tone-${tone}`}`;
    fill(said, words);
  }

  async function take(kind) {
    for (const button of kinds) button.disabled = true;
    say(t("Putting %(count)s cases into a file …", { count: count(amount()) }));
    try {
      const { blob, name } = await getFile(`/api/v1/cases/export.${kind}`, asked());
      const address = URL.createObjectURL(blob);
      const file = name ?? `cases.${kind}`;
      h("a", { href: address, download: file }).click();
      setTimeout(() => URL.revokeObjectURL(address), KEPT);
      say(t("Saved as %(file)s", { file }), "good");
    } catch (error) {
      say(error.message, "late");
    } finally {
      for (const button of kinds) button.disabled = false;
    }
  }

  return menu;
}
