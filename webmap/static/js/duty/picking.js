// A field in which a place is found by its name: typed, then chosen from the list by mouse or keys.

import { get } from "wangge/core/api.js";
import { fill, h, settled } from "wangge/core/dom.js";
import { t } from "wangge/core/words.js";

const LAYERS = {
  areas: t("Area"), grids: t("Grid"), compounds: t("Compound"), buildings: t("Building"), facilities: t("Facility"), streets: t("Street"),
};
let made = 0;

/** `box` is the field, `value()` the chosen place (`layer`, `code`, `name`) or null. */
export function placePicker({ layers, label, chosen = null, required = false }) {
  const id = `pick-${++made}`;
  const input = h("input", { type: "text", role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id, value: chosen?.name ?? "", placeholder: t("Type a name"), required });
  const list = h("ul.pick-found.panel", { id, role: "listbox", "aria-label": label, hidden: true });
  let found = [];
  let at = -1;
  let asked = 0;

  const look = settled(async () => {
    const q = input.value.trim();
    const mine = ++asked;
    if (!q) return close();
    try {
      const { places } = await get("/api/v1/places/search", { q, limit: 50 });
      if (mine === asked && document.activeElement === input) show(places.filter(({ layer }) => layers.includes(layer)).slice(0, 8));
    } catch (error) {
      list.hidden = false;
      fill(list, h("li.quiet", {}, error.message));
    }
  }, 120);

  function show(places) {
    found = places;
    at = places.length > 0 ? 0 : -1;
    list.hidden = false;
    input.setAttribute("aria-expanded", "true");
    fill(list, places.length > 0
      ? places.map((place, i) => h("li", { role: "option", id: `${id}-${i}`, onPointerdown: (event) => { event.preventDefault(); take(i); } }, h("span", {}, place.name || place.code), h("span.quiet.small", {}, [LAYERS[place.layer], place.area_name].filter(Boolean).join(" · "))))
      : h("li.quiet", {}, t("Nothing is called so.")));
    point();
  }

  function point() {
    [...list.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === at)));
    if (at >= 0) input.setAttribute("aria-activedescendant", `${id}-${at}`);
    else input.removeAttribute("aria-activedescendant");
  }

  function close() {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function take(i) {
    chosen = { ...found[i], name: found[i].name || found[i].code };
    input.value = chosen.name;
    input.setCustomValidity("");
    close();
  }

  input.addEventListener("input", () => {
    chosen = null;
    input.setCustomValidity(input.value.trim() ? t("Choose a place from the list.") : "");
    look();
  });
  input.addEventListener("keydown", (event) => {
    if (list.hidden) return;
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") at = found.length && (at + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
    else if (event.key === "Enter" && at >= 0) take(at);
    else return;
    event.preventDefault();
    event.stopPropagation();
    point();
  });
  input.addEventListener("blur", close);
  const box = h("div.field.pick", {}, h("label", {}, h("span.small.quiet", {}, label), input), list);
  const clear = () => {
    chosen = null;
    input.value = "";
  };
  return { box, clear, value: () => chosen };
}
