// One public room: plan against fact, what is wrong with it, what was done, what may be done.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { count, t } from "wangge/core/words.js";
import { ask } from "wangge/duty/dialog.js";

export const m2 = (value) => (value == null ? "–" : `${count(value)} m²`);
const field = (name, label, type = "text", more = {}) => h("label.field", {}, h("span", {}, label), h("input", { name, type, ...(type === "number" ? { min: 0, max: 100000, step: "any" } : {}), ...more }));
const choose = (name, label, words, value = "", optional = false) => h("label.field", {}, h("span", {}, label), h("select", { name }, optional && h("option", { value: "" }, "–"), Object.entries(words).map(([key, said]) => h("option", { value: key, selected: key === value }, said))));
const note = (required = false) => field("note", t("Why"), "text", { maxlength: 1000, required });

/** What a form gave: empty left out, numbers as numbers. */
export function said(values) {
  const kept = Object.entries(values).filter(([, value]) => value !== "");
  return Object.fromEntries(kept.map(([name, value]) => [name, /_m2$|^m2$|^lon$|^lat$/.test(name) ? Number(value) : value]));
}

/** The fields of a room's plan. */
export const planFields = (data) => [field("name", t("Name"), "text", { maxlength: 80 }), field("compound_code", t("Compound code"), "text", { maxlength: 40 }), field("developer", t("Developer"), "text", { maxlength: 80 }), field("address", t("Address"), "text", { maxlength: 200 }), choose("planned_use", t("Planned use"), data.uses, "", true), field("planned_m2", t("Planned, m²"), "number", { required: true }), field("planned_on", t("Day of the plan"), "date", { max: data.today }), field("plan_document", t("Plan document"), "text", { maxlength: 120 }), ...placeFields({})];
const placeFields = ({ lon, lat }) => [field("lon", t("Longitude"), "number", { min: -180, max: 180, value: lon ?? "" }), field("lat", t("Latitude"), "number", { min: -90, max: 90, value: lat ?? "" })];

function bars(room) {
  const most = Math.max(room.planned_m2 ?? 0, room.accepted_m2 ?? 0, room.handed_m2 ?? 0, 1);
  const bar = (label, value, kind) => [h("dt", {}, label), h(`i${kind}`, { "aria-hidden": "true", style: { "--share": `${((value ?? 0) / most) * 100}%` } }), h("dd", { style: { margin: 0 } }, m2(value))];
  return h("dl.room-bars", {}, bar(t("Planned"), room.planned_m2, ".plan"), bar(t("Acceptance passed"), room.accepted_m2, ""), bar(t("Taken over"), room.handed_m2, ""), bar(t("In use"), room.used_as ? room.handed_m2 : 0, ""));
}

const FIELDS = () => ({ name: t("Name"), compound_code: t("Compound code"), address: t("Address"), developer: t("Developer"), planned_use: t("Planned use"), planned_m2: t("Planned, m²"), planned_on: t("Day of the plan"), plan_document: t("Plan document"), accepted_m2: t("Accepted, m²"), accepted_on: t("Day of acceptance"), handed_m2: t("Handed over, m²"), handed_on: t("Day of handing over"), used_as: t("Used as"), used_since: t("In use since"), department: t("Department"), result: t("Result"), measured_m2: t("Measured, m²"), kind: t("What is wrong"), m2: t("Square metres"), found_on: t("Found on"), owner: t("Who sees to it"), due_on: t("Due"), ordered_on: t("Ordered on"), ended_on: t("Ended on"), outcome: t("Outcome"), recovered_m2: t("Recovered, m²"), lon: t("Longitude"), lat: t("Latitude") });

function told(data, name, value) {
  if (value == null) return "–";
  const words = { planned_use: data.uses, used_as: data.uses, result: data.results, kind: data.faults, owner: data.departments, outcome: { recovered: t("Recovered"), withdrawn: t("Withdrawn") } }[name];
  return words?.[value] ?? String(value);
}

function entry(data, one) {
  const names = FIELDS();
  const changes = Object.entries(one.changes).map(([name, value]) => `${names[name] ?? name}${t(": ")}${Array.isArray(value) ? (value[0] == null ? told(data, name, value[1]) : `${told(data, name, value[0])} → ${told(data, name, value[1])}`) : told(data, name, value)}`);
  return h("li", {}, h("b", {}, data.steps[one.step] ?? one.step), h("span.quiet.small", {}, ` · ${one.by_name} · ${new Date(one.at).toLocaleString()}`), changes.length > 0 && h("p.small", {}, changes.join("; ")), one.note && h("p.small", {}, one.note));
}

/** Show the room `code` in `place`; `changed()` is called after each step. */
export async function showRoom(place, code, data, changed) {
  place.hidden = false;
  let room;
  try {
    room = await get(`/api/v1/rooms/${encodeURIComponent(code)}`);
  } catch (error) {
    fill(place, h("div.refused", { role: "alert" }, error.message));
    return null;
  }
  const again = async () => {
    await showRoom(place, code, data, changed);
    changed();
  };
  const step = (name, title, fields) => h("button.button", { type: "button", dataset: { step: name }, onClick: () => ask(title, [...fields, note()], { save: async (given) => {
    const { note: why = "", ...values } = said(given);
    try {
      await post(`/api/v1/rooms/${encodeURIComponent(code)}/steps`, { step: name, values, note: why, revision: room.revision });
    } catch (error) {
      if (error.status === 409) await again();
      throw error;
    }
    await again();
  } }) }, title);
  const follow = (fault, name, title, fields, must = false) => h("button.button", { type: "button", onClick: () => ask(title, [...fields, note(must)], { save: async (given) => {
    await post(`/api/v1/rooms/findings/${fault.id}/steps`, { step: name, ...said(given) });
    await again();
  } }) }, title);
  const last = { max: data.today, value: data.today, required: true };
  const acts = [
    room.may.keep_rooms && [
      step("amend", t("Correct the entry"), [field("name", t("Name"), "text", { value: room.name, maxlength: 80 }), field("compound_code", t("Compound code"), "text", { value: room.compound_code ?? "", maxlength: 40 }), field("developer", t("Developer"), "text", { value: room.developer ?? "", maxlength: 80 }), field("address", t("Address"), "text", { value: room.address ?? "", maxlength: 200 }), ...placeFields(room)]),
      step("plan", t("Change the plan"), [choose("planned_use", t("Planned use"), data.uses, room.planned_use, true), field("planned_m2", t("Planned, m²"), "number", { value: room.planned_m2 ?? "", required: true }), field("planned_on", t("Day of the plan"), "date", { max: data.today, value: room.planned_on ?? "" }), field("plan_document", t("Plan document"), "text", { value: room.plan_document ?? "", maxlength: 120 })]),
      step("accept", t("Accept"), [field("accepted_m2", t("Accepted, m²"), "number", { required: true, value: room.accepted_m2 ?? room.planned_m2 ?? "" }), field("accepted_on", t("Day of acceptance"), "date", last)]),
      room.accepted_on && step("hand_over", t("Hand the room over"), [field("handed_m2", t("Handed over, m²"), "number", { required: true, value: room.handed_m2 ?? room.accepted_m2 ?? "" }), field("handed_on", t("Day of handing over"), "date", last)]),
      room.handed_on && step("use", t("Put to use"), [choose("used_as", t("Used as"), data.uses, room.used_as ?? room.planned_use), field("used_since", t("In use since"), "date", last)]),
      room.used_as && step("leave", t("Leave empty"), []),
      step("check", t("Check against the plan"), [Object.keys(data.departments).length ? choose("department", t("Department"), Object.fromEntries(Object.values(data.departments).map((name) => [name, name]))) : field("department", t("Department"), "text", { required: true, maxlength: 80 }), choose("result", t("Result"), data.results), field("measured_m2", t("Measured, m²"), "number")]),
    ],
    room.may.report_rooms && h("button.button", { type: "button", onClick: () => ask(t("Report misuse"), [choose("kind", t("What is wrong"), data.faults), field("m2", t("Square metres"), "number"), choose("owner", t("Who sees to it"), data.departments, "", true), field("due_on", t("Due"), "date"), note()], { save: async (given) => {
      await post(`/api/v1/rooms/${encodeURIComponent(code)}/findings`, said(given));
      await again();
    } }) }, t("Report misuse")),
  ];
  const finding = (fault) => h(`li${fault.late ? ".late" : fault.ended_on ? "" : ".open"}`, {}, h("b", {}, data.faults[fault.kind] ?? fault.kind), ` ${m2(fault.m2)} · ${t("Found on")} ${fault.found_on}`,
    h("p.small", {}, fault.ended_on ? (fault.outcome === "recovered" ? t("%(m2)s m² recovered on %(day)s", { m2: count(fault.recovered_m2), day: fault.ended_on }) : t("Withdrawn on %(day)s", { day: fault.ended_on })) : [fault.ordered_on ? t("Ordered back") : t("Not ordered back yet"), fault.owner && ` · ${data.departments[fault.owner] ?? fault.owner}`, fault.due_on && ` · ${t("Due")} ${fault.due_on}`, fault.late && h("b.room-bad", {}, ` ▲ ${t("Late")}`)]),
    !fault.ended_on && room.may.keep_rooms && h("div.row.room-acts", {}, follow(fault, "order", t("Order back"), [choose("owner", t("Who sees to it"), data.departments, fault.owner ?? ""), field("due_on", t("Due"), "date", { required: true, value: fault.due_on ?? "" })]), follow(fault, "recover", t("Recovered"), [field("recovered_m2", t("Recovered, m²"), "number", { value: fault.m2 ?? "", required: true })]), follow(fault, "withdraw", t("Withdraw"), [], true)));
  const signed = new Set(room.entries.filter((one) => one.step === "check").map((one) => one.changes.department));
  fill(place,
    h("div.figures-head", {}, h("h2", {}, room.name || room.code), h("button.button", { type: "button", onClick: () => { place.hidden = true; history.replaceState(null, "", location.pathname + location.search); } }, t("Close"))),
    h("p.small.quiet", {}, [room.code, room.compound_name || room.compound_code, room.area_name, room.developer, room.plan_document, room.planned_on].filter(Boolean).join(" · ")),
    bars(room),
    h("p", {}, room.used_as ? t("Used as %(use)s", { use: data.uses[room.used_as] ?? room.used_as }) : room.handed_on ? t("Handed over, not in use") : t("Not handed over yet"), signed.size > 0 && ` · ${t("Checked by %(n)s departments", { n: count(signed.size) })}`),
    h("div.row.room-acts", {}, acts),
    Object.keys(room.aside).length > 0 && h("details", {}, h("summary", {}, t("What else its ledger says")), h("dl.room-aside", {}, Object.entries(room.aside).map(([name, value]) => [h("dt", {}, name), h("dd", {}, String(value))]))),
    room.findings.length > 0 && [h("h3", {}, t("What was found")), h("ul.room-course", {}, room.findings.map(finding))],
    h("h3", {}, t("What was done")), h("ul.room-course", {}, room.entries.map((one) => entry(data, one))));
  return room;
}
