// Where the next places belong: asked, watched, shown on the map, moved by hand with figures that follow.

import { get, post } from "wangge/core/api.js";
import { fill, h, settled, svg } from "wangge/core/dom.js";
import { onSend } from "wangge/core/forms.js";
import { setState, state } from "wangge/core/state.js";
import { count, metres, share, t } from "wangge/core/words.js";
import { watch } from "wangge/drafting/proposing.js";
import { stackOf } from "wangge/layers/stack.js";
import { fold } from "wangge/operations/layering.js";
import { toolButton } from "wangge/operations/measuring.js";
import { WEIGHTS } from "wangge/reach/wish.js";

const L = globalThis.L;
const STEP = 0.0001; // degrees that an arrow key moves a place, some 10 m
const LISTED = 20;

export function joinSiting(planner) {
  const panel = document.getElementById("siting-panel");
  const { map, page } = planner;
  const stack = stackOf(map);
  const marks = L.layerGroup();
  const button = toolButton(t("Where next"), "M8 1.500a4.500 4.500 0 0 1 4.500 4.500c0 3-4.500 8.500-4.500 8.500S3.500 9 3.500 6A4.500 4.500 0 0 1 8 1.500zM8 4v4M6 6h4");
  const under = h("div.sited", { "aria-live": "polite" });
  let asked = null; // what the places on the map were asked with
  let report = null; // what was computed
  let places = []; // [lon, lat] as they stand now
  let points = []; // candidates that were clicked
  let clicking = null; // "candidate" or "place": what a click on the map adds
  let asking = 0; // the question whose answer is awaited; older answers are dropped

  button.addEventListener("click", () => (panel.hidden ? open() : close()));
  document.getElementById("tools").append(button);

  function open() {
    panel.hidden = false;
    button.setAttribute("aria-pressed", "true");
    setState({ siting: "1" });
    marks.addTo(map);
    if (innerHeight < 1100) fold(document.getElementById("summary-panel"), true);
    draw();
    if (innerWidth <= 720) planner.openSheet("right");
  }

  function close() {
    take(null);
    panel.hidden = true;
    button.setAttribute("aria-pressed", "false");
    setState({ siting: null });
    marks.remove();
  }

  /** What a click on the map adds from now on. */
  function take(what) {
    clicking = what;
    stack.paused = Boolean(what);
    map.getContainer().style.cursor = what ? "crosshair" : "";
  }

  map.on("click", ({ latlng }) => {
    if (!clicking) return;
    const spot = [Number(latlng.lng.toFixed(6)), Number(latlng.lat.toFixed(6))];
    if (clicking === "candidate") {
      points.push(spot);
      panel.querySelector("#siting-points").textContent = t("%(count)s points", { count: count(points.length) });
    } else {
      places.push(spot);
      take(null);
      figure();
    }
    show();
  });

  const choice = (name, options, chosen) => h("select", { name }, options.map(([value, words]) => h("option", { value, selected: value === chosen }, words)));
  const field = (words, input) => h("label.field", {}, h("span", {}, words), input);

  function draw() {
    const { walkers, facility_kinds: kinds, circle_kinds: usual, minutes } = page.profile;
    const counted = { households: t("Households"), residents: t("Residents"), elderly: t("Elderly people") };
    const clicked = h("div.row", { hidden: true }, h("button.button", { type: "button", onClick: () => take(clicking ? null : "candidate") }, t("Click points on the map")), h("span.small.figures", { id: "siting-points" }, t("%(count)s points", { count: count(points.length) })), h("button.button.quiet", { type: "button", onClick: () => { points = []; panel.querySelector("#siting-points").textContent = t("%(count)s points", { count: 0 }); show(); } }, t("Remove all")));
    const form = h(
      "form.draft-form",
      {},
      field(t("What is wanted"), choice("model", [["cover", t("most people covered")], ["cover_all", t("all covered by the fewest places")], ["walk", t("the shortest walk for all together")]])),
      h("div.row", {}, field(t("How many places"), h("input", { type: "number", name: "count", value: 5, min: 1, max: 200, required: true })), field(t("Minutes on foot"), h("input", { type: "number", name: "minutes", value: Math.max(...minutes), min: 1, max: 120, required: true }))),
      h("div.row", {}, field(t("Who walks"), choice("walker", Object.entries(walkers))), field(t("Who is counted"), choice("weight", WEIGHTS.map((key) => [key, counted[key]])))),
      field(t("Where places could be"), choice("candidates", [["compounds", t("in compounds")], ["corners", t("at street corners")], ["rooms", t("in empty public rooms")], ["points", t("at points that I click")]])),
      clicked,
      field(t("What serves already"), choice("kinds", [["usual", t("stations and centres")], ["none", t("nothing: all anew")], ...Object.entries(kinds).filter(([key]) => !usual.includes(key))])),
      h("label.layer-line", {}, h("input", { type: "checkbox", name: "here" }), h("span.layer-name", {}, t("Only people of the selected area"))),
      h("div.told", { role: "alert" }),
      h("button.button.main", { type: "submit" }, t("Find places")),
    );
    form.elements.candidates.addEventListener("change", ({ target }) => {
      clicked.hidden = target.value !== "points";
      take(target.value === "points" ? "candidate" : null);
    });
    form.elements.model.addEventListener("change", ({ target }) => (form.elements.count.closest("label").hidden = target.value === "cover_all"));
    onSend(form, async (said) => {
      take(null);
      asked = { minutes: Number(said.minutes), walker: said.walker, weight: said.weight, area: areaOf(said.here), ...kindsOf(said.kinds) };
      const job = await post("/api/v1/siting", { ...asked, model: said.model, count: said.model === "cover_all" ? null : Number(said.count), candidates: said.candidates === "points" ? points : said.candidates, curve: said.model === "cover_all" ? 0 : Math.min(2 * Number(said.count), 50) });
      const done = await watch(job, under, { on: () => !panel.hidden });
      fill(under);
      if (!done) return document.createDocumentFragment();
      if (done.problem) throw new Error(done.problem.detail);
      if (!done.report?.chosen) return t("Stopped.");
      report = done.report;
      panel.querySelector("#siting-asked").open = false;
      back();
      return document.createDocumentFragment();
    });
    fill(panel, h("div.panel-head", {}, h("h2", {}, t("Where next")), h("button.button.quiet.icon", { type: "button", "aria-label": t("Close"), title: t("Close"), onClick: close }, "×")), h("div.panel-body", {}, h("details", { id: "siting-asked", open: !report }, h("summary", {}, t("What is asked")), form), under));
    if (report && isComputed()) result();
    else if (report) figure();
  }

  const kindsOf = (said) => (said === "usual" ? {} : { kinds: said === "none" ? [] : [said] });

  function areaOf(isWanted) {
    const { selected } = planner.selecting;
    if (!isWanted) return "";
    if (selected?.layer !== "areas") throw new Error(t("Select an area on the map first."));
    return selected.code;
  }

  /** The choice as it was computed. */
  function back() {
    asking += 1;
    places = report.chosen.map(({ point }) => [...point]);
    result(report);
    show();
  }

  const isComputed = () => report && places.length === report.chosen.length && places.every((one, i) => one[0] === report.chosen[i].point[0] && one[1] === report.chosen[i].point[1]);

  /** Figures of the places as they stand now. */
  const figure = settled(async () => {
    asking += 1;
    const mine = asking;
    if (!places.length) return result({ ...report, chosen: [], covered: report.before, walk_m: report.walk_before_m, walkers: report.walkers_before });
    try {
      const found = await post("/api/v1/siting/figures", { ...asked, places });
      if (mine !== asking) return;
      result({ ...found, chosen: found.places.map((one, i) => ({ ...one, name: nameOf(i, one) })) });
    } catch (error) {
      planner.refuse(error, figure);
    }
  }, 120);

  function nameOf(i, { point, apart }) {
    const same = report.chosen.find((one) => one.point[0] === point[0] && one.point[1] === point[1]);
    if (apart) return t("not joined to the streets");
    return same ? same.name || same.code : t("by hand");
  }

  function result(now = report) {
    const unit = { households: t("households"), residents: t("residents"), elderly: t("elderly people") }[asked.weight];
    const rows = now.chosen.map((one, i) =>
      h("li", {}, h("button.uncovered-row", { type: "button", onClick: () => planner.flyTo(places[i]) }, h("span.sited-number", {}, i + 1), h("span.uncovered-name", {}, one.name || one.code || t("by hand")), h("span.figures", {}, `+${count(Math.round(one.gain))}`)), h("button.button.quiet.icon", { type: "button", "aria-label": t("Remove place %(number)s", { number: i + 1 }), title: t("Remove"), onClick: () => { places.splice(i, 1); show(); figure(); } }, "×")),
    );
    fill(
      under,
      h("p.figure.figures", {}, share(now.total ? now.covered / now.total : null)),
      h("p.small.figures", {}, t("%(covered)s of %(all)s %(unit)s within reach, %(more)s more than now", { covered: count(Math.round(now.covered)), all: count(Math.round(now.total)), unit, more: count(Math.round(now.covered - now.before)) })),
      now.walkers > 0 && h("p.small.quiet.figures", {}, t("On average %(walk)s to the nearest place", { walk: metres(now.walk_m / now.walkers) })),
      h("p.small", {}, proof()),
      h("ol.sited-places", {}, rows),
      h("div.row", {}, h("button.button", { type: "button", onClick: () => take("place") }, t("Add a place")), !isComputed() && h("button.button", { type: "button", onClick: back }, t("Back to what was computed")), h("button.button.quiet", { type: "button", onClick: () => save("csv", now) }, "CSV"), h("button.button.quiet", { type: "button", onClick: () => save("geojson", now) }, "GeoJSON")),
      curve(),
      left(unit),
    );
  }

  function proof() {
    if (!isComputed()) return t("Moved by hand.");
    if (report.status === "optimal") return t("Proven: no other choice is better.");
    return t("Not proven: another choice may be better by %(gap)s at most.", { gap: share(Math.max(report.gap, 0.001)) });
  }

  /** What 0, 1, 2 … places cover at best. */
  function curve() {
    if (report.curve.length < 2) return null;
    const [wide, high] = [260, 70];
    const most = report.curve.at(-1).count;
    const at = ({ count: places_, covered }) => [8 + (places_ / most) * (wide - 16), high - 6 - (covered / report.total) * (high - 14)];
    const line = report.curve.map((one) => at(one).map((value) => value.toFixed(1)).join(",")).join(" ");
    const last = report.curve.at(-1);
    return h(
      "figure.sited-curve",
      {},
      h("figcaption.small", {}, t("Covered by 0 to %(most)s places: %(from)s to %(to)s", { most, from: share(report.curve[0].covered / report.total), to: share(last.covered / report.total) })),
      svg("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": t("Coverage by number of places") }, svg("polyline", { points: line, fill: "none", stroke: "var(--accent)", "stroke-width": 1.6 }), ...report.curve.map((one) => { const [x, y] = at(one); return svg("circle", { cx: x, cy: y, r: one.count === report.chosen.length ? 4 : 2, fill: "var(--accent)" }, svg("title", {}, `${one.count}: ${share(one.covered / report.total)}`)); })),
    );
  }

  /** Whom no candidate reaches. */
  function left(unit) {
    const { people, places: where } = report.unreachable;
    if (!people) return null;
    return h("details.reach-apart", {}, h("summary", {}, t("%(number)s %(unit)s can be reached by no candidate", { number: count(Math.round(people)), unit })), h("ul", {}, where.slice(0, LISTED).map((one) => h("li.small", {}, h("button.link", { type: "button", onClick: () => planner.flyTo(one.point) }, one.name || one.code), ` ${count(Math.round(one.people))}`))));
  }

  /** Numbered marks that can be dragged, and moved by arrow keys. */
  function show() {
    marks.clearLayers();
    for (const [lon, lat] of clicking === "candidate" || !report ? points : []) L.circleMarker([lat, lon], { radius: 5, weight: 2 }).addTo(marks);
    places.forEach((spot, i) => {
      const icon = L.divIcon({ className: "sited-mark", html: String(i + 1), iconSize: [26, 26] });
      const mark = L.marker([spot[1], spot[0]], { icon, draggable: true, keyboard: true, title: t("Place %(number)s: drag it, or move it with the arrow keys", { number: i + 1 }) }).addTo(marks);
      const moved = ({ lat, lng }) => {
        places[i] = [Number(lng.toFixed(6)), Number(lat.toFixed(6))];
        figure();
      };
      mark.on("drag dragend", () => moved(mark.getLatLng()));
      mark.getElement().addEventListener("keydown", (event) => {
        const way = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[event.key];
        if (!way) return;
        event.preventDefault();
        event.stopPropagation();
        const { lat, lng } = mark.getLatLng();
        mark.setLatLng([lat + way[0] * STEP, lng + way[1] * STEP]);
        moved(mark.getLatLng());
      });
    });
  }

  function save(kind, now) {
    const rows = places.map(([lon, lat], i) => ({ place: i + 1, name: now.chosen[i]?.name ?? "", lon, lat, gain: Math.round(now.chosen[i]?.gain ?? 0) }));
    const cell = (value) => `"${String(/^[=+\-@\t\r]/.test(String(value)) && Number.isNaN(Number(value)) ? `'${value}` : value).replaceAll('"', '""')}"`;
    const text = kind === "csv"
      ? `\ufeff${[[t("Place"), t("Name"), t("Longitude"), t("Latitude"), t("Newly covered")], ...rows.map(Object.values)].map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`
      : JSON.stringify({ type: "FeatureCollection", features: rows.map(({ lon, lat, ...properties }) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: [lon, lat] } })) });
    const link = h("a", { href: URL.createObjectURL(new Blob([text], { type: kind === "csv" ? "text/csv" : "application/geo+json" })), download: `places.${kind}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  }

  if (state().siting === "1") open();
}
