// The phone page: a photo, a place, what it is about, one line, send. Nothing is lost on the way.

import { get } from "wangge/core/api.js";
import { fill, h, svg } from "wangge/core/dom.js";
import { pageData } from "wangge/core/elements.js";
import { joinFrame } from "wangge/core/frame.js";
import { count, t } from "wangge/core/words.js";
import { outline } from "wangge/layers/glyphs.js";
import { forget, keep, waiting } from "wangge/report/outbox.js";
import { keepForLater } from "wangge/report/opening.js";
import { photoBox } from "wangge/report/photos.js";
import { placePicker } from "wangge/report/place.js";
import { mayGoLater, send } from "wangge/report/sending.js";

// A line that is said to be back often carries nothing for a moment: tried again soon, then more rarely.
const SOON = 2_000;
const RARELY = 30_000;
const KEPT = "wangge-reports-sent";
const MOST_KEPT = 8;

joinFrame();
const page = pageData();
const part = (name) => document.querySelector(`[data-part="${name}"]`);
const form = part("form");
const common = { most: page.mostPhotos, side: page.longestSide };

let picker = null;
const photos = photoBox(part("photos"), { ...common, name: "photo", onPlace: (place) => picker?.offer(place) });
let after = null;

fill(
  part("categories"),
  page.categories.map(({ key, name, color }, k) =>
    h("label.report-tile", {},
      h("input", { type: "radio", name: "category", value: key }),
      svg("svg", { viewBox: "-12 -12 24 24", "aria-hidden": "true" }, svg("path", { d: outline(k, 8.5), fill: color, stroke: "var(--line-strong)" })),
      h("span", {}, name)),
  ),
);
if (page.signedIn) showWorker();

function showWorker() {
  const done = h("textarea", { name: "done", rows: "2", maxlength: "2000" });
  const box = h("div.report-photos");
  const more = h("div", { hidden: true }, h("label.field", {}, h("span", {}, t("What was done about it")), done), h("p", {}, t("Photos of how it is now")), box);
  after = photoBox(box, { ...common, name: "photo_after" });
  fill(
    part("worker"),
    h("label.field", {}, h("span", {}, t("Source")), h("select", { name: "source" }, page.sources.map(({ key, name }) => h("option", { value: key, selected: key === page.source }, name)))),
    page.onSpot && h("label.report-check", {}, h("input", { type: "checkbox", name: "is_done", onChange: (event) => (more.hidden = !event.target.checked) }), t("Dealt with on the spot")),
    more,
  );
  part("worker").hidden = false;
}

function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(18));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function told() {
  const values = Object.fromEntries(new FormData(form));
  const place = picker?.place();
  const isDone = Boolean(values.is_done);
  return {
    key: newKey(),
    madeAt: Date.now(),
    fields: {
      category: values.category ?? "", text: values.text.trim(), address: values.address.trim(), name: values.name.trim(), telephone: values.telephone.trim(),
      lon: place ? String(place.lon) : "", lat: place ? String(place.lat) : "", crs: "wgs84", source: values.source ?? "", done: isDone ? values.done.trim() : "",
    },
    photo: photos.blobs(),
    photo_after: isDone ? after.blobs() : [],
    isDone,
  };
}

/** What is missing, in words; empty if nothing is. */
function lacking(report) {
  if (!report.fields.lon && !report.fields.address) return t("Say where it is: tap on the map, or write the address.");
  if (!report.fields.category) return t("Choose what it is about.");
  if (!report.photo.length && !report.fields.text) return t("Add a photo, or write what is the matter.");
  if (report.isDone && !report.fields.done) return t("Write what was done.");
  return "";
}

function refuse(words) {
  const box = part("refused");
  box.hidden = !words;
  box.textContent = words;
  if (words) box.scrollIntoView({ block: "center" });
}

function showProgress(share) {
  const bar = part("progress");
  bar.hidden = share == null;
  bar.setAttribute("aria-valuenow", String(Math.round((share ?? 0) * 100)));
  bar.firstElementChild.style.width = `${(share ?? 0) * 100}%`;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = part("send");
  if (button.disabled) return;
  button.disabled = true;
  try {
    await Promise.all([photos.ready(), after?.ready()]);
    const report = told();
    const words = lacking(report);
    refuse(words);
    if (!words) await take(report);
  } finally {
    button.disabled = false;
    showProgress(null);
  }
});

/** Keep it first, then send: whatever happens in between, it is in this browser. */
async function take(report) {
  const isKept = await keep(report).then(() => true, () => false);
  let answer;
  showProgress(0);
  try {
    answer = await alone(() => send(report, showProgress));
  } catch (problem) {
    if (isKept && mayGoLater(problem)) {
      clear();
      showKept(problem);
    } else {
      await forget(report.key).catch(() => {});
      refuse(problem.message);
    }
    return showWaiting();
  }
  await forget(report.key).catch(() => {});
  clear();
  showSent(answer, report);
}

function clear() {
  form.reset();
  form.hidden = true;
  photos.clear();
  after?.clear();
  for (const box of part("worker").querySelectorAll("div[hidden], .report-check ~ div")) box.hidden = true;
  picker?.clear();
  refuse("");
}

function again() {
  part("done").hidden = true;
  form.hidden = false;
  scrollTo(0, 0);
}

function showDone(...children) {
  const box = part("done");
  fill(box, ...children, h("button.button", { type: "button", onClick: again }, t("Report something else")));
  box.hidden = false;
  scrollTo(0, 0);
  box.focus();
}

function showSent(answer, report) {
  remember(answer, report);
  const isClosed = Boolean(report.fields.done) && answer.state !== "reported";
  showDone(
    h("p", {}, isClosed ? t("Taken and closed on the spot. Its number:") : t("Taken. Its number:")),
    h("p.report-large", {}, String(answer.number)),
    report.fields.done && !isClosed && h("p", {}, t("It could not be closed from here and stays open.")),
    !answer.inside && h("p", {}, t("It lies outside our area; we will pass it on.")),
    h("a.button.main", { href: `/report/${answer.code}` }, t("See how far it is")),
    h("p.small.quiet", {}, t("Code: %(code)s. Whoever has it can see how far the case is, and nothing else.", { code: answer.code })),
  );
  showList();
}

function showKept(problem) {
  showDone(
    h("p.report-large", {}, t("Kept in this phone")),
    h("p", {}, problem.status ? problem.message : t("There is no network. It is sent by itself as soon as the line is back while this page is open, or when you open it again.")),
  );
}

// ── what waits ───────────────────────────────────────────────────────────────────────────────
let pause = SOON;
let next = null;

async function showWaiting() {
  const reports = await waiting().catch(() => []);
  const box = part("waiting");
  clearTimeout(next);
  box.hidden = !reports.length;
  if (!reports.length) {
    pause = SOON;
    return;
  }
  next = setTimeout(sendWaiting, pause);
  pause = Math.min(pause * 2, RARELY);
  fill(
    box,
    h("p", {}, t("%(n)s reports wait in this phone for the network.", { n: count(reports.length) })),
    h("button.button", { type: "button", onClick: sendNow }, t("Send now")),
  );
}

/** One page at a time sends what waits; a report sent twice is the same report to the server. */
const alone = (work) => (navigator.locks ? navigator.locks.request("wangge-reports", work) : work());

async function sendWaiting() {
  const reports = await waiting().catch(() => []);
  for (const { key } of reports) {
    const isGone = await alone(async () => {
      const report = (await waiting()).find((one) => one.key === key);
      if (!report) return true; // another page has sent it
      try {
        const answer = await send(report);
        await forget(key);
        showSent(answer, report);
        form.hidden = true;
        return true;
      } catch (problem) {
        if (mayGoLater(problem)) return false;
        await forget(key);
        showDone(h("p.report-large", {}, t("A report was not taken")), h("p", {}, report.fields.text), h("p", {}, problem.message));
        return true;
      }
    }).catch(() => false);
    if (!isGone) break;
  }
  await showWaiting();
}

const sendNow = () => {
  pause = SOON;
  sendWaiting();
};
addEventListener("online", sendNow);
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && sendNow());

// ── what was sent from this phone ────────────────────────────────────────────────────────────
function sent() {
  try {
    const kept = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(kept) ? kept.filter(({ code }) => /^[\w-]+$/.test(code)) : [];
  } catch {
    return [];
  }
}

function remember({ number, code }, report) {
  try {
    const others = sent().filter((one) => one.code !== code);
    localStorage.setItem(KEPT, JSON.stringify([{ number, code, category: report.fields.category }, ...others].slice(0, MOST_KEPT)));
  } catch {
    // a browser that keeps nothing: the code stands on the page
  }
}

function showList() {
  const box = part("sent");
  const kept = sent();
  const names = Object.fromEntries(page.categories.map(({ key, name }) => [key, name]));
  box.hidden = !kept.length;
  fill(
    box,
    h("h2", {}, t("Sent from this phone")),
    h("ul", {}, kept.map(({ number, code, category }) => h("li", {}, h("a", { href: `/report/${code}` }, t("No. %(number)s", { number }), " · ", names[category] ?? "")))),
    h("button.button.quiet", { type: "button", onClick: () => { localStorage.removeItem(KEPT); showList(); } }, t("Clear this list")),
  );
}

showList();
await showWaiting();
if (!page.signedIn) get("/api/v1/reports/device", {}, { quiet: true }).catch(() => {});
sendWaiting();
picker = await placePicker({ button: part("locate"), words: part("spot") });
document.body.dataset.ready = "";
keepForLater();
