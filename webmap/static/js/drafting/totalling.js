// All grids of a draft together: sums, means weighted by the length of the border, the farthest walk.

const SUMS = ["households", "residents", "elderly", "buildings", "area_m2", "workload", "cadres", "workers", "heads"];
const MEANS = ["compactness", "border_on_lines"];

/** Figures under the names that a single grid has them by; null where no grid knows any. */
export function totalsOf({ grids, units }) {
  const all = [...grids.values()].map(({ properties }) => properties);
  const known = (key) => all.filter((p) => p[key] != null);
  const found = { grids: all.length };
  for (const key of SUMS) found[key] = known(key).length ? known(key).reduce((sum, p) => sum + p[key], 0) : null;
  for (const key of MEANS) {
    const length = known(key).reduce((sum, p) => sum + p.perimeter_m, 0);
    found[key] = length > 0 ? known(key).reduce((sum, p) => sum + p[key] * p.perimeter_m, 0) / length : null;
  }
  found.walk_m = known("walk_m").length ? known("walk_m").reduce((most, p) => Math.max(most, p.walk_m), 0) : null;
  const compounds = new Set();
  for (const { properties } of units.values()) if (properties.grid != null && properties.compound != null) compounds.add(properties.compound);
  found.compounds = compounds.size;
  return found;
}

/** Ground in no grid: {pieces, households}; only pieces where people live are counted. */
export function looseOf({ units }) {
  const loose = { pieces: 0, households: 0 };
  for (const { properties: { grid, households } } of units.values()) {
    if (grid != null || !(households > 0)) continue;
    loose.pieces += 1;
    loose.households += households;
  }
  return loose;
}
