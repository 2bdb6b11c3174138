// What is asked and what answers it: criteria on one side, the cases that meet them on the other.
//
// Every part of the page reads the board and is told by `on` what changed: "data", "criteria",
// "window" (only the player's window moved), "view" (the map moved), "select", "hover", "minute" (the
// clock moved), "masked" (many look at this screen now, or no more), "live" (some cases came or changed; the third value says which).

import { language } from "wangge/core/words.js";
import { Calendar } from "wangge/command/calendar.js";
import { newestFirst } from "wangge/command/columns.js";
import { CATEGORY, Crossfilter, HOUR, PERIOD, SOURCE, WINDOW } from "wangge/command/crossfilter.js";
import { COLUMNS, grow, inserted, positions, without } from "wangge/command/growing.js";
import { countIn } from "wangge/command/rates.js";
import { isNear } from "wangge/command/remaining.js";

export const PERIODS = ["today", "7d", "30d", "all"];
const BACK = { today: 0, "7d": 6, "30d": 29 };
const BINS = [[10, 300], [60, 300], [1440, 600], [1440 * 7, 600], [1440 * 30, Infinity]]; // minutes, at most

export const NOTHING_ASKED = {
  period: "", categories: null, sources: null, states: null, late: false, areas: [], hours: null, window: null,
};

/** The board of the command centre. */
export class Board {
  constructor({ profile, minHouseholds }) {
    this.profile = profile;
    this.minHouseholds = minHouseholds;
    this.calendar = new Calendar(profile.timezone);
    this.criteria = { ...NOTHING_ASKED };
    this.box = null;
    this.selected = null; // id of the open case
    this.isMasked = false; // many look at this screen: nothing personal is asked for
    this.hovered = null; // position of the case under the pointer
    this.listeners = [];
    this.cases = null;
    this.filter = null;
  }

  on(listener) {
    this.listeners.push(listener);
  }

  _tell(what, news) {
    for (const listener of this.listeners) listener(what, this, news);
  }

  get now() {
    return this.calendar.now();
  }

  get today() {
    return this.calendar.day(this.now);
  }

  /** Take the cases of the store. */
  take(cases) {
    this.cases = cases;
    const openKeys = new Set(this.profile.states.filter((state) => state.open).map((state) => state.key));
    this.isOpen = Uint8Array.from({ length: 256 }, (_, i) => (openKeys.has(cases.dictionaries.state[i]) ? 1 : 0));
    this.filter = new Crossfilter(cases, { calendar: this.calendar, isOpen: this.isOpen });
    this.kept = { order: null, sums: null, bins: null };
    this.sorted = new Map();
    this.positions = positions(cases);
    if (!this.criteria.period) this.criteria.period = this._firstPeriod();
    this._applyAll();
    this._count();
    this.tellAgain();
  }

  /** Tell the parts of the data; they may have come later than these. */
  tellAgain() {
    this._tell("data");
  }

  /**
   * Put columns of cases (see growing.js) among those that are there. The parts are told "live" and
   * {ids, added}: all of their numbers, and those that are new.
   */
  put(rows) {
    const { cases, filter, kept } = this;
    const sums = kept.sums;
    const at = Array.from(rows.id, (id) => this.positions.of(id));
    const added = [];
    const moved = new Set(); // whose place in time is another one
    const orders = [...this.sorted].filter(([, order]) => order !== kept.order);
    for (let k = 0; k < at.length; k++) {
      if (at[k] < 0) continue;
      if (sums) filter.weigh(sums, at[k], -1);
      for (const entry of orders) entry[1] = without(entry[1], at[k]);
      if (cases.reported[at[k]] === rows.reported[k]) continue;
      moved.add(at[k]);
      if (kept.order) kept.order = without(kept.order, at[k]);
    }
    const first = cases.count;
    for (let k = 0; k < at.length; k++) {
      if (at[k] >= 0) continue;
      at[k] = first + added.length;
      added.push(rows.id[k]);
      this.positions.add(rows.id[k], at[k]);
    }
    if (added.length) grow(cases, added.length);
    for (const name of COLUMNS) for (let k = 0; k < at.length; k++) cases[name][at[k]] = rows[name][k];
    if (added.length) filter.grow();
    for (const i of moved) filter.retime(i);
    cases.header.total += added.length;
    filter.retest(at);
    const inOrder = (order, i, sort) => inserted(order, i, this._comparing(sort));
    for (const i of at) {
      if (sums) filter.weigh(sums, i, +1);
      for (const entry of orders) entry[1] = inOrder(entry[1], i, entry[0]);
      if (kept.order && (i >= first || moved.has(i))) kept.order = inOrder(kept.order, i, "newest");
    }
    this.sorted = new Map(orders);
    kept.bins = null;
    kept.shown = null;
    this.rows = new Map();
    this._tell("live", { ids: Array.from(rows.id), added });
  }

  /** Tell that the clock moved on. */
  tick() {
    this._tell("minute");
  }

  /** The last 30 days, or the 30 days up to the latest case if nothing happened in them. */
  _firstPeriod() {
    const { filter, today, calendar } = this;
    this.isOlder = this.cases.count > 0 && filter.lastDay < today - 29;
    return this.isOlder ? `${calendar.iso(filter.lastDay - 29)}..${calendar.iso(filter.lastDay)}` : "30d";
  }

  /** Positions of all cases, newest first. */
  get order() {
    return (this.kept.order ??= newestFirst(this.cases));
  }

  /** How many cases there are by every dimension, see `Crossfilter.tally`. */
  get sums() {
    return (this.kept.sums ??= this.filter.tally(this.now));
  }

  /** Cases over the span, see `_binned`. */
  get bins() {
    return this.filter && (this.kept.bins ??= this._binned());
  }

  /** Positions of the cases that meet all criteria. */
  get shown() {
    return (this.kept.shown ??= this.kept.sums?.shown ?? this.filter.passing());
  }

  /** Change criteria; the parts are told. */
  change(changes) {
    Object.assign(this.criteria, changes);
    if ("period" in changes) this.isOlder = false;
    if ("period" in changes && !("window" in changes)) this.criteria.window = null;
    if (!this.cases) return;
    if (!this.criteria.period) this.criteria.period = this._firstPeriod();
    const onlyWindow = Object.keys(changes).every((key) => key === "window");
    if (onlyWindow) this._applyWindow();
    else this._applyAll();
    this._count({ onlyWindow });
    this._tell(onlyWindow ? "window" : "criteria");
  }

  /** The map shows this box now (world units). */
  look(box) {
    this.box = box;
    this._tell("view");
  }

  select(id) {
    if (this.selected === id) return;
    this.selected = id;
    this._tell("select");
  }

  /** Whether many look at this screen; the open case is read anew without what is personal. */
  mask(isMasked) {
    if (this.isMasked === isMasked) return;
    this.isMasked = isMasked;
    this._tell("masked");
  }

  hover(position) {
    if (this.hovered === position) return;
    this.hovered = position;
    this._tell("hover");
  }

  /** [from, to) of the period in minutes; null on either side is endless. */
  period() {
    const { period } = this.criteria;
    if (period in BACK) return [this.calendar.start(this.today - BACK[period]), null];
    const [first, last] = (period ?? "").split("..").map((text) => this.calendar.parse(text));
    const from = Number.isFinite(first) ? this.calendar.start(first) : null;
    const to = Number.isFinite(last) ? this.calendar.start(last + 1) : null;
    return [from, to];
  }

  /** [from, to) that the timeline shows: the period, or the days that have cases. */
  span() {
    const [from, to] = this.period();
    const last = Math.max(this.filter.lastDay, from == null ? -Infinity : this.calendar.day(from));
    const end = to ?? this.calendar.start((this.criteria.period in BACK ? this.today : last) + 1);
    return [from ?? this.calendar.start(this.filter.firstDay), end];
  }

  _applyAll() {
    const { criteria, filter, cases } = this;
    const { dictionaries } = cases;
    filter.between(PERIOD, ...this.period());
    filter.among(CATEGORY, () => cases.category, inDictionary(criteria.categories, dictionaries.category));
    filter.among(SOURCE, () => cases.source, inDictionary(criteria.sources, dictionaries.source));
    filter.states(inDictionary(criteria.states, dictionaries.state), { onlyLate: criteria.late, now: this.now });
    filter.inside(this._places(criteria.areas));
    const { hours } = criteria;
    filter.among(HOUR, () => filter.hours, hours && range(hours[0], hours[1]));
    this._applyWindow();
  }

  _applyWindow() {
    const { window } = this.criteria;
    this.filter.between(WINDOW, window?.[0] ?? null, window?.[1] ?? null);
  }

  _count({ onlyWindow = false } = {}) {
    this.kept.sums = this.kept.shown = null;
    if (!onlyWindow) this.kept.bins = null;
    this.rows = new Map();
  }

  /** Cases over the span, whatever the window: {from, to, minutes, counts}. */
  _binned() {
    const [from, to] = this.span();
    const [minutes] = BINS.find(([size, most]) => (to - from) / size <= most);
    const counts = new Uint32Array(Math.max(1, Math.ceil((to - from) / minutes)));
    const { failed } = this.filter;
    const { reported } = this.cases;
    for (let i = 0; i < failed.length; i++) {
      if ((failed[i] & ~WINDOW) !== 0) continue;
      const bin = Math.floor((reported[i] - from) / minutes);
      if (bin >= 0 && bin < counts.length) counts[bin]++;
    }
    return { from, to, minutes, counts };
  }

  /** Positions of the places that these codes mean, with all inside; null for everywhere. */
  _places(codes) {
    if (!codes.length) return null;
    const { dictionaries, header } = this.cases;
    const wanted = new Set(codes);
    const tree = header.places?.area ?? { code: [], parent: [] };
    for (let grew = true; grew; ) {
      grew = false;
      tree.code.forEach((code, i) => {
        if (!wanted.has(code) && wanted.has(tree.parent[i])) {
          wanted.add(code);
          grew = true;
        }
      });
    }
    const chosen = new Set(codes);
    const positions = (name, set) => new Set(dictionaries[name].flatMap((code, i) => (set.has(code) ? [i] : [])));
    return { area: positions("area", wanted), grid: positions("grid", chosen), compound: positions("compound", chosen) };
  }

  /** Cases per place of `by` ("area", "grid", "compound"), with rates. */
  counts(by) {
    if (!this.rows.has(by)) {
      const totals = new Map();
      this.cases.dictionaries[by].forEach((code, i) => totals.set(code, this.sums[by][i + 1]));
      this.rows.set(by, countIn(this.cases.header.places[by], totals, this.minHouseholds));
    }
    return this.rows.get(by);
  }

  /** Positions of the cases for the list: all criteria and the map's view, in the asked order. */
  listed(sort = "newest") {
    return this.filter.listed(this.sortedBy(sort), this.box);
  }

  sortedBy(sort) {
    if (!this.sorted.has(sort)) this.sorted.set(sort, this._sort(sort));
    return this.sorted.get(sort);
  }

  _sort(sort) {
    if (sort === "newest") return this.order;
    if (sort === "oldest") return this.order.slice().reverse();
    const rank = new Uint32Array(this.cases.count);
    this.order.forEach((i, n) => (rank[i] = n));
    const key = this._keyOf(sort);
    const keys = new Float64Array(this.cases.count);
    for (let i = 0; i < keys.length; i++) keys[i] = key(i) * 4194304 + rank[i]; // exact: below 2 to the 53rd
    keys.sort();
    const sorted = new Uint32Array(keys.length);
    for (let n = 0; n < keys.length; n++) sorted[n] = this.order[((keys[n] % 4194304) + 4194304) % 4194304];
    return sorted;
  }

  /** What a sort goes by; what is equal comes newest first. */
  _keyOf(sort) {
    const { due, category, state, closed } = this.cases;
    const none = -2147483648;
    return {
      due: (i) => (this.isOpen[state[i]] && due[i] !== none ? due[i] : 1073741824 - (closed[i] === none ? 1 : 0)),
      category: (i) => category[i],
      state: (i) => state[i],
    }[sort];
  }

  /** Which of two positions comes first in a sort (negative: the first). */
  _comparing(sort) {
    const { reported } = this.cases;
    const newest = (a, b) => reported[b] - reported[a] || b - a;
    if (sort === "newest") return newest;
    if (sort === "oldest") return (a, b) => newest(b, a);
    const key = this._keyOf(sort);
    return (a, b) => key(a) - key(b) || newest(a, b);
  }

  /** Position of a case number, -1 if it is not among the loaded. */
  positionOf(id) {
    return this.cases ? this.positions.of(id) : -1;
  }

  /** Name of the place of a case: compound, grid or area. */
  placeName(i) {
    this.names ??= new WeakMap();
    const names = this._names();
    const { compound, grid, area, dictionaries } = this.cases;
    const found = [];
    if (area[i] >= 0) found.push(names.area.get(dictionaries.area[area[i]]) ?? dictionaries.area[area[i]]);
    if (compound[i] >= 0) found.push(names.compound.get(dictionaries.compound[compound[i]]) ?? "");
    else if (grid[i] >= 0) found.push(names.grid.get(dictionaries.grid[grid[i]]) ?? "");
    return found.filter(Boolean).join(" · ");
  }

  _names() {
    const { places } = this.cases.header;
    if (!this.names.has(places)) {
      const named = (by) => new Map(places[by].code.map((code, i) => [code, places[by].name[i] || code]));
      this.names.set(places, { area: named("area"), grid: named("grid"), compound: named("compound") });
    }
    return this.names.get(places);
  }

  /** The local day of a minute, in words. */
  dayName(minute) {
    this.days ??= new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { timeZone: this.profile.timezone, year: "numeric", month: "numeric", day: "numeric" });
    return this.days.format(new Date(minute * 60000));
  }

  isLate(i) {
    return this.filter.isLate(i, this.lateAt ?? this.now);
  }

  /** Whether an open case is due soon; drawn with a mark of its own, so that it is not late yet. */
  isNear(i) {
    const { due, warn, state } = this.cases;
    return this.isOpen[state[i]] === 1 && isNear(due[i], warn[i], this.lateAt ?? this.now);
  }

  /** Positions of the open cases whose time ran out between these minutes. */
  lateBetween(from, to) {
    const { due, state, count } = this.cases;
    const found = [];
    for (let i = 0; i < count; i++) if (due[i] >= from && due[i] < to && due[i] > -2147483648 && this.isOpen[state[i]] === 1) found.push(i);
    return found;
  }
}

function inDictionary(keys, dictionary) {
  return keys && keys.map((key) => dictionary.indexOf(key)).filter((position) => position >= 0);
}

function range(first, last) {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}
