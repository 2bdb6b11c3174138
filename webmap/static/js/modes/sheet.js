// A map that is a file of its own: a title, a legend with switches, records on a click.

import { fill, h, svg } from "wangge/core/dom.js";
import { count, day as dayOf, named, share, t } from "wangge/core/words.js";
import { outline } from "wangge/layers/glyphs.js";
import { stackOf } from "wangge/layers/stack.js";

const L = globalThis.L;
const NARROW = 720; // pixels: on a phone the map comes first and the legend on a tap

/** `options`: title, day, synthetic, words, minutes; see `webmap/elements/sheet.py`. */
export async function add(map, { title, day, synthetic, words, minutes }) {
  const elements = await Promise.all(
    Object.entries(globalThis.wangge.elements)
      .filter(([key]) => key !== "sheet" && key !== "furniture")
      .map(async ([key, promise]) => [key, await promise]),
  );
  const box = h(
    "details.sheet",
    { open: innerWidth > NARROW },
    h("summary", {}, h("h1", {}, title), h("span.sheet-day", {}, t("As of %(day)s", { day: dayOf(day) }), synthetic && h("strong.sheet-synthetic", {}, t("Synthetic data")))),
    h("ul.sheet-layers", {}, elements.map(([key, layer]) => row(map, key, layer, words, minutes))),
  );
  const control = L.control({ position: "topleft" });
  control.onAdd = () => {
    L.DomEvent.disableClickPropagation(box);
    L.DomEvent.disableScrollPropagation(box);
    return box;
  };
  control.addTo(map);
  const record = h("section.sheet-record", { hidden: true, "aria-live": "polite" });
  const side = L.control({ position: "topright" });
  side.onAdd = () => {
    L.DomEvent.disableClickPropagation(record);
    return record;
  };
  side.addTo(map);
  const byLayer = new Map(elements);
  const cases = byLayer.get("cases");
  let taken = false; // by a case, which lies above all places
  if (cases) {
    cases.on("point cluster", () => (taken = true));
    byLayer.get("labels").avoid = () => (map.hasLayer(cases) ? cases.boxes() : []);
    cases.on("painted remove", () => byLayer.get("labels").refresh());
  }
  stackOf(map).on("pick", ({ found }) => {
    if (taken) return (taken = false);
    const top = found.find(({ shape }) => shape.code != null) ?? null;
    for (const layer of byLayer.values()) layer.select?.(null);
    record.hidden = !top;
    if (!top) return null;
    top.sheet.select(top.shape.code);
    return fill(record, h("h2", {}, top.shape.props.name || top.shape.code), h("dl", {}, fields(top.shape.props, words).map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])));
  });
  return { title };
}

function row(map, key, layer, words, minutes) {
  const names = {
    areas: t("Areas"), grids: t("Grids"), compounds: t("Compounds"), buildings: t("Buildings"), facilities: t("Facilities"), streets: t("Streets and water"), gates: t("Gates"), labels: t("Names"), cases: t("Cases"),
    circles: t("%(minutes)s minutes on foot", { minutes }), coverage: t("Share of households covered, by community"),
  };
  const isSheet = typeof layer.show === "function";
  const shown = isSheet ? layer.visible : map.hasLayer(layer);
  const box = h("input", { type: "checkbox", checked: shown, onChange: () => (isSheet ? layer.show(box.checked) : box.checked ? layer.addTo(map) : layer.remove()) });
  return h("li", {}, h("label", {}, box, names[key] ?? key), legend(key, layer, words));
}

function legend(key, layer, words) {
  if (key === "compounds") {
    const types = Object.entries(words.compound_types).filter(([type]) => type in words.compound_colours);
    return h("ul", {}, types.map(([type, name]) => h("li", {}, h("i.swatch", { style: { "--swatch": words.compound_colours[type] } }), named(name))));
  }
  if (key === "coverage") {
    return h("ul", {}, layer.legend().map(({ from, to, token }) => h("li", {}, h("i.swatch", { style: { "--swatch": `var(${token})` } }), from === to ? share(from) : `${share(from)} – ${share(to)}`)));
  }
  if (key === "cases") {
    const mark = ({ color }, place) => svg("svg", { viewBox: "-7 -7 14 14", width: 14, height: 14, "aria-hidden": "true" }, svg("path", { d: outline(place, 5.5), fill: color }));
    return [
      h("p.sheet-note", {}, words.notes.cases),
      h("ul", {}, layer.options.categories.map((term, place) => h("li", {}, mark(term, place), named(term.name)))),
      h("p.sheet-note", {}, t("hollow: closed")),
    ];
  }
  return null;
}

function fields(props, words) {
  return [
    [t("Code"), props.code],
    [t("Level"), words.levels[props.level] ?? props.level],
    [t("Type"), words.compound_types[props.type] ?? props.type],
    [t("Kind"), words.facility_kinds[props.kind] ?? props.kind],
    [t("Property firm"), props.property_firm],
    [t("Households"), props.households == null ? null : count(props.households)],
    [t("Residents"), props.residents == null ? null : count(props.residents)],
    [t("Opening hours"), props.hours],
    [t("Address"), props.address],
  ].filter(([, value]) => value != null && value !== "");
}
