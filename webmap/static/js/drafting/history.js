// Who did what to a draft and what each step changed; the way back to any of them.

import { get } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { count, t } from "wangge/core/words.js";
import { stepName } from "wangge/drafting/answering.js";
import { boxOf } from "wangge/drafting/draft.js";
import { moment } from "wangge/drafting/moments.js";

const PAGE = 50; // steps asked for at once
const NAMED = 4; // grids of a step

export class DraftHistory {
  constructor(planner, bench) {
    Object.assign(this, { planner, bench });
    this.steps = [];
    this.list = h("ol");
    this.told = h("div", { role: "status" });
    this.more = h("button.button.quiet", { type: "button", hidden: true, onClick: () => this.load(this.steps.at(-1).revision) }, t("Earlier steps"));
    this.element = h("details.history", { id: "draft-history" }, h("summary", {}, t("History")), this.told, this.list, this.more);
    this.element.addEventListener("toggle", () => this.element.open && this.load());
  }

  /** The draft has changed. */
  refresh() {
    const { revision } = this.bench.draft.info;
    if (this.element.open && !this.isGoing && revision !== this.shown) this.load();
  }

  async load(before = null) {
    const { draft } = this.bench;
    this.shown = draft.info.revision;
    try {
      const { steps } = await get(`/api/v1/plans/${draft.id}/history`, { limit: PAGE, before });
      if (draft !== this.bench.draft) return;
      this.steps = before ? [...this.steps, ...steps] : steps;
      this.more.hidden = steps.length < PAGE;
      this.show();
    } catch (error) {
      this.planner.refuse(error, () => this.load(before));
    }
  }

  show() {
    const last = this.steps.find(({ stands }) => stands)?.revision ?? null;
    const mayGo = this.bench.draft.isOpen && !this.bench.isNarrow;
    const isWhole = this.more.hidden;
    fill(
      this.list,
      this.steps.length ? this.steps.map((step) => this.row(step, mayGo && step.stands && step.revision !== last)) : h("li.quiet.small", {}, t("Nothing was done yet.")),
      isWhole && mayGo && last !== null && h("li", {}, h("button.button.quiet", { type: "button", dataset: { back: 0 }, onClick: () => this.goBack(0) }, t("Back to the beginning"))),
    );
  }

  row(step, mayGo) {
    const { revision, actor, kind, at, of, stands, grids } = step;
    const isBack = kind === "undo" || kind === "redo";
    const wasDrawn = grids.length > 0 && !isBack && !["publish", "withdraw"].includes(kind);
    const isGone = wasDrawn && !stands;
    return h(
      "li.step",
      { dataset: { revision }, class: isGone ? "step-gone" : "" },
      h("b", {}, actor),
      " ",
      stepName(kind),
      isBack && h("span.figures", {}, ` v${of}`),
      isGone && h("span.badge", {}, t("taken back")),
      this.changes(step),
      h("p.small.quiet.figures", {}, `v${revision} · ${moment(at)}`),
      h(
        "div.row",
        {},
        grids.some((number) => this.bench.draft.grids.has(number)) && h("button.button.quiet", { type: "button", onClick: () => this.point(grids) }, t("Show on the map")),
        mayGo && h("button.button.quiet", { type: "button", dataset: { back: revision }, onClick: () => this.goBack(revision) }, t("Back to after this step")),
      ),
    );
  }

  /** The grids of a step and the households that each got or lost. */
  changes({ grids, names, households }) {
    if (!grids.length) return null;
    const known = Object.assign({}, ...this.steps.map((step) => step.names), names);
    const nameOf = (number) => {
      const p = this.bench.draft.grids.get(number)?.properties;
      return (names[number] || p?.name || p?.code || known[number] || t("New grid %(number)s", { number })).replace(/^.+社区(?=.)/, "");
    };
    const sign = (change) => (change > 0 ? `+${count(change)}` : `−${count(-change)}`);
    const said = (number) => (households[number] ? t("%(grid)s %(change)s households", { grid: nameOf(number), change: sign(households[number]) }) : nameOf(number));
    const order = [...grids].sort((a, b) => Math.abs(households[b] ?? 0) - Math.abs(households[a] ?? 0));
    const rest = order.length - NAMED;
    return h("p.small.figures", {}, order.slice(0, NAMED).map(said).join("；"), rest > 0 && `；${t("%(number)s more", { number: count(rest) })}`);
  }

  point(grids) {
    const known = grids.filter((number) => this.bench.draft.grids.has(number));
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const number of known) {
      const one = boxOf(this.bench.draft.grids.get(number));
      for (const i of [0, 1]) box[i] = Math.min(box[i], one[i]);
      for (const i of [2, 3]) box[i] = Math.max(box[i], one[i]);
    }
    this.planner.openSheet?.(null);
    this.bench.select(known);
    this.planner.flyTo([(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], box);
  }

  /** Take back, one after the other, every step after a revision. Each can be done again. */
  async goBack(revision) {
    if (this.isGoing) return;
    const steps = this.steps.filter((step) => step.stands && step.revision > revision).length;
    this.isGoing = true;
    try {
      for (let i = 0; i < steps; i++) {
        fill(this.told, h("p.small.quiet.figures", {}, t("Taking back step %(i)s of %(steps)s …", { i: i + 1, steps })));
        if (!(await this.bench.undo())) break;
      }
    } finally {
      this.isGoing = false;
      fill(this.told);
      await this.load();
    }
  }
}
