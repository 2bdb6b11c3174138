// Nets of other departments over a draft (多网对照): brought in from files, drawn over the map,
// compared in households, made one net, and the table that says which old patch became which grid.

import { get, post, remove } from "wangge/core/api.js";
import { fill, h, settled, svg } from "wangge/core/dom.js";
import { token } from "wangge/core/theme.js";
import { count, share, squareMetres, t } from "wangge/core/words.js";
import { bringing } from "wangge/drafting/bringing.js";
import { corresponding } from "wangge/drafting/corresponding.js";
import { findingsOf, watch } from "wangge/drafting/proposing.js";
import { Sheet, stackOf } from "wangge/layers/stack.js";

const DRAFT = "draft"; // stands for the draft's own grids
const SHOWN = 20; // places at first
const DASHES = [[9, 4], [3, 3], [12, 3, 3, 3], [6, 6], [2, 5], [14, 4, 2, 4, 2, 4], [5, 2], [9, 2, 2, 2]];
const COMPARE_AFTER = 900; // milliseconds of rest after a step

/** How an index of agreement is said. */
const said = (index) => (index >= 0.9 ? t("agree almost wholly") : index >= 0.75 ? t("agree for the most part") : index >= 0.5 ? t("agree in part") : t("differ much"));

export class Nets {
  constructor(planner, bench) {
    Object.assign(this, { planner, bench, nets: [], chosen: new Set([DRAFT]), sheets: new Map(), turn: 0, only: null });
    this.list = h("ul.net-list");
    this.result = h("div.nets", { "aria-live": "polite" });
    this.under = h("div", { "aria-live": "polite" });
    this.places = new Sheet("net-places", {
      order: 56,
      pickable: false,
      layer: "differences",
      named: true,
      style: (place) => this.ofPlace(place),
    });
    this.table = corresponding(bench);
    const body = h(
      "div.nets",
      {},
      h("p.small.quiet", {}, t("Lay the nets of police, urban management or party over the draft and see where they divide the ground otherwise.")),
      this.list,
      bench.draft.rights.draw && bringing(bench, () => this.load()),
      this.result,
      this.under,
      this.table.element,
    );
    this.element = h("details.history", { id: "draft-nets" }, h("summary", {}, t("Nets of departments")), body);
    this.element.addEventListener("toggle", () => (this.element.open ? this.load() : this.leave()));
    const again = settled(() => {
      if (!this.isOpen) return;
      if (this.chosen.has(DRAFT)) this.compare();
      this.table.refresh();
    }, COMPARE_AFTER);
    this.draft = bench.draft;
    this.draft.addEventListener("changed", again);
  }

  get isOpen() {
    return this.element.open && this.bench.draft === this.draft;
  }

  get path() {
    return `/api/v1/plans/${this.draft.id}`;
  }

  /** Take what is drawn off the map. */
  leave() {
    this.turn += 1;
    const stack = stackOf(this.planner.map);
    for (const sheet of [...this.sheets.values(), this.places]) stack.drop(sheet);
    this.sheets.clear();
    this.planner.labels.refresh();
  }

  clear() {
    this.leave();
    this.element.open = false;
  }

  /** The nets around the draft, as they are now. */
  async load() {
    const mine = (this.turn += 1);
    try {
      const { nets } = await get(`${this.path}/nets`);
      if (mine !== this.turn) return;
      const known = new Set(this.nets.map(({ id }) => String(id)));
      for (const { id } of nets) if (!known.has(String(id))) this.chosen.add(String(id));
      this.nets = nets;
      this.chosen = new Set([...this.chosen].filter((key) => key === DRAFT || nets.some(({ id }) => String(id) === key)));
      this.rows();
      this.table.choices(nets);
      await Promise.all([...nets.map((net, i) => this.draw(net, i)), this.compare()]);
    } catch (error) {
      fill(this.result, h("div.refused", {}, h("p", {}, error.message), h("button.button", { type: "button", onClick: () => this.load() }, t("Try again"))));
    }
  }

  rows() {
    const row = (key, name, below, mark, end) =>
      h(
        "li.net-row",
        { dataset: { net: key } },
        h("label", {}, h("input", { type: "checkbox", checked: this.chosen.has(key), onChange: (event) => this.choose(key, event.target.checked) }), mark, h("span.net-name", {}, name, below && h("span.small.quiet", {}, below))),
        end,
      );
    fill(
      this.list,
      row(DRAFT, t("This draft"), null, line("--map-label-quiet", null)),
      this.nets.map((net, i) =>
        row(
          String(net.id),
          net.name,
          [t("%(number)s patches here", { number: count(net.here) }), net.attribution || net.filename, net.note].filter(Boolean).join(" · "),
          line(colourOf(i), DASHES[i % DASHES.length]),
          net.removable && h("button.button.quiet.icon", { type: "button", "aria-label": t("Remove the net of %(name)s", { name: net.name }), title: t("Remove the net of %(name)s", { name: net.name }), onClick: () => this.drop(net) }, "×"),
        ),
      ),
    );
  }

  choose(key, isOn) {
    if (isOn) this.chosen.add(key);
    else this.chosen.delete(key);
    this.sheets.get(key)?.show(isOn);
    return this.compare();
  }

  async drop(net) {
    if (!globalThis.confirm(t("Remove the net of %(name)s for everybody? What is kept with published plans stays.", { name: net.name }))) return;
    try {
      await remove(`/api/v1/nets/${net.id}`);
    } catch (error) {
      this.planner.refuse(error);
    }
    this.leave();
    await this.load();
  }

  /** The outlines of a net, in a colour and dash of its own. */
  async draw(net, i) {
    const key = String(net.id);
    const mine = this.turn;
    if (this.sheets.has(key)) return;
    const data = await get(`${this.path}/nets/${net.id}`, { form: "borders" });
    if (mine !== this.turn || this.sheets.has(key)) return;
    const sheet = new Sheet(`net-${key}`, {
      order: 96 + i / 10,
      pickable: false,
      unnamed: true,
      data,
      style: () => ({ fill: null, line: token(colourOf(i)), width: 2, dash: DASHES[i % DASHES.length] }),
    });
    sheet.visible = this.chosen.has(key);
    this.sheets.set(key, sheet);
    stackOf(this.planner.map).add(sheet);
  }

  // ── where they disagree ────────────────────────────────────────────────────────────────────

  async compare() {
    const stack = stackOf(this.planner.map);
    const mine = (this.comparing = {});
    const keys = [...(this.chosen.has(DRAFT) ? [DRAFT] : []), ...this.nets.map(({ id }) => String(id)).filter((key) => this.chosen.has(key))];
    if (keys.length < 2) {
      stack.drop(this.places);
      fill(this.result, h("p.small.quiet", {}, this.nets.length ? t("Choose at least two nets to compare.") : t("No net of a department lies here yet. Add the first one from a file.")));
      return;
    }
    if (!this.result.childElementCount) fill(this.result, h("p.small.quiet", {}, t("Comparing …")));
    this.result.setAttribute("aria-busy", "true");
    try {
      const found = await get(`${this.path}/agreement`, { nets: keys.join(",") });
      if (mine !== this.comparing || !this.isOpen) return;
      this.show(found, keys);
    } catch (error) {
      if (mine === this.comparing) fill(this.result, h("div.refused", {}, h("p", {}, error.message)));
    } finally {
      if (mine === this.comparing) this.result.removeAttribute("aria-busy");
    }
  }

  show(found, keys) {
    Object.assign(this, { found, keys, current: null });
    if (!found.pairs.some((pair) => keyOf(pair) === this.only)) this.only = null;
    const names = this.names(found);
    const { features: all } = found.disagreements;
    const features = this.only ? all.filter(({ properties }) => keyOf(properties) === this.only) : all;
    this.paint(features);
    fill(
      this.result,
      h(
        "section",
        {},
        h("h3", {}, t("Agreement")),
        h("p.small.quiet", {}, t("Counted in households: 100% is the same net, 0 no more than chance gives.")),
        h("div.net-pairs", {}, found.pairs.map((pair) => this.pair(pair, names))),
      ),
      h("section", {}, h("h3", {}, t("Where they disagree"), " ", h("span.figures", { id: "net-places" }, `(${count(features.length + (this.only ? 0 : found.left_out))})`)), this.worst(features, names)),
      this.draft.isOpen && this.fitting(keys),
    );
  }

  paint(features) {
    const stack = stackOf(this.planner.map);
    const pairs = this.found.pairs.map(keyOf);
    const isOne = this.only || pairs.length === 1; // of several pairs the figures would lie on each other
    stack.drop(this.places);
    this.places.change({ data: { type: "FeatureCollection", features: features.map(({ id, geometry, properties }) => ({ type: "Feature", id, geometry, properties: { n: id, pair: pairs.indexOf(keyOf(properties)), name: isOne && properties.households ? t("%(number)s households", { number: count(properties.households) }) : null } })) } });
    stack.add(this.places);
    this.planner.labels.refresh();
  }

  /** A look for each pair: where several pairs disagree, the ground is the darker. */
  ofPlace({ n, pair }) {
    const isChosen = n === this.current;
    const alpha = this.only ? 0.3 : Math.max(0.1, 0.4 / this.found.pairs.length);
    return { fill: token("--near-mark"), alpha: isChosen ? 0.5 : alpha, line: token("--near-mark"), width: isChosen ? 2.5 : 0.8, pair };
  }

  names({ nets }) {
    return new Map(nets.map(({ key, name }) => [key, key === DRAFT ? t("This draft") : name]));
  }

  /** How far two nets agree; a press shows the places of these two alone. */
  pair(pair, names) {
    const { one, other, index, households, places } = pair;
    const { households: all } = this.found;
    const key = keyOf(pair);
    const choose = () => {
      this.only = this.only === key ? null : key;
      this.show(this.found, this.keys);
      this.result.querySelector(`[data-pair="${CSS.escape(key)}"]`)?.focus();
    };
    return h(
      "button.net-pair",
      { type: "button", dataset: { pair: key }, "aria-pressed": String(this.only === key), title: t("Show the places of these two alone"), onClick: choose },
      h("span", {}, names.get(one), " ↔ ", names.get(other)),
      h("b", {}, index == null ? "–" : share(Math.max(0, index))),
      h("span.small.figures", {}, index == null ? t("nobody lives there") : said(index), h("span.quiet", {}, " · ", places ? t("%(households)s households (%(share)s) in %(places)s places are divided otherwise", { households: count(households), share: all ? share(households / all) : "–", places: count(places) }) : t("no difference"))),
    );
  }

  worst(features, names) {
    if (!features.length) return h("p.all-good", {}, "✓ ", t("They divide the ground alike."));
    const side = (p, which) => `${names.get(p[which])} ${shortName(p[`name_${which}`] || p[`code_${which}`]) || (p[`patch_${which}`] == null ? t("no patch") : t("patch %(number)s", { number: p[`patch_${which}`] }))}`;
    const list = h("div.net-places");
    const rows = (number) =>
      features.slice(0, number).map(({ id, properties: p }) =>
        h(
          "button.net-place",
          { type: "button", dataset: { place: id }, onClick: (event) => this.goTo(id, p, event.currentTarget) },
          h("span.figures", {}, p.households ? t("%(number)s households", { number: count(p.households) }) : t("nobody lives there")),
          h("span.small.quiet.figures", {}, squareMetres(p.area_m2)),
          h("span.small", {}, side(p, "one"), " ↔ ", side(p, "other")),
        ),
      );
    const more = features.length > SHOWN && h("button.button.quiet", { type: "button", onClick: () => { fill(list, rows(features.length)); more.remove(); } }, t("Show all %(number)s", { number: count(features.length) }));
    fill(list, rows(SHOWN));
    return [list, more];
  }

  goTo(id, { point, box }, button) {
    this.current = id;
    for (const one of this.result.querySelectorAll(".net-place[aria-current]")) one.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    this.planner.flyTo(point, box);
    this.bench.picture.point({ point, box });
    stackOf(this.planner.map).redrawSoon();
  }

  // ── one net ────────────────────────────────────────────────────────────────────────────────

  fitting(keys) {
    const told = h("div.told", { role: "alert" });
    const { low, high } = this.planner.page.profile.band;
    const band = h("input", { type: "checkbox", checked: true, id: "net-fit-band" });
    const button = h("button.button.main", { type: "button", id: "net-fit", onClick: () => run() }, t("Make one net of these"));
    const run = async () => {
      button.disabled = true;
      fill(told);
      try {
        const job = await post(`${this.path}/fit`, { nets: keys, band: band.checked }, { headers: { "If-Match": `"${this.draft.info.revision}"` } });
        const done = await watch(job, this.under);
        fill(this.under);
        if (done.state === "cancelled") return fill(this.under, h("p.small", { role: "status" }, t("Stopped. The draft is as it was.")));
        if (done.problem) throw new Error(done.problem.detail);
        await this.draft.reload();
        this.draft.tell("changed", { grids: [], removed: [] });
        fill(this.under, this.fitted(done.report));
      } catch (error) {
        fill(this.under);
        fill(told, h("div.refused", {}, h("p", {}, error.message)));
      } finally {
        button.disabled = false;
      }
      return null;
    };
    return h("section.draft-form", {}, h("h3", {}, t("One net for all")), h("p.small.quiet", {}, t("Draws the net that agrees best with all that are ticked, out of whole compounds and street blocks. No grid lies in two communities, closed compounds stay whole, and locked grids stay as they are. It is one step that can be taken back.")), h("label.net-band", {}, band, h("span", {}, t("Keep households within the band of %(low)s to %(high)s", { low, high }))), button, told);
  }

  /** What came of it: how it lies to the band and what that cost, how far it agrees, what is in the way. */
  fitted({ grids, nets, band, obstacles, cuts }) {
    const out = [band.below && t("%(number)s below", { number: count(band.below) }), band.above && t("%(number)s above", { number: count(band.above) })].filter(Boolean);
    const row = ({ net, name, agreement, unbound }) => {
      const cost = agreement == null ? 0 : Math.round(100 * Math.max(0, unbound)) - Math.round(100 * Math.max(0, agreement));
      return h(
        "li.figures",
        {},
        net === DRAFT ? t("The draft as it was") : name,
        " ",
        agreement == null ? "–" : `${share(Math.max(0, agreement))} · ${said(agreement)}`,
        cost > 0 && h("span.quiet", {}, " · ", t("%(share)s without the band", { share: share(Math.max(0, unbound)) })),
      );
    };
    return h(
      "div",
      { role: "status" },
      h("p.done", {}, t("One net with %(grids)s grids lies on the draft.", { grids: count(grids) })),
      h("p.small.figures", { id: "net-fit-in-band" }, t("%(within)s of %(grids)s grids have %(low)s to %(high)s households", { within: count(band.within), grids: count(grids), low: band.low, high: band.high }), out.length > 0 && h("span.quiet", {}, " · ", out.join(" · "))),
      h("ul.small", {}, nets.map(row)),
      findingsOf(this.bench, { obstacles, cuts }),
    );
  }
}

const keyOf = ({ one, other }) => `${one} ${other}`;

const colourOf = (i) => `--net-${i % 8}`;

const shortName = (name) => (name ? String(name).replace(/^.+社区(?=.)/, "") : "");

/** A piece of the line that a net has on the map. */
function line(colour, dash) {
  return svg("svg", { width: 26, height: 10, viewBox: "0 0 26 10", "aria-hidden": "true" }, svg("path", { d: "M0 5h26", fill: "none", stroke: `var(${colour})`, "stroke-width": 2.5, "stroke-dasharray": dash?.join(" ") }));
}
