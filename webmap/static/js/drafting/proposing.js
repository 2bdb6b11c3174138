// A net proposed by the computer: asked for, watched, stopped, taken over as one step of the draft.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { onSend } from "wangge/core/forms.js";
import { t } from "wangge/core/words.js";

const ASK_EVERY = 600; // milliseconds

/** The form, and below it what is under way. */
export function proposal(planner, bench) {
  const { low, high } = planner.page.profile.band;
  const number = (name, value) => h("input", { type: "number", name, value, min: 1, required: true });
  const under = h("div", { "aria-live": "polite" });
  const form = h(
    "form.draft-form",
    {},
    h("div.row", {}, h("label.field", {}, h("span", {}, t("Fewest households")), number("low", low)), h("label.field", {}, h("span", {}, t("Most households")), number("high", high))),
    h(
      "label.field",
      {},
      h("span", {}, t("Keep of the net as it is")),
      h("select", { name: "keep" }, [[0, t("nothing")], [0.5, t("what can be kept easily")], [1, t("as much as possible")]].map(([value, name]) => h("option", { value }, name))),
    ),
    h("p.small.quiet", {}, t("Closed compounds stay whole, locked grids stay as they are. The proposal is one step that can be taken back.")),
    h("div.told", { role: "alert" }),
    h("button.button.main", { type: "submit" }, t("Propose")),
    under,
  );
  onSend(form, async (values) => {
    const { draft } = bench;
    const wanted = { low: Number(values.low), high: Number(values.high), keep: Number(values.keep) };
    const job = await post(`/api/v1/plans/${draft.id}/proposal`, wanted, { headers: { "If-Match": `"${draft.info.revision}"` } });
    const done = await watch(job, under);
    fill(under);
    if (done.state === "cancelled") return t("Stopped. The draft is as it was.");
    if (done.problem) throw new Error(done.problem.detail);
    await draft.reload();
    draft.tell("changed", { grids: [], removed: [] });
    const { obstacles = [] } = done.report ?? {};
    return h("div", {}, h("p.done", {}, t("The proposal is on the map.")), obstacles.map((one) => h("p.small", {}, "▲ ", one.message ?? one.detail ?? one.reason)));
  });
  return h("details.history", { id: "draft-proposal" }, h("summary", {}, t("Proposal")), form);
}

/** Show how far a job is until it ends; gives it as it ended. */
async function watch(job, place) {
  const bar = h("i");
  const stage = h("p.small.figures");
  const stop = h("button.button", { type: "button", onClick: () => { stop.disabled = true; post(`/api/v1/jobs/${job.id}/cancel`).catch(() => (stop.disabled = false)); } }, t("Stop"));
  fill(place, h("div.draft-form", {}, stage, h("div.progress", {}, bar), stop));
  let now = job;
  while (now.state === "waiting" || now.state === "running") {
    stage.textContent = now.state === "waiting" ? t("Waiting for its turn …") : `${now.stage} ${Math.round(100 * now.done)}%`;
    bar.style.width = `${Math.round(100 * now.done)}%`;
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
    now = await get(`/api/v1/jobs/${job.id}`).catch((error) => {
      if (error.status) throw error;
      return now; // no network for a while: ask again
    });
  }
  return now;
}
