// The users, for administrators: add, change, switch off; and what everybody did.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { pageData } from "wangge/core/elements.js";
import { onSend, refused, worked } from "wangge/core/forms.js";
import { joinFrame } from "wangge/core/frame.js";
import { language, t } from "wangge/core/words.js";

joinFrame();
const ROLES = Object.entries(pageData().roles);
const DEPARTMENTS = Object.entries(pageData().departments ?? {});
const list = document.getElementById("users");
const told = document.getElementById("told");
const moments = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { dateStyle: "short", timeStyle: "medium" });

const options = (chosen) => ROLES.map(([key, name]) => h("option", { value: key, selected: key === chosen }, name));
const codes = (text) => text.split(/[\s,，;；、]+/).filter(Boolean);

// The least right first, so that a form left as it is gives no more.
fill(document.getElementById("roles"), [...options("")].reverse());

async function change(user, body) {
  try {
    await post(`/api/v1/users/${encodeURIComponent(user.name)}`, body, { method: "PATCH" });
    worked(told, t("%(name)s is changed.", { name: user.name }));
  } catch (error) {
    refused(told, error);
  }
  await show();
}

async function newPassword(user, cell) {
  const input = h("input", { type: "text", minlength: 10, autocomplete: "off", spellcheck: "false", "aria-label": t("New password") });
  const send = async () => {
    try {
      await post(`/api/v1/users/${encodeURIComponent(user.name)}/password`, { password: input.value }, { method: "PUT" });
      worked(told, t("The password of %(name)s is changed.", { name: user.name }));
      await show();
    } catch (error) {
      refused(told, error);
    }
  };
  fill(cell, h("div.row", {}, input, h("button.button.main", { type: "button", onClick: send }, t("Change")), h("button.button", { type: "button", onClick: show }, t("Cancel"))));
  input.focus();
}

function row(user) {
  const last = h("td");
  const act = (name, work) => h("button.button", { type: "button", onClick: work }, name);
  fill(last, h("div.row", {}, act(t("New password"), () => newPassword(user, last)), act(user.active ? t("Switch off") : t("Switch on"), () => change(user, { active: !user.active }))));
  return h(
    user.active ? "tr" : "tr.off",
    {},
    h("td", {}, user.name),
    h("td", {}, user.display_name || "–"),
    h("td", {}, h("select", { "aria-label": t("Role"), onChange: (event) => change(user, { role: event.target.value }) }, options(user.role))),
    h("td", {}, h("input", { type: "text", value: user.areas.join(" "), "aria-label": t("Areas of duty"), placeholder: t("everywhere"), onChange: (event) => change(user, { areas: codes(event.target.value) }) })),
    DEPARTMENTS.length > 0 && h("td", {}, h("select", { "aria-label": t("Department"), onChange: (event) => change(user, { department: event.target.value }) }, h("option", { value: "" }, "–"), DEPARTMENTS.map(([key, name]) => h("option", { value: key, selected: key === user.department }, name)))),
    h("td", {}, h("input", { type: "text", inputmode: "tel", size: "14", value: user.telephone ?? "", maxlength: "30", "aria-label": t("Telephone of duty"), onChange: (event) => change(user, { telephone: event.target.value }) })),
    h("td", {}, user.active ? t("on") : t("off")),
    last,
  );
}

async function show() {
  const { users } = await get("/api/v1/users");
  document.getElementById("how-many").textContent = t("%(count)s accounts", { count: users.length });
  fill(list, users.map(row));
}

onSend(document.getElementById("add"), async (values, form) => {
  await post("/api/v1/users", { ...values, areas: codes(values.areas) });
  form.reset();
  await show();
  return t("%(name)s is added.", { name: values.name });
});

// ── what was done ────────────────────────────────────────────────────────────────────────────

const ACTIONS = {
  signed_in: t("signed in"), signed_out: t("signed out"), sign_in_failed: t("failed to sign in"), sign_in_throttled: t("was kept from signing in"),
  user_added: t("added a user"), user_changed: t("changed a user"), password_set: t("set a password"), password_changed: t("changed the own password"),
  token_made: t("made a token"), token_revoked: t("revoked a token"), import_asked: t("asked for an import"), imported: t("imported"), exported: t("exported"),
  read_personal: t("read personal data"), whistled: t("whistled for departments"), call_answered: t("answered a call"), call_arrived: t("arrived for a call"), call_finished: t("finished a call"), call_declined: t("declined a call"), call_withdrawn: t("withdrew a call"), call_rated: t("rated a department"), call_late: t("told of a late department"), reviewed: t("entered a decision of a review"), review_withdrawn: t("withdrew a decision of a review"), demo_asked: t("asked for the demo city"), demo_loaded: t("loaded the demo city"), map_written: t("wrote a map as a file"),
  led_screens: t("led other screens"), ended_screens: t("led screens no more"),
};
const THINGS = {
  screens: t("Screens"), users: t("User"), tokens: t("Token"), demo: t("Demo city"), map: t("Map"),
  areas: t("Areas"), grids: t("Grids"), compounds: t("Compounds"), buildings: t("Buildings"), facilities: t("Facilities"), streets: t("Streets"), cases: t("Cases"),
};
const DETAILS = {
  ...THINGS, role: t("Role"), active: t("State"), display_name: t("Person"), address: t("Network address"), name: t("What for"), user_id: t("Number of the user"),
  filename: t("File"), rows: t("rows"), added: t("added"), changed: t("changed"), unchanged: t("unchanged"), ended: t("ended"), refused: t("refused"), import_id: t("Import number"),
  job: t("Job number"), count: t("Number of entries"), ids: t("Numbers"), first: t("from number"), last: t("to number"), asked: t("Conditions"), by: t("By way of"), layers: t("Layers"), title: t("Title"),
  scale: t("Scale"), seed: t("Seed"), export: t("export"), terminal: t("Terminal"),
};
const ROLE_NAMES = Object.fromEntries(ROLES);
const name = (key) => DETAILS[key] ?? key;

/** A detail of an entry in words. */
function said([key, value]) {
  if (key === "areas" && Array.isArray(value)) return t("Areas of duty: %(areas)s", { areas: value.join(" ") });
  if (key === "role") return `${name(key)}: ${ROLE_NAMES[value] ?? value}`;
  if (typeof value === "boolean") return `${name(key)}: ${value ? t("on") : t("off")}`;
  if (Array.isArray(value)) return `${name(key)}: ${value.map(name).join(" ")}`;
  if (typeof value === "object") return `${name(key)}: ${Object.entries(value).map(([inner, one]) => `${inner}=${one}`).join(" ")}`;
  return `${name(key)}: ${key === "by" ? name(value) : value}`;
}

/** What an entry is about: `users/li.ming` as “User li.ming”. */
function about(subject) {
  const [thing, ...rest] = subject.split("/");
  return [THINGS[thing] ?? thing, rest.join("/")].filter(Boolean).join(" ") || "–";
}
const empty = (value) => value === null || value === "" || (Array.isArray(value) && !value.length);

const trail = document.getElementById("audit");
const older = document.getElementById("older");
let before = null;

async function more() {
  const { entries, next } = await get("/api/v1/audit", { before, limit: 50 });
  before = next;
  older.hidden = next === null;
  for (const entry of entries) {
    const details = Object.entries(entry.details).filter(([, value]) => !empty(value)).map(said).join(" · ");
    trail.append(h("tr", {}, h("td.moment", {}, moments.format(new Date(entry.at))), h("td", {}, entry.actor === "terminal" ? name("terminal") : entry.actor), h("td", {}, ACTIONS[entry.action] ?? entry.action), h("td", {}, about(entry.subject)), h("td.small.quiet", {}, details)));
  }
}

older.addEventListener("click", more);
await Promise.all([show(), more()]);
