// What a comparison of two nets tells, as rows of tables.

import { count, share, squareMetres, t } from "wangge/core/words.js";

const short = (name) => String(name).replace(/^.+社区(?=.)/, "");

const named = (name, number) => (number == null ? t("no grid") : short(name || t("New grid %(number)s", { number })));

/** +3, −3, or nothing. */
export const signed = (value, write) => (value == null ? "–" : value > 0 ? `+${write(value)}` : value < 0 ? `−${write(-value)}` : "");

const handed = (before, after) => (before === after ? (before ?? "") : `${before ?? t("nobody")} → ${after ?? t("nobody")}`);

export function movedRows({ features }) {
  return features.map(({ properties: p }) => ({
    from: named(p.name_before, p.before),
    to: named(p.name_after, p.after),
    workers: p.worker_before == null && p.worker_after == null ? "" : handed(p.worker_before, p.worker_after),
    households: p.households,
    residents: p.residents,
    area: p.area_m2,
  }));
}

export function gridRows(grids) {
  return grids.map((row) => {
    const [was, now] = [row.name_before && short(row.name_before), row.name_after && short(row.name_after)];
    const isNew = row.before == null;
    const isGone = row.after == null;
    return {
      name: isGone ? named(row.name_before, row.before) : isNew || !was || was === now ? named(row.name_after, row.after) : t("%(after)s (was %(before)s)", { after: now ?? named(null, row.after), before: was }),
      isNew,
      isGone,
      before: row.households_before,
      after: row.households_after,
      gained: row.gained,
      lost: row.lost,
      areaBefore: row.area_before_m2,
      areaAfter: row.area_after_m2,
      workers: row.worker_before == null && row.worker_after == null ? "" : isNew ? (row.worker_after ?? "") : isGone ? (row.worker_before ?? "") : handed(row.worker_before, row.worker_after),
      changes: isNew || isGone || row.gained > 0 || row.lost > 0,
    };
  });
}

/** Each worker's households before and after; none if no worker is known. */
export function workerRows(grids) {
  const found = new Map();
  const of = (name) => found.get(name) ?? found.set(name, { name, before: 0, after: 0, left: [], got: [] }).get(name);
  for (const row of grids) {
    if (row.worker_before != null && row.before != null) {
      const one = of(row.worker_before);
      one.before += row.households_before;
      one.left.push(named(row.name_before, row.before));
    }
    if (row.worker_after != null && row.after != null) {
      const one = of(row.worker_after);
      one.after += row.households_after;
      one.got.push(named(row.name_after, row.after));
    }
  }
  const said = (left, got) => (left.join("、") === got.join("、") ? got.join("、") : `${left.join("、") || t("none")} → ${got.join("、") || t("none")}`);
  return [...found.values()].map(({ left, got, ...rest }) => ({ ...rest, change: rest.after - rest.before, grids: said(left, got) })).sort((a, b) => Math.abs(b.change) - Math.abs(a.change) || (a.name < b.name ? -1 : 1));
}

const NAMES = () => ({
  grids: [t("Grids"), count],
  households: [t("Households"), count],
  residents: [t("Residents"), count],
  elderly: [t("Elderly residents"), count],
  buildings: [t("Buildings"), count],
  compounds: [t("Compounds"), count],
  area_m2: [t("Ground area"), squareMetres],
  below: [t("Grids below the band"), count],
  inside: [t("Grids within the band"), count],
  above: [t("Grids above the band"), count],
  compactness: [t("Compactness"), (value) => value.toFixed(2)],
  border_on_lines: [t("Border on streets or walls"), share],
  workload: [t("Workload"), (value) => count(Math.round(value))],
  workload_spread: [t("Unevenness of the workload"), share],
  walk_m: [t("Farthest walk"), (value) => `${count(Math.round(value))} m`],
  cadres: [t("Cadres needed"), count],
  workers: [t("Grid workers needed"), count],
  heads: [t("Building heads needed"), count],
  left_households: [t("Households in no grid"), count],
  left_area_m2: [t("Ground in no grid"), squareMetres],
});

const TINY = 1e-4; // share of a figure that nobody calls a change

export function figureRows(figures) {
  const known = new Map(figures.map((row) => [row.figure, row]));
  return Object.entries(NAMES()).flatMap(([key, [name, write]]) => {
    const row = known.get(key);
    if (!row || (row.before == null && row.after == null)) return [];
    const isSame = row.change != null && Math.abs(row.change) <= TINY * Math.max(Math.abs(row.before), Math.abs(row.after));
    const said = (value) => (value == null ? "–" : write(value));
    return [{ name, before: said(row.before), after: said(row.after), change: isSame ? "" : signed(row.change, write) }];
  });
}
