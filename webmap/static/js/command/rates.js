// Cases per place, as number and per 10,000 households (万户比); the same as geodata/cases/counting.py.

/**
 * Counts of every place with those inside it.
 *
 * @param {object} places - columns code, name, level, parent, households
 * @param {Map<string, number>} totals - cases by code
 * @returns {Array<{code, name, level, parent, count, households, rate, smallBase}>}
 */
export function countIn(places, totals, minHouseholds) {
  const rows = places.code.map((code, i) => ({
    code, name: places.name[i], level: places.level[i], parent: places.parent[i],
    count: totals.get(code) ?? 0, households: places.households[i],
  }));
  const byCode = new Map(rows.map((row) => [row.code, row]));
  const stated = new Set(rows.filter((row) => row.households != null).map((row) => row.code));
  const depth = (row) => {
    const seen = new Set([row.code]);
    let above = byCode.get(row.parent);
    while (above && !seen.has(above.code)) {
      seen.add(above.code);
      above = byCode.get(above.parent);
    }
    return seen.size;
  };
  const deepestFirst = rows.map((row) => [depth(row), row]).sort((a, b) => b[0] - a[0]);
  for (const [, row] of deepestFirst) {
    const above = byCode.get(row.parent);
    if (!above) continue;
    above.count += row.count;
    if (!stated.has(above.code) && row.households != null) above.households = (above.households ?? 0) + row.households;
  }
  for (const row of rows) {
    row.rate = row.households ? (row.count / row.households) * 10000 : null;
    row.smallBase = row.rate != null && row.households < minHouseholds;
  }
  return rows;
}

/** Rows by `measure` ("rate" or "count"), highest first; small or unknown bases after all others. */
export function ranked(rows, measure, { lowestFirst = false } = {}) {
  const sign = lowestFirst ? -1 : 1;
  const last = (row) => (measure === "rate" ? (row.rate == null ? 2 : row.smallBase ? 1 : 0) : 0);
  return [...rows].sort((a, b) => last(a) - last(b) || sign * ((b[measure] ?? 0) - (a[measure] ?? 0)) || (a.code < b.code ? -1 : 1));
}
