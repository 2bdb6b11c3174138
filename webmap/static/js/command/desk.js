// Everything of the command centre's page that comes after the points on its map.

import { h, fill } from "wangge/core/dom.js";
import { element } from "wangge/core/elements.js";
import { joinFrame } from "wangge/core/frame.js";
import { onState, setState, state } from "wangge/core/state.js";
import { onTheme, token } from "wangge/core/theme.js";
import { count, t } from "wangge/core/words.js";
import { criteriaOf, keepCriteria, queryOf } from "wangge/command/address.js";
import { NOTHING_ASKED } from "wangge/command/board.js";
import { joinBulk } from "wangge/command/bulk.js";
import { joinFollowing } from "wangge/command/following.js";
import { joinFigures } from "wangge/command/figures.js";
import { joinKeys } from "wangge/command/keys.js";
import { joinLegend } from "wangge/command/legend.js";
import { CaseList } from "wangge/command/list.js";
import { board, data, drawPoints, FREE, hasView, hearing, isWall, loaded, map, onFailure, pane, points, scale, store } from "wangge/command/opening.js";
import { joinNews } from "wangge/command/news.js";
import { joinPanel } from "wangge/command/panel.js";
import { Player } from "wangge/command/player.js";
import { joinRanking } from "wangge/command/ranking.js";
import { joinRecord } from "wangge/command/record.js";
import { joinReplay } from "wangge/command/replaying.js";
import { Shading } from "wangge/command/shading.js";
import { Switches } from "wangge/command/switches.js";
import { Totals, knowsLess } from "wangge/command/totals.js";
import { showEmpty } from "wangge/operations/emptiness.js";
import { sendingMenu, viewOf } from "wangge/operations/sending.js";
import { HeatLayer } from "wangge/layers/heat.js";
import { fit } from "wangge/layers/fitting.js";
import { zoomTo } from "wangge/layers/points.js";
import { stackOf } from "wangge/layers/stack.js";

const part = (name) => document.querySelector(`[data-part="${name}"]`);
joinFrame();
const heat = new HeatLayer({ pane: "command-cases" });
const shading = new Shading(map, board, { tiles: data.tiles });
const isPlaced = () => board.cases && board.cases.count > 0;

// ── the parts ─────────────────────────────────────────────────────────────────────────────────
const figures = joinFigures(part("figures"), board);
joinPanel(part("filters"), board);
const list = new CaseList(part("list"), board, { open: openCase, openNumber, mayExport: data.may.export });
const mySteps = data.profile.steps.filter(({ key }) => data.may.steps.includes(key));
const bulk = joinBulk(part("bulk"), board, { list, steps: mySteps, open: openNumber });
const record = joinRecord(part("record"), board, { close: closeCase, open: openNumber, locate: ({ i, at }) => (at ? flyToPoint(at) : flyTo(i)) });
const player = new Player(part("player"), board);
joinReplay(part("player"), { map, board, pane, scale, open: openNumber });
const switches = new Switches(part("switches"), board, { levels: data.profile.levels, basemaps: data.basemaps, changed: showLayers, radius: (metres) => heat.setRadius(metres) });
const ranking = joinRanking(part("ranking"), board, { choose: flyToPlace, shownAs: () => switches.places() });
let heatLegend = null;
let hotspots = null; // once they were wanted
const legend = joinLegend(part("legend"), board, {
  shown: () => ({ ...switches.now, ...switches.places(), bounds: shading.bounds, colours: shading.colours(), heat: heatLegend, hotspots: hotspots?.legend() }),
});
list.onShowAll = showAll;
list.onClear = () => board.change({ ...NOTHING_ASKED, period: "all" });

// ── the map ───────────────────────────────────────────────────────────────────────────────────
function boxOfView() {
  const bounds = map.getBounds();
  const north = map.project(bounds.getNorthWest(), 0);
  const south = map.project(bounds.getSouthEast(), 0);
  return { west: north.x / 256, north: north.y / 256, east: south.x / 256, south: south.y / 256 };
}

map.on("movestart zoomstart resize", () => (board.isComing = false));
map.on("moveend resize", () => board.look(boxOfView()));
board.box = boxOfView();
new ResizeObserver(() => map.invalidateSize({ animate: false })).observe(map.getContainer());

let labels = null;
element("labels")?.then((layer) => {
  labels = layer;
  labels.avoid = () => (switches.now.show === "points" ? (showsTotals() ? totals.layer : points).boxes() : []);
  labels.refresh();
});
let lettering = 0;
points.on("painted", () => { // at once where the map moved, and now and then where only cases came
  if (board.isComing) lettering ||= setTimeout(() => ((lettering = 0), labels?.refresh()), 1000);
  else labels?.refresh();
});

/** Draw what passes the filters. */
function draw() {
  if (!board.cases) return;
  const { show } = switches.now;
  totals.show(showsTotals(), scale());
  for (const [layer, wanted] of [[points, show === "points" && !showsTotals()], [heat, show === "heat"]]) {
    if (wanted && !map.hasLayer(layer)) layer.addTo(map);
    else if (!wanted && map.hasLayer(layer)) layer.remove();
  }
  if (showsTotals()) points.set(board.cases, new Uint32Array(0));
  else if (show === "points") drawPoints();
  else if (show === "heat") heat.set(board.cases, board.shown);
  else if (show === "places") {
    shading.show(switches.places());
    ranking.show();
  }
  legend.show();
}

/** The basemap that was chosen, instead of the quiet ground of our own. */
async function showBasemap() {
  const { base } = switches.now;
  for (const { key } of data.basemaps) (await element(key))?.show(key === base);
  for (const key of data.basemaps.length ? ["areas", "streets", "buildings"] : []) (await element(key))?.show(!base);
}

function showLayers() {
  const { show } = switches.now;
  showBasemap();
  pane.style.zIndex = show === "points" ? 460 : 420; // points over the names, density under them
  if (show !== "places") shading.hide();
  part("ranking").hidden = show !== "places";
  part("list").hidden = ["places", "hotspots"].includes(show) && !document.body.classList.contains("wants-list");
  showHotspots();
  draw();
}

/** Show or leave the hotspots; what draws them is fetched when they are first wanted. */
async function showHotspots() {
  const isWanted = () => switches.now.show === "hotspots";
  part("hotspots").hidden = !isWanted();
  if (isWanted() && !hotspots) {
    const { Hotspots } = await import("wangge/command/hotspots.js");
    hotspots ??= new Hotspots({
      box: part("hotspots"), map, board, levels: data.profile.levels, tiles: data.tiles, pane: "command-cases", scale,
      fly: (box) => fitTo(box), changed: () => legend.show(),
      choose: (members) => {
        if (!isWanted()) return;
        part("list").hidden = !members;
        list.showOnly(members);
      },
    });
  }
  if (!isWanted()) return hotspots?.hide();
  hotspots.show();
  return board.cases && legend.show();
}

board.on((what, _, told) => {
  if (what === "select" || what === "hover" || what === "view") return markPoint(what);
  if (what === "minute") return passMinute();
  board.isComing = what === "live";
  draw();
  if (what === "live") return points.greet(told.added.map((id) => board.positionOf(id)).filter((i) => board.filter.failed[i] === 0));
  if (what !== "data") keepSoon();
  else switches.refresh();
  sayRange();
  return undefined;
});

/** The clock moved on: other cases are late, and at midnight it is another day. */
let today = board.today;
function passMinute() {
  if (!board.cases || document.hidden) return;
  if (board.today === today) return draw();
  today = board.today;
  board.change({});
}

const news = joinNews(part("news"), part("sound"), board, { show: (positions, words) => (showSheet("list"), list.showOnly(Uint32Array.from(positions), words)) });
hearing.urgent = news.urgent;
board.onStep = () => store.status !== "live" && store.refresh();

let keeping = 0;
function keepSoon() {
  clearTimeout(keeping);
  keeping = setTimeout(() => keepCriteria(board.criteria), player.isPlaying ? 1000 : 150);
}

function markPoint(what) {
  if (!board.cases) return;
  if (what === "hover") points.highlight(board.hovered);
  if (what === "select") totals.select(board.selected);
  if (what === "select") points.select(board.selected == null ? null : board.positionOf(board.selected));
}

onTheme(() => board.cases && legend.show());
heat.on("legend", (found) => {
  heatLegend = found;
  if (switches.now.show === "heat") legend.show();
});
points.on("hoverpoint", ({ index }) => board.hover(index));
points.on("point", ({ index }) => openCase(index, { fly: false }));
points.on("cluster", ({ members, box }) => {
  if (zoomTo(map, box)) return;
  list.showOnly(members);
  showSheet("list");
});
stackOf(map).on("pick", ({ found }) => {
  if (switches.now.show !== "places") return;
  const hit = found.find(({ sheet }) => sheet.layer === "shading");
  if (hit) toggleArea(hit.shape.code);
});

function toggleArea(code) {
  const now = new Set(board.criteria.areas);
  if (!now.delete(code)) now.add(code);
  board.change({ areas: [...now] });
}

// ── going to a case or a place ────────────────────────────────────────────────────────────────
const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function flyTo(i, { zoom = 17 } = {}) {
  if (!(board.cases.x[i] >= 0)) return;
  flyToPoint(map.unproject([board.cases.x[i] * 256, board.cases.y[i] * 256], 0), { zoom });
}

function flyToPoint(place, { zoom = 17 } = {}) {
  const target = Math.max(map.getZoom(), zoom);
  if (calm()) map.setView(place, target, { animate: false });
  else map.flyTo(place, target, { duration: 0.7 });
}

function openCase(i, { fly = true } = {}) {
  openNumber(board.cases.id[i], () => fly && flyTo(i));
}

function openNumber(id, go = () => {}) {
  setState({ case: String(id) });
  board.select(id);
  go();
  showSheet("list");
  part("record").querySelector("h2")?.focus({ preventScroll: true });
}

function closeCase() {
  setState({ case: null });
  board.select(null);
  list.scroll.focus({ preventScroll: true });
}

function boxOfCases(passes) {
  const { x, y, count: n } = board.cases;
  const box = { west: Infinity, north: Infinity, east: -Infinity, south: -Infinity };
  for (let i = 0; i < n; i++) {
    if (!(x[i] >= 0) || !passes(i)) continue;
    box.west = Math.min(box.west, x[i]);
    box.east = Math.max(box.east, x[i]);
    box.north = Math.min(box.north, y[i]);
    box.south = Math.max(box.south, y[i]);
  }
  return Number.isFinite(box.west) ? box : null;
}

function fitTo(box, { animate = true } = {}) {
  if (!box) return;
  const corners = [[box.west, box.north], [box.east, box.south]].map(([x, y]) => map.unproject([x * 256, y * 256], 0));
  fit(map, corners, { ...FREE, maxZoom: 17, animate: animate && !calm() });
}

function flyToPlace(row) {
  const places = board._places([row.code]);
  const { area, grid, compound } = board.cases;
  fitTo(boxOfCases((i) => places.area.has(area[i]) || places.grid.has(grid[i]) || places.compound.has(compound[i])));
  shading.light(row.code);
}

function showAll() {
  fitTo(boxOfCases((i) => board.filter.failed[i] === 0));
}

// ── what is wrong, missing or incomplete ──────────────────────────────────────────────────────
function sayFailed(problem) {
  const box = part("notice");
  if (!problem) {
    if (box.dataset.kind === "failed") box.hidden = true;
    return;
  }
  box.dataset.kind = "failed";
  box.hidden = false;
  fill(box, h("p", {}, problem.message), board.cases && h("p.small.quiet", {}, t("What you see is kept.")),
    h("button.button", { type: "button", onClick: () => (board.cases ? store.refresh() : store.load()) }, t("Try again")));
}

/** Whether the period has cases that are not loaded. */
function isPartial() {
  return board.cases?.header.since != null && !store.holds(board.period()[0]);
}

/** What is shown if it is not what was asked for: totals of too many cases, an older period. */
function sayRange() {
  if (!board.cases) return; // still on their way
  const box = part("notice");
  if (box.dataset.kind === "failed" && !box.hidden) return;
  const { header } = board.cases;
  const isLimited = header.since != null || store.range.from || store.range.to;
  box.dataset.kind = "range";
  box.hidden = !(board.isOlder || (isLimited && !store.holds(board.period()[0])));
  if (box.hidden) return;
  const [first, last] = board.span();
  const iso = (minute) => board.calendar.iso(board.calendar.day(minute));
  if (!isLimited) {
    fill(box, h("p", {}, t("No case in the last 30 days. Shown is the latest period that has cases: %(from)s to %(to)s.", { from: board.dayName(first), to: board.dayName(last - 1) })),
      h("div.row", {}, h("button.button", { type: "button", onClick: () => ((board.isOlder = false), sayRange()) }, t("Close"))));
    return;
  }
  const numbers = { total: count(header.total), count: count(board.cases.count), day: header.since && board.dayName(Date.parse(header.since) / 60000) };
  fill(box,
    h("p", {}, header.since == null ? t("Only cases of the chosen period are loaded.")
      : showsTotals() ? t("%(total)s cases are too many at once. The map shows all of the period as totals; list and charts hold the newest %(count)s, since %(day)s.", numbers)
        : t("%(total)s cases are too many at once: the newest %(count)s, since %(day)s, are shown.", numbers)),
    showsTotals() && knowsLess(board) && h("p.small.quiet", {}, t("Totals know no hours and no overdue cases; these two filters hold for list and charts only.")),
    h("div.row", {},
      header.since != null && board.period()[0] != null && h("button.button", { type: "button", onClick: () => store.load({ from: iso(first), to: iso(last - 1) }) }, t("Load the period")),
      store.range.from && h("button.button", { type: "button", onClick: () => store.load() }, t("Newest again")),
      header.since != null && h("button.button", { type: "button", "aria-pressed": String(switches.now.all), onClick: toggleAll }, t("All as totals"))));
}

const totals = new Totals(map, board, { tiles: data.totals, pane: "command-cases", scale, open: openNumber });
totals.layer.on("painted", () => labels?.refresh());

function showsTotals() {
  return switches.now.all && switches.now.show === "points" && isPartial();
}

function toggleAll() {
  switches.now.all = !switches.now.all;
  showLayers();
  sayRange();
}

// ── who looks at this screen ──────────────────────────────────────────────────────────────────
let isFollowing = false;

/** A wall, or a screen that follows another, is seen by many: nothing personal is read for it. */
function mask() {
  const isSeenByMany = isFollowing || document.documentElement.hasAttribute("data-wall");
  document.documentElement.toggleAttribute("data-masked", isSeenByMany);
  board.mask(isSeenByMany);
}

// ── keyboard, wall, phone ─────────────────────────────────────────────────────────────────────
function setWall(on) {
  document.documentElement.toggleAttribute("data-wall", on);
  mask();
  setState({ wall: on ? "1" : null });
  points.options.scale = scale();
  if (!on && document.fullscreenElement) document.exitFullscreen().catch(() => {});
  map.invalidateSize({ animate: false });
  list._measure();
  draw();
}

async function toggleWall() {
  const on = !document.documentElement.hasAttribute("data-wall");
  if (on) await document.documentElement.requestFullscreen?.().catch(() => {});
  setWall(on);
}

part("wall").addEventListener("click", toggleWall);

function showSheet(name) {
  document.body.dataset.sheet = name;
  for (const button of document.querySelectorAll("[data-sheet-button]")) button.setAttribute("aria-pressed", String(button.dataset.sheetButton === name));
}

for (const button of document.querySelectorAll("[data-sheet-button]")) {
  button.addEventListener("click", () => showSheet(document.body.dataset.sheet === button.dataset.sheetButton ? "" : button.dataset.sheetButton));
}

joinKeys(board, {
  steps: mySteps,
  inMap: (element_) => map.getContainer().contains(element_),
  take: (key) => bulk.take(key) || record.take(key),
  does: {
    step: (by, choosing) => list.step(by, { choosing }), open: () => list.openCursor(), choose: () => list.choose(list.cursor),
    choosing: () => list.toggleChoosing(), search: () => (showSheet("list"), list.field.focus()), sound: news.toggle,
    wall: toggleWall, play: () => player.toggle(), showAll,
    escape() {
      if (board.selected != null) closeCase();
      else if (list.isChoosing) list.chooseNone();
      else if (document.documentElement.hasAttribute("data-wall")) setWall(false);
    },
  },
});

// ── the address ───────────────────────────────────────────────────────────────────────────────
onState((now) => {
  board.change(criteriaOf(now));
  switches.read(now);
  if ((now.wall === "1") !== document.documentElement.hasAttribute("data-wall")) setWall(now.wall === "1");
  openFromAddress(now);
});

function openFromAddress(now) {
  const id = Number(now.case);
  const isCase = Number.isSafeInteger(id) && id > 0;
  board.select(isCase ? id : null);
  if (isCase) showSheet("list"); // where there is room for one panel only, it is this one
}

if (isWall()) setWall(true);
const plain = new URL(location.href);
plain.searchParams.delete("wall"); // from now on it stands behind the #, where it can be taken back
history.replaceState(null, "", plain);
joinFollowing(part("follow"), part("following"), { changed: (is) => ((isFollowing = is), mask()) });
switches.read(state());
showLayers();
onFailure(sayFailed);
if (data.may.export) {
  const isVisible = async (key) => ((await element(key))?.visible ? [key] : []);
  part("sending").append(sendingMenu({
    shown: async () => (await Promise.all(["areas", "compounds", "streets", "buildings"].map(isVisible))).flat(),
    asked: () => ({ view: viewOf(map) }),
    title: () => document.querySelector(".bar-place")?.textContent ?? "",
    withCases: true,
    cases: () => queryOf(board),
    about: () => t("Cases as filtered on this page."),
  }));
}
// ── how changes are heard of, and by whose clock ──────────────────────────────────────────────
const CLOCK = 30_000; // milliseconds by which a machine's clock may be wrong before ours is not its own
hearing.status = (status) => {
  const { ahead } = store;
  const shift = Math.abs(ahead) > CLOCK ? ahead : 0;
  if (Math.abs(shift - board.calendar.shift) > CLOCK / 6) {
    board.calendar.shift = shift;
    board.change({});
    board.tick();
  }
  figures.say(status);
};
hearing.status(store.status);
await loaded;
if (board.cases) board.tellAgain();
showEmpty(part("empty"), !data.bounds && board.cases?.count === 0, data.may);
if (isPlaced()) {
  if (!hasView && !data.bounds) fitTo(boxOfCases(() => true), { animate: false });
}
openFromAddress(state());
if (!hasView && board.cases && board.positionOf(board.selected) >= 0) flyTo(board.positionOf(board.selected));
performance.mark("wangge-command-ready");
if (mySteps.length) import("wangge/command/unplaced.js").then(({ joinUnplaced }) => joinUnplaced(part("unplaced"), part("placing"), { map, board, open: openNumber }));
document.body.dataset.ready = "1";
