// The words that people taught for places: found, taught by hand, ended.

import { get, post, remove } from "wangge/core/api.js";
import { fill, h, settled } from "wangge/core/dom.js";
import { pageData } from "wangge/core/elements.js";
import { onSend, refused, worked } from "wangge/core/forms.js";
import { joinFrame } from "wangge/core/frame.js";
import { count, language, t } from "wangge/core/words.js";
import { placePicker } from "wangge/duty/picking.js";

joinFrame();
const MOST = 2000; // as many as the server gives
const { may } = pageData();
const form = document.getElementById("asked");
const table = document.getElementById("words");
const told = document.getElementById("told");
const moments = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { dateStyle: "short", timeStyle: "short" });
const KINDS = { area: t("Area"), compound: t("Compound"), facility: t("Facility"), street: t("Street"), point: t("Point on the map") };
const OF_LAYER = { areas: "area", compounds: "compound", buildings: "building", facilities: "facility", streets: "street" };
let known = [];

const picker = placePicker({ layers: Object.keys(OF_LAYER), label: t("The place"), required: true });
document.getElementById("teach-place").replaceWith(picker.box);

const parts = (one) => [one.word, one.name, one.code, one.taught_by, KINDS[one.kind]];

function draw() {
  const q = form.elements.q.value.trim().toLowerCase();
  const found = known.filter((one) => !q || parts(one).some((part) => part?.toLowerCase().includes(q)));
  document.getElementById("how-many").textContent = known.length === MOST ? t("the newest %(count)s", { count: count(MOST) }) : t("%(count)s words", { count: count(found.length) });
  if (found.length === 0) {
    fill(table, h("tbody", {}, h("tr", {}, h("td.quiet", {}, q ? t("No word is like this.") : t("No word is taught yet. Words are kept when a case is placed by hand, or entered above.")))));
    return;
  }
  const heads = [t("Word"), t("The place"), t("Kind"), t("Taught by"), t("When"), t("From case"), ""];
  fill(table, h("thead", {}, h("tr", {}, heads.map((words) => h("th", { scope: "col" }, words)))), h("tbody", {}, found.map(row)));
}

function row(one) {
  const cell = (label, ...children) => h("td", { dataset: { label } }, ...children);
  return h(one.ended_at ? "tr.apart" : "tr", { dataset: { alias: one.id } },
    h("th", { scope: "row" }, one.word, one.others > 0 && h("span.badge.badge-near", { title: t("Addresses with it stay doubtful until a person chooses.") }, t("taught for %(count)s more places", { count: count(one.others) }))),
    cell(t("The place"), one.name || one.code || "–"), cell(t("Kind"), KINDS[one.kind] ?? one.kind), cell(t("Taught by"), one.taught_by), cell(t("When"), moments.format(new Date(one.taught_at))),
    cell(t("From case"), one.case_id ? h("a", { href: `/command#case=${one.case_id}` }, one.case_id) : t("by hand")),
    h("td", {}, one.ended_at ? h("span.small", {}, t("ended by %(name)s, %(time)s", { name: one.ended_by, time: moments.format(new Date(one.ended_at)) })) : may.end && h("button.button", { type: "button", "aria-label": t("Remove %(word)s", { word: one.word }), onClick: () => end(one) }, t("Remove"))));
}

async function end(one) {
  try {
    await remove(`/api/v1/aliases/${one.id}`);
    worked(told, t("“%(word)s” counts no more; cases stay where they are.", { word: one.word }));
    await show();
  } catch (error) {
    refused(told, error);
  }
}

async function show() {
  try {
    known = (await get("/api/v1/aliases", { ended: form.elements.ended.checked })).aliases;
    draw();
  } catch (error) {
    refused(told, error);
  }
}

onSend(document.getElementById("teach"), async ({ word }, sent) => {
  const place = picker.value();
  const { id, others } = await post("/api/v1/aliases", { word, kind: OF_LAYER[place.layer], code: place.code });
  const placed = await post(`/api/v1/aliases/${id}/settle`);
  sent.reset();
  picker.clear();
  await show();
  if (others > 0) return t("“%(word)s” is taught for %(count)s other places too: addresses with it stay doubtful.", { word, count: count(others) });
  return t("“%(word)s” is taught. %(count)s waiting cases found their place.", { word, count: count(placed.cases.length) });
});
form.addEventListener("submit", (event) => event.preventDefault());
form.elements.ended.addEventListener("change", show);
form.elements.q.addEventListener("input", settled(draw, 80));
show();
