// The users, for administrators: add, change, switch off; and what everybody did.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { pageData } from "wangge/core/elements.js";
import { onSend, refused, worked } from "wangge/core/forms.js";
import { joinFrame } from "wangge/core/frame.js";
import { language, t } from "wangge/core/words.js";
import { about, ACTIONS, by, said } from "wangge/users/deeds.js";

joinFrame();
const ROLES = Object.entries(pageData().roles);
const ROLE_NAMES = Object.fromEntries(ROLES);
const DEPARTMENTS = Object.entries(pageData().departments ?? {});
const list = document.getElementById("users");
const told = document.getElementById("told");
const moments = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { dateStyle: "short", timeStyle: "medium" });

const options = (chosen) => ROLES.map(([key, name]) => h("option", { value: key, selected: key === chosen }, name));
const codes = (text) => text.split(/[\s,，;；、]+/).filter(Boolean);

// The least right first, so that a form left as it is gives no more.
fill(document.getElementById("roles"), [...options("")].reverse());

const AREAS = pageData().areas ?? [];
const areaNames = new Map(AREAS.map(({ code, name }) => [code, name || code]));
const asked = document.getElementById("asked");
let known = [];
let opened = null; // the name of the account whose row is open

fill(asked.elements.role, h("option", { value: "" }, t("All")), options(""));

const path = (user) => `/api/v1/users/${encodeURIComponent(user.name)}`;

async function change(user, body) {
  try {
    await post(path(user), body, { method: "PATCH" });
    opened = null;
    worked(told, t("%(name)s is changed.", { name: user.name }));
    await show();
    back(user);
  } catch (error) {
    refused(told, error); // what was typed stays
  }
}

async function newPassword(user, input) {
  if (!input.reportValidity()) return;
  try {
    await post(`${path(user)}/password`, { password: input.value }, { method: "PUT" });
    input.value = "";
    worked(told, t("The password of %(name)s is changed.", { name: user.name }));
  } catch (error) {
    refused(told, error);
  }
}

const rowOf = (user) => [...list.children].find((one) => one.dataset.user === user.name);
const back = (user) => rowOf(user)?.querySelector("button")?.focus();

function open(user) {
  opened = user.name;
  fill(told);
  draw();
  rowOf(user)?.querySelector("select, input")?.focus();
}

function close(user) {
  opened = null;
  draw();
  back(user);
}

/** A row to read: a click anywhere opens it. */
function row(user) {
  if (user.name === opened) return openRow(user);
  const department = DEPARTMENTS.find(([key]) => key === user.department)?.[1];
  return h(user.active ? "tr.opens" : "tr.opens.off", { dataset: { user: user.name }, onClick: () => open(user) },
    h("td", {}, user.name), h("td", {}, user.display_name || "–"), h("td", {}, ROLE_NAMES[user.role] ?? user.role),
    h("td", {}, user.areas.length ? user.areas.map((code) => areaNames.get(code) ?? code).join(" ") : t("everywhere")),
    DEPARTMENTS.length > 0 && h("td", {}, department ?? "–"), h("td", {}, user.telephone || "–"), h("td", {}, user.active ? t("on") : t("off")),
    h("td", {}, h("button.button", { type: "button", "aria-label": t("Edit %(name)s", { name: user.name }) }, t("Edit"))));
}

/** A row to change: nothing is sent before it is saved. */
function openRow(user) {
  const role = h("select", { "aria-label": t("Role") }, options(user.role));
  const person = h("input", { type: "text", value: user.display_name, maxlength: "80", "aria-label": t("Person") });
  const areas = h("input", { type: "text", value: user.areas.join(" "), "aria-label": t("Areas of duty"), placeholder: t("everywhere") });
  const department = h("select", { "aria-label": t("Department") }, h("option", { value: "" }, "–"), DEPARTMENTS.map(([key, name]) => h("option", { value: key, selected: key === user.department }, name)));
  const telephone = h("input", { type: "text", inputmode: "tel", value: user.telephone ?? "", maxlength: "30", "aria-label": t("Telephone of duty") });
  const password = h("input", { type: "text", minlength: 10, required: true, autocomplete: "off", spellcheck: "false", "aria-label": t("New password"), placeholder: t("New password") });
  const act = (name, work, main = "") => h(`button.button${main}`, { type: "button", onClick: work }, name);
  const save = () => change(user, { role: role.value, display_name: person.value, areas: codes(areas.value), telephone: telephone.value, ...(DEPARTMENTS.length > 0 && { department: department.value }) });
  const keys = (event) => {
    if (event.key === "Escape") close(user);
    else if (event.key === "Enter" && event.target !== password && event.target.matches("input")) save();
  };
  const field = (name, input) => h("label.field", {}, h("span", {}, name), input);
  return h("tr.opened", { dataset: { user: user.name }, onKeydown: keys }, h("td", { colspan: 8 },
    h("div.opened-form", {},
      h("p.opened-name", {}, h("b", {}, user.name), " ", h("span.quiet.small", {}, user.active ? t("on") : t("off"))),
      field(t("Person"), person), field(t("Role"), role), field(t("Areas of duty"), areas), DEPARTMENTS.length > 0 && field(t("Department"), department), field(t("Telephone of duty"), telephone)),
    h("div.row.opened-acts", {}, act(t("Save"), save, ".main"), act(t("Cancel"), () => close(user)), act(user.active ? t("Switch off") : t("Switch on"), () => change(user, { active: !user.active })),
      h("span.opened-password", {}, password, act(t("Set the password"), () => newPassword(user, password))))));
}

/** Whether an account is responsible for an area, for one in it, or for one that it lies in. */
function serves(user, area) {
  if (!area || user.areas.length === 0) return true;
  const at = AREAS.findIndex(({ code }) => code === area);
  const line = new Set([area]);
  for (let i = at + 1; i < AREAS.length && AREAS[i].depth > AREAS[at].depth; i++) line.add(AREAS[i].code);
  for (let i = at, depth = AREAS[at].depth; i >= 0; i--) if (AREAS[i].depth < depth) (depth = AREAS[i].depth), line.add(AREAS[i].code);
  return user.areas.some((code) => line.has(code));
}

function draw() {
  const { q, role, area } = Object.fromEntries(new FormData(asked));
  const words = q.trim().toLowerCase();
  const fits = (user) => (!role || user.role === role) && serves(user, area) && (!words || [user.name, user.display_name, user.telephone].some((part) => part?.toLowerCase().includes(words)));
  const found = known.filter(fits);
  document.getElementById("how-many").textContent = found.length === known.length ? t("%(count)s accounts", { count: known.length }) : t("%(found)s of %(count)s accounts", { found: found.length, count: known.length });
  fill(list, found.length > 0 ? found.map(row) : h("tr", {}, h("td.quiet", { colspan: 8 }, t("No account is like this."))));
}

async function show() {
  try {
    known = (await get("/api/v1/users")).users;
    draw();
  } catch (error) {
    refused(told, error);
  }
}

asked.addEventListener("input", () => {
  opened = null;
  draw();
});
asked.addEventListener("submit", (event) => event.preventDefault());

onSend(document.getElementById("add"), async (values, form) => {
  await post("/api/v1/users", { ...values, areas: codes(values.areas) });
  form.reset();
  await show();
  return t("%(name)s is added.", { name: values.name });
});

// ── what was done ────────────────────────────────────────────────────────────────────────────

const empty = (value) => value === null || value === "" || (Array.isArray(value) && !value.length);

const trail = document.getElementById("audit");
const older = document.getElementById("older");
let before = null;

async function more() {
  const { entries, next } = await get("/api/v1/audit", { before, limit: 50 });
  before = next;
  older.hidden = next === null;
  for (const entry of entries) {
    const details = Object.entries(entry.details).filter(([, value]) => !empty(value)).map(([key, value]) => said(entry.action, key, value)).join(" · ");
    trail.append(h("tr", {}, h("td.moment", {}, moments.format(new Date(entry.at))), h("td", {}, by(entry.actor)), h("td", {}, ACTIONS[entry.action] ?? entry.action), h("td", {}, about(entry.subject)), h("td.small.quiet", {}, details)));
  }
}

older.addEventListener("click", more);
await Promise.all([show(), more()]);
