// Departments called by whistle: how they came in a period, and the calls that are under way.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { pageData } from "wangge/core/elements.js";
import { joinFrame } from "wangge/core/frame.js";
import { count, language, named, share, t } from "wangge/core/words.js";
import { callRow } from "wangge/command/calls.js";
import { length } from "wangge/command/remaining.js";

joinFrame();
const data = pageData();
const form = document.getElementById("asked");
const report = document.getElementById("report");
const base = document.getElementById("report-base");
const waiting = document.getElementById("waiting");
const card = document.getElementById("waiting-card");
const localDay = (moment) => new Intl.DateTimeFormat("en-CA", { timeZone: data.timezone }).format(moment);
const nameOf = (key) => named(data.departments.find((one) => one.key === key)?.name) || key;
const placeOf = (code) => data.areas.find((one) => one.code === code)?.name || code;

// The address bar holds what was asked, so that a view can be sent as a link.
function begin() {
  const asked = new URLSearchParams(location.search);
  const today = Date.now();
  form.elements.from.value = asked.get("from") || localDay(today - 29 * 86_400_000);
  form.elements.to.value = asked.get("to") || localDay(today);
  form.elements.area.value = asked.get("area") ?? "";
  if (form.elements.area.selectedIndex < 0) form.elements.area.value = "";
}

const query = () => Object.fromEntries([...new FormData(form)].filter(([, value]) => value));

function barCell(value, text, tone) {
  return h("td", {}, h("div.bar-cell", {}, h("b", {}, text), value == null ? h("span", {}) : h("i", { "aria-hidden": "true", style: { "--share": `${(value * 100).toFixed(1)}%`, ...(tone ? { "--bar-tone": tone } : {}) } })));
}
const tone = (rate) => (rate == null ? null : rate >= 0.9 ? "var(--good-mark)" : rate >= 0.7 ? "var(--near-mark)" : "var(--late-mark)");
const minutes = (value) => (value == null ? "–" : length(value));

function row(one) {
  return h(one.rank == null ? "tr.apart" : "tr", { dataset: { department: one.department } },
    h("td.rank", {}, one.rank ?? "–"), h("th", { scope: "row" }, nameOf(one.department)),
    h("td.number", {}, count(one.calls)), h("td.number", {}, minutes(one.answer_median_min)), h("td.number", {}, minutes(one.answer_p90_min)),
    barCell(one.arrival_rate, `${one.arrived}/${one.awaited}`), barCell(one.on_time_rate, share(one.on_time_rate), tone(one.on_time_rate)),
    h("td.number", { title: one.rating == null ? "" : t("%(rating)s of %(n)s ratings, not smoothed", { rating: one.rating.toFixed(2), n: count(one.ratings) }) }, one.rating_smooth == null ? "–" : `${one.rating_smooth.toFixed(2)} ★ (${count(one.ratings)})`),
    h("td.number", {}, count(one.running)), h("td.number", {}, count(one.declined)));
}

async function showReport() {
  const asked = query();
  document.getElementById("save").href = `/api/v1/whistles/report.csv?${new URLSearchParams({ ...asked, lang: language })}`;
  try {
    const found = await get("/api/v1/whistles/report", asked);
    const all = found.departments.reduce((sum, one) => sum + one.calls, 0);
    fill(base, t("%(calls)s calls made from %(from)s to %(to)s; departments with at least %(least)s calls are ranked.", { calls: count(all), from: asked.from, to: asked.to, least: count(found.min_ranked) }));
    const ranked = found.departments.filter(({ rank }) => rank != null);
    const apart = found.departments.filter(({ rank }) => rank == null);
    const heads = [["", t("Rank")], ["", t("Department")], ["number", t("Calls")], ["number", t("Answer, median")], ["number", t("90% within")], ["", t("Came")], ["", t("In time")], ["number", t("Rating (count)")], ["number", t("Under way")], ["number", t("Declined")]];
    if (found.departments.length === 0) {
      fill(report, h("tbody", {}, h("tr", {}, h("td.quiet", {}, t("No department was called in this period. Whistle from a case in the command centre, or choose a longer period.")))));
      return;
    }
    fill(report, h("thead", {}, h("tr", {}, heads.map(([name, words]) => h("th", { scope: "col", class: name }, words)))),
      h("tbody", {}, ranked.map(row), apart.length > 0 && h("tr.apart-head", {}, h("td", { colspan: heads.length }, t("Too few calls for a rank (fewer than %(least)s)", { least: count(found.min_ranked) }))), apart.map(row)));
  } catch (error) {
    fill(report, h("tbody", {}, h("tr", {}, h("td", {}, h("div.refused", { role: "alert" }, error.message)))));
  }
}

async function showWaiting() {
  if (!data.may.handle) return;
  if (waiting.querySelector("form")) return; // what somebody is writing stays
  try {
    const { area } = query();
    const found = await get("/api/v1/whistles", { area: area ?? null }, { quiet: true });
    card.hidden = false;
    document.getElementById("waiting-count").textContent = found.calls.length === 0 ? t("No call is under way.") : t("%(n)s calls, what is due first first", { n: count(found.calls.length) });
    fill(waiting, found.calls.map((call) => callRow(call, { departments: data.departments, act: (body) => act(call, body), about: about(call) })));
  } catch (error) {
    fill(waiting, h("li.refused", { role: "alert" }, error.message));
  }
}

function about(call) {
  const category = named(data.categories.find(({ key }) => key === call.category)?.name) || call.category;
  return h("p.small", {}, h("a", { href: `/command#case=${call.case_id}` }, t("Case %(id)s", { id: call.case_id })), ` · ${[category, call.area_code && placeOf(call.area_code)].filter(Boolean).join(" · ")}`, call.reason && h("span.quiet", {}, ` · ${call.reason}`));
}

async function act(call, body) {
  try {
    await post(`/api/v1/cases/${call.case_id}/calls/${call.id}/actions`, body);
    fill(waiting);
    await Promise.all([showWaiting(), showReport()]);
    return true;
  } catch (error) {
    fill(document.getElementById("waiting-count"), error.message);
    return false;
  }
}

form.addEventListener("change", () => {
  if (!form.reportValidity()) return;
  history.replaceState(null, "", `?${new URLSearchParams(query())}`);
  showReport();
  showWaiting();
});
form.addEventListener("submit", (event) => event.preventDefault());
begin();
showReport();
showWaiting();
setInterval(showWaiting, 30_000);
