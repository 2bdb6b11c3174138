// The panel of layers: what is drawn, and what its colours mean.

import { fill, h, svg } from "wangge/core/dom.js";
import { onTheme, token } from "wangge/core/theme.js";
import { setState, state } from "wangge/core/state.js";
import { count, t } from "wangge/core/words.js";
import { stackOf } from "wangge/layers/stack.js";

const SHOWN_AT_FIRST = ["areas", "compounds", "buildings", "streets", "grids", "gates", "facilities", "labels"];

export class Layering {
  constructor(planner, covering) {
    this.planner = planner;
    this.covering = covering;
    this.panel = document.getElementById("layers-panel");
    this.read();
    onTheme(() => this.draw());
  }

  /** Take what is drawn from the address. */
  read() {
    const kept = state().layers;
    this.shown = new Set(kept === undefined ? SHOWN_AT_FIRST : kept.split(",").filter(Boolean));
    this.apply();
    this.draw();
  }

  set(key, shown) {
    if (shown) this.shown.add(key);
    else this.shown.delete(key);
    this.apply();
    const now = [...this.shown].sort();
    const isFirst = now.join() === [...SHOWN_AT_FIRST].sort().join();
    setState({ layers: isFirst ? null : now.join(",") || "none" });
  }

  apply() {
    const { layers, labels, map, circles, basemaps } = this.planner;
    for (const [name, sheet] of Object.entries(layers)) sheet.show(this.shown.has(name));
    this.planner.workbench?.picture.show(this.shown.has("grids"));
    if (this.shown.has("labels")) labels.addTo(map);
    else labels.remove();
    labels.refresh();
    for (const [key, basemap] of basemaps) basemap.show(this.shown.has(key));
    stackOf(map).setBased([...basemaps.keys()].some((key) => this.shown.has(key)));
    for (const minutes of circles.keys()) this.covering.showCircle(minutes, this.shown.has(`circle-${minutes}`));
  }

  refresh() {
    this.draw();
  }

  draw() {
    const { page, summary, basemaps } = this.planner;
    const counts = summary?.counts ?? {};
    const { profile } = page;
    const levels = Object.entries(profile.levels)
      .map(([key, name]) => (summary?.levels?.[key] ? `${name} ${count(summary.levels[key])}` : null))
      .filter(Boolean)
      .join(" · ");
    const body = h(
      "div.layers-body",
      {},
      this.group(
        t("District"),
        this.row("areas", t("Areas"), null, levels, lineMark("--map-border-strong", 2.2)),
        this.row("grids", t("Grids"), counts.grids, null, lineMark("--map-grid", 1.6)),
        this.row("compounds", t("Compounds"), counts.compounds, null, null, this.covering.minutes ? null : this.typeLegend()),
        this.row("buildings", t("Buildings"), counts.buildings, null, boxMark("--map-building", "--map-building-line")),
        this.row("gates", t("Gates"), counts.gates, null, gateMark()),
        this.row("facilities", t("Facilities"), counts.facilities, null, null, this.facilityLegend()),
        this.row("streets", t("Streets and water"), counts.streets, null, streetMark()),
        this.row("labels", t("Names"), null, null, h("span.mark-text", { "aria-hidden": "true" }, t("Aa"))),
      ),
      this.group(
        t("Service areas on foot"),
        profile.minutes.map((minutes, i) =>
          this.row(`circle-${minutes}`, t("%(minutes)s minutes on foot", { minutes }), this.covering.hasNone() ? 0 : null, this.covering.areasText(minutes), circleMark(i > 0)),
        ),
        this.covering.manners(),
        this.covering.chooser(),
      ),
      basemaps.size > 0 &&
        this.group(t("Basemap"), page.basemaps.map(({ key, name }) => this.row(key, name))),
    );
    const held = this.panel.contains(document.activeElement) && document.activeElement;
    fill(
      this.panel,
      h("div.panel-head", {}, h("h2", {}, t("Layers")), foldButton(this.panel, t("Fold the layers away"))),
      body,
    );
    if (held) (held.id ? document.getElementById(held.id) : this.panel.querySelector(`[data-layer="${held.dataset.layer}"]`))?.focus();
  }

  group(title, ...rows) {
    return h("fieldset.layer-group", {}, h("legend", {}, title), rows);
  }

  row(key, name, number, note, mark, legend) {
    const isEmpty = number === 0;
    const box = h("input", {
      type: "checkbox",
      checked: this.shown.has(key) && !isEmpty,
      disabled: isEmpty,
      dataset: { layer: key },
      onChange: (event) => this.set(key, event.target.checked),
    });
    return h(
      `div.layer${isEmpty ? ".layer-empty" : ""}`,
      {},
      h(
        "label.layer-line",
        isEmpty ? { title: t("No records") } : {},
        box,
        h("span.layer-name", {}, name),
        number != null && h("span.layer-count.figures", {}, isEmpty ? t("No records") : count(number)),
        mark && h("span.layer-mark", {}, mark),
      ),
      note && h("p.layer-note.small.quiet.figures", {}, note),
      !isEmpty && legend,
    );
  }

  typeLegend() {
    const { compound_types: names, compound_colours: colours } = this.planner.page.profile;
    return h(
      "ul.legend",
      {},
      Object.entries(names).map(([key, name]) => h("li", {}, h("i.swatch", { style: { "--swatch": colours[key] } }), name)),
    );
  }

  facilityLegend() {
    return h(
      "ul.legend",
      {},
      h("li", {}, dotMark("--map-station", 4.5), this.covering.countedName()),
      h("li", {}, dotMark("--map-facility", 3), t("Other facilities")),
    );
  }

  /** What is drawn now, for the legend of a print: [[mark, name]]. */
  legend() {
    const found = [];
    const { compound_types: names, compound_colours: colours } = this.planner.page.profile;
    if (this.shown.has("areas")) found.push([lineMark("--map-border-strong", 2.2), t("Areas")]);
    if (this.shown.has("grids")) found.push([lineMark("--map-grid", 1.6), t("Grids")]);
    if (this.shown.has("compounds") && !this.covering.minutes) {
      for (const [key, name] of Object.entries(names)) found.push([h("i.swatch", { style: { "--swatch": colours[key] } }), name]);
    }
    if (this.shown.has("facilities")) {
      found.push([dotMark("--map-station", 4.5), this.covering.countedName()], [dotMark("--map-facility", 3), t("Other facilities")]);
    }
    for (const minutes of this.planner.circles.keys()) {
      if (this.shown.has(`circle-${minutes}`)) found.push([circleMark(this.planner.circles.get(minutes) !== [...this.planner.circles.values()][0]), t("%(minutes)s minutes on foot", { minutes })]);
    }
    return found;
  }
}

/** Folds a panel away and brings it back. */
export function foldButton(panel, title) {
  const button = h("button.button.quiet.icon", { type: "button", title, "aria-label": title, "aria-expanded": String(!panel.hasAttribute("data-folded")) });
  button.append(svg("svg", { viewBox: "0 0 16 16", width: 16, height: 16, "aria-hidden": "true" }, svg("path", { d: "M4 6l4 4 4-4", fill: "none", stroke: "currentColor", "stroke-width": 1.6 })));
  button.addEventListener("click", () => fold(panel, !panel.hasAttribute("data-folded")));
  return button;
}

/** Leave of a panel its head only, or show all of it. */
export function fold(panel, folded) {
  panel.toggleAttribute("data-folded", folded);
  panel.querySelector("[aria-expanded]")?.setAttribute("aria-expanded", String(!folded));
}

const mark = (...children) => svg("svg", { viewBox: "0 0 22 12", width: 22, height: 12, "aria-hidden": "true" }, ...children);

function lineMark(name, width, dash) {
  return mark(svg("path", { d: "M1 6h20", stroke: token(name), "stroke-width": width, "stroke-dasharray": dash, fill: "none" }));
}

function boxMark(fillName, lineName) {
  return mark(svg("rect", { x: 4, y: 1.5, width: 14, height: 9, fill: token(fillName), stroke: token(lineName) }));
}

function streetMark() {
  return mark(
    svg("path", { d: "M1 4h20", stroke: token("--map-street-casing"), "stroke-width": 4.5 }),
    svg("path", { d: "M1 4h20", stroke: token("--map-street"), "stroke-width": 2.5 }),
    svg("path", { d: "M1 10h20", stroke: token("--map-water"), "stroke-width": 3 }),
  );
}

function circleMark(strong) {
  const colour = token("--map-circle");
  return mark(svg("circle", { cx: 11, cy: 6, r: 5, fill: colour, "fill-opacity": strong ? 0.2 : 0.12, stroke: colour, "stroke-width": strong ? 1.6 : 1 }));
}

function gateMark() {
  return svg("svg", { viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true" }, svg("circle", { cx: 6, cy: 6, r: 3.4, fill: "var(--surface)", stroke: token("--map-gate"), "stroke-width": 2 }));
}

function dotMark(name, radius) {
  return svg("svg", { viewBox: "0 0 12 12", width: 12, height: 12, "aria-hidden": "true" }, svg("circle", { cx: 6, cy: 6, r: radius, fill: token(name) }));
}
