// Filters over columns: each case has one bit for every dimension that it fails.
//
// A chart of one dimension counts the cases that fail no *other* dimension, so that its own
// brush does not empty it. Everything is one pass over typed arrays.

import { localTimes } from "wangge/command/calendar.js";
import { inserted, longer, without } from "wangge/command/growing.js";

export const PERIOD = 1;
export const SOURCE = 2;
export const CATEGORY = 4;
export const STATE = 8;
export const PLACE = 16;
export const HOUR = 32;
export const WINDOW = 64;

/** The filters of one set of cases. */
export class Crossfilter {
  constructor(cases, { calendar, isOpen }) {
    this.cases = cases;
    this.calendar = calendar;
    this.isOpen = isOpen; // by position of the state: 1 open, 0 closed
    this.failed = new Uint8Array(cases.count);
    this.tested = 0; // the bits that any case may have
    this.tests = new Map(); // bit → the test of one case, for those that come later
    let first = Infinity;
    let last = -Infinity;
    const { reported } = cases;
    for (let i = 0; i < reported.length; i++) {
      if (reported[i] < first) first = reported[i];
      if (reported[i] > last) last = reported[i];
    }
    this.firstDay = Number.isFinite(first) ? calendar.day(first) : 0;
    this.lastDay = Number.isFinite(last) ? calendar.day(last) : 0;
  }

  /** The local hour of every case; worked out when first asked, so that the map need not wait. */
  get hours() {
    this.kept ??= localTimes(this.calendar, this.cases);
    return this.kept.hours;
  }

  /** Whether a case is open and past its time at minute `now`. */
  isLate(i, now) {
    return this.isOpen[this.cases.state[i]] === 1 && this.cases.due[i] > -2147483648 && this.cases.due[i] < now;
  }

  /** `make()` gives the test over the columns as they are; they are others once cases were added. */
  _test(bit, make) {
    const { failed } = this;
    this.tested |= bit;
    this.tests.set(bit, make);
    const passes = make();
    for (let i = 0; i < failed.length; i++) {
      if (passes(i)) failed[i] &= ~bit;
      else failed[i] |= bit;
    }
  }

  /** Cases were added behind the others: none of them is tested yet. */
  grow() {
    const { count, reported } = this.cases;
    const first = this.failed.length;
    this.failed = longer(this.failed, count);
    if (this.kept) {
      const added = localTimes(this.calendar, { count: count - first, reported: reported.subarray(first) });
      this.kept.hours = longer(this.kept.hours, count);
      this.kept.hours.set(added.hours, first);
    }
    for (let i = first; i < count; i++) {
      const day = this.calendar.day(reported[i]);
      this.firstDay = this.firstDay ? Math.min(this.firstDay, day) : day;
      this.lastDay = Math.max(this.lastDay, day);
    }
  }

  /** A case that was there has another time of report. */
  retime(i) {
    if (this.kept) this.kept.hours[i] = this.calendar.hour(this.cases.reported[i]);
  }

  /** Test these cases anew. */
  retest(changed) {
    const tests = [...this.tests].map(([bit, make]) => [bit, make()]);
    for (const i of changed) {
      let bits = 0;
      for (const [bit, passes] of tests) if (!passes(i)) bits |= bit;
      this.failed[i] = bits;
    }
  }

  /** Take a case out of `sums` (-1) or count it there (+1), as it is now; see `tally`. */
  weigh(sums, i, sign) {
    const bits = this.failed[i];
    const { category, source, state, area, grid, compound, due } = this.cases;
    const isLate = this.isOpen[state[i]] === 1 && due[i] > -2147483648 && due[i] < sums.now;
    if (bits === 0) {
      sums.categories[category[i]] += sign;
      sums.sources[source[i]] += sign;
      sums.states[state[i]] += sign;
      sums.hours[this.hours[i]] += sign;
      sums.area[area[i] + 1] += sign;
      sums.grid[grid[i] + 1] += sign;
      sums.compound[compound[i] + 1] += sign;
      if (this.isOpen[state[i]] === 1) sums.open += sign;
      if (isLate) {
        sums.late += sign;
        sums.lateInStates += sign;
      }
      sums.shown = sign > 0 ? inserted(sums.shown, i, (a, b) => a - b) : without(sums.shown, i);
    } else if (bits === CATEGORY) sums.categories[category[i]] += sign;
    else if (bits === SOURCE) sums.sources[source[i]] += sign;
    else if (bits === STATE) {
      sums.states[state[i]] += sign;
      if (isLate) sums.lateInStates += sign;
    } else if (bits === HOUR) sums.hours[this.hours[i]] += sign;
  }

  _clear(bit) {
    if ((this.tested & bit) === 0) return;
    this.tested &= ~bit;
    this.tests.delete(bit);
    const { failed } = this;
    for (let i = 0; i < failed.length; i++) failed[i] &= ~bit;
  }

  /** Keep `[from, to)` in minutes; null on either side is endless. */
  between(bit, from, to) {
    if (from == null && to == null) return this._clear(bit);
    const low = from ?? -Infinity;
    const high = to ?? Infinity;
    return this._test(bit, () => {
      const { reported } = this.cases;
      return (i) => reported[i] >= low && reported[i] < high;
    });
  }

  /** Keep the cases whose value in the column that `read()` gives is among `chosen` (positions); null keeps all. */
  among(bit, read, chosen) {
    if (chosen == null) return this._clear(bit);
    const kept = new Uint8Array(256);
    for (const position of chosen) kept[position] = 1;
    return this._test(bit, () => {
      const column = read();
      return (i) => kept[column[i]] === 1;
    });
  }

  /** Keep the cases that are in one of these places: sets of positions, or null for all. */
  inside(places) {
    if (places == null) return this._clear(PLACE);
    return this._test(PLACE, () => {
      const { area, grid, compound } = this.cases;
      return (i) => places.area.has(area[i]) || places.grid.has(grid[i]) || places.compound.has(compound[i]);
    });
  }

  /** Keep states by position, and perhaps only those past their time. */
  states(chosen, { onlyLate = false, now = 0 } = {}) {
    if (chosen == null && !onlyLate) return this._clear(STATE);
    const kept = new Uint8Array(256);
    if (chosen == null) kept.fill(1);
    else for (const position of chosen) kept[position] = 1;
    return this._test(STATE, () => {
      const { state } = this.cases;
      return (i) => kept[state[i]] === 1 && (!onlyLate || this.isLate(i, now));
    });
  }

  /** Positions of the cases that pass all filters. */
  passing() {
    const { failed } = this;
    const found = new Uint32Array(failed.length);
    let k = 0;
    for (let i = 0; i < failed.length; i++) if (failed[i] === 0) found[k++] = i;
    return found.subarray(0, k);
  }

  /** How many there are by every dimension; `shown` has the positions of those that pass all. */
  tally(now) {
    const { failed, hours } = this;
    const { category, source, state, area, grid, compound, due } = this.cases;
    const n = failed.length;
    const size = (name) => this.cases.dictionaries[name].length;
    const sums = {
      categories: new Uint32Array(256), sources: new Uint32Array(256), states: new Uint32Array(256),
      hours: new Uint32Array(24),
      area: new Uint32Array(size("area") + 1), grid: new Uint32Array(size("grid") + 1), compound: new Uint32Array(size("compound") + 1),
      open: 0, late: 0, lateInStates: 0, now,
    };
    const shown = new Uint32Array(n);
    let k = 0;
    for (let i = 0; i < n; i++) {
      const bits = failed[i];
      if (bits === 0) {
        shown[k++] = i;
        sums.categories[category[i]]++;
        sums.sources[source[i]]++;
        sums.states[state[i]]++;
        sums.hours[hours[i]]++;
        sums.area[area[i] + 1]++;
        sums.grid[grid[i] + 1]++;
        sums.compound[compound[i] + 1]++;
        if (this.isOpen[state[i]] === 1) {
          sums.open++;
          if (due[i] > -2147483648 && due[i] < now) {
            sums.late++;
            sums.lateInStates++;
          }
        }
      } else if ((bits & (bits - 1)) === 0) {
        // It fails one dimension only: that one's chart still counts it.
        if (bits === CATEGORY) sums.categories[category[i]]++;
        else if (bits === SOURCE) sums.sources[source[i]]++;
        else if (bits === STATE) {
          sums.states[state[i]]++;
          if (this.isLate(i, now)) sums.lateInStates++;
        } else if (bits === HOUR) sums.hours[hours[i]]++;
      }
    }
    sums.shown = shown.subarray(0, k);
    return sums;
  }

  /** Of `order`, the positions that pass all filters and lie in `box` (world units; null: anywhere). */
  listed(order, box) {
    const { failed } = this;
    const { x, y } = this.cases;
    const found = new Uint32Array(order.length);
    let k = 0;
    for (let n = 0; n < order.length; n++) {
      const i = order[n];
      if (failed[i] !== 0) continue;
      if (box && !(x[i] >= box.west && x[i] <= box.east && y[i] >= box.north && y[i] <= box.south)) continue;
      found[k++] = i;
    }
    return found.subarray(0, k);
  }
}
