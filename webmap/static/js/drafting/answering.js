// What is said when a change was not taken: a refusal, a stale revision, no network.

import { h } from "wangge/core/dom.js";
import { count, t } from "wangge/core/words.js";

/** What each step of the history is called. */
const kinds = () => ({
  draw: t("drew a grid"),
  split: t("split"),
  reshape: t("changed a border"),
  drag: t("dragged a border"),
  merge: t("merged"),
  assign: t("handed ground over"),
  rename: t("renamed"),
  lock: t("locked"),
  unlock: t("unlocked"),
  remove: t("dissolved a grid"),
  undo: t("took a step back"),
  redo: t("did a step again"),
  proposal: t("took a proposal over"),
  fit: t("made one net of several"),
  submit: t("submitted the draft"),
  approve: t("approved the draft"),
  publish: t("published the draft"),
  withdraw: t("withdrew the draft"),
});

/** What a step of the history is called. */
export const stepName = (kind) => kinds()[kind] ?? kind;

const note = (...children) => h("div.refused.panel", {}, ...children);

const button = (words, run, kind = "") => h(`button.button${kind}`, { type: "button", onClick: run }, words);

/** The sentence of a refusal; the draft is as it was. */
export function refusalNote(error) {
  const made = note(h("p", {}, error.message), h("p.small.quiet", {}, t("The draft is as it was.")), button(t("Close"), () => made.remove()));
  return made;
}

/** No network: the step is offered until it is saved or dropped. */
export function lostNote(bench, error) {
  const made = note(
    h("p", {}, error.message),
    h("p.small", {}, t("This step is not saved yet. It is kept here until you send it again or drop it.")),
    h(
      "div.row",
      {},
      button(t("Send again"), () => { made.remove(); bench.draft.retry(); }, ".main"),
      button(t("Drop the step"), () => { made.remove(); bench.draft.drop(); }),
    ),
  );
  return made;
}

/** Somebody was faster: what they did, and the two ways on. */
export function conflictNote(bench, error) {
  const { draft } = bench;
  const steps = h("ul.conflict-steps");
  const said = ({ actor, kind, revision, grids }) => h("li", {}, h("b", {}, actor), " ", stepName(kind), h("span.quiet.small.figures", {}, ` · v${revision} · ${t("%(number)s grids", { number: count(grids.length) })}`));
  const settle = (again) => async () => {
    try {
      await draft.settle({ again });
      made.remove();
    } catch (failed) {
      bench.planner.refuse(failed, settle(again));
    }
  };
  const made = h(
    "section.refused.panel.conflict",
    { "aria-label": t("Changed in the meantime") },
    h("h2", {}, t("Somebody else has changed this draft in the meantime")),
    h("p.small", {}, error.message),
    steps,
    h("p.small.quiet", {}, t("What they changed is marked on the map. Your step is not lost: choose.")),
    h("div.row", {}, button(t("Take theirs and do mine again"), settle(true), ".main"), button(t("Take theirs and drop mine"), settle(false))),
  );
  const show = ({ steps: found, grids }) => {
    bench.picture.warn(new Set(grids));
    steps.replaceChildren(...found.slice(-8).reverse().map(said));
  };
  if (error.body.difference) show(error.body.difference);
  else steps.remove();
  return made;
}
