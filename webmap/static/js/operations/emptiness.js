// What stands in place of an empty map: what would be here, the button that brings it, and the
// demo city for who only wants to look around.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { setState } from "wangge/core/state.js";
import { t } from "wangge/core/words.js";

const EVERY = 500; // milliseconds between two looks at the job
const PATIENCE = 5; // failures in a row before it is said
const OPEN = ["waiting", "running"];

/** Say in `box` that nothing is here, or hide it. `may` holds `import` and `demo`. */
export function showEmpty(box, isEmpty, may) {
  box.hidden = !isEmpty;
  if (!isEmpty || box.dataset.began) return;
  box.dataset.began = "yes";
  offer(box, may);
  if (may.demo) joinRunning(box, may);
}

function offer(box, may, said) {
  const load = h("button.button", { type: "button", class: may.import ? "" : "main", onClick: () => begin(box, may, load) }, t("Load the demo city"));
  fill(
    box,
    h("h1", {}, t("No district yet")),
    h("p", {}, t("Here would be the areas, grids, compounds, buildings, facilities and streets of your district.")),
    said,
    may.import || may.demo
      ? h("div.row", {}, may.import && h("a.button.main", { href: "/import" }, t("Import a file")), may.demo && load)
      : h("p.quiet", {}, t("Ask a planner to import them.")),
    h(
      "p.small.quiet",
      {},
      may.demo
        ? t("The demo city is generated, nothing of it is real. Loading takes less than a minute. No account is added by it, and no password changed; accounts for other roles are made on the page “Users”.")
        : t("To look around first, ask an administrator to load the demo city."),
    ),
  );
}

/** Somebody may be loading it already. */
async function joinRunning(box, may) {
  try {
    const { jobs } = await get("/api/v1/jobs", { all: true, limit: 20 });
    const running = jobs.find(({ kind, state }) => kind === "demo" && OPEN.includes(state));
    if (running) follow(box, may, running);
  } catch {
    // the button is there all the same
  }
}

async function begin(box, may, button) {
  button.disabled = true;
  try {
    await follow(box, may, await post("/api/v1/demo", {}));
  } catch (error) {
    offer(box, may, refusal(error.message));
  }
}

async function follow(box, may, job) {
  const show = progress(box, job);
  let failures = 0;
  while (OPEN.includes(job.state)) {
    show(job);
    await new Promise((done) => setTimeout(done, EVERY));
    try {
      job = await get(`/api/v1/jobs/${job.id}`);
      failures = 0;
    } catch (error) {
      if (++failures > PATIENCE) return offer(box, may, refusal(error.message));
    }
  }
  if (job.state !== "done") {
    return offer(box, may, job.problem ? refusal(job.problem.detail) : h("p", { role: "status" }, t("Stopped; nothing was stored")));
  }
  show(job);
  setState({ map: null }); // the map begins with the district, not where it stood without one
  return location.reload();
}

function refusal(words) {
  return h("div.refused", { role: "alert" }, h("p", {}, words));
}

/** The bar with its button; gives what shows a job's state in it. */
function progress(box, job) {
  const said = h("p.figures", { role: "status" });
  const done = h("i");
  const bar = h("div.progress", { role: "progressbar", "aria-label": t("Load the demo city"), "aria-valuemin": "0", "aria-valuemax": "100" }, done);
  const told = h("div");
  const stop = h("button.button", { type: "button", dataset: { stop: "demo" } }, t("Stop"));
  stop.addEventListener("click", async () => {
    stop.disabled = true;
    try {
      await post(`/api/v1/jobs/${job.id}/cancel`);
    } catch (error) {
      stop.disabled = false;
      fill(told, refusal(error.message));
    }
  });
  fill(box, h("h1", {}, t("Loading the demo city")), said, bar, told, h("div.row", {}, stop));
  return (now) => {
    const percent = Math.round(now.done * 100);
    said.textContent = now.state === "waiting" ? t("Waiting for a free worker …") : now.state === "done" ? t("Loaded; the map is being drawn …") : `${now.stage} · ${percent}%`;
    bar.setAttribute("aria-valuenow", String(percent));
    done.style.width = `${percent}%`;
    stop.hidden = now.state === "done";
  };
}
