// What a drawing would do, before it is let go: a guess from the middles of units. The server
// decides; its figures replace these.

import { count, t } from "wangge/core/words.js";
import { holds } from "wangge/drafting/handing.js";
import { toWorld } from "wangge/layers/shapes.js";

/** A sentence on what is drawn so far, or null. `points`: [[lng, lat]]. */
export function guess(key, points, bench) {
  if (key === "draw" && points.length > 2) return polygonGuess(points, bench);
  if (key === "split" && points.length > 1 && bench.selected.length === 1) return splitGuess(points, bench);
  return null;
}

function polygonGuess(points, { draft, picture, planner }) {
  const ring = points.flatMap(([lng, lat]) => toWorld(lng, lat));
  let households = 0;
  for (const { code, middle } of picture.units.data.shapes) {
    if (holds({ parts: [ring] }, middle[0], middle[1])) households += draft.units.get(code)?.properties.households ?? 0;
  }
  return t("about %(sum)s", { sum: sumOf(households, planner) });
}

/** The households on either side of a line through the selected grid. */
function splitGuess(points, { draft, picture, planner, selected }) {
  const line = points.map(([lng, lat]) => toWorld(lng, lat));
  const sides = [0, 0];
  for (const { code, props, middle } of picture.units.data.shapes) {
    if (props.grid !== selected[0]) continue;
    sides[isLeft(line, middle) ? 0 : 1] += draft.units.get(code)?.properties.households ?? 0;
  }
  const [left, right] = sides.map((number) => sumOf(number, planner));
  return t("about %(left)s on one side and %(right)s on the other", { left, right });
}

/** Whether a point lies left of the stretch of a line that is nearest to it. */
function isLeft(line, [x, y]) {
  let best = Infinity;
  let left = false;
  for (let i = 1; i < line.length; i++) {
    const [[x1, y1], [x2, y2]] = [line[i - 1], line[i]];
    const length = (x2 - x1) ** 2 + (y2 - y1) ** 2;
    const along = length ? Math.max(0, Math.min(1, ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length)) : 0;
    const far = Math.hypot(x - x1 - along * (x2 - x1), y - y1 - along * (y2 - y1));
    if (far >= best) continue;
    best = far;
    left = (x2 - x1) * (y - y1) - (y2 - y1) * (x - x1) < 0;
  }
  return left;
}

function sumOf(households, { page }) {
  const { low, high } = page.profile.band;
  const sign = households < low ? "▽" : households > high ? "▲" : "✓";
  return t("%(number)s households %(sign)s", { number: count(households), sign });
}
