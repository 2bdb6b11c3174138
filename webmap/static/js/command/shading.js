// Areas, grids or compounds filled by their cases: five classes of one hue.

import { classOf, jenks, quantiles, rampSteps } from "wangge/core/classes.js";
import { token } from "wangge/core/theme.js";
import { Sheet, stackOf } from "wangge/layers/stack.js";

const CLASSES = 6;

/** The choropleth of a board. */
export class Shading {
  /** @param {object} options - `tiles`: address of the tiles by "area", "grid", "compound" */
  constructor(map, board, { tiles }) {
    this.board = board;
    this.values = new Map();
    this.bounds = [];
    this.steps = [];
    this.by = null;
    this.level = null;
    this.lit = null;
    this.sheets = {};
    for (const [by, address] of Object.entries(tiles)) {
      const sheet = new Sheet(`${by}s`, {
        layer: "shading", tiles: address, visible: false, order: 14, pickable: true, minZoom: by === "area" ? 0 : 10,
        style: (props, look) => this._style(props, look),
      });
      this.sheets[by] = stackOf(map).add(sheet);
    }
  }

  _style(props, { hovered }) {
    if (this.by === "area" && props.level !== this.level) return null;
    const row = this.values.get(props.code);
    const chosen = this.board.criteria.areas.includes(props.code) || this.lit === props.code;
    const line = chosen ? token("--accent") : hovered ? token("--map-label") : token("--surface");
    const width = chosen ? 3 : hovered ? 2 : 1;
    const at = row && !row.isOut ? classOf(row.value, this.bounds) : -1;
    if (at < 0) return { fill: token("--map-unknown"), alpha: 0.25, line, width, dash: row?.isOut ? [4, 3] : null };
    return { fill: token(`--ramp-${this.steps[at]}`), alpha: 0.9, line, width };
  }

  hide() {
    this.by = null;
    for (const sheet of Object.values(this.sheets)) sheet.show(false);
  }

  /** Fill the places `by` (of one `level`) by `measure` in classes by `method`. */
  show({ by, level, measure, method }) {
    Object.assign(this, { by, level });
    const rows = this.board.counts(by).filter((row) => row.level === level);
    this.values = new Map(rows.map((row) => [row.code, { value: row[measure], isOut: measure === "rate" && row.smallBase }]));
    const counted = rows.filter((row) => row[measure] != null && !(measure === "rate" && row.smallBase)).map((row) => row[measure]);
    const sample = counted.length > 800 ? counted.toSorted((a, b) => a - b).filter((_, i, all) => i === all.length - 1 || i % Math.ceil(all.length / 800) === 0) : counted;
    this.bounds = counted.length ? (method === "natural" ? jenks : quantiles)(sample, CLASSES) : [];
    this.steps = this.bounds.length > 1 ? rampSteps(this.bounds.length - 1) : [];
    for (const [key, sheet] of Object.entries(this.sheets)) {
      sheet.show(key === by);
      if (key === by) sheet.stack?.redrawSoon();
    }
  }

  /** Mark one place, whatever is filtered. */
  light(code) {
    if (this.lit === code) return;
    this.lit = code;
    this.sheets[this.by]?.stack?.redrawSoon();
  }

  colours() {
    return this.steps.map((step) => `var(--ramp-${step})`);
  }
}
