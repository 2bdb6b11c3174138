// Where the next places belong: asked, watched, shown on the map, moved by hand with figures that follow.

import { get, post } from "wangge/core/api.js";
import { fill, h, refill, steady } from "wangge/core/dom.js";
import { onState, setState, state } from "wangge/core/state.js";
import { count, metres, share, t } from "wangge/core/words.js";
import { watch } from "wangge/drafting/proposing.js";
import { fit } from "wangge/layers/fitting.js";
import { stackOf } from "wangge/layers/stack.js";
import { fold } from "wangge/operations/layering.js";
import { toolButton } from "wangge/operations/measuring.js";
import { sitingForm } from "wangge/reach/sitingForm.js";
import { UNTIL, forget, keepPoints, keepQuestion, keepShown, readPoints, readQuestion, readShown } from "wangge/reach/sitingLink.js";
import { SitingMarks, spotOf } from "wangge/reach/sitingMarks.js";
import { curveOf, figuresOf, leftOf, placesOf, proofOf, save, unitOf } from "wangge/reach/sitingShown.js";

const same = (one, other) => Math.abs(one[0] - other[0]) < 1.5e-6 && Math.abs(one[1] - other[1]) < 1.5e-6; // the address keeps six digits

const SHEET = 0.58; // share of the map that the sheet of a phone covers at most
const PENDING = 300; // milliseconds after which old figures are shown pale

export function joinSiting(planner) {
  const panel = document.getElementById("siting-panel");
  const { map, page } = planner;
  const stack = stackOf(map);
  const button = toolButton(t("Where next"), "M8 1.500a4.500 4.500 0 0 1 4.500 4.500c0 3-4.500 8.500-4.500 8.500S3.500 9 3.500 6A4.500 4.500 0 0 1 8 1.500zM8 4v4M6 6h4");
  const usual = { walkers: Object.keys(page.profile.walkers), minutes: Math.max(...page.profile.minutes), kinds: Object.keys(page.profile.facility_kinds), areas: (page.areas ?? []).map(({ code }) => code) };
  const progress = h("div");
  const head = h("div.sited", { "aria-live": "polite" });
  const under = h("div.sited");
  const hint = h("div.draft-told.siting-told.panel", { role: "status", hidden: true });
  const how = h("b.figures");
  let form = null;
  let asked = null; // what the places on the map were asked with
  let report = null; // what was computed, if this person may read it
  let job = null; // its number
  let base = null; // what was computed of the places that began: {spots, names, status, gap, curve}
  let places = []; // [lon, lat] as they stand now
  let points = []; // candidates that were clicked
  let clicking = null; // "candidate" or "place": what a click on the map adds

  const marks = new SitingMarks(map, {
    move(i, spot, isOver) {
      places[i] = spot;
      figure();
      if (isOver) keep();
    },
    remove,
  });

  button.addEventListener("click", () => (panel.hidden ? open() : close()));
  document.getElementById("tools").append(button);
  document.querySelector("main").append(hint);

  function open() {
    panel.hidden = false;
    button.setAttribute("aria-pressed", "true");
    setState({ siting: "1" });
    points = readPoints();
    draw();
    marks.open();
    show();
    if (innerHeight < 1100) fold(document.getElementById("summary-panel"), true);
    if (innerWidth <= 720) {
      planner.openSheet("right");
      panel.scrollIntoView();
    }
    begin();
  }

  function close() {
    take(null);
    panel.hidden = true;
    button.setAttribute("aria-pressed", "false");
    forget();
    marks.close();
  }

  /** Show what the address names: a job that answered or is under way, and the places as moved. */
  async function begin() {
    const shown = readShown();
    if (shown.job && shown.job !== job) {
      const found = await get(`/api/v1/jobs/${shown.job}`).catch(() => null); // somebody else's: only its places are seen
      if (panel.hidden || readShown().job !== shown.job) return;
      if (found?.kind === "siting") return follow(found, shown).catch((error) => planner.refuse(error));
    }
    if (report && shown.job === job) return begun(shown);
    if (!shown.places) return;
    asked = askedOf(readQuestion(usual));
    base = null;
    places = shown.places;
    show();
    panel.querySelector("#siting-asked").open = false;
    figure();
  }

  /** What a click on the map adds from now on. */
  function take(what) {
    if (what === clicking) return;
    clicking = what;
    stack.paused = Boolean(what);
    map.getContainer().style.cursor = what ? "crosshair" : "";
    if (what && innerWidth <= 720) planner.openSheet(null);
    hint.hidden = !what;
    const again = () => {
      take(null);
      if (innerWidth <= 720) planner.openSheet("right");
    };
    const last = () => {
      points.pop();
      keepPoints(points);
      show();
    };
    fill(hint, h("div.row", {}, h("span", {}, what === "place" ? t("Click where the place should be.") : t("Click each point where a place could be.")), what === "candidate" && how, what === "candidate" && h("button.button", { type: "button", onClick: last }, t("Take back the last point")), h("button.button.main", { type: "button", onClick: again }, t("Done"))));
    show();
  }

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !clicking) return;
    event.stopPropagation();
    take(null);
  }, true);
  map.getContainer().addEventListener("keydown", (event) => {
    if (event.key === "Enter" && clicking && event.target === map.getContainer()) put(spotOf(map.getCenter()));
  });
  map.on("click", ({ latlng }) => clicking && put(spotOf(latlng)));

  function put(spot) {
    if (clicking === "candidate") {
      points.push(spot);
      keepPoints(points);
      show();
      return;
    }
    places.push(spot);
    take(null);
    if (innerWidth <= 720) planner.openSheet("right");
    show();
    keep();
    figure();
  }

  function remove(i) {
    places.splice(i, 1);
    show();
    keep();
    figure();
  }

  function show() {
    if (panel.hidden) return;
    marks.show(places, clicking === "candidate" || !places.length ? points : []);
    form?.points(points);
    how.textContent = t("%(count)s points", { count: count(points.length) });
  }

  const keep = () => keepShown({ job, curve: base?.curve, places: isComputed() ? null : places });
  const isComputed = () => Boolean(base) && places.length === base.spots.length && places.every((one, i) => same(one, base.spots[i]));

  function draw() {
    form = sitingForm(planner, readQuestion(usual), {
      send,
      changed: (question) => (report ? null : keepQuestion(question, usual)),
      point: (isOn) => take(isOn ? "candidate" : null),
      clear() {
        points = [];
        keepPoints(points);
        show();
      },
    });
    form.points(points);
    const shown = readShown();
    const isAnswered = Boolean(report || shown.job || shown.places);
    fill(panel, h("div.panel-head", {}, h("h2", {}, t("Where next")), h("button.button.quiet.icon", { type: "button", "aria-label": t("Close"), title: t("Close"), onClick: () => { close(); button.focus(); } }, "×")), h("div.panel-body", {}, h("details", { id: "siting-asked", open: !isAnswered }, h("summary", {}, t("What is asked")), form.form), progress, head, under));
  }

  function askedOf({ minutes, walker, weight, area, kinds }) {
    return { minutes: Number(minutes), walker, weight, area, ...(kinds === "usual" ? {} : { kinds: kinds === "none" ? [] : [kinds] }) };
  }

  async function send(question) {
    take(null);
    const isAll = question.model === "cover_all";
    const places_ = Number(question.count);
    const [enough, seconds] = UNTIL[question.until];
    const wish = { ...askedOf(question), model: question.model, count: isAll ? null : places_, candidates: question.candidates === "points" ? points : question.candidates, curve: isAll ? 0 : Math.min(2 * places_, 50), enough, seconds };
    const found = await post("/api/v1/siting", wish);
    keepQuestion(question, usual);
    keepShown({ job: found.id });
    return follow(found, {});
  }

  /** Watch a job to its end, and show what it found; one that was stopped shows the best so far. */
  async function follow(found, shown) {
    const done = await watch(found, progress, { on: () => !panel.hidden && readShown().job === found.id, told: ({ so_far: best }) => (best ? bestSoFar(found.about, best) : null), end: t("Stop and take the best so far") });
    fill(progress);
    if (!done) return document.createDocumentFragment();
    if (done.problem) throw new Error(done.problem.detail);
    if (!done.report?.chosen) return t("Stopped.");
    ({ report } = done);
    job = done.id;
    const { minutes, walker, weight, area, kinds, candidates } = done.about;
    asked = { minutes, walker, weight, area, ...(kinds && { kinds }) };
    if (Array.isArray(candidates)) points = candidates;
    panel.querySelector("#siting-asked").open = false;
    begun(shown);
    return document.createDocumentFragment();
  }

  /** How good the best so far is, in words. */
  function bestSoFar({ model, weight }, { objective, gap }) {
    const best = { cover: () => t("Best so far: %(count)s %(unit)s newly covered", { count: count(Math.round(objective)), unit: unitOf(weight) }), cover_all: () => t("Best so far: %(count)s places", { count: count(objective) }), walk: () => t("Best so far: %(walk)s walked by all together", { walk: metres(objective) }) }[model]();
    return h("p.small.figures", {}, best, " · ", gap > 0 ? t("%(gap)s from the best at most", { gap: share(Math.max(gap, 0.001)) }) : t("proven"));
  }

  /** The choice as it was computed, or as the curve has it; then as the address says that it was moved. */
  function begun({ curve = null, places: moved = null }) {
    base = report.curve[curve] ? ofCurve(curve) : ofChoice();
    places = (moved ?? base.spots).map((one) => [...one]);
    show();
    keep();
    if (!isComputed()) return figure().then(look);
    if (base.curve != null) result({ ...report, covered: report.curve[base.curve].covered, walkers: null }, base.names);
    else result(report, report.chosen);
    look();
    return figure(); // what is known is shown at once; and the server is warm when somebody moves a place
  }

  const ofChoice = () => ({ spots: report.chosen.map(({ point }) => point), names: report.chosen, status: report.status, gap: report.gap, curve: null });

  function ofCurve(at) {
    const { chosen, status, gap } = report.curve[at];
    const names = chosen.map((row) => report.curve_places[row]);
    return { spots: names.map(({ point }) => point), names, status, gap, curve: at };
  }

  /** Fly to where all places are seen, if some are not. */
  function look() {
    const seen = map.getSize().subtract([0, sheet()]);
    const isSeen = ([lon, lat]) => {
      const { x, y } = map.latLngToContainerPoint([lat, lon]);
      return x > 0 && y > 0 && x < seen.x && y < seen.y;
    };
    if (!places.length || places.every(isSeen)) return;
    const [lons, lats] = [places.map(([lon]) => lon), places.map(([, lat]) => lat)];
    fly([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]);
  }

  /** Pixels of the map that the sheet of a phone covers once it is full. */
  function sheet() {
    const isOpen = innerWidth <= 720 && document.getElementById("right").hasAttribute("data-open");
    return isOpen ? SHEET * map.getSize().y + 56 : 0;
  }

  function fly(box) {
    const covered = sheet();
    if (!covered) return planner.flyTo([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], box);
    return fit(map, [[box[1], box[0]], [box[3], box[2]]], { paddingTopLeft: [30, 30], paddingBottomRight: [30, covered + 30], maxZoom: 17, animate: !matchMedia("(prefers-reduced-motion: reduce)").matches });
  }

  const flyTo = ([lon, lat]) => fly([lon, lat, lon, lat]);

  /** Figures of the places as they stand now; asked steadily while one is dragged. */
  const figure = steady(async () => {
    const now = places.map((one) => [...one]);
    if (!now.length) {
      if (report) result({ ...report, covered: report.before, walk_m: report.walk_before_m, walkers: report.walkers_before }, []);
      else fill(head) && fill(under, adding());
      return;
    }
    const slow = setTimeout(() => panel.classList.add("sited-pending"), PENDING);
    try {
      const found = await post("/api/v1/siting/figures", { ...asked, places: now });
      if (!panel.hidden && places.length === now.length) result(found, found.places);
    } catch (error) {
      planner.refuse(error, figure);
    } finally {
      clearTimeout(slow);
      panel.classList.remove("sited-pending");
    }
  });

  /** @param now - the figures @param rows - what each place brings */
  function result(now, rows) {
    const named = rows.map((one, i) => ({ ...one, name: nameOf(i, one) }));
    marks.tell(named.map(({ apart }) => apart));
    const file = (kind) => () => save(kind, places.map(([lon, lat], i) => ({ place: i + 1, name: named[i]?.name ?? "", lon, lat, gain: Math.round(named[i]?.gain ?? 0) })));
    const open_ = new Set([...under.querySelectorAll("details[open]")].map((one) => one.dataset.fold));
    fill(head, figuresOf(now, asked.weight), h("p.small", {}, isComputed() ? proofOf(base) : base && t("Moved by hand.")));
    refill(
      under,
      placesOf(named, { fly: (i) => flyTo(places[i]), remove }),
      adding(),
      named.length > 0 && h("div.row.sited-files", {}, h("span.small.quiet", {}, t("Save as")), [["csv", "CSV"], ["geojson", "GeoJSON"]].map(([kind, words]) => h("button.button.quiet", { type: "button", dataset: { key: kind }, onClick: file(kind) }, words))),
      report && curveOf(report, base?.curve ?? ofAll(), (at) => begun({ curve: at })),
      report && leftOf(report, flyTo),
    );
    for (const one of under.querySelectorAll("details")) one.open = open_.has(one.dataset.fold);
  }

  /** The point of the curve that is the computed choice itself; -1: none is. */
  const ofAll = () => (report.model === "cover" && base ? report.curve.findIndex(({ count: places_ }) => places_ === report.chosen.length) : -1);

  function adding() {
    const isMoved = base && !isComputed();
    const isOther = base?.curve != null;
    return h(
      "div.row",
      {},
      h("button.button", { type: "button", dataset: { key: "add" }, onClick: () => take("place") }, t("Add a place")),
      (isMoved || isOther) && h("button.button", { type: "button", dataset: { key: "back" }, onClick: () => begun({ curve: isMoved ? base.curve : null }) }, t("Back to what was computed")),
    );
  }

  function nameOf(i, { point, apart }) {
    const known = base?.names.find((one) => same(one.point, point));
    if (apart) return t("not joined to the streets");
    return known ? known.name || known.code || t("point") : t("put by hand");
  }

  onState((now) => {
    if (now.siting !== "1") return panel.hidden ? null : close();
    if (panel.hidden) return open();
    points = readPoints();
    draw();
    return begin();
  });
  if (state().siting === "1") open();
}
