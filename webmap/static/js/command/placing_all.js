// All waiting cases placed by their addresses, as long work of the server: told of, and stoppable.

import { get, post } from "wangge/core/api.js";
import { h } from "wangge/core/dom.js";
import { count, t } from "wangge/core/words.js";

const PAUSE = 700; // milliseconds between two looks at the job

/** Ask for it and follow it; `say(content, tone)` shows how far it is; gives whether it ended well. */
export async function placeAll(say) {
  let job = await post("/api/v1/cases/unplaced/place", {});
  const bar = h("progress", { max: "1", value: "0", "aria-label": t("Placing all by their addresses…") });
  const stop = h("button.button.small", { type: "button", onClick: () => { stop.disabled = true; post(`/api/v1/jobs/${job.id}/cancel`).catch(() => (stop.disabled = false)); } }, t("Stop"));
  const words = h("p", {}, t("Placing all by their addresses…"));
  say([words, h("div.row", {}, bar, stop)]);
  while (["waiting", "running"].includes(job.state)) {
    await new Promise((go) => setTimeout(go, PAUSE));
    job = await get(`/api/v1/jobs/${job.id}`).catch((error) => {
      if (error.status) throw error;
      return job; // the line is gone for a moment; the job goes on
    });
    bar.value = job.done;
    if (job.report) words.textContent = told(job.report);
  }
  if (job.state === "failed") say(job.problem.detail, "late");
  else say(h("p", {}, job.state === "cancelled" && `${t("Stopped; what was done by then stays.")} `, job.report && told(job.report)));
  return job.state === "done";
}

function told({ placed, doubtful, none }) {
  return t("%(placed)s placed, %(doubtful)s with candidates, %(none)s that say nothing.", { placed: count(placed), doubtful: count(doubtful), none: count(none) });
}
