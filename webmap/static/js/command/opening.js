// The first thing that the command centre shows: the cases on the map. Everything else comes after.

import { pageData, pageMap } from "wangge/core/elements.js";
import { beginView, keepView, state } from "wangge/core/state.js";
import { token } from "wangge/core/theme.js";
import { criteriaOf } from "wangge/command/address.js";
import { Board } from "wangge/command/board.js";
import { CaseStore } from "wangge/command/store.js";
import { fit } from "wangge/layers/fitting.js";
import { PointLayer } from "wangge/layers/points.js";

export const data = pageData();
export const map = pageMap();
export const board = new Board(data);
board.criteria = criteriaOf();

/** Whether the address asks for a wall, before or behind its #. */
export const isWall = () => state().wall === "1" || new URLSearchParams(location.search).get("wall") === "1";

let failure = null;
let sayFailed = (problem) => (failure = problem);

/** Where failures are said from now on; one that was before is said at once. */
export function onFailure(say) {
  sayFailed = say;
  if (failure) say(failure);
}

/** Called with what the store says of its line ("live", "polling", "off") and with the numbers of urgent new cases. */
export const hearing = { status: () => {}, urgent: () => {} };

export const store = new CaseStore({
  taken: (cases) => board.take(cases),
  put: (rows) => board.put(rows),
  where: (id) => board.positionOf(id),
  failed: (problem) => sayFailed(problem),
  said: (status) => hearing.status(status),
  urgent: (ids) => hearing.urgent(ids),
});
export const loaded = store.load();

/** Pixels at the edges that stay free of what is fitted: above are the buttons of the map. */
export const FREE = { paddingTopLeft: [28, 64], paddingBottomRight: [28, 28] };

export const hasView = beginView(map);
if (!hasView && data.bounds) fit(map, [[data.bounds[1], data.bounds[0]], [data.bounds[3], data.bounds[2]]], { animate: false, ...FREE });
keepView(map);

export const pane = map.createPane("command-cases");
pane.style.zIndex = 460;
document.documentElement.toggleAttribute("data-wall", isWall());
export const scale = () => Number(token("--map-scale")) || 1;
export const points = new PointLayer({ pane: "command-cases", categories: data.profile.categories, scale: scale() });

/** Draw the points that pass the filters. */
export function drawPoints() {
  board.lateAt = board.now;
  points.set(board.cases, board.shown, { isOpen: board.isOpen, isLate: (i) => board.isLate(i), isNear: (i) => board.isNear(i) });
}

const PATIENCE = 1500; // milliseconds that the ground waits for the points

/** Done when the points are on the screen, or will not be soon. */
export async function opened() {
  if ((state().show ?? "points") === "points") points.addTo(map);
  await Promise.race([loaded, new Promise((done) => setTimeout(done, PATIENCE))]);
  if (board.cases && map.hasLayer(points)) {
    drawPoints();
    points.draw();
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  }
  for (const link of document.querySelectorAll("link[data-rel]")) link.rel = link.dataset.rel;
  globalThis.wangge.begin?.();
}
