// Service circles and who is inside: circles, the choropleth of communities, who is left out.

import { get } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { setState, state } from "wangge/core/state.js";
import { onTheme, token } from "wangge/core/theme.js";
import { count, metres, share, t } from "wangge/core/words.js";
import { add as addCircles } from "wangge/layers/circles.js";
import { fold } from "wangge/operations/layering.js";
import { OwnArea } from "wangge/reach/own.js";
import { Standards } from "wangge/reach/standards.js";
import { Streets } from "wangge/reach/streets.js";
import { DAYS, HOURS, middleDifference, ReachWish, TOGETHER, WEIGHTS } from "wangge/reach/wish.js";

const APART_LISTED = 100;

export class Covering {
  constructor(planner, selecting) {
    this.planner = planner;
    this.selecting = selecting;
    this.panel = document.getElementById("coverage-panel");
    this.wanted = "";
    this.order = "households";
    this.told = new Map(); // what service areas of so many minutes are: their way, circle, difference
    this.loaded = new Map();
    this.tab = "areas";
    const { walkers, facility_kinds: kinds, levels } = planner.page.profile;
    this.units = new Map([...Object.entries(levels).reverse(), ["grid", t("Grid")], ["compound", t("Compound")]]);
    this.wish = new ReachWish(Object.keys(walkers), Object.keys(kinds), [...this.units.keys()]);
    this.standards = new Standards(planner, { ask: () => ({ ...this.wish.coverage(), at: planner.at }), fly: (place, layer) => this.fly(place, layer), go: (place) => selecting.go(place) });
    this.streets = new Streets(planner);
    this.beside = addCircles(planner.map, { key: "circles-beside", beside: true, visible: false });
    planner.ownArea = new OwnArea(planner, this.wish);
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
    this.wish.read();
  }

  /** With a coverage shown, compounds are quiet and those outside stand out. */
  compoundStyle(props, look) {
    if (!this.minutes || !this.answer || look.selected) return this.plainStyle(props, look);
    if (this.outside.has(props.code)) {
      return { fill: token("--late-mark"), alpha: look.hovered ? 0.35 : 0.18, line: token("--late-mark"), width: look.zoom < 14 ? 1.2 : 2 };
    }
    return { fill: token("--surface"), alpha: look.hovered ? 0.3 : 0, line: token("--map-compound-line"), width: look.zoom < 13 ? 0 : 0.6 };
  }

  /** What is to be known of the areas of so many minutes: how far the circle was off, or that it is one. */
  areasText(minutes) {
    const told = this.told.get(minutes);
    if (!told) return null;
    return [this.wayText(told), told.hour && t("open at %(hour)s; %(closed)s closed, %(unknown)s not known", told)].filter(Boolean).join(t("; "));
  }

  wayText(told) {
    if (told.way === "circle") return t("no streets to walk on: %(radius)s as the crow flies", { radius: metres(told.radius) });
    if (told.differs == null) return t("along the streets");
    return t("along the streets; differs from the circle by %(share)s", { share: share(told.differs) });
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

  /** Who walks, where one place's area ends, and the old circle beside it. */
  manners() {
    const { walkers, facility_kinds: kinds, circle_kinds } = this.planner.page.profile;
    const line = (name, input) => h("label.layer-line.layer-choice", {}, h("span.layer-name", {}, name), input);
    const check = (name, id, checked, changed) => h("label.layer-line", {}, h("input", { id, type: "checkbox", checked, onChange: (event) => this.ask(changed(event.target.checked)) }), h("span.layer-name", {}, name));
    if (this.hasNone()) return [];
    const ways = { merged: t("as one area"), each: t("each by itself"), nearest: t("each to its nearest") };
    return [
      line(t("Of which places"), h("select", { id: "kind", onChange: (event) => this.ask({ kind: event.target.value }) }, h("option", { value: "", selected: !this.wish.kind }, circle_kinds.map((key) => kinds[key]).join(t(", "))), Object.entries(kinds).filter(([key]) => circle_kinds.length !== 1 || key !== circle_kinds[0]).map(([key, name]) => h("option", { value: key, selected: key === this.wish.kind }, name)))),
      Object.keys(walkers).length > 1 && line(t("Who walks"), h("select", { id: "walker", onChange: (event) => this.ask({ walker: event.target.value }) }, Object.entries(walkers).map(([key, name]) => h("option", { value: key, selected: key === this.wish.walker }, name)))),
      line(t("Service areas"), h("select", { id: "together", onChange: (event) => this.ask({ together: event.target.value }) }, TOGETHER.map((key) => h("option", { value: key, selected: key === this.wish.together }, ways[key])))),
      check(t("Circle as the crow flies beside"), "beside", this.wish.beside, (beside) => ({ beside })),
    ];
  }

  /** Ask anew, with something changed. */
  async ask(changes) {
    this.wish.set(changes);
    await this.refresh();
    this.planner.layering?.draw();
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
    this.showBeside();
    if (!shown) return;
    const { at } = this.planner;
    const asked = { minutes, at, ...this.wish.areas() };
    const key = JSON.stringify([asked, this.wish.together]);
    if (this.loaded.get(minutes) === key) return;
    this.loaded.set(minutes, key);
    try {
      const data = await get("/api/v1/service-areas", asked);
      if (this.loaded.get(minutes) !== key) return;
      const { hours } = data;
      this.told.set(minutes, { way: data.way, radius: data.features[0]?.properties.radius_m, differs: middleDifference(data.features), ...(hours && { hour: hours.moment.slice(11, 16), closed: hours.closed.length, unknown: hours.unknown.length }) });
      sheet.change({ data, union: this.wish.together === "merged" });
      this.planner.layering?.draw();
    } catch (error) {
      this.loaded.delete(minutes);
      this.planner.refuse(error, () => this.showCircle(minutes, shown));
    }
  }

  /** The circles of the longest walk that is shown, dashed. */
  async showBeside() {
    const minutes = Math.max(0, ...[...this.planner.circles].filter(([, sheet]) => sheet.visible).map(([number]) => number));
    const wanted = this.wish.beside && minutes > 0;
    this.beside.show(wanted);
    if (!wanted) return;
    const asked = { minutes, at: this.planner.at, walker: this.wish.walker, way: "circle", ...this.wish.which() };
    const key = JSON.stringify(asked);
    if (this.besideKey === key) return;
    this.besideKey = key;
    try {
      this.beside.change({ data: await get("/api/v1/service-areas", asked) });
    } catch (error) {
      this.besideKey = null;
      this.planner.refuse(error, () => this.showBeside());
    }
  }

  /** The places that count stand out. */
  markCounted() {
    const { page, layers } = this.planner;
    const counted = this.wish.kind ? [this.wish.kind] : page.profile.circle_kinds;
    if (this.marked === counted.join()) return;
    this.marked = counted.join();
    layers.facilities.setCounted(counted);
  }

  /** What those are called in the legend. */
  countedName() {
    return this.planner.page.profile.facility_kinds[this.wish.kind] ?? t("Stations and centres (with a circle)");
  }

  async refresh() {
    const { coverage, at, circles } = this.planner;
    this.markCounted();
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
      answer = await get("/api/v1/coverage", { minutes, at, ...this.wish.coverage() });
    } catch (error) {
      this.planner.refuse(error, () => this.refresh());
      return;
    }
    if (this.minutes !== minutes) return;
    this.answer = answer;
    this.outside = new Set(answer.uncovered.map(({ code }) => code));
    this.fillUnits();
    coverage.setValues(new Map(answer.rows.map(({ code, share: value }) => [code, value])));
    coverage.show(true);
    this.planner.layers.compounds.stack?.redrawSoon();
    this.panel.hidden = false;
    this.planner.layering?.draw();
    this.draw();
  }

  /** Shade the units that shares are told of. */
  fillUnits() {
    const { coverage, layers } = this.planner;
    const { by } = this.wish;
    const units = { grid: layers.grids, compound: layers.compounds }[by];
    coverage.setUnits((units ?? layers.areas).tiles, units ? null : by);
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
    fill(
      this.panel,
      h(
        "div.panel-head",
        {},
        h("h2", {}, this.title()),
        h("button.button.quiet.icon", { type: "button", "aria-label": t("Close"), title: t("Close"), onClick: () => { this.choose(null).then(() => this.planner.layering.draw()); } }, "×"),
      ),
      h("div.panel-body", {}, this.asking(), this.tabs(), this.tab === "standards" ? this.standards.box : answer.share == null ? this.unknown() : [this.figure(), this.list()], this.apart(), this.streets.box),
    );
    this.streets.refresh();
    if (this.tab === "standards") this.standards.refresh();
  }

  title() {
    const { minutes } = this;
    const kind = this.planner.page.profile.facility_kinds[this.wish.kind];
    return kind ? t("%(kind)s within %(minutes)s minutes", { kind, minutes }) : t("Within %(minutes)s minutes of a station", { minutes });
  }

  unknown() {
    return h("p.quiet", {}, t("No households are known, so no share can be given. Import buildings or compounds with households."));
  }

  /** Who is counted, and when. */
  asking() {
    const { weight, hour, day } = this.wish;
    const names = { households: t("Households"), residents: t("Residents"), elderly: t("Elderly people") };
    const days = { workday: t("on a workday"), saturday: t("on a Saturday"), sunday: t("on a Sunday"), feast: t("on a public holiday") };
    return h(
      "div.row.reach-asked",
      {},
      h("label.field", {}, h("span", {}, t("Who is counted")), h("select", { id: "weight", onChange: (event) => this.ask({ weight: event.target.value }) }, WEIGHTS.map((key) => h("option", { value: key, selected: key === weight }, names[key])))),
      h("label.field", {}, h("span", {}, t("Open at")), h("select", { id: "hour", onChange: (event) => this.ask({ hour: event.target.value }) }, h("option", { value: "" }, t("any time")), HOURS.map((one) => h("option", { value: one, selected: one === hour }, one)))),
      hour && h("label.field", {}, h("span", {}, t("Day")), h("select", { id: "on", onChange: (event) => this.ask({ day: event.target.value }) }, DAYS.map((key) => h("option", { value: key, selected: key === day }, days[key])))),
    );
  }

  tabs() {
    const tab = (key, name) => h("button.button.quiet", { type: "button", role: "tab", "aria-selected": String(this.tab === key), onClick: () => { this.tab = key; this.draw(); } }, name);
    return h("div.reach-tabs", { role: "tablist" }, tab("areas", t("Coverage")), tab("standards", t("Standards")));
  }

  figure() {
    const { answer } = this;
    const basis = { buildings: t("by buildings"), compounds: t("by compounds"), areas: t("by areas") }[answer.basis];
    const unit = { households: t("households"), residents: t("residents"), elderly: t("elderly people") }[answer.weight];
    const way = answer.way === "network" ? t("along the streets") : t("radius %(radius)s as the crow flies", { radius: metres(answer.radius_m) });
    return h(
      "div.coverage-head",
      {},
      h("p.figure.figures", {}, share(answer.share)),
      h("p.small.quiet.figures", {}, t("%(covered)s of %(all)s %(unit)s, %(basis)s; %(stations)s × %(kind)s, %(way)s", { kind: this.planner.page.profile.facility_kinds[this.wish.kind] ?? t("station"), covered: count(Math.round(answer.covered)), all: count(Math.round(answer.households)), unit, basis, stations: count(answer.facilities), way })),
      answer.differs?.only_circle > 0 && h("p.small.figures", {}, t("A circle would count %(number)s %(unit)s more, who have to walk farther.", { number: count(Math.round(answer.differs.only_circle)), unit })),
      answer.hours?.unknown.length > 0 && h("p.small.quiet.figures", {}, t("%(number)s stations do not say when they are open; they count as closed.", { number: count(answer.hours.unknown.length) })),
      h("label.coverage-by", {}, h("h3", {}, t("Share covered, by")), h("select", { id: "by", onChange: (event) => this.ask({ by: event.target.value }) }, [...this.units].map(([key, name]) => h("option", { value: key, selected: key === this.wish.by }, name)))),
      h("ul.legend.legend-classes", {}, this.legend()),
    );
  }

  /** What could not be joined to the streets, so that it counts as out of reach. */
  apart() {
    const { apart } = this.answer;
    if (!apart.length) return null;
    const reasons = { far: t("too far from any street"), island: t("near streets that lead nowhere"), walled: t("behind a wall whose gates lead to no street"), nowhere: t("without a place") };
    return h("details.reach-apart", {}, h("summary", {}, t("%(count)s places could not be joined to the streets", { count: count(apart.length) })), h("ul", {}, apart.slice(0, APART_LISTED).map((one) => h("li.small", {}, h("button.uncovered-row", { type: "button", onClick: () => this.selecting.go(one) }, h("span.uncovered-name", {}, one.name || one.code), h("span.quiet", {}, reasons[one.reason] ?? one.reason))))), apart.length > APART_LISTED && h("p.small.quiet", {}, t("and %(count)s more rows", { count: count(apart.length - APART_LISTED) })));
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
      h("p.small.quiet", {}, t("Less than half of their people are inside.")),
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

  fly(row, layer = "compounds") {
    this.planner.flyTo(row.point);
    this.selecting.select(layer, row.code);
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
