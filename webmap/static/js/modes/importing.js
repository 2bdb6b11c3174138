// Taking a file in: choose, look, let it work, read what became of it.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { element, pageData, pageMap } from "wangge/core/elements.js";
import { joinFrame } from "wangge/core/frame.js";
import { count, t } from "wangge/core/words.js";
import { fit } from "wangge/layers/fitting.js";
import { add as addPreview } from "wangge/layers/preview.js";

joinFrame();
const page = pageData();
const map = pageMap();
await element("furniture");
const preview = addPreview(map);

const LAYERS = Object.keys(page.layers);
const fieldName = (field) => page.fields[field] ?? field;
const SYSTEMS = [["", t("as the file says")], ["wgs84", "WGS 84"], ["EPSG:4490", "CGCS2000 (EPSG:4490)"], ["gcj02", "GCJ-02"], ["bd09", "BD-09"], ["other", t("another EPSG code …")]];
const WEIGHTS = { refused: [t("refused"), "badge-late"], mended: [t("mended"), "badge-near"], changed: [t("read otherwise"), "badge-near"], note: [t("to know"), ""] };

const [lookBox, workBox, refusedBox] = ["look", "work", "refused"].map((id) => document.getElementById(id));
const fileInput = document.getElementById("file");
const drop = document.getElementById("drop");
const asked = new URLSearchParams(location.search).get("layer");
const wish = { layer: [asked, "grids"].find((layer) => LAYERS.includes(layer)) ?? LAYERS[0], file: null, seen: null, crs: "", mapping: {}, layer_name: "" };

fill(
  document.getElementById("layer-choice"),
  LAYERS.map((layer) =>
    h("label", {}, h("input", { type: "radio", name: "layer", value: layer, checked: layer === wish.layer, onChange: () => { wish.layer = layer; wish.mapping = {}; if (wish.file) look(); } }), page.layers[layer]),
  ),
);

fileInput.addEventListener("change", () => fileInput.files[0] && take(fileInput.files[0]));
drop.addEventListener("dragover", (event) => { event.preventDefault(); drop.dataset.over = ""; });
drop.addEventListener("dragleave", () => delete drop.dataset.over);
drop.addEventListener("drop", (event) => {
  event.preventDefault();
  delete drop.dataset.over;
  if (event.dataTransfer.files[0]) take(event.dataTransfer.files[0]);
});
document.getElementById("choose").addEventListener("submit", (event) => event.preventDefault());

function take(file) {
  if (file.size > page.limit_mb * 1_000_000) {
    return refuse(new Error(t("The file is larger than %(limit)s MB.", { limit: page.limit_mb })));
  }
  Object.assign(wish, { file, seen: null, crs: "", mapping: {}, layer_name: "" });
  document.getElementById("drop-name").textContent = file.name;
  return look();
}

function refuse(error, again) {
  fill(refusedBox, h("div.refused.panel", {}, h("p", {}, error.message), error.body?.fields && h("p.small", {}, Object.values(error.body.fields).flat().join(" ")), again && h("button.button", { type: "button", onClick: () => { refusedBox.replaceChildren(); again(); } }, t("Try again"))));
  refusedBox.scrollIntoView({ block: "nearest" });
}

function form() {
  const data = new FormData();
  if (wish.seen && !wish.sent) {
    data.set("upload", wish.seen.upload);
    data.set("filename", wish.seen.filename);
  } else data.set("file", wish.file);
  data.set("layer", wish.layer);
  if (wish.crs) data.set("crs", wish.crs);
  if (wish.layer_name) data.set("layer_name", wish.layer_name);
  data.set("mapping", JSON.stringify(wish.mapping));
  return data;
}

let turn = 0;
async function look() {
  const mine = ++turn;
  refusedBox.replaceChildren();
  workBox.hidden = true;
  lookBox.hidden = false;
  lookBox.setAttribute("aria-busy", "true");
  if (!wish.seen) fill(lookBox, h("p.quiet", {}, t("Reading the first rows …")));
  try {
    const seen = await post("/api/v1/imports/preview", form());
    if (mine !== turn) return;
    wish.seen = seen;
    wish.sent = false;
    show(seen);
  } catch (error) {
    if (mine !== turn) return;
    const { layers, needs } = error.body ?? {};
    if (layers || needs) return askFor(layers, needs === "crs");
    if (!wish.seen) lookBox.hidden = true;
    refuse(error, look);
  } finally {
    lookBox.removeAttribute("aria-busy");
  }
}

/** What the file does not say and only a person knows: which of its layers, or its coordinate system. */
function askFor(layers, needsSystem) {
  fill(
    lookBox,
    h("h2", {}, h("span.step-number", {}, "2"), t("How is it to be read?")),
    layers && [h("p", {}, t("The file holds %(number)s layers: choose one.", { number: count(layers.length) })), layerField({ layers, layer_name: null })],
    needsSystem && [h("p", {}, t("The file does not say its coordinate system, and its numbers are no degrees: choose it.")), crsField({ crs: null })],
  );
  lookBox.querySelector("select").focus();
}

function show(seen) {
  preview.change({ data: seen.features });
  const box = seen.bbox;
  if (box) fit(map, [[box[1], box[0]], [box[3], box[2]]], { animate: false, padding: [24, 24], maxZoom: 17 });
  const found = seen.features.features.length;
  document.getElementById("map-note").textContent = found === 0 ? t("The file says no places; the map shows none of it.") : t("The first %(number)s shapes of the file, where they would lie. Nothing is stored yet.", { number: count(found) });
  fill(
    lookBox,
    h("h2", {}, h("span.step-number", {}, "2"), t("Is it read rightly?")),
    h(
      "p.file-facts.quiet",
      {},
      h("span", {}, seen.driver),
      h("span.figures", {}, seen.rows == null ? t("number of rows unknown") : t("%(rows)s rows", { rows: count(seen.rows) })),
      h("span.figures", {}, t("%(columns)s columns", { columns: count(seen.columns.length) })),
    ),
    h("div.two", {}, seen.layers.length > 1 && layerField(seen), (found > 0 || seen.columns.some(({ field }) => page.places.includes(field))) && crsField(seen)),
    seen.guess && guessBox(seen.guess),
    columnsTable(seen),
    findingsList(seen.findings),
    options(),
    h("div.row", {}, h("button.button.main", { type: "button", id: "start", onClick: start }, t("Start the import")), h("span.small.quiet", {}, t("The file goes in whole or not at all, unless bad rows may be left out."))),
  );
}

function layerField(seen) {
  return h(
    "label.field",
    {},
    h("span", {}, t("Layer, sheet or file inside")),
    h("select", { onChange: (event) => { wish.layer_name = event.target.value; wish.mapping = {}; look(); } }, [seen.layer_name == null && h("option", { value: "" }, t("Choose …")), seen.layers.map((name) => h("option", { value: name, selected: name === seen.layer_name }, name))]),
  );
}

function crsField(seen) {
  const known = SYSTEMS.some(([key]) => key === wish.crs);
  const code = h("input", { type: "text", placeholder: "EPSG:4548", "aria-label": t("EPSG code"), value: known ? "" : wish.crs, hidden: known, onChange: (event) => { wish.crs = event.target.value.trim(); look(); } });
  const choose = h(
    "select",
    {
      id: "crs",
      onChange: (event) => {
        const isOther = event.target.value === "other";
        code.hidden = !isOther;
        if (isOther) code.focus();
        else { wish.crs = event.target.value; look(); }
      },
    },
    SYSTEMS.map(([key, name]) => h("option", { value: key, selected: known ? key === wish.crs : key === "other" }, name)),
  );
  return h("div.field", {}, h("label", {}, h("span.small.quiet", {}, t("Coordinate system")), choose), code, seen.crs && h("p.small.quiet", {}, t("Read as %(crs)s: %(reason)s", { crs: systemName(seen.crs), reason: reasonOf(seen.crs_reason) })));
}

function systemName(crs) {
  return SYSTEMS.find(([key]) => key === crs)?.[1] ?? crs;
}

function reasonOf(reason) {
  const reasons = { declared: t("as you say"), file: t("as the file says"), degrees: t("longitude and latitude in degrees, for the file says nothing") };
  return reasons[reason] ?? reason;
}

/** The file lies aside, and fits after a turn of its coordinates. */
function guessBox(guess) {
  return h(
    "div.guess",
    { role: "note" },
    h("p", {}, t("The file lies %(before)s m beside what is known here. Read as %(crs)s it fits within %(after)s m.", { before: count(Math.round(guess.before_m)), crs: guess.crs.toUpperCase(), after: count(Math.round(guess.after_m)) })),
    h("button.button", { type: "button", onClick: () => { wish.crs = guess.crs; look(); } }, t("Read as %(crs)s", { crs: guess.crs.toUpperCase() })),
  );
}

function columnsTable(seen) {
  const fields = [...seen.fields, ...page.places];
  return h(
    "div.columns-wrap",
    {},
    h(
      "table.columns",
      {},
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, t("Column")), h("th", { scope: "col" }, t("First values")), h("th", { scope: "col" }, t("Taken as")))),
      h(
        "tbody",
        {},
        seen.columns.map((column) =>
          h(
            "tr",
            { dataset: column.field ? { mapped: "" } : {} },
            h("td", {}, column.name),
            h("td.samples", { title: column.samples.filter((s) => s != null).join(" · ") }, column.samples.filter((s) => s != null && s !== "").slice(0, 4).join(" · ")),
            h(
              "td",
              {},
              h(
                "select",
                { "aria-label": t("%(column)s is taken as", { column: column.name }), dataset: { column: column.name }, onChange: (event) => mapColumn(seen, column, event.target.value) },
                h("option", { value: "", selected: !column.field }, t("kept as it is")),
                fields.map((field) => h("option", { value: field, selected: field === column.field }, fieldName(field))),
              ),
            ),
          ),
        ),
      ),
    ),
  );
}

function mapColumn(seen, column, field) {
  const mapping = {};
  for (const one of seen.columns) if (one.field) mapping[one.field] = one.name;
  Object.assign(mapping, wish.mapping);
  if (column.field) mapping[column.field] = "";
  if (field) mapping[field] = column.name;
  wish.mapping = mapping;
  look();
}

function findingsList(findings, total = findings.length) {
  if (!findings.length) return null;
  return h(
    "div",
    {},
    h("h3", {}, t("%(number)s remarks", { number: count(total) })),
    h(
      "ul.findings",
      {},
      findings.map((finding) => {
        const [word, kind] = WEIGHTS[finding.weight] ?? WEIGHTS.note;
        const place = [finding.row != null && t("row %(row)s", { row: finding.row }), finding.name].filter(Boolean).join(" ");
        return h("li", {}, h("span", { class: `badge ${kind}` }, word), h("span", {}, place && h("strong", {}, `${place} `), finding.message, finding.count > 1 && h("span.quiet", {}, ` ×${finding.count}`)));
      }),
    ),
  );
}

function options() {
  return h(
    "div.two",
    {},
    h("div.checks", {}, check("skip_bad", t("Leave bad rows out and take the good ones")), check("dry_run", t("Try only; store nothing"))),
    wish.layer !== "rooms" && h("label.field", {}, h("span", {}, t("Whose data it is (shown on the maps)")), h("input", { type: "text", id: "attribution", maxlength: 200 })),
    !["cases", "rooms"].includes(wish.layer) && h("label.field", {}, h("span", {}, t("Holds from this day (absent: now)")), h("input", { type: "date", id: "since" })),
  );
}

function check(id, words) {
  return h("label", {}, h("input", { type: "checkbox", id }), words);
}

async function start() {
  const data = form();
  for (const id of ["skip_bad", "dry_run"]) if (document.getElementById(id).checked) data.set(id, "true");
  for (const id of ["attribution", "since"]) {
    const value = document.getElementById(id)?.value;
    if (value) data.set(id, value);
  }
  refusedBox.replaceChildren();
  const button = document.getElementById("start");
  button.disabled = true;
  try {
    const job = await post("/api/v1/imports", data);
    wish.sent = true; // the server throws an upload away when its import ends: another try sends the file again
    follow(job);
  } catch (error) {
    refuse(error);
  } finally {
    button.disabled = false;
  }
}

async function follow(job) {
  workBox.hidden = false;
  workBox.scrollIntoView({ block: "nearest" });
  let failures = 0;
  while (["waiting", "running"].includes(job.state)) {
    showProgress(job);
    await new Promise((done) => setTimeout(done, 400));
    try {
      job = await get(`/api/v1/jobs/${job.id}`);
      failures = 0;
    } catch (error) {
      if (++failures > 5) return refuse(error, () => follow(job));
    }
  }
  showOutcome(job);
}

function showProgress(job) {
  const percent = Math.round(job.done * 100);
  fill(
    workBox,
    h("h2", {}, h("span.step-number", {}, "3"), t("At work")),
    h("p.figures", {}, job.state === "waiting" ? t("Waiting for a free worker …") : `${job.stage} · ${percent}%`),
    h("div.progress", { role: "progressbar", "aria-valuenow": String(percent), "aria-valuemin": "0", "aria-valuemax": "100" }, h("i", { style: { width: `${percent}%` } })),
    h("div.row", {}, h("button.button", { type: "button", id: "stop", onClick: async (event) => { event.target.disabled = true; await post(`/api/v1/jobs/${job.id}/cancel`).catch(refuse); } }, t("Stop"))),
  );
}

function showOutcome(job) {
  const { report, problem, state } = job;
  if (report?.stored && wish.seen.features.features.length > 0) document.getElementById("map-note").textContent = t("The shapes of the file, as they are stored now.");
  const head = {
    done: report?.stored ? t("Taken in") : report?.dry_run ? t("Tried; nothing was stored") : t("Nothing was stored"),
    failed: t("Nothing was stored"),
    cancelled: t("Stopped; nothing was stored"),
  }[state];
  fill(
    workBox,
    h("h2", { dataset: { outcome: state } }, h("span.step-number", {}, "3"), head),
    problem && h("div.refused", {}, h("p", {}, problem.detail)),
    report &&
      h(
        "dl.outcome",
        {},
        [[t("Rows"), report.rows], [t("Added"), report.added], [t("Changed"), report.changed], [t("Unchanged"), report.unchanged], [t("Mended"), report.mended], [t("Refused"), report.refused]].map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, count(value)))),
      ),
    report && findingsList(report.findings ?? [], report.findings_total),
    h("div.row", {}, report?.stored && h("a.button.main", { href: { cases: "/command", rooms: "/rooms" }[wish.layer] ?? "/planner" }, wish.layer === "rooms" ? t("See the rooms") : t("See it on the map")), h("button.button", { type: "button", onClick: () => location.reload() }, t("Another file"))),
  );
  workBox.scrollIntoView({ block: "nearest" });
}
document.body.dataset.ready = "yes";
