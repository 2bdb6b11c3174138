// The planner's page: joins the map's layers with the panels around it.

import { get } from "wangge/core/api.js";
import { h } from "wangge/core/dom.js";
import { element, pageData, pageMap } from "wangge/core/elements.js";
import { joinFrame } from "wangge/core/frame.js";
import { keepView, onDay, onState, setState, state } from "wangge/core/state.js";
import { day, t } from "wangge/core/words.js";
import { Layering } from "wangge/operations/layering.js";
import { Covering } from "wangge/operations/covering.js";
import { joinWorkbench } from "wangge/drafting/workbench.js";
import { joinMeasuring } from "wangge/operations/measuring.js";
import { joinPrinting } from "wangge/operations/printing.js";
import { joinSearch } from "wangge/operations/searching.js";
import { joinSiting } from "wangge/reach/siting.js";
import { Selecting } from "wangge/operations/selecting.js";
import { showEmpty } from "wangge/operations/emptiness.js";
import { showSummary } from "wangge/operations/summarizing.js";
import { fit } from "wangge/layers/fitting.js";
import { stackOf } from "wangge/layers/stack.js";

const PLACES = ["areas", "compounds", "buildings", "streets", "grids", "gates", "facilities"];

joinFrame();
const page = pageData();
const map = pageMap();
const [furniture, labels, coverage, ...sheets] = await Promise.all(
  ["furniture", "labels", "coverage", ...PLACES].map(element),
);
const circles = new Map(
  await Promise.all(page.profile.minutes.map(async (minutes) => [minutes, await element(`circles-${minutes}`)])),
);
const basemaps = new Map(await Promise.all(page.basemaps.map(async ({ key }) => [key, await element(key)])));
const layers = Object.fromEntries(PLACES.map((name, i) => [name, sheets[i]]));
keepView(map);

const planner = {
  page,
  map,
  layers,
  circles,
  basemaps,
  labels,
  coverage,
  furniture,
  summary: null,
  get at() {
    return state().at ?? null;
  },
  /** Fly to a place: [longitude, latitude] and perhaps its box. */
  flyTo(point, box) {
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const [padLeft, padRight] = sidePadding();
    const bounds = box ? [[box[1], box[0]], [box[3], box[2]]] : [[point[1], point[0]], [point[1], point[0]]];
    const view = { paddingTopLeft: [padLeft, 40], paddingBottomRight: [padRight, planner.draft ? 150 : 60], maxZoom: 17, animate: !still };
    // a draft stands at a whole zoom: that leaves room round it, where lines that split it begin
    if (planner.draft) map.fitBounds(bounds, view);
    else fit(map, bounds, view);
  },
  refuse,
};

function sidePadding() {
  if (innerWidth <= 720) return [20, 20];
  const left = document.getElementById("layers-panel").getBoundingClientRect();
  const right = document.getElementById("right").getBoundingClientRect();
  return [left.right + 20, innerWidth - right.left + 20];
}

/** Say what failed, keep what is there, offer to try again. */
function refuse(error, again) {
  if (error?.name === "AbortError") return;
  const box = document.getElementById("refusals");
  const note = h(
    "div.refused.panel",
    {},
    h("p", {}, error.message),
    h(
      "div.row",
      {},
      again && h("button.button", { type: "button", onClick: () => { note.remove(); again(); } }, t("Try again")),
      h("button.button.quiet", { type: "button", onClick: () => note.remove() }, t("Close")),
    ),
  );
  box.replaceChildren(note);
}

/** The net is another one than when the page was opened: other tiles, other figures. */
planner.renew = () => {
  for (const sheet of sheets) sheet.change({ tiles: sheet.tiles }); // what is in memory is forgotten
  return load();
};

/** The district of the chosen day: other tiles, other figures. */
async function load() {
  const at = planner.at;
  for (const sheet of [...sheets, coverage]) {
    const tiles = onDay(sheet.tiles);
    if (tiles !== sheet.tiles) sheet.change({ tiles });
  }
  showDay(at);
  try {
    planner.summary = await get("/api/v1/places/summary", { at });
  } catch (error) {
    refuse(error, load);
    return;
  }
  const { box, sources, counts } = planner.summary;
  const nothing = Object.values(counts).every((number) => number === 0);
  if (box && !page.placed && !planner.placed && !furniture.began) planner.flyTo([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], box);
  planner.placed = true;
  furniture.credit(sources);
  showSummary(planner);
  showEmpty(document.getElementById("empty"), nothing && !at, page.may);
  layering.refresh();
  await Promise.all([covering.refresh(), selecting.refresh()]);
  document.body.dataset.ready = "yes";
}

/** Today in the district's time, as the field for dates writes it. */
function today() {
  return new Intl.DateTimeFormat("en-CA", { timeZone: page.profile.timezone, year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date());
}

function showDay(at) {
  const field = document.getElementById("at");
  field.value = at?.slice(0, 10) ?? today();
  field.max = today();
  const note = document.getElementById("at-note");
  note.hidden = !at;
  note.replaceChildren(
    ...(at
      ? [
          h("span", {}, t("The district as it stood on %(day)s", { day: day(at) })),
          h("button.button.quiet", { type: "button", onClick: () => { setState({ at: null }); load(); } }, t("Back to today")),
        ]
      : []),
  );
}

const selecting = new Selecting(planner);
const covering = new Covering(planner, selecting);
const layering = new Layering(planner, covering);
planner.covering = covering;
planner.layering = layering;
planner.selecting = selecting;
planner.openSheet = openSheet;
joinSearch(planner, selecting);
joinMeasuring(planner);
joinPrinting(planner);
if (page.may.site) joinSiting(planner);

document.getElementById("at").addEventListener("change", (event) => {
  const wanted = event.target.value;
  if (wanted && !/^\d{4}-\d{2}-\d{2}$/.test(wanted)) return;
  setState({ at: wanted && wanted !== today() ? wanted : null });
  load();
});
for (const button of document.querySelectorAll("[data-sheet]")) {
  button.addEventListener("click", () => openSheet(button.getAttribute("aria-pressed") === "true" ? null : button.dataset.sheet));
}

/** On a phone one panel at a time is a sheet above the map. */
function openSheet(name) {
  for (const button of document.querySelectorAll("[data-sheet]")) {
    const isOpen = button.dataset.sheet === name;
    button.setAttribute("aria-pressed", String(isOpen));
    document.getElementById(button.dataset.sheet).toggleAttribute("data-open", isOpen);
  }
}

let lastError = 0;
stackOf(map).on("sheeterror", ({ error }) => {
  if (Date.now() - lastError < 5000) return;
  lastError = Date.now();
  const text = t("Some tiles of the map could not be loaded (%(why)s). What you see is kept.", { why: error.message });
  refuse(new Error(text), () => { for (const sheet of stackOf(map).sheets) sheet.stack.redrawSoon(); });
});
onState(() => {
  covering.read();
  layering.read();
  covering.refresh();
  selecting.refresh();
});
await load();
if (page.may.see_drafts || state().draft) await joinWorkbench(planner);
