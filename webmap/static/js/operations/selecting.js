// One thing selected at a time: its record beside the map.

import { get } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { setState, state } from "wangge/core/state.js";
import { count, day, squareMetres, metres, t } from "wangge/core/words.js";
import { stackOf } from "wangge/layers/stack.js";

const PICKED_FIRST = ["facilities", "gates", "buildings", "grids", "compounds", "streets", "areas"];

export class Selecting {
  constructor(planner) {
    this.planner = planner;
    this.panel = document.getElementById("record-panel");
    this.selected = null;
    const stack = stackOf(planner.map);
    stack.on("pick", ({ found }) => this.pick(found));
    planner.map.getContainer().addEventListener("keydown", async (event) => {
      if (event.key !== "Enter" || stack.paused) return;
      this.pick(await stack.at(planner.map.getCenter()));
    });
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && this.selected && !stack.paused && !event.target.closest(".search, .menu")) this.clear();
    });
    this.read();
  }

  read() {
    const [layer, ...code] = (state().selected ?? "").split("/");
    this.wanted = layer && code.length ? [layer, code.join("/")] : null;
  }

  /** What was hit, the smallest thing first; a click on the selected thing goes to the next. */
  pick(found) {
    const things = found
      .map(({ sheet, shape }) => ({ layer: sheet.layer, code: shape.code }))
      .filter(({ layer, code }) => code != null && PICKED_FIRST.includes(layer));
    things.sort((a, b) => PICKED_FIRST.indexOf(a.layer) - PICKED_FIRST.indexOf(b.layer));
    if (!things.length) return this.clear();
    const at = things.findIndex(({ layer, code }) => layer === this.selected?.layer && code === this.selected?.code);
    const next = things[(at + 1) % things.length];
    return this.select(next.layer, next.code);
  }

  /** Select what the address names, on the day that is shown. */
  async refresh() {
    this.read();
    const [layer, code] = this.wanted ?? [];
    if (layer) await this.select(layer, code);
    else if (this.selected) this.clear();
  }

  async select(layer, code) {
    this.mark(layer, code);
    setState({ selected: `${layer}/${code}` });
    try {
      const record = await get(`/api/v1/places/${encodeURIComponent(layer)}/${encodeURIComponent(code)}`, { at: this.planner.at });
      if (this.selected?.code !== code) return;
      this.record = record;
      this.show(record);
    } catch (error) {
      if (this.selected?.code !== code) return;
      const isMissing = error.status === 404;
      fill(
        this.panel,
        this.head(layer, code),
        h(
          "div.panel-body",
          {},
          isMissing
            ? h("p.quiet", {}, t("There is no record of this code on the day that is shown."))
            : h("div.refused", {}, h("p", {}, error.message), h("button.button", { type: "button", onClick: () => this.select(layer, code) }, t("Try again"))),
        ),
      );
      this.panel.hidden = false;
    }
  }

  clear() {
    this.mark(null, null);
    setState({ selected: null });
    this.panel.hidden = true;
  }

  mark(layer, code) {
    this.selected = layer ? { layer, code } : null;
    if (layer !== "facilities") this.planner.ownArea?.clear();
    for (const [name, sheet] of Object.entries(this.planner.layers)) sheet.select(name === layer ? code : null);
  }

  head(layer, title) {
    return h(
      "div.panel-head",
      {},
      h("h2.record-title", {}, title),
      h("span.badge", {}, layerName(layer)),
      h("button.button.quiet.icon", { type: "button", "aria-label": t("Close"), title: t("Close"), onClick: () => this.clear() }, "×"),
    );
  }

  show(record) {
    const { layer, code, current, versions, above, inside } = record;
    const props = current.properties;
    const own = layer === "facilities" && h("div.own", {});
    const path = above.map((place) => [h("button.link", { type: "button", onClick: () => this.go(place) }, place.name || place.code), h("span.quiet", { "aria-hidden": "true" }, " ▸ ")]);
    fill(
      this.panel,
      this.head(layer, props.name || code),
      h(
        "div.panel-body",
        {},
        path.length > 0 && h("p.path.small", {}, path, h("span.quiet", {}, props.name || code)),
        this.leading(layer, props),
        h("dl.fields", {}, this.fields(layer, record).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
        Object.values(inside).some(Boolean) &&
          h("p.small.figures", {}, t("Inside: %(things)s", { things: Object.entries(inside).filter(([, number]) => number).map(([name, number]) => `${layerName(name)} ${count(number)}`).join(" · ") })),
        own,
        h("div.row", {}, h("button.button", { type: "button", onClick: () => this.planner.flyTo(current.point, current.box) }, t("Show on the map")), layer === "areas" && h("a.button", { href: reportOf(code, this.planner.at) }, t("Reach report"))),
        this.history(versions, current),
        current.attribution && h("p.small.quiet", {}, t("Source of the data: %(source)s", { source: current.attribution })),
      ),
    );
    this.panel.hidden = false;
    if (own) this.planner.ownArea?.show(code, own);
    if (innerWidth <= 720) this.planner.openSheet("right");
  }

  /** The figures that matter most, large. */
  leading(layer, props) {
    if (props.households == null && props.residents == null) return null;
    const { low, high } = this.planner.page.profile.band;
    const households = props.households;
    let badge = null;
    if (layer === "grids" && households != null) {
      if (households < low) badge = h("span.badge.badge-near", {}, "▽ ", t("below %(low)s", { low }));
      else if (households > high) badge = h("span.badge.badge-late", {}, "▲ ", t("above %(high)s", { high }));
      else badge = h("span.badge.badge-good", {}, "✓ ", t("within %(low)s–%(high)s", { low, high }));
    }
    return h(
      "div.leading",
      {},
      households != null && h("p", {}, h("span.figure.figures", {}, count(households)), " ", h("span.quiet", {}, t("households"))),
      props.residents != null && h("p", {}, h("span.figure.figures", {}, count(props.residents)), " ", h("span.quiet", {}, t("residents"))),
      badge,
    );
  }

  fields(layer, { code, current }) {
    const { profile } = this.planner.page;
    const p = current.properties;
    const yes = (value) => (value == null ? null : value ? t("yes") : t("no"));
    const rows = [
      [t("Code"), code],
      [t("Level"), layer === "areas" ? profile.levels[p.level] ?? p.level : null],
      [t("Type"), layer === "compounds" ? profile.compound_types[p.type] ?? p.type : null],
      [t("Kind"), layer === "facilities" ? profile.facility_kinds[p.kind] ?? p.kind : layer === "streets" ? p.kind : null],
      [t("Gated"), layer === "compounds" ? yes(p.closed) : null],
      [t("Property firm"), layer === "compounds" ? p.property_firm || t("none") : null],
      [t("Use"), p.use],
      [t("Floors"), p.floors == null ? null : count(p.floors)],
      [t("Entrances"), p.entrances == null ? null : count(p.entrances)],
      [t("Elderly residents"), p.elderly == null ? null : count(p.elderly)],
      [t("Opening hours"), p.hours],
      [t("Address"), p.address],
      [t("Telephone"), p.telephone],
      [t("Floor area"), p.floor_area_m2 == null ? null : squareMetres(p.floor_area_m2)],
      [t("Room for people"), p.capacity == null ? null : count(p.capacity)],
      [t("Equipment"), p.equipment?.length ? p.equipment.map((key) => profile.equipment[key] ?? key).join("、") : null],
      [t("One way"), layer === "streets" ? yes(p.oneway) : null],
      [t("Ground area"), current.area_m2 > 0 ? squareMetres(current.area_m2) : null],
      [t("Length"), layer === "streets" ? metres(current.length_m) : null],
      ...Object.entries(p.extra ?? {}).filter(([name]) => name !== "synthetic").map(([name, value]) => [name, typeof value === "object" ? JSON.stringify(value) : value]),
    ];
    return rows.filter(([, value]) => value != null && value !== "");
  }

  history(versions, current) {
    const ever = t("since ever");
    const now = t("until now");
    const period = ({ held_from: from, held_until: until }) => `${from ? day(from) : ever} – ${until ? day(until) : now}`;
    if (versions.length === 1) return h("p.small.quiet.figures", {}, t("Held: %(period)s", { period: period(current) }));
    return h(
      "details.history",
      { open: true },
      h("summary", {}, t("%(number)s versions", { number: versions.length })),
      h(
        "ol",
        {},
        versions.map((version) => {
          const isShown = version.held_from === current.held_from;
          const changed = changes(version, versions[versions.indexOf(version) + 1]);
          return h(
            "li",
            { "aria-current": isShown ? "true" : null },
            h("span.figures", {}, period(version)),
            isShown && h("span.badge", {}, t("shown")),
            changed && h("p.small.quiet.figures", {}, changed),
          );
        }),
      ),
    );
  }

  async go({ layer, code }) {
    await this.select(layer, code);
    if (this.record?.code === code) this.planner.flyTo(this.record.current.point, this.record.current.box);
  }
}

/** What a version changed against the one before, in words. */
function changes(version, before) {
  if (!before) return null;
  const parts = [];
  for (const [key, word] of [["name", t("name")], ["households", t("households")], ["residents", t("residents")]]) {
    const [now, then] = [version.properties[key], before.properties[key]];
    if (now !== then) parts.push(`${word} ${then ?? "–"} → ${now ?? "–"}`);
  }
  const ground = t("Ground area");
  if (Math.abs(version.area_m2 - before.area_m2) > 1) parts.push(`${ground} ${squareMetres(before.area_m2)} → ${squareMetres(version.area_m2)}`);
  return parts.join(" · ") || null;
}

export function layerName(layer) {
  const names = {
    areas: t("Areas"),
    grids: t("Grids"),
    compounds: t("Compounds"),
    buildings: t("Buildings"),
    gates: t("Gates"),
    facilities: t("Facilities"),
    streets: t("Streets"),
  };
  return names[layer] ?? layer;
}

/** The address of an area's sheet of reach on the day that is shown. */
function reportOf(code, at) {
  return `/reach/${encodeURIComponent(code)}${at ? `?at=${encodeURIComponent(at)}` : ""}`;
}
