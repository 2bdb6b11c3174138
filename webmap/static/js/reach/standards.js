// The city's standards against what people have near: by kind, and what is missing where.

import { get } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { count, named, share, t } from "wangge/core/words.js";

const LISTED = 30;

export class Standards {
  /** @param planner the page; @param ask gives the question, `fly` goes to a row, `go` to a place by its code */
  constructor(planner, { ask, fly, go }) {
    this.planner = planner;
    this.ask = ask;
    this.fly = fly;
    this.go = go;
    this.box = h("div.standards", {});
    this.kind = null; // whose missing places are listed
  }

  async refresh() {
    const asked = this.ask();
    const key = JSON.stringify(asked);
    if (key === this.key && this.answer) return this.draw();
    this.key = key;
    if (!this.answer) fill(this.box, h("p.quiet", {}, t("Loading")));
    try {
      const answer = await get("/api/v1/coverage/standards", asked);
      if (key !== this.key) return null;
      this.answer = answer;
      return this.draw();
    } catch (error) {
      this.key = null;
      return this.planner.refuse(error, () => this.refresh());
    }
  }

  draw() {
    const names = this.planner.page.profile.facility_kinds;
    const { standards, capacity } = this.answer;
    if (!standards.length) {
      fill(this.box, h("p.quiet", {}, t("The profile of this city names no standards.")));
      return;
    }
    fill(this.box, standards.map((one) => this.standard(one, names)), this.loads(capacity, names));
  }

  standard(one, names) {
    const people = { households: t("households"), residents: t("residents"), elderly: t("elderly people") }[this.answer.weight];
    const unit = one.in_compound ? t("compounds") : people;
    const rows = [...one.kinds].sort((a, b) => (a.share ?? 2) - (b.share ?? 2));
    return h(
      "section.standard",
      {},
      h("h3", {}, named(one.name), mark(one.met)),
      h("p.small.quiet.figures", {}, one.kinds.length > 1 ? t("%(share)s of all %(unit)s have all %(kinds)s kinds", { share: share(one.share), unit, kinds: one.kinds.length }) : t("%(share)s of all %(unit)s have it", { share: share(one.share), unit })),
      h(
        "table.standard-kinds",
        {},
        h("tbody", {}, rows.map((row) => this.row(one, row, names, people))),
      ),
    );
  }

  row(one, row, names, people) {
    const key = `${one.key}/${row.kind}`;
    const open = this.kind === key;
    const without = row.total - row.covered;
    const missing = open ? one.missing.filter(({ kind }) => kind === row.kind) : [];
    return [
      h(
        "tr",
        {},
        h("th", { scope: "row" }, this.opener(key, names[row.kind] ?? row.kind, without <= 0)),
        h("td", {}, h("span.standard-bar", { role: "img", "aria-label": share(row.share) }, h("i", { class: row.met ? "met" : "missed", style: { width: `${100 * (row.share ?? 0)}%` } }))),
        h("td.figures", {}, share(row.share)),
        h("td.figures.small.quiet", {}, without > 0 ? t("%(number)s lack it", { number: count(Math.round(without)) }) : "✓"),
      ),
      open && h("tr.standard-missing", {}, h("td", { colspan: 4 }, h("ol", { "aria-label": t("What is missing where") }, missing.slice(0, LISTED).map((place) => h("li", {}, h("button.uncovered-row", { type: "button", onClick: () => this.fly(place, one.in_compound ? "compounds" : "areas") }, h("span.uncovered-name", {}, place.name || place.code), h("span.figures", {}, `${count(Math.round(place.without))} ${people}`))))), more(missing))),
    ];
  }

  /** Places that more people come to than they can serve. */
  loads(capacity, names) {
    const full = capacity.filter(({ overloaded }) => overloaded > 0);
    if (!full.length) return null;
    return h(
      "section.standard",
      {},
      h("h3", {}, t("Places that are too small")),
      h("table.standard-kinds", {}, h("tbody", {}, full.map((one) => this.load(one, names)))),
    );
  }

  load(one, names) {
    const key = `full/${one.kind}`;
    const open = this.kind === key;
    const rows = one.rows.filter(({ over }) => over > 0);
    const told = ({ people, capacity }) => t("%(people)s come, room for %(capacity)s", { people: count(Math.round(people)), capacity: count(capacity) });
    return [
      h("tr", {}, h("th", { scope: "row" }, this.opener(key, names[one.kind] ?? one.kind)), h("td.figures", {}, t("%(some)s of %(all)s", { some: count(one.overloaded), all: count(one.places) })), h("td.figures.small.quiet", {}, t("%(number)s people find no room", { number: count(Math.round(one.no_room)) }))),
      open && h("tr.standard-missing", {}, h("td", { colspan: 3 }, h("ol", { "aria-label": t("Places that are too small") }, rows.slice(0, LISTED).map((place) => h("li", {}, h("button.uncovered-row", { type: "button", onClick: () => this.go({ layer: "facilities", code: place.code }) }, h("span.uncovered-name", {}, place.name || place.code), h("span.figures.small", {}, told(place)))))), more(rows))),
    ];
  }

  /** A button that shows what lies behind a row, and hides it again. */
  opener(key, name, disabled = false) {
    const open = this.kind === key;
    return h("button.button.quiet.standard-kind", { type: "button", "aria-expanded": String(open), disabled, onClick: () => { this.kind = open ? null : key; this.draw(); } }, name);
  }
}

function more(rows) {
  return rows.length > LISTED && h("p.small.quiet", {}, t("and %(count)s more", { count: count(rows.length - LISTED) }));
}

function mark(met) {
  if (met == null) return null;
  return met ? h("span.badge.badge-good", {}, `✓ ${t("met")}`) : h("span.badge.badge-late", {}, `✗ ${t("not met")}`);
}
