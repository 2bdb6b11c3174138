// A net proposed by the computer: asked for, watched, stopped, taken over as one step of the draft.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { onSend } from "wangge/core/forms.js";
import { count, share, t } from "wangge/core/words.js";
import { boxAround } from "wangge/drafting/draft.js";
import { Preview } from "wangge/drafting/previewing.js";

const ASK_EVERY = 600; // milliseconds
const SHOWN = 12; // obstacles at once

/** The form, and below it what is under way or came out. */
export function proposal(planner, bench) {
  const { draft } = bench;
  const { low, high } = planner.page.profile.band;
  const number = (name, value) => h("input", { type: "number", name, value, min: 1, required: true });
  const choice = (name, options) => h("select", { name }, options.map(([value, words]) => h("option", { value }, words)));
  const field = (words, input) => h("label.field", {}, h("span", {}, words), input);
  const under = h("div.proposed", { "aria-live": "polite" });
  const told = h("div.told", { role: "alert" });
  const form = h(
    "form.draft-form",
    {},
    h("div.row", {}, field(t("Fewest households"), number("low", low)), field(t("Most households"), number("high", high))),
    field(t("Keep of the net as it is"), choice("keep", [[0, t("nothing")], [0.5, t("what can be kept easily")], [1, t("as much as possible")]])),
    h(
      "div.row",
      {},
      field(t("Search"), choice("seconds", [["", t("until all is in the band")], [5, t("5 seconds a community")], [20, t("20 seconds a community")], [60, t("60 seconds a community")]])),
      field(t("Variant"), h("input", { type: "number", name: "seed", value: 0, min: 0, max: 2147483647, required: true, title: t("The same number gives the same net; another one may give another net.") })),
    ),
    h("p.small.quiet", {}, t("Closed compounds stay whole; one larger than a grid may be is divided between its buildings. Locked grids stay as they are. The proposal is one step that can be taken back.")),
    told,
    h("button.button.main", { type: "submit" }, t("Propose")),
  );
  const preview = new Preview(planner, draft);
  const isHere = () => bench.draft === draft && under.isConnected;
  const headers = () => ({ "If-Match": `"${draft.info.revision}"` });

  onSend(form, async (values) => {
    fill(under);
    const wanted = { low: Number(values.low), high: Number(values.high), keep: Number(values.keep), seed: Number(values.seed), seconds: values.seconds ? Number(values.seconds) : null };
    const job = await post(`/api/v1/plans/${draft.id}/proposal`, wanted, { headers: headers() });
    await follow(job);
    return document.createDocumentFragment();
  });

  /** Watch a job to its end and tell what came of it. */
  async function follow(job) {
    let done;
    try {
      done = await watch(job, under, { on: isHere, told: ({ best }) => bestSoFar(best) });
    } catch (error) {
      preview.clear();
      fill(under);
      throw error;
    }
    if (!done) return preview.clear();
    if (done.state === "cancelled") return stopped(done);
    preview.clear();
    fill(under);
    if (done.problem) throw new Error(done.problem.detail);
    await taken(done.report);
  }

  /** Show the best net so far on the map; gives its figures in words. */
  function bestSoFar(best) {
    if (!best.parts.length) return null;
    preview.show(best);
    return figuresOf(best.figures);
  }

  /** A search that was stopped: what it had found may be kept. */
  function stopped({ id, report }) {
    const best = report?.best;
    if (!best?.parts.length) {
      preview.clear();
      return fill(under, h("p.done", {}, t("Stopped. The draft is as it was.")));
    }
    const said = h("div.told", { role: "alert" });
    const keep = async () => {
      try {
        await post(`/api/v1/plans/${draft.id}/proposal/${id}/keep`, {});
        await taken({ objective: best.figures });
      } catch (error) {
        fill(said, h("div.refused", {}, h("p", {}, error.message)));
      }
    };
    const leave = () => {
      preview.clear();
      fill(under, h("p.done", {}, t("Stopped. The draft is as it was.")));
    };
    return fill(
      under,
      h("p", {}, t("Stopped. The lines on the map are the best net so far:")),
      figuresOf(best.figures),
      h("div.row", {}, h("button.button.main", { type: "button", dataset: { hold: "keep-best" }, onClick: keep }, t("Keep this net")), h("button.button", { type: "button", dataset: { hold: "leave-best" }, onClick: leave }, t("Leave the draft as it was"))),
      said,
    );
  }

  /** The proposal lies on the draft: show it, and what there is to say. */
  async function taken(report) {
    await draft.reload();
    preview.clear();
    draft.tell("changed", { grids: [], removed: [] });
    fill(under, summary(bench, report));
    const { revision } = draft.info;
    draft.addEventListener("changed", function later() {
      if (draft.info.revision === revision) return;
      draft.removeEventListener("changed", later);
      fill(under); // it tells of a net that is no more
    });
  }

  resume(draft).then((job) => job && isHere() && follow(job)).catch((error) => fill(under, h("div.refused", {}, h("p", {}, error.message))));
  return h("details.history", { id: "draft-proposal" }, h("summary", {}, t("Proposal")), form, under);
}

/** The search for this draft that one began before and that still goes on; null: none. */
async function resume({ id }) {
  const { jobs } = await get("/api/v1/jobs", { limit: 5 });
  return jobs.find(({ kind, about, state }) => kind === "proposal" && about.plan === id && (state === "waiting" || state === "running")) ?? null;
}

/** A net in figures, as far as they are known. */
function figuresOf({ grids, in_band: within, border_m: border, on_street_m: along, handed_over: moved }) {
  const rows = [
    [t("Grids"), count(grids)],
    [t("within the band"), `${count(within)}/${count(grids)}`],
    border > 0 && [t("Border on streets or walls"), share(along / border)],
    moved != null && [t("To another grid worker"), t("%(number)s households", { number: count(moved) })],
  ].filter(Boolean);
  return h("dl.fields.small", {}, rows.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/** What came out: figures, what was cut, what is in the way and would help. */
function summary(bench, { objective, cuts = [], obstacles = [] }) {
  return [h("p.done", {}, t("The proposal is on the map.")), figuresOf(objective), findingsOf(bench, { cuts, obstacles })];
}

/** What was cut, what is in the way and would help; null if nothing. */
export function findingsOf(bench, { cuts, obstacles }) {
  const flyTo = (units) => {
    const box = boxAround(units.map((unit) => bench.draft.units.get(unit)).filter(Boolean));
    if (box) bench.goTo({ where: { point: [(box[0] + box[2]) / 2, (box[1] + box[3]) / 2], box } });
  };
  const line = ([sign, kind, words], { detail, help = [], units }) =>
    h(
      "li.finding",
      {},
      h("button.finding-go", { type: "button", title: t("Show on the map"), onClick: () => flyTo(units) }, h(`i.finding-${kind}`, { title: words, "aria-label": words }, sign), h("span", {}, detail, help.map((way) => h("span.small.quiet.proposed-help", {}, way)))),
    );
  const list = h("ul");
  const lines = [...obstacles.map((one) => line(["▲", "near", t("in the way")], one)), ...cuts.map((one) => line(["○", "hint", t("divided")], one))];
  const show = (most) => fill(list, lines.slice(0, most), lines.length > most && h("li", {}, h("button.button.quiet", { type: "button", onClick: () => show(Infinity) }, t("Show all %(number)s", { number: count(lines.length) }))));
  show(SHOWN);
  return lines.length > 0 ? h("div.findings", {}, list) : null;
}

/**
 * Show how far a job is until it ends; gives it as it ended, null if nobody looks any more.
 *
 * @param {object} job
 * @param {Element} place - where it is shown
 * @param {() => boolean} [options.on] - whether to go on watching
 * @param {(report) => Node|null} [options.told] - called with what there is so far; gives its words
 * @param {string} [options.end] - what the button says that stops it
 */
export async function watch(job, place, { on = () => true, told = () => null, end = t("Stop") } = {}) {
  const bar = h("i");
  const stage = h("p.small.figures");
  const soFar = h("div");
  const stop = h("button.button", { type: "button", dataset: { hold: "stop-job" }, onClick: () => { stop.disabled = true; post(`/api/v1/jobs/${job.id}/cancel`).catch(() => (stop.disabled = false)); } }, end);
  fill(place, h("div.draft-form", {}, stage, h("div.progress", {}, bar), soFar, stop));
  let now = job;
  while (now.state === "waiting" || now.state === "running") {
    stage.textContent = now.state === "waiting" ? t("Waiting for its turn …") : `${now.stage} ${Math.round(100 * now.done)}%`;
    bar.style.width = `${Math.round(100 * now.done)}%`;
    if (now.report) fill(soFar, told(now.report));
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY));
    if (!on()) return null;
    now = await get(`/api/v1/jobs/${job.id}`).catch((error) => {
      if (error.status) throw error;
      return now; // no network for a while: ask again
    });
  }
  return now;
}
