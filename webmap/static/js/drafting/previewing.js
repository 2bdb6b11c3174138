// The best net that a search has found so far, as lines over the draft.
//
// The server tells which units each part has; where two neighbours are in different parts there is
// a border. Units that the search has cut come as they are now.

import { token } from "wangge/core/theme.js";
import { ringsOf } from "wangge/drafting/draft.js";
import { toWorld } from "wangge/layers/shapes.js";
import { Sheet, stackOf } from "wangge/layers/stack.js";

export class Preview {
  constructor(planner, draft) {
    this.stack = stackOf(planner.map);
    this.draft = draft;
    this.sheet = new Sheet("draft-proposed", {
      order: 56,
      pickable: false,
      unnamed: true,
      style: () => ({ fill: null, line: token("--accent"), width: 2.5, halo: token("--map-halo") }),
    });
    this.isOn = false;
    this.sides = null;
    this.cut = null; // the units that the sides were found for
  }

  /** Draw what was found: `best` of the job's report. */
  show({ parts, drawn, gone }) {
    const cut = drawn.features.map(({ id }) => id).join(" ");
    if (cut !== this.cut) {
      this.cut = cut;
      this.sides = this.sidesWith(drawn.features, gone);
    }
    const part = new Map();
    let number = 0;
    for (const { parts: groups } of parts) {
      for (const units of groups) {
        number += 1;
        for (const unit of units) part.set(unit, number);
      }
    }
    const lines = [];
    for (const { ends, units: [one, other] } of this.sides.values()) {
      const [mine, theirs] = [part.get(one), part.get(other)];
      if (mine !== theirs) lines.push(ends);
    }
    this.sheet.data = { shapes: lines.length ? [lined(lines)] : [], labels: [], index: null };
    if (!this.isOn) this.stack.add(this.sheet);
    this.isOn = true;
    this.stack.redrawSoon();
  }

  clear() {
    if (this.isOn) this.stack.drop(this.sheet);
    this.isOn = false;
  }

  /** Each side of each unit once, with the units that have it. */
  sidesWith(drawn, gone) {
    const units = new Map(this.draft.units);
    for (const number of gone) units.delete(number);
    for (const feature of drawn) units.set(Number(feature.id), feature);
    const sides = new Map();
    for (const [number, feature] of units) {
      for (const ring of ringsOf(feature)) {
        for (let i = 0; i + 1 < ring.length; i++) {
          const [a, b] = [ring[i], ring[i + 1]];
          const isFirst = a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]);
          const key = isFirst ? `${a} ${b}` : `${b} ${a}`;
          const side = sides.get(key);
          if (side) side.units.push(number);
          else sides.set(key, { ends: [...toWorld(...a), ...toWorld(...b)], units: [number] });
        }
      }
    }
    return sides;
  }
}

/** Lines of the world as one shape. */
function lined(lines) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x0, y0, x1, y1] of lines) {
    box[0] = Math.min(box[0], x0, x1);
    box[1] = Math.min(box[1], y0, y1);
    box[2] = Math.max(box[2], x0, x1);
    box[3] = Math.max(box[3], y0, y1);
  }
  return { code: 0, props: {}, kind: 2, parts: lines.map((line) => Float64Array.from(line)), box };
}
