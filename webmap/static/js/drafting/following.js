// What others do with the draft that is open here: asked for now and then, and when the page is looked at again.
//
// Published or withdrawn by somebody else, the draft is taken as it is now, and so is the net in
// force; a step of somebody else is only told of, since a line may just be drawn here.

import { get } from "wangge/core/api.js";
import { h } from "wangge/core/dom.js";
import { day, t } from "wangge/core/words.js";

const EVERY = 10_000; // milliseconds

export class Following {
  constructor(planner, bench) {
    Object.assign(this, { planner, bench, draft: bench.draft, isAsking: false, told: 0 });
    this.timer = setInterval(() => this.look(), EVERY);
    this.back = () => this.look();
    document.addEventListener("visibilitychange", this.back);
  }

  stop() {
    clearInterval(this.timer);
    document.removeEventListener("visibilitychange", this.back);
    this.note?.remove();
    this.isStopped = true;
  }

  /** Whether a question would meet a step of one's own that is not settled. */
  get isWaiting() {
    return document.hidden || this.isAsking || this.isStopped || this.draft.isBusy || this.draft.pending || this.draft.conflict;
  }

  async look() {
    if (this.isWaiting) return;
    this.isAsking = true;
    try {
      const seen = await get(`/api/v1/plans/${this.draft.id}`);
      this.isAsking = false;
      if (!this.isWaiting) await this.compare(seen);
    } catch {
      // Without an answer nothing is known to have changed; the next question tells.
    } finally {
      this.isAsking = false;
    }
  }

  async compare(seen) {
    const { state, revision, holds_from: from } = this.draft.info;
    if (seen.state !== state) {
      await this.take();
      if (seen.state === "published" || state === "published") await this.planner.renew();
      return this.tell(words(seen, state));
    }
    if (seen.holds_from !== from) return this.take();
    if (seen.revision <= revision || seen.revision === this.told) return null;
    this.told = seen.revision;
    const take = h("button.button", { type: "button", onClick: () => this.take().then(() => this.note.remove()) }, t("Take what was changed"));
    return this.tell(t("Somebody else has changed this draft."), take);
  }

  /** The draft as it is now. */
  async take() {
    const { draft, bench } = this;
    await draft.reload();
    if (this.isStopped) return;
    draft.tell("changed", { grids: [], removed: [] });
    bench.tools.open();
  }

  tell(sentence, button) {
    if (this.isStopped || !sentence) return;
    this.note?.remove();
    this.note = h("div.refused.panel.followed", { role: "status" }, h("p", {}, sentence), h("div.row", {}, button, h("button.button.quiet", { type: "button", onClick: () => this.note.remove() }, t("Close"))));
    document.getElementById("refusals").append(this.note);
  }
}

/** What became of the draft. */
function words({ state, holds_from: from }, before) {
  if (state === "published") return t("This draft was published and is in force from %(day)s. The map shows it as it is now.", { day: day(from) });
  if (before === "published") return t("The publication of this draft was withdrawn. The map shows it as it is now.");
  if (state === "submitted") return t("This draft was submitted for approval.");
  if (state === "approved") return t("This draft was approved.");
  return t("Somebody else has changed this draft.");
}
