// Beside the map while a draft is open: the selected grid, the sizes of all, what was found.

import { histogram } from "wangge/core/charts.js";
import { fill, h } from "wangge/core/dom.js";
import { count, share, squareMetres, t } from "wangge/core/words.js";
import { states } from "wangge/drafting/opening.js";

const SHOWN = 60; // findings at once

/** What the mends are called that one press does. */
const MENDS = () => ({
  assign: t("Hand over"),
  merge: t("Merge"),
  split: t("Split"),
  reshape: t("Straighten"),
  drag: t("Straighten"),
  rename: t("Rename"),
  draw: t("Draw"),
  remove: t("Dissolve"),
});

export class Panel {
  constructor(planner, bench) {
    this.planner = planner;
    this.bench = bench;
    this.element = document.getElementById("draft-panel");
    this.showsAll = false;
  }

  get draft() {
    return this.bench.draft;
  }

  show() {
    this.element.hidden = !this.draft;
    if (!this.draft) return;
    const held = this.element.contains(document.activeElement) ? document.activeElement.dataset.hold : null;
    const top = this.element.scrollTop;
    fill(this.element, this.head(), h("div.panel-body", {}, this.selection(), this.sizes(), this.checked(), this.bench.publishing.get()));
    this.element.scrollTop = top;
    if (held) this.element.querySelector(`[data-hold="${CSS.escape(held)}"]`)?.focus();
  }

  head() {
    const { name, revision, state } = this.draft.info;
    const said = this.draft.pending ? t("not saved") : this.draft.isBusy ? t("saving …") : t("saved");
    const mark = this.draft.pending ? "▲" : this.draft.isBusy ? "…" : "✓";
    return h(
      "div.panel-head.draft-head",
      {},
      h("h2.record-title", {}, name),
      h("span.badge.figures", { id: "draft-saved", class: this.draft.pending ? "badge-late" : "", role: "status" }, `v${revision} ${mark} ${said}`),
      state !== "draft" && h("span.badge", {}, states()[state] ?? state),
      h("button.button.quiet.icon", { type: "button", "aria-label": t("Close the draft"), title: t("Close the draft"), dataset: { hold: "close" }, onClick: () => this.bench.close() }, "×"),
    );
  }

  // ── the selected grid ──────────────────────────────────────────────────────────────────────

  selection() {
    const { selected } = this.bench;
    if (!selected.length) return h("p.quiet", {}, t("Click a grid to select it. Its figures stand here."));
    if (selected.length > 1) return this.several(selected);
    const feature = this.draft.grids.get(selected[0]);
    if (!feature) return null;
    const p = feature.properties;
    return h(
      "section.draft-grid",
      { "aria-live": "polite" },
      this.title(selected[0], p),
      h(
        "div.leading",
        {},
        h("p", {}, h("span.figure.figures", { id: "draft-households" }, count(p.households)), " ", h("span.quiet", {}, t("households"))),
        h("p", {}, h("span.figure.figures", {}, count(p.residents)), " ", h("span.quiet", {}, t("residents"))),
        this.band(p.households),
      ),
      h("dl.fields", {}, this.fields(p).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    );
  }

  title(number, p) {
    const isOpen = this.draft.isOpen;
    return h(
      "div.row.draft-title",
      {},
      h("h3", {}, p.name || p.code || t("New grid %(number)s", { number })),
      p.locked && h("span.badge", {}, t("locked")),
      isOpen && h("button.button.quiet", { type: "button", dataset: { hold: "lock" }, title: `${p.locked ? t("Unlock") : t("Lock")} (K)`, onClick: () => this.bench.lock() }, p.locked ? t("Unlock") : t("Lock")),
      isOpen && !p.locked && h("button.button.quiet", { type: "button", dataset: { hold: "rename" }, title: `${t("Rename")} (N)`, onClick: () => this.rename() }, t("Rename")),
      isOpen && !p.locked && h("button.button.quiet", { type: "button", dataset: { hold: "remove" }, onClick: () => this.bench.act({ action: "remove", grid: number, units_to: "neighbours" }) }, t("Dissolve")),
    );
  }

  /** Take another name for the selected grid. */
  rename() {
    const [number] = this.bench.selected;
    const place = this.element.querySelector(".draft-title");
    if (!place) return;
    const input = h("input", { type: "text", maxlength: 100, required: true, value: this.draft.grids.get(number).properties.name ?? "", "aria-label": t("Name of the grid") });
    const form = h("form.row.draft-title", {}, input, h("button.button", { type: "submit" }, t("Rename")), h("button.button.quiet", { type: "button", onClick: () => this.show() }, t("Cancel")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.bench.act({ action: "rename", grid: number, name: input.value });
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      this.show();
    });
    place.replaceWith(form);
    input.select();
  }

  several(selected) {
    const all = selected.map((number) => this.draft.grids.get(number)?.properties).filter(Boolean);
    const sum = (key) => (all.some((p) => p[key] == null) ? null : all.reduce((total, p) => total + p[key], 0));
    return h(
      "section.draft-grid",
      {},
      h("h3", {}, t("%(number)s grids together", { number: all.length })),
      h("div.leading", {}, h("p", {}, h("span.figure.figures", {}, count(sum("households"))), " ", h("span.quiet", {}, t("households"))), this.band(sum("households"))),
      this.draft.isOpen && h("button.button", { type: "button", dataset: { hold: "merge" }, onClick: () => this.bench.merge() }, `${t("Merge")} (M)`),
    );
  }

  band(households) {
    const { low, high } = this.planner.page.profile.band;
    if (households == null) return h("span.badge", {}, t("households unknown"));
    if (households < low) return h("span.badge.badge-near", {}, "▽ ", t("below %(low)s", { low }));
    if (households > high) return h("span.badge.badge-late", {}, "▲ ", t("above %(high)s", { high }));
    return h("span.badge.badge-good", {}, "✓ ", t("within %(low)s–%(high)s", { low, high }));
  }

  fields(p) {
    const round = (value, digits) => (value == null ? null : value.toFixed(digits));
    return [
      [t("Code"), p.code ?? t("given when it is published")],
      [t("Elderly residents"), p.elderly == null ? null : count(p.elderly)],
      [t("Buildings"), p.buildings == null ? null : count(p.buildings)],
      [t("Compounds"), p.compounds == null ? null : count(p.compounds)],
      [t("Ground area"), p.area_m2 == null ? null : squareMetres(p.area_m2)],
      [t("Compactness"), round(p.compactness, 2)],
      [t("Border on streets or walls"), p.border_on_lines == null ? null : share(p.border_on_lines)],
      [t("Workload"), round(p.workload, 1)],
      [t("Staff needed"), p.heads == null ? null : t("%(cadres)s cadres, %(workers)s grid workers, %(heads)s building heads", { cadres: count(p.cadres), workers: count(p.workers), heads: count(p.heads) })],
      [t("Farthest walk"), p.walk_m == null ? null : `${count(Math.round(p.walk_m))} m`],
      [t("Grid worker"), p.worker],
    ].filter(([, value]) => value != null && value !== "");
  }

  // ── all grids ──────────────────────────────────────────────────────────────────────────────

  sizes() {
    const { low, high } = this.planner.page.profile.band;
    const values = [...this.draft.grids.values()].map(({ properties }) => properties.households).filter((value) => value != null);
    const within = values.filter((value) => value >= low && value <= high).length;
    const below = values.filter((value) => value < low).length;
    const loose = [...this.draft.units.values()].filter(({ properties: { grid, households } }) => grid == null && households > 0);
    const marks = { below, within, above: values.length - within - below, low, high };
    return h(
      "section",
      {},
      h("h3.chart-head", {}, t("Households per grid"), h("span.figures", { id: "draft-band" }, t("in band %(within)s/%(known)s", { within: count(within), known: count(values.length) }))),
      values.length > 0
        ? histogram(values, {
            step: 25,
            band: [low, high],
            label: t("Grids by households: %(below)s below %(low)s, %(within)s within, %(above)s above %(high)s", marks),
            title: (from, to, number) => t("%(from)s–%(to)s households: %(number)s grids", { from, to, number }),
          })
        : h("p.small.quiet", {}, this.draft.grids.size ? t("No grid states its households.") : t("There is no grid yet: draw one.")),
      loose.length > 0 && h("p.small.draft-loose", {}, "▨ ", t("%(number)s pieces of ground with %(households)s households are in no grid.", { number: count(loose.length), households: count(loose.reduce((sum, { properties }) => sum + properties.households, 0)) })),
    );
  }

  // ── findings ───────────────────────────────────────────────────────────────────────────────

  checked() {
    const { findings } = this.draft;
    if (!findings) return h("section", {}, h("h3", {}, t("Check-up")), h("p.small.quiet", {}, t("Checking …")));
    const shown = this.showsAll ? findings : findings.slice(0, SHOWN);
    return h(
      "section.findings",
      {},
      h("h3", {}, t("Check-up"), " ", h("span.figures", { id: "draft-findings" }, `(${count(findings.length)})`)),
      findings.length === 0 && h("p.all-good", {}, "✓ ", t("Nothing was found.")),
      h("ul", {}, shown.map((finding, i) => this.finding(finding, i))),
      findings.length > shown.length && h("button.button.quiet", { type: "button", onClick: () => { this.showsAll = true; this.show(); } }, t("Show all %(number)s", { number: count(findings.length) })),
    );
  }

  finding(finding, i) {
    const severity = {
      error: ["●", "late", t("must be mended")],
      warning: ["▲", "near", t("should be looked at")],
    }[finding.severity] ?? ["○", "hint", t("worth knowing")];
    const mend = finding.mends.find(({ action }) => action in MENDS());
    return h(
      "li.finding",
      { dataset: { rule: finding.rule } },
      h("button.finding-go", { type: "button", dataset: { hold: `finding-${i}` }, onClick: () => this.bench.goTo(finding) }, h(`i.finding-${severity[1]}`, { title: severity[2], "aria-label": severity[2] }, severity[0]), h("span", {}, finding.message)),
      mend && this.draft.isOpen && h("button.button.quiet.finding-mend", { type: "button", dataset: { hold: `mend-${i}` }, onClick: () => this.bench.act(mend) }, MENDS()[mend.action]),
    );
  }
}
