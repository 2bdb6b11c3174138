// Cases put among those that are loaded, in place: what one case changes must not cost a pass over
// a hundred thousand.

import { toWorld } from "wangge/command/mercator.js";
import { KINDS, NONE, PLACES } from "wangge/command/columns.js";

const NUMBERS = ["id", "x", "y", "reported", "due", "closed", "revision", "warn"];
export const COLUMNS = [...NUMBERS, ...KINDS, ...PLACES];
const ROOM = 2048; // cases that are made room for at a time

/** Where each case is: `cases.at(id)`, -1 if it is not loaded. */
export function positions(cases) {
  const { id, count } = cases;
  let sorted = Math.min(1, count);
  while (sorted < count && id[sorted - 1] < id[sorted]) sorted++;
  const rest = new Map();
  for (let i = sorted; i < count; i++) rest.set(id[i], i);
  return {
    of(number) {
      let low = 0;
      let high = sorted;
      const { id: now } = cases; // grows
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (now[middle] < number) low = middle + 1;
        else high = middle;
      }
      return low < sorted && now[low] === number ? low : (rest.get(number) ?? -1);
    },
    add: (number, i) => rest.set(number, i),
  };
}

const minute = (text) => (text ? Math.floor(Date.parse(text) / 60000) : NONE);

/** The columns of cases as the stream tells them; null if one names a kind or place that is not known yet. */
export function columnsOf(told, dictionaries) {
  const found = { count: told.length };
  for (const name of COLUMNS) found[name] = new Array(told.length);
  const known = {};
  for (const name of [...KINDS, ...PLACES]) known[name] = positionsIn(dictionaries[name]);
  for (let k = 0; k < told.length; k++) {
    const one = told[k];
    found.id[k] = one.id;
    found.x[k] = one.lon == null ? NaN : one.lon / 360 + 0.5;
    found.y[k] = one.lat == null ? NaN : toWorld(one.lat);
    found.reported[k] = minute(one.reported_at);
    found.due[k] = minute(one.due_at);
    found.closed[k] = minute(one.closed_at);
    found.revision[k] = one.revision;
    found.warn[k] = minute(one.warn_at);
    for (const name of KINDS) found[name][k] = known[name].get(one[name]);
    for (const name of PLACES) found[name][k] = one[`${name}_code`] == null ? -1 : known[name].get(one[`${name}_code`]);
    if ([...KINDS, ...PLACES].some((name) => found[name][k] === undefined || (KINDS.includes(name) && found[name][k] > 254))) return null;
  }
  return found;
}

/** The same of an answer of columns, its dictionaries turned into ours. */
export function translated(changed, dictionaries) {
  const found = { count: changed.count };
  for (const name of NUMBERS) found[name] = changed[name];
  for (const name of [...KINDS, ...PLACES]) {
    const known = positionsIn(dictionaries[name]);
    const none = KINDS.includes(name) ? 255 : -1;
    const turned = changed.dictionaries[name].map((key) => known.get(key));
    const column = new Array(changed.count);
    for (let k = 0; k < changed.count; k++) {
      const position = changed[name][k];
      const missing = position === none || position < 0;
      if (!missing && turned[position] === undefined) return null;
      column[k] = missing ? none : turned[position];
    }
    found[name] = column;
  }
  return found;
}

/** Those of `rows` that are new or other than they stand in `cases`. */
export function differing(rows, cases, where) {
  const news = [];
  for (let k = 0; k < rows.count; k++) {
    const i = where(rows.id[k]);
    if (i < 0 || COLUMNS.some((name) => !Object.is(Number(rows[name][k]), cases[name][i]))) news.push(k);
  }
  const found = { count: news.length };
  for (const name of COLUMNS) found[name] = news.map((k) => rows[name][k]);
  return found;
}

const kept = new WeakMap();

function positionsIn(dictionary) {
  let known = kept.get(dictionary);
  if (known?.size !== dictionary.length) kept.set(dictionary, (known = new Map(dictionary.map((key, i) => [key, i]))));
  return known;
}

/** Make room for `more` cases behind those that are there; what is held of `cases` grows with it. */
export function grow(cases, more) {
  const count = cases.count + more;
  cases.behind ??= {};
  for (const name of COLUMNS) {
    const column = cases[name];
    let whole = cases.behind[name];
    if (!whole || whole.length < count) {
      whole = new column.constructor(count + ROOM);
      whole.set(column);
      cases.behind[name] = whole;
    }
    cases[name] = whole.subarray(0, count);
  }
  cases.count = count;
}

/** A growing twin of a case's byte: the same values with zeros behind. */
export function longer(values, count) {
  if (values.length >= count) return values;
  const whole = new values.constructor(count);
  whole.set(values);
  return whole;
}

/** An ordered array with `value` put where `before(a, b)` (negative: a first) wants it. */
export function inserted(order, value, before) {
  const grown = new order.constructor(order.length + 1);
  const at = place(order, order.length, value, before);
  grown.set(order.subarray(0, at));
  grown[at] = value;
  grown.set(order.subarray(at), at + 1);
  return grown;
}

/** An ordered array without `value`; the same one if it is not in it. */
export function without(order, value) {
  const at = order.indexOf(value);
  if (at < 0) return order;
  const less = new order.constructor(order.length - 1);
  less.set(order.subarray(0, at));
  less.set(order.subarray(at + 1), at);
  return less;
}

function place(order, length, value, before) {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (before(order[middle], value) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
