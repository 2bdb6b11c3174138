// Cases as columns: the binary answer of /api/v1/cases/points as typed arrays.
//
// Layout (little-endian): "WGC1", length of the header (uint32), the header (JSON, padded to 8
// bytes), then the columns at the offsets that the header gives. See geodata/cases/columns.py.

import { toWorld } from "wangge/command/mercator.js";

export const NONE = -2147483648; // no time, not placed
const TYPES = { uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, int32: Int32Array, float64: Float64Array };
export const KINDS = ["category", "source", "state"];
export const PLACES = ["area", "grid", "compound"];

/**
 * The cases of one answer.
 *
 * `x`, `y` are units of the Web Mercator world (0…1, y southward; NaN: not placed); `reported`,
 * `due`, `closed` minutes since 1970 UTC; kinds and places positions in `dictionaries` (255 and -1:
 * none).
 */
export function decode(buffer) {
  const view = new DataView(buffer);
  if (view.getUint32(0, false) !== 0x57474331) throw new Error("not an answer of case columns");
  const end = 8 + view.getUint32(4, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, end - 8)));
  const columns = {};
  for (const { name, type, offset } of header.columns) {
    columns[name] = new TYPES[type](buffer, end + offset, header.count);
  }
  return { ...placed(columns, header.count), header, dictionaries: header.dictionaries };
}

function placed(columns, count) {
  const cases = { count };
  cases.id = columns.id;
  cases.x = new Float64Array(count);
  cases.y = new Float64Array(count);
  const { lon, lat } = columns;
  for (let i = 0; i < count; i++) {
    if (lon[i] === NONE) {
      cases.x[i] = cases.y[i] = NaN;
    } else {
      cases.x[i] = lon[i] / 3.6e9 + 0.5;
      cases.y[i] = toWorld(lat[i] / 1e7);
    }
  }
  for (const name of ["reported", "due", "closed", "revision"]) cases[name] = columns[name] ?? new Int32Array(count);
  cases.warn = columns.warn ?? new Int32Array(count).fill(NONE);
  for (const name of KINDS) cases[name] = small(columns[name]);
  for (const name of PLACES) cases[name] = positions(columns[name]);
  return cases;
}

function small(values) {
  return values instanceof Uint8Array ? values : Uint8Array.from(values, (value) => Math.min(value, 255));
}

function positions(values) {
  const none = 2 ** (8 * values.BYTES_PER_ELEMENT) - 1;
  const found = new Int32Array(values.length);
  for (let i = 0; i < values.length; i++) found[i] = values[i] === none ? -1 : values[i];
  return found;
}

const COLUMNS = ["id", "x", "y", "reported", "due", "closed", "revision", "warn", ...KINDS, ...PLACES];

/** `cases` with those of `changed` put in place of their older selves, or added at the end. */
export function merge(cases, changed) {
  if (!changed.count) return cases;
  const dictionaries = { ...cases.dictionaries };
  const translated = {};
  for (const name of [...KINDS, ...PLACES]) {
    const known = new Map(dictionaries[name].map((key, i) => [key, i]));
    const grown = [...dictionaries[name]];
    const places = changed.dictionaries[name].map((key) => {
      if (!known.has(key)) known.set(key, grown.push(key) - 1);
      return known.get(key);
    });
    dictionaries[name] = grown;
    translated[name] = Array.from(changed[name], (i) => places[i] ?? (KINDS.includes(name) ? 255 : -1));
  }
  const index = new Map();
  for (let i = 0; i < cases.count; i++) index.set(cases.id[i], i);
  const targets = [];
  let count = cases.count;
  for (let i = 0; i < changed.count; i++) targets.push(index.get(changed.id[i]) ?? count++);
  const merged = { ...cases, behind: null, count, dictionaries, header: { ...cases.header, ...kept(changed.header) } };
  for (const name of COLUMNS) {
    const values = new cases[name].constructor(count);
    values.set(cases[name]);
    const source = translated[name] ?? changed[name];
    targets.forEach((target, i) => (values[target] = source[i]));
    merged[name] = values;
  }
  return merged;
}

function kept({ versions, as_of, total, feed }) {
  return { versions, as_of, total, feed };
}

/** Positions of all cases, newest first (the higher number first among equals). */
export function newestFirst({ count, reported }) {
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) keys[i] = -reported[i] * 4194304 - i;
  keys.sort();
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = positionIn(keys[i]);
  return order;
}

function positionIn(key) {
  return ((-key % 4194304) + 4194304) % 4194304;
}
