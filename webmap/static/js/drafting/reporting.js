// What was changed of the net that a draft began with: mended in the file, laid on whole units.

import { h } from "wangge/core/dom.js";
import { count, squareMetres, t } from "wangge/core/words.js";

const SHOWN = 30; // changes
const AROUND = 0.0008; // degrees around a change that is flown to
const LEAST_LAID = 100; // m²: less is the width of a line

const kinds = () => ({
  overlap: t("overlaps settled"),
  gap: t("gaps closed"),
  snapped: t("near borders made one"),
  invalid: t("borders that crossed themselves"),
  crumb: t("bits joined to a neighbour"),
  vanished: t("polygons that lay wholly on others"),
});

/** A change as a sentence. */
function said({ kind, from, to, area_m2: m2 }) {
  const values = { area: count(Math.round(m2)), loses: from ?? t("no grid"), gains: to ?? t("no grid") };
  const words = {
    invalid: () => t("The border of %(gains)s crossed itself: %(area)s m² remain.", { ...values, gains: to ?? from }),
    overlap: () => t("Overlap settled: %(area)s m² from %(loses)s to %(gains)s.", values),
    gap: () => t("Gap closed: %(area)s m² to %(gains)s.", values),
    crumb: () => t("A bit that was cut off: %(area)s m² from %(loses)s to %(gains)s.", values),
    vanished: () => t("Nothing is left of %(loses)s, which lay wholly on others.", values),
    snapped: () => (from == null ? t("Near borders were made one: %(gains)s gained %(area)s m².", values) : t("Near borders were made one: %(loses)s lost %(area)s m².", values)),
  };
  return words[kind]?.() ?? kind;
}

/** The part of the panel; null if the draft did not begin with a file. */
export function report(planner, bench) {
  const { file, mended, laid_m2: laid } = bench.draft.info.report ?? {};
  if (!file) return null;
  const numbers = Object.entries(mended.kinds);
  const goTo = ({ point: [x, y] }) => {
    const where = { point: [x, y], box: [x - AROUND, y - AROUND, x + AROUND, y + AROUND] };
    planner.openSheet?.(null);
    bench.goTo({ where });
  };
  const sum = numbers.reduce((total, [, { number }]) => total + number, 0);
  return h(
    "details.history",
    { id: "draft-report" },
    h("summary", {}, t("From the file"), " ", h("span.figures", {}, `(${count(sum)})`)),
    h(
      "div.draft-form",
      {},
      h("p.small.figures", {}, t("%(file)s: %(number)s polygons.", { file: file.filename, number: count(file.polygons) })),
      file.skipped > 0 && h("p.small.figures", {}, t("%(number)s rows without a polygon were left out.", { number: count(file.skipped) })),
      numbers.length ? h("ul.small.figures", {}, numbers.map(([kind, { number, area_m2: m2 }]) => h("li", {}, `${kinds()[kind] ?? kind}: ${count(number)} (${squareMetres(m2)})`))) : h("p.small.all-good", {}, "✓ ", t("Nothing in the file had to be mended.")),
      laid > LEAST_LAID && h("p.small.figures", {}, t("Borders were laid on whole pieces of ground: %(area)s are in another grid than in the file.", { area: squareMetres(laid) })),
      h("ul", {}, mended.changes.slice(0, SHOWN).map((change) => h("li", {}, h("button.draft-row.small", { type: "button", onClick: () => goTo(change) }, said(change))))),
      mended.changes.length > SHOWN && h("p.small.quiet.figures", {}, t("%(number)s more", { number: count(sum - SHOWN) })),
    ),
  );
}
