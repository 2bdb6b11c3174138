// Beside the map while a draft is open: the selected grid, the sizes of all, what was found.
//
// Each part is drawn anew only if what it shows is other than before, so that a word being typed or
// a place in the list is not lost when something elsewhere changes.

import { histogram } from "wangge/core/charts.js";
import { fill, h } from "wangge/core/dom.js";
import { count, share, squareMetres, t } from "wangge/core/words.js";
import { states } from "wangge/drafting/opening.js";
import { looseOf, totalsOf } from "wangge/drafting/totalling.js";

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
    this.onlyBlocking = false; // of the findings those that keep the draft from being published
    this.renaming = null; // the number of the grid that is being renamed
    this.parts = null;
  }

  get draft() {
    return this.bench.draft;
  }

  show() {
    this.element.hidden = !this.draft;
    if (!this.draft) {
      this.parts = null;
      this.onlyBlocking = false;
      return;
    }
    this.parts ??= this.made();
    const { draft, parts } = this;
    const { selected } = this.bench;
    const { name, revision, state } = draft.info;
    if (this.renaming !== null && !(selected.length === 1 && selected[0] === this.renaming && draft.grids.has(this.renaming))) this.renaming = null;
    const features = selected.map((number) => draft.grids.get(number));
    this.renew(parts.head, [draft, name, revision, state, draft.pending, draft.isBusy], () => this.head());
    this.renew(parts.selection, this.renaming === null ? [draft, draft.isOpen, ...selected, ...features, selected.length || draft.turn] : [draft, this.renaming], () => this.selection());
    this.renew(parts.sizes, [draft, draft.turn], () => this.sizes());
    this.renew(parts.whole, [draft, draft.turn, selected.length > 0], () => this.whole());
    this.renew(parts.findings, [draft.findings, this.showsAll, this.onlyBlocking, draft.isOpen], () => this.checked());
    const publishing = this.bench.publishing.get();
    this.renew(parts.publishing, [publishing], () => publishing);
  }

  /** The places of the parts. */
  made() {
    const part = (attributes = {}) => ({ element: h("div.panel-part", attributes), shows: null });
    const parts = { head: part(), selection: part({ "aria-live": "polite" }), sizes: part(), whole: part(), findings: part(), publishing: part() };
    const { head, ...rest } = parts;
    fill(this.element, head.element, h("div.panel-body", {}, Object.values(rest).map(({ element }) => element)));
    return parts;
  }

  /** Draw a part anew if what it shows is other than before. */
  renew(part, shows, make) {
    if (part.shows?.length === shows.length && part.shows.every((one, i) => one === shows[i])) return;
    part.shows = shows;
    const held = part.element.contains(document.activeElement) ? document.activeElement.dataset.hold : null;
    fill(part.element, make());
    if (held) part.element.querySelector(`[data-hold="${CSS.escape(held)}"]`)?.focus();
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
    if (!selected.length) return h("p.quiet", {}, this.draft.grids.size ? t("Click a grid to select it. Its figures stand here.") : t("There is no grid yet: draw one."));
    if (selected.length > 1) return this.several(selected);
    const feature = this.draft.grids.get(selected[0]);
    if (!feature) return null;
    const p = feature.properties;
    return h(
      "section.draft-grid",
      { class: feature.isForeseen ? "foreseen" : "" },
      this.renaming === null ? this.title(selected[0], p) : this.naming(selected[0], p),
      h(
        "div.leading",
        {},
        h("p", {}, h("span.figure.figures", { id: "draft-households" }, count(p.households)), " ", h("span.quiet", {}, t("households"))),
        h("p", {}, h("span.figure.figures", {}, count(p.residents)), " ", h("span.quiet", {}, t("residents"))),
        this.band(p.households),
      ),
      listed(this.fields(p)),
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

  /** Ask for another name of the selected grid. */
  rename() {
    const [number] = this.bench.selected;
    if (this.bench.selected.length !== 1 || this.draft.grids.get(number).properties.locked) return;
    this.renaming = number;
    this.show();
    this.parts.selection.element.querySelector("input")?.select();
  }

  naming(number, { name }) {
    const input = h("input", { type: "text", maxlength: 100, required: true, value: name ?? "", "aria-label": t("Name of the grid") });
    const leave = () => {
      this.renaming = null;
      this.show();
      this.element.querySelector("[data-hold=rename]")?.focus();
    };
    const form = h("form.row.draft-title", {}, input, h("button.button", { type: "submit" }, t("Rename")), h("button.button.quiet", { type: "button", onClick: leave }, t("Cancel")));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      const wanted = input.value.trim();
      leave();
      if (wanted && wanted !== name) this.bench.act({ action: "rename", grid: number, name: wanted });
    });
    form.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      leave();
    });
    return form;
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
      [t("Workload"), p.workload == null ? null : count(Math.round(p.workload * 10) / 10)],
      [t("Staff needed"), p.heads == null ? null : t("%(cadres)s cadres, %(workers)s grid workers, %(heads)s building heads", { cadres: count(p.cadres), workers: count(p.workers), heads: count(p.heads) })],
      [t("Farthest walk"), p.walk_m == null ? null : `${count(Math.round(p.walk_m))} m`],
      [t("Grid worker"), p.worker],
    ];
  }

  // ── all grids ──────────────────────────────────────────────────────────────────────────────

  sizes() {
    const { low, high } = this.planner.page.profile.band;
    const values = [...this.draft.grids.values()].map(({ properties }) => properties.households).filter((value) => value != null);
    const within = values.filter((value) => value >= low && value <= high).length;
    const below = values.filter((value) => value < low).length;
    const loose = looseOf(this.draft);
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
      loose.pieces > 0 && h("p.small.draft-loose", {}, "▨ ", t("%(number)s pieces of ground with %(households)s households are in no grid.", { number: count(loose.pieces), households: count(loose.households) })),
    );
  }

  /** All grids together: open as long as no grid is selected, and then as people leave it. */
  whole() {
    if (!this.draft.grids.size) return null;
    const total = totalsOf(this.draft);
    const hasSelection = this.bench.selected.length > 0;
    const isOpen = this.wholeBeside === hasSelection ? this.parts.whole.element.querySelector("details")?.open : !hasSelection;
    this.wholeBeside = hasSelection;
    const known = (value) => (value == null ? null : count(value));
    const rows = [[t("Grids"), count(total.grids)], [t("Households"), known(total.households)], [t("Residents"), known(total.residents)], ...this.fields({ ...total, code: "" })];
    return h("details.history", { id: "draft-whole", open: isOpen }, h("summary", {}, t("All grids together")), listed(rows));
  }

  // ── findings ───────────────────────────────────────────────────────────────────────────────

  checked() {
    const { findings } = this.draft;
    if (!findings) return h("section", {}, h("h3", {}, t("Check-up")), h("p.small.quiet", {}, t("Checking …")));
    const wanted = this.onlyBlocking ? findings.filter(({ severity }) => severity === "error") : findings;
    const shown = this.showsAll ? wanted : wanted.slice(0, SHOWN);
    return h(
      "section.findings",
      {},
      h("h3.findings-head", {}, t("Check-up"), " ", h("span.figures", { id: "draft-findings" }, `(${count(findings.length)})`), h("span.findings-weight.figures", {}, this.weights(findings))),
      findings.length === 0 && h("p.all-good", {}, "✓ ", t("Nothing was found.")),
      this.onlyBlocking && this.blocking(wanted),
      h("ul", {}, shown.map((finding, i) => this.finding(finding, i))),
      wanted.length > shown.length && h("button.button.quiet", { type: "button", onClick: () => { this.showsAll = true; this.show(); } }, t("Show all %(number)s", { number: count(wanted.length) })),
    );
  }

  /** What is left out of the list, and the way back to the whole of it. */
  blocking(wanted) {
    const all = () => {
      this.onlyBlocking = false;
      this.show();
      this.element.querySelector(".finding-go")?.focus();
    };
    const said = wanted.length ? t("Only what must be mended is listed.") : t("Nothing is left that must be mended before publishing.");
    return h("p.small.row.findings-only", {}, h("span", {}, said), h("button.button.quiet", { type: "button", dataset: { hold: "findings-all" }, onClick: all }, t("List all findings")));
  }

  /** List what keeps the draft from being published, and go to the first of it. */
  showBlocking() {
    this.onlyBlocking = true;
    this.show();
    const first = this.element.querySelector(".finding-go") ?? this.element.querySelector("[data-hold=findings-all]");
    this.element.querySelector(".findings-head")?.scrollIntoView({ block: "start" });
    first?.focus({ preventScroll: true });
  }

  /** How many there are of each weight. */
  weights(findings) {
    return ["error", "warning", "note"].map((severity) => {
      const number = findings.filter((one) => one.severity === severity).length;
      return number > 0 && [sign(severity), ` ${count(number)} `];
    });
  }

  /** What a mend will do, for those who hold the mouse over it. */
  meant({ action, grid, grids, units }) {
    const name = (number) => {
      const p = this.draft.grids.get(number)?.properties;
      return p?.name || p?.code || t("New grid %(number)s", { number });
    };
    if (action === "assign" && grid != null) return t("%(number)s pieces of ground go to %(grid)s", { number: count(units.length), grid: name(grid) });
    if (action === "merge") return t("%(grids)s become one grid", { grids: grids.map(name).join(t(", ")) });
    if (action === "split" && grid != null) return t("%(grid)s is cut in two", { grid: name(grid) });
    return null;
  }

  finding(finding, i) {
    const mend = finding.mends.find(({ action }) => action in MENDS());
    return h(
      "li.finding",
      { dataset: { rule: finding.rule } },
      h("button.finding-go", { type: "button", dataset: { hold: `finding-${i}` }, onClick: () => this.bench.goTo(finding) }, sign(finding.severity), h("span", {}, finding.message)),
      mend && this.draft.isOpen && h("button.button.quiet.finding-mend", { type: "button", title: this.meant(mend), dataset: { hold: `mend-${i}` }, onClick: () => this.bench.act(mend) }, MENDS()[mend.action]),
    );
  }
}

/** The sign of a weight. */
function sign(severity) {
  const [mark, kind, words] = { error: ["●", "late", t("must be mended")], warning: ["▲", "near", t("should be looked at")] }[severity] ?? ["○", "hint", t("worth knowing")];
  return h(`i.finding-${kind}`, { title: words, role: "img", "aria-label": words }, mark);
}

/** Names with their values; what is not known is left out. */
const listed = (rows) => h("dl.fields", {}, rows.filter(([, value]) => value != null && value !== "").map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
