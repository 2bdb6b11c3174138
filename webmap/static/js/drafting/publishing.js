// What becomes of a draft: its history, a copy, its approval, the day from which it is in force.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { onSend } from "wangge/core/forms.js";
import { count, day, language, t } from "wangge/core/words.js";
import { comparison } from "wangge/drafting/comparing.js";
import { proposal } from "wangge/drafting/proposing.js";
import { stepName } from "wangge/drafting/answering.js";

const moments = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { dateStyle: "short", timeStyle: "short" });

/** The lower part of the panel. Kept while the panel is drawn anew, so that no word typed is lost. */
export class Publishing {
  constructor(planner, bench) {
    Object.assign(this, { planner, bench });
    this.told = h("div.told", { role: "alert" });
    this.element = h("section.publishing");
    this.shown = null;
  }

  get draft() {
    return this.bench.draft;
  }

  /** The element, drawn anew if another draft or another state of it is to be shown. */
  get() {
    const { id, state } = this.draft.info;
    const now = `${id} ${state}`;
    if (now !== this.shown) {
      this.shown = now;
      fill(this.told);
      this.comparison?.clear();
      this.comparison = comparison(this.planner, this.bench);
      const mayPropose = this.draft.isOpen && proposal(this.planner, this.bench);
      fill(this.element, mayPropose, this.comparison.element, ...this.ways(state), this.copy(), this.steps(), this.told);
    }
    return this.element;
  }

  /** The draft is put away. */
  clear() {
    this.comparison?.clear();
    this.shown = null;
  }

  ways(state) {
    const { approval } = this.planner.page.profile;
    if (state === "published") return [this.withdrawal()];
    const found = [];
    if (approval && (state === "draft" || state === "withdrawn")) found.push(this.button(t("Submit for approval"), "submit"));
    if (approval && state === "submitted") found.push(this.button(t("Approve"), "approve"));
    if (!approval || state === "approved") found.push(this.form());
    return found;
  }

  button(words, path) {
    const press = () => this.send(path, {}).catch((error) => fill(this.told, h("div.refused", {}, h("p", {}, error.message))));
    return h("button.button", { type: "button", dataset: { step: path }, onClick: press }, words);
  }

  /** Ask for one step of the way to being in force. */
  async send(path, body) {
    const { draft } = this;
    fill(this.told);
    const answer = await post(`/api/v1/plans/${draft.id}/${path}`, body, { headers: { "If-Match": `"${draft.info.revision}"` } });
    draft.info = answer.plan ?? answer;
    draft.tell("changed", { grids: [], removed: [] });
    this.bench.tools.open();
    return answer;
  }

  steps() {
    const list = h("ol");
    const box = h("details.history", {}, h("summary", {}, t("History")), list);
    box.addEventListener("toggle", async () => {
      if (!box.open) return;
      const { steps } = await get(`/api/v1/plans/${this.draft.id}/history`, { limit: 50 }).catch((error) => (this.planner.refuse(error), { steps: [] }));
      fill(
        list,
        steps.length ? steps.map((step) => h("li", {}, h("b", {}, step.actor), " ", stepName(step.kind), h("p.small.quiet.figures", {}, `v${step.revision} · ${moments.format(new Date(step.at))}`))) : h("li.quiet.small", {}, t("Nothing was done yet.")),
      );
    });
    return box;
  }

  copy() {
    const name = h("input", { type: "text", name: "name", required: true, maxlength: 100, "aria-label": t("Name of the copy"), value: t("%(name)s, copy", { name: this.draft.info.name }).slice(0, 100) });
    const form = h("form.draft-form", {}, h("div.row.draft-title", {}, name, h("button.button", { type: "submit" }, t("Copy"))), h("div.told", { role: "alert" }));
    onSend(form, async (values) => {
      const made = await post(`/api/v1/plans/${this.draft.id}/copy`, { name: values.name });
      await this.bench.open(made.id, { fly: false });
    });
    return h("details.history", {}, h("summary", {}, t("Copy the draft")), form);
  }

  form() {
    const tomorrow = new Intl.DateTimeFormat("en-CA", { timeZone: this.planner.page.profile.timezone }).format(new Date(Date.now() + 86_400_000));
    const form = h(
      "form.draft-form",
      {},
      h("label.field", {}, h("span", {}, t("In force from")), h("input", { type: "date", name: "date", required: true, value: tomorrow })),
      h("label.field", {}, h("span", {}, t("Reason")), h("input", { type: "text", name: "reason", required: true, maxlength: 1000 })),
      h("p.small.quiet", {}, t("What is in force until that day is kept and can be shown for any day; cases keep their old grid.")),
      h("div.told", { role: "alert" }),
      h("button.button.main", { type: "submit" }, t("Publish")),
    );
    onSend(form, async ({ date, reason }) => {
      const done = await this.send("publish", { date, reason });
      fill(this.told, h("p.done", {}, t("Published from %(day)s: %(changed)s grids changed, %(added)s new, %(ended)s ended, %(unchanged)s as before.", { day: day(date), ...Object.fromEntries(["changed", "added", "ended", "unchanged"].map((key) => [key, count(done[key].length)])) })));
    });
    return h("details.history", { id: "draft-publish" }, h("summary", {}, t("Publish")), form);
  }

  withdrawal() {
    const { holds_from: from, reason } = this.draft.info;
    return h("div", {}, h("p.small", {}, t("Published, in force from %(day)s: %(reason)s", { day: day(from), reason })), this.button(t("Withdraw the publication"), "withdraw"));
  }
}
