// Finding a place by name: as one types, by keyboard alone if one likes.

import { get } from "wangge/core/api.js";
import { fill, h, settled } from "wangge/core/dom.js";
import { t } from "wangge/core/words.js";
import { layerName } from "wangge/operations/selecting.js";

export function joinSearch(planner, selecting) {
  const input = document.getElementById("search");
  const list = document.getElementById("search-found");
  let found = [];
  let at = -1;
  let asked = null;

  const ask = settled(async () => {
    const q = input.value.trim();
    asked?.abort();
    if (!q) return show([], false);
    asked = new AbortController();
    try {
      const { places } = await get("/api/v1/places/search", { q, at: planner.at }, { signal: asked.signal });
      show(places, true);
    } catch (error) {
      if (error.name !== "AbortError") planner.refuse(error, ask);
    }
  }, 80);

  function show(places, isOpen) {
    found = places;
    at = places.length ? 0 : -1;
    list.hidden = !isOpen;
    input.setAttribute("aria-expanded", String(isOpen));
    fill(
      list,
      places.length
        ? places.map((place, i) =>
            h(
              "li",
              { role: "option", id: `found-${i}`, onPointerdown: (event) => { event.preventDefault(); take(i); } },
              h("span.found-name", {}, marked(place.name || place.code, input.value.trim())),
              h("span.quiet.small", {}, [kindOf(place), place.area_name].filter(Boolean).join(" · ")),
            ),
          )
        : h("li.quiet", {}, t("Nothing is called so.")),
    );
    point();
  }

  function kindOf({ layer, kind }) {
    const { profile } = planner.page;
    const names = { areas: profile.levels, compounds: profile.compound_types, facilities: profile.facility_kinds };
    return names[layer]?.[kind] ?? layerName(layer);
  }

  function point() {
    [...list.children].forEach((row, i) => row.setAttribute("aria-selected", String(i === at)));
    if (at >= 0) {
      input.setAttribute("aria-activedescendant", `found-${at}`);
      list.children[at]?.scrollIntoView({ block: "nearest" });
    } else input.removeAttribute("aria-activedescendant");
  }

  function take(i) {
    const place = found[i];
    if (!place) return;
    show([], false);
    input.value = place.name || place.code;
    planner.flyTo(place.point, place.box);
    selecting.select(place.layer, place.code);
  }

  input.addEventListener("input", ask);
  input.addEventListener("focus", () => input.value && ask());
  input.addEventListener("blur", () => show([], false));
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!found.length) return;
      at = (at + (event.key === "ArrowDown" ? 1 : found.length - 1)) % found.length;
      point();
    } else if (event.key === "Enter" && !event.isComposing) take(at);
    else if (event.key === "Escape") {
      event.stopPropagation();
      if (list.hidden) input.value = "";
      show([], false);
    }
  });
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches?.("input, textarea, select");
    if (event.key === "/" && !isTyping) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });
}

/** The name with the letters that were typed marked. */
function marked(name, words) {
  const i = name.toLowerCase().indexOf(words.toLowerCase());
  if (i < 0 || !words) return [name];
  return [name.slice(0, i), h("mark", {}, name.slice(i, i + words.length)), name.slice(i + words.length)];
}
