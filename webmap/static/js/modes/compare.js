// Two nets compared, as it stands on paper: a map of what changes hands, and the tables.

import { get } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { element, pageData, pageMap } from "wangge/core/elements.js";
import { joinFrame } from "wangge/core/frame.js";
import { printPage } from "wangge/core/paper.js";
import { token } from "wangge/core/theme.js";
import { count, day, share, squareMetres, t } from "wangge/core/words.js";
import { figureRows, gridRows, movedRows, signed, workerRows } from "wangge/drafting/differences.js";
import { fit } from "wangge/layers/fitting.js";
import { Sheet, stackOf } from "wangge/layers/stack.js";

const L = globalThis.L;
const CALL = "/api/v1/plans";
const MOST_NUMBERS = 60; // on the map

joinFrame();
const page = pageData();
const map = pageMap();
await element("furniture");
const isToday = page.other === "today";
const labels = L.layerGroup().addTo(map);
let around = null;

/** The grids in force of the draft's communities. */
async function todaysGrids({ communities }) {
  const parts = await Promise.all(communities.map((code) => get("/ogc/collections/grids/items", { area_code: code, limit: 1000 })));
  return { type: "FeatureCollection", features: parts.flatMap(({ features }) => features) };
}

function show(plan, other, found) {
  const from = other ? other.name : t("the net in force");
  document.getElementById("title").textContent = t("%(after)s, compared with %(before)s", { after: plan.name, before: from });
  document.title = document.getElementById("title").textContent;
  document.getElementById("back").href = `/planner#draft=${plan.id}`;
  document.getElementById("about").textContent = [`v${plan.revision}`, plan.made_by, t("As of %(day)s", { day: day(new Date()) }), plan.holds_from && t("in force from %(day)s", { day: day(plan.holds_from) })].filter(Boolean).join(" · ");
  const { households: all, households_moved: moved, households_rehanded: rehanded } = found;
  const part = (number) => (all && number != null ? h("small", {}, ` (${share(number / all)})`) : null);
  const grids = gridRows(found.grids);
  const workers = workerRows(found.grids);
  fill(
    document.getElementById("changes"),
    h(
      "dl.paper-sums",
      {},
      sum(t("Households that come to another grid"), count(moved), part(moved)),
      sum(t("Households that come to another grid worker"), rehanded == null ? t("unknown") : count(rehanded), part(rehanded)),
      sum(t("Grids that change"), count(grids.filter(({ changes }) => changes).length), h("small", {}, ` / ${count(grids.length)}`)),
      workers.length > 0 && sum(t("Grid workers whose households change"), count(workers.filter(({ change }) => change !== 0).length), h("small", {}, ` / ${count(workers.length)}`)),
    ),
    found.moved.features.length === 0 && h("p.all-good", {}, "✓ ", t("Nothing changes hands.")),
  );
  fill(document.getElementById("moved"), found.moved.features.length > 0 && [h("h2", {}, t("What changes hands")), movedTable(movedRows(found.moved))]);
  fill(document.getElementById("grids"), h("h2", {}, t("Grids before and after")), gridTable(grids));
  fill(document.getElementById("workers"), workers.length > 0 && [h("h2", {}, t("Grid workers before and after")), workerTable(workers)]);
  fill(document.getElementById("figures"), h("h2", {}, t("The whole before and after")), figureTable(figureRows(found.figures)));
}

const sum = (name, value, more) => h("div", {}, h("dt", {}, name), h("dd", {}, value, more));

const table = (head, rows) =>
  h("div.paper-wide", {}, h("table", {}, h("thead", {}, h("tr", {}, head.filter(Boolean).map(([name, isNumber]) => h(`th${isNumber ? ".number" : ""}`, { scope: "col" }, name)))), h("tbody", {}, rows)));

const number = (value) => h("td.number", {}, value);

function movedTable(rows) {
  const hasWorkers = rows.some(({ workers }) => workers);
  return table(
    [[t("No.")], [t("From")], [t("To")], hasWorkers && [t("Grid worker")], [t("Households"), true], [t("Residents"), true], [t("Ground area"), true]],
    rows.map((row, i) => h("tr", {}, h("td", {}, i + 1), h("td", {}, row.from), h("td", {}, row.to), hasWorkers && h("td", {}, row.workers), number(count(row.households)), number(count(row.residents)), number(squareMetres(row.area)))),
  );
}

function gridTable(rows) {
  const { low, high } = page.profile.band;
  const size = (value) => (value == null ? number("–") : h("td.number", { class: value < low || value > high ? "out" : "" }, value < low ? "▽ " : value > high ? "▲ " : "", count(value)));
  const mark = (row) => (row.isNew ? { class: "is-new" } : row.isGone ? { class: "is-gone" } : {});
  const words = (row) => (row.isNew ? { dataset: { mark: t("new") } } : row.isGone ? { dataset: { mark: t("dissolved") } } : {});
  const hasWorkers = rows.some(({ workers }) => workers);
  return table(
    [[t("Grid")], [t("Households before"), true], [t("gained"), true], [t("lost"), true], [t("Households after"), true], [t("Ground before"), true], [t("Ground after"), true], hasWorkers && [t("Grid worker")]],
    rows.map((row) =>
      h("tr", mark(row), h("td", words(row), row.name), size(row.isNew ? null : row.before), number(row.gained ? `+${count(row.gained)}` : ""), number(row.lost ? `−${count(row.lost)}` : ""), size(row.isGone ? null : row.after), number(row.isNew ? "–" : squareMetres(row.areaBefore)), number(row.isGone ? "–" : squareMetres(row.areaAfter)), hasWorkers && h("td", {}, row.workers)),
    ),
  );
}

function workerTable(rows) {
  return table(
    [[t("Grid worker")], [t("Grids")], [t("Households before"), true], [t("Households after"), true], [t("Gain or loss"), true]],
    rows.map((row) => h("tr", {}, h("td", {}, row.name), h("td", {}, row.grids), number(count(row.before)), number(count(row.after)), number(signed(row.change, count)))),
  );
}

function figureTable(rows) {
  return table([[t("Figure")], [t("Before"), true], [t("After"), true], [t("Gain or loss"), true]], rows.map((row) => h("tr", {}, h("td", {}, row.name), number(row.before), number(row.after), number(row.change))));
}

function draw(found, after, before) {
  const stack = stackOf(map);
  const quiet = { pickable: false, unnamed: true };
  stack.add(new Sheet("compare-moved", { ...quiet, order: 56, data: found.moved, style: () => ({ fill: token("--near-mark"), alpha: 0.42, line: token("--near-mark"), width: 1.6 }) }));
  if (before) stack.add(new Sheet("compare-before", { ...quiet, order: 57, data: before, style: () => ({ fill: "transparent", alpha: 0, line: token("--text-quiet"), width: 1.6, dash: [5, 4] }) }));
  stack.add(new Sheet("compare-after", { ...quiet, order: 58, data: after, style: () => ({ fill: "transparent", alpha: 0, line: token("--accent"), width: 2.6, halo: token("--map-halo") }) }));
  for (const { geometry, properties: p } of after.features) name(geometry, h("span", {}, (p.name || p.code || t("New grid %(number)s", { number: "" })).replace(/^.+社区(?=.)/, "")), "grid-name");
  found.moved.features.slice(0, MOST_NUMBERS).forEach(({ geometry }, i) => name(geometry, h("b", {}, i + 1), "moved-number"));
  around = L.geoJSON(after).getBounds();
  see();
  const legend = document.getElementById("legend");
  legend.hidden = false;
  fill(legend, mark("after", t("Borders after")), mark("before", isToday ? t("Borders today") : t("Borders before")), mark("moved", t("Ground that changes hands, with its number in the table")));
}

const mark = (key, words) => h("li", {}, h(`i.mark-${key}`), words);

/** A sign in the middle of a shape's largest part. */
function name(geometry, sign, className) {
  if (!geometry) return;
  const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  const [largest] = parts.toSorted((a, b) => breadth(b[0]) - breadth(a[0]));
  const middle = inside(largest[0]);
  L.marker([middle[1], middle[0]], { interactive: false, keyboard: false, icon: L.divIcon({ className, iconSize: [0, 0], html: sign }) }).addTo(labels);
}

/** How far a ring reaches, in degrees of both ways together. */
function breadth(ring) {
  const [xs, ys] = [ring.map(([x]) => x), ring.map(([, y]) => y)];
  return Math.max(...xs) - Math.min(...xs) + Math.max(...ys) - Math.min(...ys);
}

/** The middle of the widest stretch of a ring at half its height. */
function inside(ring) {
  const ys = ring.map(([, y]) => y);
  const y = (Math.min(...ys) + Math.max(...ys)) / 2;
  const crossings = [];
  for (let i = 1; i < ring.length; i++) {
    const [[x1, y1], [x2, y2]] = [ring[i - 1], ring[i]];
    if (y1 > y !== y2 > y) crossings.push(x1 + ((y - y1) / (y2 - y1)) * (x2 - x1));
  }
  crossings.sort((a, b) => a - b);
  let best = [ring[0][0], -1];
  for (let i = 0; i + 1 < crossings.length; i += 2) if (crossings[i + 1] - crossings[i] > best[1]) best = [(crossings[i] + crossings[i + 1]) / 2, crossings[i + 1] - crossings[i]];
  return [best[0], y];
}

function see() {
  map.invalidateSize({ animate: false });
  if (around?.isValid()) fit(map, around, { padding: [24, 24], animate: false });
}

document.getElementById("print").addEventListener("click", () => printPage(see));

try {
  const [plan, found, after, other, before] = await Promise.all([
    get(`${CALL}/${page.number}`),
    get(`${CALL}/${page.number}/compare/${page.other}`),
    get(`${CALL}/${page.number}/grids`),
    isToday ? null : get(`${CALL}/${page.other}`),
    isToday ? null : get(`${CALL}/${page.other}/grids`),
  ]);
  const today = isToday ? await todaysGrids(plan) : null;
  show(plan, other, found);
  draw(found, after, before ?? today);
  document.body.dataset.ready = "yes";
} catch (error) {
  fill(document.getElementById("refused"), h("div.refused", {}, h("p", {}, error.message), h("button.button", { type: "button", onClick: () => location.reload() }, t("Try again"))));
  fill(document.getElementById("changes"));
} finally {
  document.querySelector(".paper").removeAttribute("aria-busy");
}
