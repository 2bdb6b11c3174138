// What may be done with a case in every state: a note, urging, a pause, more time, handing over, a
// second opinion, the level above. The server says which of them are for this reader now.

import { post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { t } from "wangge/core/words.js";

/** What each is called, and what it asks for. */
const ACTS = () => ({
  note: [t("Note"), ["reason"]], urge: [t("Urge"), ["reason"]], pause: [t("Pause the clock"), ["reason"]], resume: [t("Let the clock run again"), []],
  extend: [t("Extend the limit"), ["amount", "reason"]], approve: [t("Grant what is asked for"), []], turn_down: [t("Do not grant it"), ["reason"]],
  hand_over: [t("Hand the case over"), ["assignee", "reason"]], ask: [t("Ask somebody for an opinion"), ["assignee", "reason"]],
  answer: [t("Give an opinion"), ["reason"]], raise: [t("Report to the level above"), ["reason"]],
});

export function section({ id, board, reload }) {
  const acts = ACTS();
  const buttons = h("div.row.step-buttons", { role: "group", "aria-label": t("More that may be done") });
  const said = h("p.step-said", { role: "status", hidden: true });
  const form = h("form.step-form", { hidden: true });
  const element = h("section.record-part.record-acts", {}, h("details", {}, h("summary", {}, t("More that may be done")), buttons), said, form);
  let found = null;
  let wanted = null;

  function leave() {
    wanted = null;
    form.hidden = true;
  }

  function begin(key) {
    const [name, asks] = acts[key];
    wanted = key;
    said.hidden = true;
    if (!asks.length) return take({});
    const reason = h("textarea", { rows: "3", maxlength: "2000", required: true });
    const assignee = h("select", { required: true }, h("option", { value: "" }, t("Choose…")), found.people.map((one) => h("option", { value: one.id }, one.display_name || one.name)));
    const amount = h("input", { type: "number", min: "1", max: "90", step: "1", required: true, value: "1" });
    const unit = h("select", { "aria-label": t("Unit") }, h("option", { value: "days" }, t("working days")), h("option", { value: "hours" }, t("working hours")));
    form.hidden = false;
    fill(form,
      asks.includes("assignee") && h("label.field", {}, h("span", {}, t("To whom")), assignee),
      asks.includes("amount") && h("div.row", {}, h("label.field", {}, h("span", {}, t("By how much")), amount), unit),
      h("label.field", {}, h("span", {}, key === "note" ? t("Note") : t("Why")), reason),
      h("p.step-kept.tone-near", { hidden: true }, t("This can be done no more; what you wrote is kept here.")),
      h("div.row", {}, h("button.button.main", { type: "submit" }, name), h("button.button", { type: "button", onClick: leave }, t("Cancel"))));
    form.onsubmit = (event) => {
      event.preventDefault();
      take({
        reason: reason.value, ...(asks.includes("assignee") ? { assignee: Number(assignee.value) } : {}),
        ...(asks.includes("amount") ? { amount: Number(amount.value), unit: unit.value } : {}),
      });
    };
    form.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      leave();
    };
    form.querySelector("select, input, textarea").focus();
    return undefined;
  }

  async function take(values) {
    const key = wanted;
    element.setAttribute("aria-busy", "true");
    try {
      await post(`/api/v1/cases/${id}/actions`, { action: key, revision: found.case.revision, ...values });
      leave();
      said.className = "step-said tone-good";
      fill(said, t("Done: %(step)s", { step: acts[key][0] }));
    } catch (error) {
      said.className = "step-said tone-late";
      fill(said, error.status === 409 ? t("Not taken: %(why)s Below is the case as it is now.", { why: error.message }) : error.message);
    } finally {
      element.removeAttribute("aria-busy");
    }
    said.hidden = false;
    board.onStep?.(id);
    await reload();
  }

  return {
    element,
    show(news) {
      found = news;
      const offered = (found.acts ?? []).filter((key) => acts[key]);
      element.hidden = offered.length === 0;
      fill(buttons, offered.map((key) => h("button.button", { type: "button", dataset: { act: key }, onClick: () => begin(key) }, acts[key][0])));
      if (!wanted || form.hidden) return;
      form.querySelector("[type=submit]").disabled = !offered.includes(wanted);
      form.querySelector(".step-kept").hidden = offered.includes(wanted);
    },
  };
}
