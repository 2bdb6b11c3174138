// The district in figures.

import { histogram } from "wangge/core/charts.js";
import { fill, h } from "wangge/core/dom.js";
import { count, share, t } from "wangge/core/words.js";
import { foldButton } from "wangge/operations/layering.js";

/** The panel of figures. */
export function showSummary({ summary, at }) {
  const panel = document.getElementById("summary-panel");
  const { households, residents, grids, counts } = summary;
  const known = grids.count - grids.unknown;
  fill(
    panel,
    h("div.panel-head", {}, h("h2", {}, summary.name || t("The district")), summary.synthetic && h("span.badge.badge-near", {}, t("Synthetic data")), foldButton(panel, t("Fold the figures away"))),
    h(
      "div.panel-body",
      {},
      h(
        "div.leading",
        {},
        households != null && h("p", {}, h("span.figure.figures", {}, count(households)), " ", h("span.quiet", {}, t("households"))),
        residents != null && h("p", {}, h("span.figure.figures", {}, count(residents)), " ", h("span.quiet", {}, t("residents"))),
      ),
      households == null && residents != null && h("p.small.quiet", {}, t("No area, grid, compound or building states its households.")),
      counts.grids > 0 && [
        h("h3.chart-head", {}, t("Households per grid"), h("span.figures", {}, t("in band %(within)s/%(known)s", { within: count(grids.within), known: count(known) }))),
        known > 0
          ? histogram(grids.households, {
              step: 25,
              band: [grids.low, grids.high],
              label: t("Grids by households: %(below)s below %(low)s, %(within)s within, %(above)s above %(high)s", grids),
              title: (from, to, number) => t("%(from)s–%(to)s households: %(number)s grids", { from, to, number }),
            })
          : h("p.small.quiet", {}, t("No grid states its households.")),
        known > 0 &&
          h(
            "ul.band",
            {},
            h("li", {}, h("i.band-low", {}, "▽"), t("below %(low)s", { low: grids.low }), h("span.figures", {}, count(grids.below))),
            h("li", {}, h("i.band-in", {}, "✓"), t("within"), h("span.figures", {}, `${count(grids.within)} (${share(known ? grids.within / known : null)})`)),
            h("li", {}, h("i.band-high", {}, "▲"), t("above %(high)s", { high: grids.high }), h("span.figures", {}, count(grids.above))),
          ),
      ],
      h("p.small.quiet", {}, at ? t("Figures of the day shown.") : t("Figures as of now.")),
    ),
  );
}
