// The way of a draft into force: submitted, approved by a second person, published, withdrawn.

import { post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { onSend } from "wangge/core/forms.js";
import { count, day, t } from "wangge/core/words.js";
import { moment } from "wangge/drafting/moments.js";

export class Approving {
  constructor(planner, bench, told) {
    Object.assign(this, { planner, bench, told });
  }

  get draft() {
    return this.bench.draft;
  }

  /** What can be done with the draft now, or what it waits for. */
  ways() {
    const { rights, info } = this.draft;
    if (info.state === "published") return [this.published()];
    if (!rights.second_person) return [rights.publish && this.form()];
    if (info.state === "submitted") return [this.submitted()];
    if (info.state === "approved") return [this.signed(), rights.publish && this.form()];
    if (!rights.draw) return [];
    return [h("div.approval", {}, h("p.small.quiet", {}, t("Before it is published, a second person must approve the draft.")), this.button(t("Submit for approval"), "submit"))];
  }

  submitted() {
    const { own, approve } = this.draft.rights;
    const waits = own ? t("You submitted this draft; somebody else must approve it.") : approve ? t("Look at the map, the comparison and the check-up before you approve.") : t("It waits for approval.");
    return h("div.approval", {}, this.signed(), h("p.small", { id: "draft-waits" }, waits), approve && this.button(t("Approve"), "approve"));
  }

  /** Who has signed, and what drawing would do to it. */
  signed() {
    const { submitted, approved, draw } = this.draft.rights;
    return h(
      "div.small",
      { id: "draft-signed" },
      submitted && h("p", {}, t("Submitted by %(person)s, %(at)s", { person: submitted.actor, at: moment(submitted.at) })),
      approved && h("p", {}, t("Approved by %(person)s, %(at)s", { person: approved.actor, at: moment(approved.at) })),
      draw && h("p.quiet", {}, t("Whoever draws on it now makes this void.")),
    );
  }

  button(words, path) {
    const press = async (event) => {
      event.target.disabled = true;
      await this.send(path, {}).catch((error) => this.refused(error));
      event.target.disabled = false;
    };
    return h("button.button.main", { type: "button", dataset: { step: path }, onClick: press }, words);
  }

  refused(error) {
    const take = () => this.draft.settle({ again: false }).then(() => fill(this.told), (failed) => this.refused(failed));
    fill(this.told, h("div.refused", {}, h("p", {}, error.message), error.status === 412 && h("button.button", { type: "button", onClick: take }, t("Take what was changed"))));
  }

  /** Ask for one step of the way to being in force. */
  async send(path, body) {
    const { draft } = this;
    fill(this.told);
    const answer = await post(`/api/v1/plans/${draft.id}/${path}`, body, { headers: { "If-Match": `"${draft.info.revision}"` } });
    draft.info = answer.plan ?? answer;
    if (path === "publish" || path === "withdraw") await draft.reload().catch(() => {}); // codes and names are others now
    else await draft.learn().catch(() => {});
    draft.tell("changed", { grids: [], removed: [] });
    this.bench.tools.open();
    if (path === "publish" || path === "withdraw") this.planner.renew(); // another net is in force
    return answer;
  }

  form() {
    const tomorrow = dayIn(this.planner, 86_400_000);
    const form = h(
      "form.draft-form",
      {},
      h("label.field", {}, h("span", {}, t("In force from")), h("input", { type: "date", name: "date", required: true, value: tomorrow, min: dayIn(this.planner, 0) })),
      h("label.field", {}, h("span", {}, t("Reason")), h("input", { type: "text", name: "reason", required: true, maxlength: 1000 })),
      h("p.small.quiet", {}, t("What is in force until that day is kept and can be shown for any day; cases keep their old grid.")),
      h("div.told", { role: "alert" }),
      h("button.button.main", { type: "submit" }, t("Publish")),
    );
    onSend(form, async ({ date, reason }) => {
      const done = await this.send("publish", { date, reason }).catch((error) => this.held(error));
      if (done instanceof Node) return done;
      fill(this.told, h("p.done", {}, t("Published from %(day)s: %(changed)s grids changed, %(added)s new, %(ended)s ended, %(unchanged)s as before.", { day: day(date), ...Object.fromEntries(["changed", "added", "ended", "unchanged"].map((key) => [key, count(done[key].length)])) })));
      return null;
    });
    return h("details.history", { id: "draft-publish" }, h("summary", {}, t("Publish")), form);
  }

  /** What keeps the draft from being published, with the way there; any other error goes on. */
  held(error) {
    if (error.body?.reason !== "findings") throw error;
    const go = async () => {
      await this.draft.check().catch(() => {}); // the list may be older than what the server just looked at
      this.bench.panel.showBlocking();
    };
    const button = h("button.button", { type: "button", id: "draft-blocking", onClick: go }, t("Show what must be mended"));
    setTimeout(() => button.focus());
    return h("div.refused", {}, h("p", {}, error.message), button);
  }

  published() {
    const { rights, info: { holds_from: from, reason } } = this.draft;
    const mayWithdraw = rights.publish && from > dayIn(this.planner, 0);
    const address = (at) => `${location.pathname}?at=${at}`;
    return h(
      "div.approval",
      { id: "draft-published" },
      h("p.small", {}, t("Published, in force from %(day)s: %(reason)s", { day: day(from), reason })),
      h(
        "p.small.row",
        {},
        h("a", { href: address(dayBefore(from)) }, t("The day before")),
        h("a", { href: address(from) }, t("The first day")),
      ),
      mayWithdraw && this.button(t("Withdraw the publication"), "withdraw"),
    );
  }
}

/** The district's day so many milliseconds from now. */
const dayIn = (planner, later) => new Intl.DateTimeFormat("en-CA", { timeZone: planner.page.profile.timezone }).format(new Date(Date.now() + later));

const dayBefore = (date) => new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
