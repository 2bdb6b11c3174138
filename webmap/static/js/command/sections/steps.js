// What its reader may do with a case now, and who is in charge of its place.

import { post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { named, t } from "wangge/core/words.js";
import { letters } from "wangge/command/letters.js";

export function section({ id, board, reload }) {
  const buttons = h("div.row.step-buttons", { role: "group", "aria-label": t("Steps") });
  const said = h("p.step-said", { role: "status", hidden: true });
  const form = h("form.step-form", { hidden: true });
  const people = h("dl.facts", {});
  const element = h("section.record-part.record-do", {}, buttons, said, form, people);
  let found = null;
  let wanted = null; // the step whose form is open
  let isBusy = false;
  const termOf = (key) => board.profile.steps.find((step) => step.key === key);

  /** Closing over departments that have not finished wants a reason, too. */
  function needsReason(step) {
    const closes = board.profile.states.find(({ key }) => key === step.to_state)?.open === false;
    return step.reason || (closes && found.running_calls > 0);
  }

  function say(text, { tone = "" } = {}) {
    said.hidden = !text;
    said.className = `step-said ${tone && `tone-${tone}`}`;
    fill(said, text);
  }

  /** Take the step at once, or ask first for what it needs. */
  function begin(step) {
    say("");
    if (!needsReason(step) && !step.assigns) return take(step, {});
    wanted = step;
    layForm();
    (form.querySelector("select, textarea")).focus();
    return undefined;
  }

  function layForm() {
    const assignee = h("select", { name: "assignee", required: true }, h("option", { value: "" }, t("Choose…")), found.people.map((one) => h("option", { value: one.id }, personName(one, found.case))));
    const reason = h("textarea", { name: "reason", rows: "3", maxlength: "2000", required: needsReason(wanted) });
    const send = h("button.button.main", { type: "submit" }, named(wanted.name));
    const leave = () => {
      wanted = null;
      form.hidden = true;
      buttons.querySelector("button")?.focus();
    };
    form.hidden = false;
    fill(form,
      wanted.assigns && h("label.field", {}, h("span", {}, t("To whom")), assignee),
      h("label.field", {}, h("span", {}, needsReason(wanted) ? t("Why") : t("Why (may be left empty)")), reason),
      h("p.step-kept.tone-near", { hidden: true }),
      h("div.row", {}, send, h("button.button", { type: "button", onClick: leave }, t("Cancel"))));
    form.onsubmit = (event) => {
      event.preventDefault();
      take(wanted, { reason: reason.value, ...(wanted.assigns ? { assignee: Number(assignee.value) } : {}) });
    };
    form.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      leave();
    };
  }

  /** What was typed stays, and whether it can still be sent is said. */
  function mendForm() {
    if (!wanted) return;
    const may = found.next.includes(wanted.key);
    form.querySelector("[type=submit]").disabled = !may;
    const kept = form.querySelector(".step-kept");
    kept.hidden = may;
    const state = board.profile.states.find(({ key }) => key === found.case.state);
    fill(kept, t("The case is now “%(state)s” and does not take this step; what you wrote is kept here.", { state: named(state?.name) || found.case.state }));
  }

  async function take(step, values) {
    if (isBusy) return;
    isBusy = true;
    element.setAttribute("aria-busy", "true");
    try {
      const { wants_photo: lacks } = await post(`/api/v1/cases/${id}/actions`, { action: step.key, revision: found.case.revision, ...values });
      wanted = null;
      form.hidden = true;
      say([t("Done: %(step)s", { step: named(step.name) }), lacks && t("It should have a photo of how it is: add one under Photos.")].filter(Boolean).join(" "), { tone: lacks ? "near" : "good" });
      board.onStep?.(id);
    } catch (error) {
      say(error.status === 409 ? t("Not taken: %(why)s Below is the case as it is now.", { why: error.message }) : error.message, { tone: "late" });
    } finally {
      isBusy = false;
      element.removeAttribute("aria-busy");
    }
    await reload();
  }

  return {
    element,
    show(news) {
      found = news;
      element.hidden = !found.may_handle && found.people.every(({ duty }) => duty == null) && found.case.assignee_id == null;
      const keys = letters(board.profile.steps);
      const focused = [...buttons.children].indexOf(document.activeElement);
      fill(buttons, found.next.map(termOf).filter(Boolean).map((step) =>
        h("button.button", { type: "button", dataset: { step: step.key }, "aria-keyshortcuts": keys.get(step.key) ?? null, onClick: () => begin(step) },
          named(step.name), keys.has(step.key) && h("kbd", {}, keys.get(step.key)))));
      if (focused >= 0) (buttons.children[focused] ?? buttons.children[0])?.focus();
      mendForm();
      layPeople(people, found);
    },
    take(key) {
      const step = termOf(key);
      if (!found || !step || !found.next.includes(key)) return false;
      begin(step);
      return true;
    },
  };
}

function personName(one, { grid_code: grid, grid_name: gridName, area_code: area, area_name: areaName }) {
  const name = one.display_name || one.name;
  if (one.duty && one.duty === grid) return `${name} · ${gridName || grid}`;
  if (one.duty) return `${name} · ${one.duty === area ? areaName || area : one.duty}`;
  return `${name} · ${one.elsewhere ? t("of another place") : t("everywhere")}`;
}

function layPeople(box, { case: one, people, names }) {
  const inCharge = people.filter(({ duty }) => duty != null).slice(0, 3);
  const rows = [
    one.assignee_id != null && [t("In hand of"), names[one.assignee_id] ?? `#${one.assignee_id}`],
    inCharge.length > 0 && [t("Grid worker"), inCharge.map((person) => h("span.person", {}, person.display_name || person.name, person.telephone && [" ", h("a", { href: `tel:${person.telephone}` }, person.telephone)]))],
  ].filter(Boolean);
  box.hidden = rows.length === 0;
  fill(box, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}
