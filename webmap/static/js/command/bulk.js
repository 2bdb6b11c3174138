// One step for several cases that were chosen in the list: how far it is, a stop, and afterwards
// which were refused and why. Each case is sent with the revision that this page shows, so that
// what somebody else did a second earlier is never run over.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { count, named, t } from "wangge/core/words.js";

const AT_ONCE = 20; // cases in one call: so often it is said how far it is, and may be stopped

/** The bar below the list; `list` knows what is chosen, `open(id)` opens a case. */
export function joinBulk(box, board, { list, steps, open }) {
  let wanted = null; // the step whose form is open
  let running = null; // {stop}
  let told = null; // what came of the last run

  const chosen = () => [...list.chosen].map((id) => board.positionOf(id)).filter((i) => i >= 0);
  const stateOf = (i) => board.cases.dictionaries.state[board.cases.state[i]];
  const able = (step) => chosen().filter((i) => step.from_states.includes(stateOf(i)));

  function show() {
    const size = list.chosen.size;
    box.hidden = size === 0 && !running && !told;
    if (running) return;
    const offered = steps.filter((step) => able(step).length > 0);
    fill(box,
      told && layTold(),
      size > 0 && h("div.bulk-head", {}, h("b", {}, t("%(count)s chosen", { count: count(size) })),
        h("button.link", { type: "button", onClick: () => list.chooseAll() }, t("all in the list")),
        h("button.link", { type: "button", onClick: () => list.chooseNone() }, t("Choose none"))),
      size > 0 && (wanted ? layForm() : h("div.row.step-buttons", { role: "group", "aria-label": t("A step for all that are chosen") },
        offered.map((step) => h("button.button", { type: "button", dataset: { step: step.key }, onClick: () => begin(step) }, named(step.name), h("span.quiet.small", {}, ` ${count(able(step).length)}`))),
        !offered.length && h("p.quiet.small", {}, t("No step that you may take fits these cases.")))));
  }

  async function begin(step) {
    told = null;
    wanted = step;
    if (!step.reason && !step.assigns) return run({});
    if (step.assigns) {
      try {
        wanted.people = (await get(`/api/v1/cases/${board.cases.id[able(step)[0]]}/record`)).people;
      } catch (error) {
        told = { failed: [{ id: null, why: error.message }], done: 0 };
        wanted = null;
      }
    }
    show();
    box.querySelector("select, textarea")?.focus();
    return undefined;
  }

  function layForm() {
    const step = wanted;
    const assignee = h("select", { required: true }, h("option", { value: "" }, t("Choose…")), (step.people ?? []).map((one) => h("option", { value: one.id }, one.display_name || one.name)));
    const reason = h("textarea", { rows: "2", maxlength: "2000", required: step.reason });
    const leave = () => {
      wanted = null;
      show();
    };
    return h("form.step-form", {
      onSubmit: (event) => {
        event.preventDefault();
        run({ reason: reason.value, ...(step.assigns ? { assignee: Number(assignee.value) } : {}) });
      },
    },
      step.assigns && h("label.field", {}, h("span", {}, t("To whom")), assignee),
      h("label.field", {}, h("span", {}, step.reason ? t("Why") : t("Why (may be left empty)")), reason),
      h("div.row", {}, h("button.button.main", { type: "submit" }, t("%(step)s: %(count)s cases", { step: named(step.name), count: count(able(step).length) })),
        h("button.button", { type: "button", onClick: leave }, t("Cancel"))));
  }

  async function run(values) {
    const step = wanted;
    wanted = null;
    const queue = able(step).map((i) => ({ id: board.cases.id[i], revision: board.cases.revision[i] }));
    const unfit = list.chosen.size - queue.length;
    const all = queue.length;
    const failed = [];
    let done = 0;
    running = { stopped: false };
    const line = h("progress", { max: all, value: 0 });
    const said = h("p.small", { role: "status" });
    fill(box, said, line, h("button.button", { type: "button", onClick: () => (running.stopped = true) }, t("Stop")));
    box.hidden = false;
    while (queue.length && !running.stopped) {
      const some = queue.splice(0, AT_ONCE);
      try {
        const { results } = await post("/api/v1/cases/actions", { action: step.key, cases: some, ...values });
        for (const one of results) {
          if (one.done) list.chosen.delete(one.id);
          else failed.push({ id: one.id, why: one.detail });
          done += one.done ? 1 : 0;
        }
      } catch (error) {
        queue.unshift(...some); // none of them was asked, or nobody answers: they stay chosen
        failed.push({ id: null, why: error.message });
        running.stopped = true;
      }
      line.value = all - queue.length;
      fill(said, t("%(step)s: %(done)s of %(all)s", { step: named(step.name), done: count(all - queue.length), all: count(all) }));
    }
    told = { step, done, failed, left: queue.length, unfit };
    running = null;
    board.onStep?.();
    list.refreshSoon();
    show();
    box.querySelector("button")?.focus();
  }

  /** Afterwards: how many were done, and each that was refused with its reason. */
  function layTold() {
    const { step, done, failed, left = 0, unfit = 0 } = told;
    return h("div.bulk-told", { role: "status" },
      h("p", {}, step && t("%(step)s: %(count)s done", { step: named(step.name), count: count(done) }),
        unfit > 0 && h("span", {}, "; ", t("%(count)s did not fit", { count: count(unfit) })),
        left > 0 && h("span", {}, "; ", t("%(count)s left undone, still chosen", { count: count(left) })),
        h("button.button.quiet.icon", { type: "button", "aria-label": t("Close"), onClick: () => ((told = null), show()) }, "×")),
      failed.length > 0 && h("div.refused", {}, h("b", {}, t("%(count)s refused:", { count: count(failed.length) })),
        h("ul", {}, failed.map(({ id, why }) => h("li", {}, id != null && h("button.link", { type: "button", onClick: () => open(id) }, `#${id}`), " ", why)))));
  }

  list.onChosen = show;
  board.on((what) => (what === "live" || what === "data") && !wanted && !running && list.chosen.size && show());
  return {
    /** A step's letter was pressed; true if something was chosen that can take it. */
    take(key) {
      const step = steps.find((one) => one.key === key);
      if (!step || running || !list.chosen.size || !able(step).length) return false;
      begin(step);
      return true;
    },
  };
}
