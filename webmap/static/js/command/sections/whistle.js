// Departments called to a case (吹哨报到): each one's clocks, what its reader may do, the rating.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { named, t } from "wangge/core/words.js";
import { callRow } from "wangge/command/calls.js";
import { masked } from "wangge/command/masking.js";

export function section({ id, board, reload }) {
  const departments = board.profile.departments ?? [];
  const list = h("ul.calls", {});
  const said = h("p.step-said", { role: "status", hidden: true });
  const offer = h("button.button", { type: "button", onClick: () => openForm() }, t("Whistle for departments"));
  const form = h("form.step-form", { hidden: true });
  const element = h("section.record-part.record-calls", { hidden: true, "aria-label": t("Departments called") }, h("h3", {}, t("Departments called")), list, said, offer, form);
  let turn = 0;
  let found = null;

  function say(text, tone = "") {
    said.hidden = !text;
    said.className = `step-said ${tone && `tone-${tone}`}`;
    fill(said, text);
  }

  function lay() {
    element.hidden = !found.may_whistle && found.calls.length === 0;
    offer.hidden = !found.may_whistle || !form.hidden;
    const open = list.querySelector("form");
    if (open) return; // what somebody is writing stays
    fill(list, found.calls.map((call) => callRow(call, { departments, zone: board.profile.timezone, act: (body) => act(call, body) })));
  }

  function openForm() {
    const running = new Set(found.calls.filter(({ ended_at: ended }) => ended == null).map(({ department }) => department));
    const rank = ({ key }) => (found.suited.includes(key) ? 0 : 1);
    const free = departments.filter(({ key }) => !running.has(key)).sort((a, b) => rank(a) - rank(b));
    const box = (one) => h("label.call-choice", {}, h("input", { type: "checkbox", name: "department", value: one.key, checked: found.suited.includes(one.key) }), named(one.name));
    form.hidden = false;
    fill(form,
      h("fieldset.call-choices", {}, h("legend", {}, t("Which departments")), free.map(box)),
      h("label.field", {}, h("span", {}, t("What they are called for")), h("textarea", { name: "reason", rows: "2", maxlength: "2000", required: true })),
      h("div.row", {}, h("button.button.main", { type: "submit" }, t("Whistle")), h("button.button", { type: "button", onClick: close }, t("Cancel"))));
    form.onsubmit = (event) => {
      event.preventDefault();
      const chosen = [...form.querySelectorAll("[name=department]:checked")].map(({ value }) => value);
      if (chosen.length === 0) return say(t("Say which departments are called."), "late");
      return send("", { departments: chosen, reason: form.elements.reason.value }).then((isDone) => {
        if (isDone) close();
      });
    };
    form.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      close();
    };
    lay();
    (form.querySelector("input:not(:checked), input") ?? form.elements.reason).focus();
  }

  function close() {
    form.hidden = true;
    fill(form);
    lay();
    offer.focus();
  }

  async function send(path, body) {
    say("");
    element.setAttribute("aria-busy", "true");
    try {
      found = await post(`/api/v1/cases/${id}/calls${path}`, body);
      return true;
    } catch (error) {
      say(error.message, "late");
      if (error.status === 409) await read();
      return false;
    } finally {
      element.removeAttribute("aria-busy");
    }
  }

  async function act(call, body) {
    const isDone = await send(`/${call.id}/actions`, body);
    if (isDone) {
      fill(list);
      lay();
      reload();
    }
    return isDone;
  }

  async function read() {
    const mine = ++turn;
    try {
      const news = await get(`/api/v1/cases/${id}/calls`, masked(board));
      if (mine !== turn) return;
      found = news;
      lay();
    } catch (error) {
      if (mine === turn) say(error.message, "late");
    }
  }

  return {
    element,
    show() {
      if (departments.length > 0) read();
    },
  };
}
