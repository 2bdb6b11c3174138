// What surrounds a draft: comparison, remarks, readers, its way into force, a copy, its history.

import { post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { onSend } from "wangge/core/forms.js";
import { t } from "wangge/core/words.js";
import { Approving } from "wangge/drafting/approving.js";
import { comparison } from "wangge/drafting/comparing.js";
import { DraftHistory } from "wangge/drafting/history.js";
import { Nets } from "wangge/drafting/nets.js";
import { proposal } from "wangge/drafting/proposing.js";
import { report } from "wangge/drafting/reporting.js";
import { sharing } from "wangge/drafting/sharing.js";

/** The lower part of the panel. Kept while the panel is drawn anew, so that no word typed is lost. */
export class Publishing {
  constructor(planner, bench) {
    Object.assign(this, { planner, bench });
    this.told = h("div.told", { role: "alert" });
    this.element = h("section.publishing");
    this.shown = null;
    this.approving = new Approving(planner, bench, this.told);
  }

  get draft() {
    return this.bench.draft;
  }

  /** The element, drawn anew if another draft or another state of it is to be shown. */
  get() {
    const { info: { id, state }, rights } = this.draft;
    const now = JSON.stringify([id, state, rights]);
    if (now !== this.shown) {
      this.shown = now;
      fill(this.told);
      this.comparison?.clear();
      this.comparison = comparison(this.planner, this.bench);
      this.nets?.clear();
      this.nets = new Nets(this.planner, this.bench);
      this.history = new DraftHistory(this.planner, this.bench);
      const mayPropose = this.draft.isOpen && proposal(this.planner, this.bench);
      const isSigned = state === "submitted" || state === "approved"; // then it is what one came for
      const ways = this.approving.ways();
      fill(this.element, isSigned && ways, report(this.planner, this.bench), mayPropose, this.comparison.element, this.nets.element, this.bench.remarks.element, rights.draw && sharing(this.bench), !isSigned && ways, rights.draw && this.copy(), this.history.element, this.told);
    }
    this.history.refresh();
    return this.element;
  }

  /** The draft is put away. */
  clear() {
    this.comparison?.clear();
    this.nets?.clear();
    this.shown = null;
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
}
