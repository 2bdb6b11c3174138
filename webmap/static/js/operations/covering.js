// Service circles and who is inside: circles, the choropleth of communities, who is left out.

import { get } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { setState, state } from "wangge/core/state.js";
import { onTheme, token } from "wangge/core/theme.js";
import { count, metres, share, t } from "wangge/core/words.js";
import { fold } from "wangge/operations/layering.js";

export class Covering {
  constructor(planner, selecting) {
    this.planner = planner;
    this.selecting = selecting;
    this.panel = document.getElementById("coverage-panel");
    this.wanted = "";
    this.order = "households";
    this.radii = new Map();
    this.loaded = new Map();
    this.read();
    const compounds = planner.layers.compounds;
    this.plainStyle = compounds.style;
    compounds.style = (props, look) => this.compoundStyle(props, look);
    onTheme(() => this.answer && this.draw());
  }

  /** Take which coverage is shown from the address. */
  read() {
    const kept = Number(state().coverage);
    this.minutes = this.planner.page.profile.minutes.includes(kept) ? kept : null;
  }

  /** With a coverage shown, compounds are quiet and those outside stand out. */
  compoundStyle(props, look) {
    if (!this.minutes || !this.answer || look.selected) return this.plainStyle(props, look);
    if (this.outside.has(props.code)) {
      return { fill: token("--late-mark"), alpha: look.hovered ? 0.35 : 0.18, line: token("--late-mark"), width: look.zoom < 14 ? 1.2 : 2 };
    }
    return { fill: token("--surface"), alpha: look.hovered ? 0.3 : 0, line: token("--map-compound-line"), width: look.zoom < 13 ? 0 : 0.6 };
  }

  radiusText(minutes) {
    const radius = this.radii.get(minutes);
    return radius ? t("%(radius)s as the crow flies", { radius: metres(radius) }) : null;
  }

  /** Whether there is nothing that could have a circle. */
  hasNone() {
    return this.planner.summary?.counts.facilities === 0;
  }

  /** Which coverage is shown: none, or one of the circles. */
  chooser() {
    const choose = h(
      "select",
      { id: "coverage", onChange: (event) => this.choose(Number(event.target.value) || null) },
      h("option", { value: "", selected: !this.minutes }, t("none")),
      this.planner.page.profile.minutes.map((minutes) =>
        h("option", { value: String(minutes), selected: this.minutes === minutes }, t("%(minutes)s minutes", { minutes })),
      ),
    );
    choose.disabled = this.hasNone();
    return h("label.layer-line.layer-choice", { class: this.hasNone() && "layer-empty" }, h("span.layer-name", {}, t("Households covered")), choose);
  }

  choose(minutes) {
    this.minutes = minutes;
    setState({ coverage: minutes });
    if (minutes && innerWidth <= 720) this.planner.openSheet("right");
    return this.refresh();
  }

  async showCircle(minutes, shown) {
    const sheet = this.planner.circles.get(minutes);
    sheet.show(shown);
    if (!shown) return;
    const at = this.planner.at;
    const key = `${minutes}|${at}`;
    if (this.loaded.get(minutes) === key) return;
    this.loaded.set(minutes, key);
    try {
      const data = await get("/api/v1/service-areas", { minutes, at });
      this.radii.set(minutes, data.features[0]?.properties.radius_m);
      sheet.change({ data });
      this.planner.layering?.draw();
    } catch (error) {
      this.loaded.delete(minutes);
      this.planner.refuse(error, () => this.showCircle(minutes, shown));
    }
  }

  async refresh() {
    const { coverage, at, circles } = this.planner;
    for (const [minutes, sheet] of circles) if (sheet.visible) this.showCircle(minutes, true);
    const minutes = this.minutes;
    for (const sheet of circles.values()) sheet.outlined = Boolean(minutes);
    this.makeRoom(Boolean(minutes));
    if (!minutes) {
      this.answer = null;
      coverage.show(false);
      this.planner.layers.compounds.stack?.redrawSoon();
      this.panel.hidden = true;
      this.planner.layering?.draw();
      return;
    }
    let answer;
    try {
      answer = await get("/api/v1/coverage", { minutes, at });
    } catch (error) {
      this.planner.refuse(error, () => this.refresh());
      return;
    }
    if (this.minutes !== minutes) return;
    this.answer = answer;
    this.radii.set(minutes, answer.radius_m);
    this.outside = new Set(answer.uncovered.map(({ code }) => code));
    coverage.setValues(new Map(answer.areas.map(({ code, share: value }) => [code, value])));
    coverage.show(true);
    this.planner.layers.compounds.stack?.redrawSoon();
    this.panel.hidden = false;
    this.planner.layering?.draw();
    this.draw();
  }

  /** On a low screen the figures are folded away while the coverage is shown. */
  makeRoom(isWanted) {
    if (isWanted === (this.hasRoom ?? false)) return;
    this.hasRoom = isWanted;
    if (innerHeight < 1100) fold(document.getElementById("summary-panel"), isWanted);
  }

  /** The classes with their bounds, as list entries. */
  legend() {
    const classes = this.planner.coverage.legend().map(({ from, to, token: name, count: number }) =>
      h("li", {}, h("i.swatch", { style: { "--swatch": `var(${name})` } }), h("span.figures", {}, from === to ? share(from) : `${share(from)} – ${share(to)}`), h("span.legend-count.figures", {}, count(number))),
    );
    const outside = h("li", {}, h("i.swatch.swatch-outside", {}), t("Compounds not covered"), h("span.legend-count.figures", {}, count(this.answer.uncovered.length)));
    return this.answer.uncovered.length ? [...classes, outside] : classes;
  }

  draw() {
    const { answer, minutes } = this;
    const names = { buildings: t("by buildings"), compounds: t("by compounds"), areas: t("by areas") };
    fill(
      this.panel,
      h(
        "div.panel-head",
        {},
        h("h2", {}, t("Within %(minutes)s minutes of a station", { minutes })),
        h("button.button.quiet.icon", { type: "button", "aria-label": t("Close"), title: t("Close"), onClick: () => { this.choose(null).then(() => this.planner.layering.draw()); } }, "×"),
      ),
      h(
        "div.panel-body",
        {},
        answer.share == null
          ? h("p.quiet", {}, t("No households are known, so no share can be given. Import buildings or compounds with households."))
          : h(
              "div.coverage-head",
              {},
              h("p.figure.figures", {}, share(answer.share)),
              h("p.small.quiet.figures", {}, t("%(covered)s of %(all)s households, %(basis)s; %(stations)s stations, radius %(radius)s", {
                covered: count(Math.round(answer.covered)),
                all: count(Math.round(answer.households)),
                basis: names[answer.basis],
                stations: count(answer.facilities),
                radius: metres(answer.radius_m),
              })),
              h("h3", {}, t("Share of households covered, by community")),
              h("ul.legend.legend-classes", {}, this.legend()),
            ),
        this.list(),
      ),
    );
  }

  rows() {
    const words = this.wanted.toLowerCase();
    const rows = this.answer.uncovered.filter((row) => !words || `${row.name} ${row.area_name} ${row.code}`.toLowerCase().includes(words));
    const by = { households: (a, b) => b.households - a.households, share: (a, b) => a.share - b.share, name: (a, b) => a.name.localeCompare(b.name, "zh") };
    return [...rows].sort(by[this.order]);
  }

  list() {
    const all = this.answer.uncovered.length;
    if (!this.answer.compounds || this.answer.share == null) return null;
    if (!all) return h("p.all-good", {}, h("span", { "aria-hidden": "true" }, "✓ "), t("Every compound is covered."));
    const list = h("ol.uncovered", { "aria-label": t("Compounds not covered") });
    const show = () => {
      const rows = this.rows();
      fill(
        list,
        rows.map((row) =>
          h(
            "li",
            {},
            h(
              "button.uncovered-row",
              { type: "button", dataset: { code: row.code }, onClick: () => this.fly(row) },
              h("span.uncovered-name", {}, row.name || row.code, h("span.quiet.small", {}, row.area_name)),
              h("span.figures", {}, t("%(number)s households", { number: count(Math.round(row.households)) })),
              h("span.small.quiet.figures", {}, share(row.share)),
            ),
          ),
        ),
      );
    };
    show();
    return [
      h("div.list-head", {}, h("h3", {}, t("Compounds not covered")), h("span.badge.badge-late.figures", {}, t("%(some)s of %(all)s", { some: count(all), all: count(this.answer.compounds) }))),
      h("p.small.quiet", {}, t("Less than half of their households are inside.")),
      h(
        "div.list-tools",
        {},
        h("input", { type: "search", placeholder: t("Filter"), "aria-label": t("Filter the list"), value: this.wanted, onInput: (event) => { this.wanted = event.target.value; show(); } }),
        h(
          "select",
          { "aria-label": t("Order"), onChange: (event) => { this.order = event.target.value; show(); } },
          [["households", t("most households")], ["share", t("least covered")], ["name", t("by name")]].map(([key, name]) => h("option", { value: key, selected: key === this.order }, name)),
        ),
        h("button.button.quiet", { type: "button", onClick: () => this.export() }, "CSV"),
      ),
      list,
    ];
  }

  fly(row) {
    this.planner.flyTo(row.point);
    this.selecting.select("compounds", row.code);
    if (innerWidth <= 720) this.planner.openSheet(null);
  }

  export() {
    const cell = (value) => {
      const text = String(value ?? "");
      const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
      return `"${safe.replaceAll('"', '""')}"`;
    };
    const head = [t("Code"), t("Name"), t("Community"), t("Households"), t("Share covered")];
    const lines = this.rows().map((row) => [row.code, row.name, row.area_name, Math.round(row.households), row.share.toFixed(4)]);
    const text = `\ufeff${[head, ...lines].map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
    const link = h("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: `uncovered-${this.minutes}min.csv` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }
}
