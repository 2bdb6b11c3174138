// Public rooms: plan against fact by area, the list and the map of rooms, one room.

import { get, post } from "wangge/core/api.js";
import { fill, h, settled } from "wangge/core/dom.js";
import { pageData } from "wangge/core/elements.js";
import { joinFrame } from "wangge/core/frame.js";
import { refused } from "wangge/core/forms.js";
import { count, language, t } from "wangge/core/words.js";
import { ask } from "wangge/duty/dialog.js";
import { m2, planFields, said, showRoom } from "wangge/rooms/room.js";

joinFrame();
const L = globalThis.L;
const map = globalThis.wangge.map;
const data = pageData();
const at = (id) => document.getElementById(id);
const form = at("asked");
const points = L.layerGroup().addTo(map);
const NEAR = 15; // the zoom from which on a room's own compound is told from its neighbours
let found = { rooms: [], figures: {}, by_area: [] };
let order = { by: "code", down: false };
let opened = null;

const STATES = {
  missing: (room) => room.missing_m2 > 0,
  misused: (room) => room.misused_m2 > 0,
  late: (room) => room.late,
  free: (room) => room.stage === "handed_over" && room.open.length === 0,
  recovered: (room) => room.recovered_m2 > 0,
};
const stateOf = (room) => (room.late ? [t("Late"), "--late-mark"] : room.misused_m2 > 0 ? [t("Misused"), "--near-mark"] : room.stage === "used" ? [t("In use"), "--good-mark"] : room.stage === "handed_over" ? [t("Handed over, not in use"), "--accent"] : room.stage === "accepted" ? [t("Acceptance passed"), "--text-quiet"] : [t("Planned"), "--text-quiet"]);
const COLUMNS = () => [["code", t("Room")], ["compound_name", t("Compound")], ["area_name", t("Area")], ["planned_m2", t("Planned, m²")], ["accepted_m2", t("Accepted, m²")], ["handed_m2", t("Handed over, m²")], ["used_as", t("Used as")], ["state", t("State")]];
const valueOf = (room, name) => (name === "state" ? stateOf(room)[0] : name === "used_as" ? (data.uses[room.used_as] ?? "") : room[name]);

function shown() {
  const words = form.elements.q.value.trim().toLowerCase().split(/\s+/).filter(Boolean);
  const fits = STATES[form.elements.state.value] ?? (() => true);
  const rows = found.rooms.filter((room) => fits(room) && words.every((word) => [room.code, room.name, room.compound_name, room.compound_code, room.area_name, room.developer, room.address, room.plan_document].some((text) => text?.toLowerCase().includes(word))));
  const compare = (a, b) => (a == null || a === "" ? 1 : b == null || b === "" ? -1 : (typeof a === "number" ? a - b : String(a).localeCompare(String(b), language)) * (order.down ? -1 : 1));
  return rows.sort((a, b) => compare(valueOf(a, order.by), valueOf(b, order.by)));
}

function head() {
  return h("thead", {}, h("tr", {}, COLUMNS().map(([name, words]) => h("th", { scope: "col", "aria-sort": order.by === name ? (order.down ? "descending" : "ascending") : null }, h("button", { type: "button", onClick: () => { order = { by: name, down: order.by === name && !order.down }; showList(); } }, words, order.by === name && (order.down ? " ▼" : " ▲"))))));
}

function row(room) {
  const [words, tone] = stateOf(room);
  return h("tr.opens", { "aria-selected": opened === room.code ? "true" : null, dataset: { code: room.code }, onClick: () => open(room.code) },
    h("th", { scope: "row" }, h("button", { type: "button" }, room.name || room.code, room.name && h("span.quiet.small", {}, ` ${room.code}`))),
    h("td", {}, room.compound_name || room.compound_code || "–"), h("td", {}, room.area_name || t("Outside every area")),
    h("td.number", {}, count(room.planned_m2)), h("td.number", {}, count(room.accepted_m2)), h(`td.number${room.missing_m2 > 0 ? ".room-bad" : ""}`, {}, count(room.handed_m2)),
    h("td", {}, data.uses[room.used_as] ?? "–"), h("td", {}, h("span", { "aria-hidden": "true", style: { color: `var(${tone})` } }, "● "), words));
}

function empty() {
  if (found.rooms.length) return t("No room is like that. Choose other filters.");
  return [t("There is no public room here yet."), " ", data.may.keep && h("button.button", { type: "button", onClick: () => at("add").click() }, t("Add a room")), data.may.import && [" ", h("a.button", { href: "/import?layer=rooms" }, t("Take in a ledger"))]];
}

function showList() {
  const rows = shown();
  at("count").textContent = t("%(n)s of %(all)s rooms", { n: count(rows.length), all: count(found.rooms.length) });
  fill(at("rooms"), head(), h("tbody", {}, rows.length ? rows.map(row) : h("tr", {}, h("td.quiet", { colspan: 8 }, empty()))));
  points.clearLayers();
  const style = getComputedStyle(document.documentElement);
  for (const room of rows) {
    if (room.lon == null) continue;
    const [words, tone] = stateOf(room);
    L.circleMarker([room.lat, room.lon], { radius: opened === room.code ? 10 : 7, weight: 2, color: style.getPropertyValue("--map-halo"), fillColor: style.getPropertyValue(tone), fillOpacity: 1 })
      .bindTooltip(h("span", {}, `${room.name || room.code} · ${words}`)).on("click", () => open(room.code)).addTo(points);
  }
}

const METRES = () => [["planned_m2", t("Planned")], ["accepted_m2", t("Acceptance passed")], ["handed_m2", t("Taken over")], ["used_m2", t("In use")], ["missing_m2", t("Not handed over")], ["misused_m2", t("Misused")], ["recovered_m2", t("Recovered")]];
function table(place, name, rows) {
  const columns = METRES();
  fill(place, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, name), h("th.number", { scope: "col" }, t("Rooms")), columns.map(([, words]) => h("th.number", { scope: "col" }, `${words} (m²)`)), h("th.number", { scope: "col" }, t("Late")))),
    h("tbody", {}, rows.map((one) => h("tr", {}, h("th", { scope: "row" }, one.name || one.code || t("Outside every area")), h("td.number", {}, count(one.rooms)), columns.map(([key]) => h(`td.number${one[key] > 0 && ["missing_m2", "misused_m2"].includes(key) ? ".room-bad" : ""}`, {}, count(one[key]))), h(`td.number${one.late ? ".room-bad" : ""}`, {}, count(one.late))))));
}

async function load() {
  const { area, by } = Object.fromEntries(new FormData(form));
  try {
    found = await get("/api/v1/rooms", { area, by });
  } catch (error) {
    refused(at("told"), error);
    return;
  }
  const all = found.figures;
  fill(at("figures"), METRES().map(([key, words]) => h(["missing_m2", "misused_m2"].includes(key) && all[key] > 0 ? "div.bad" : "div", {}, h("dt", {}, words), h("dd", {}, m2(Math.round(all[key]))))),
    h("div", {}, h("dt", {}, t("Rooms recovered")), h("dd", {}, count(all.recovered))), h(all.late ? "div.bad" : "div", {}, h("dt", {}, t("Late")), h("dd", {}, count(all.late))));
  table(at("areas"), form.elements.by.selectedOptions[0].text, found.by_area);
  table(at("compounds"), t("Compound"), found.by_compound);
  showList();
}

async function open(code) {
  opened = code;
  showList();
  history.replaceState(null, "", `#room=${encodeURIComponent(code)}`);
  const room = await showRoom(at("room"), code, data, load);
  at("room").focus({ preventScroll: true });
  if (innerWidth <= 900) at("room").scrollIntoView();
  if (room?.lon != null) map.setView([room.lat, room.lon], Math.max(map.getZoom(), NEAR));
}

at("add")?.addEventListener("click", () => ask(t("Add a room"), [h("label.field", {}, h("span", {}, t("Code")), h("input", { name: "code", required: true, maxlength: 40 })), planFields(data)], { save: async (given) => {
  const { code, ...values } = said(given);
  await post("/api/v1/rooms", { code, values });
  await load();
  await open(code);
} }));
at("csv").addEventListener("click", () => {
  const cell = (value) => {
    const text = String(value ?? "");
    return `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;
  };
  // The columns of the ledger: what is saved here can be taken in again.
  const columns = [["code", t("Code")], ["name", t("Name")], ["compound_code", t("Code of its compound")], ["compound_name", t("Name of its compound")], ["area_name", t("Area")], ["address", t("Address")], ["developer", t("Developer")], ["planned_use", t("Planned use")], ["planned_m2", t("Planned, m²")], ["planned_on", t("Day of the plan")], ["plan_document", t("Plan document")], ["accepted_m2", t("Accepted, m²")], ["accepted_on", t("Day of acceptance")], ["handed_m2", t("Handed over, m²")], ["handed_on", t("Day of handing over")], ["used_as", t("Used as")], ["used_since", t("In use since")], ["lon", t("Longitude")], ["lat", t("Latitude")], ["state", t("State")], ["misused_m2", t("Misused, m²")], ["recovered_m2", t("Recovered, m²")]];
  const heads = columns.map(([, words]) => words);
  const lines = shown().map((room) => columns.map(([name]) => (name === "planned_use" ? (data.uses[room.planned_use] ?? "") : valueOf(room, name))));
  const text = `\ufeff${[heads, ...lines].map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`;
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type: "text/csv" })), download: "rooms.csv" });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
});
form.addEventListener("change", ({ target }) => {
  if (["area", "by"].includes(target.name)) load();
  // the field in which one types is followed while one types: a list drawn anew when one leaves it would lose the click
  else if (target.name !== "q") showList();
});
form.elements.q.addEventListener("input", settled(showList, 150));
form.addEventListener("submit", (event) => event.preventDefault());
new MutationObserver(showList).observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
load().then(() => {
  document.body.dataset.ready = "yes";
  const code = new URLSearchParams(location.hash.slice(1)).get("room");
  if (code) open(code);
});
