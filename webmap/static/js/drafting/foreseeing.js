// What a step comes to, as far as this page can tell before the server has answered: who has which
// unit, names, locks. Borders of grids follow from their units. The server's answer replaces all.

const COUNTED = ["households", "residents", "elderly", "buildings"];

/**
 * The features that a step changes (null: gone), or null if only the server can tell.
 *
 * @param {object} draft
 * @param {object} action
 * @returns {{grids: Map<number, object|null>, units: Map<number, object|null>}|null}
 */
export function foreseen(draft, action) {
  return WAYS[action?.action]?.(draft, action) ?? null;
}

const WAYS = {
  lock: (draft, { grids }) => told(draft, grids, { locked: true }),
  unlock: (draft, { grids }) => told(draft, grids, { locked: false }),
  rename: (draft, { grid, name }) => (name?.trim() && isFree(draft, grid) ? told(draft, [grid], { name: name.trim() }) : null),
  assign: (draft, { units, grid }) => handed(draft, units, grid),
  merge: (draft, { grids: [first, ...others] }) => (areNeighbours(draft, first, others) ? handed(draft, unitsOf(draft, new Set(others)), first) : null),
};

const isFree = (draft, number) => draft.grids.get(number)?.properties.locked === false;

function unitsOf(draft, grids) {
  const found = [];
  for (const [number, { properties }] of draft.units) if (grids.has(properties.grid)) found.push(number);
  return found;
}

function areNeighbours(draft, first, others) {
  const beside = draft.beside(first);
  return others.length > 0 && others.every((number) => beside.has(number));
}

/** Grids with other properties. */
function told(draft, numbers, properties) {
  const grids = new Map();
  for (const number of numbers ?? []) {
    const feature = draft.grids.get(number);
    if (feature) grids.set(number, { ...feature, properties: { ...feature.properties, ...properties } });
  }
  return grids.size ? { grids, units: new Map() } : null;
}

/** Units with another grid, and the grids that win or lose by it. */
function handed(draft, numbers, target) {
  const units = new Map();
  const touched = new Set([target]);
  for (const number of numbers ?? []) {
    const unit = draft.units.get(number);
    if (!unit || unit.properties.grid === target) continue;
    if (unit.properties.grid != null) touched.add(unit.properties.grid);
    units.set(number, { ...unit, properties: { ...unit.properties, grid: target } });
  }
  if (!units.size || [...touched].some((grid) => !isFree(draft, grid))) return null;
  const having = new Map([...touched].map((grid) => [grid, []]));
  for (const [number, unit] of draft.units) having.get((units.get(number) ?? unit).properties.grid)?.push(unit);
  const grids = new Map();
  for (const [number, own] of having) {
    const geometry = own.length ? outline(own) : null;
    if (own.length && !geometry) return null;
    const feature = draft.grids.get(number);
    grids.set(number, geometry && { ...feature, geometry, isForeseen: true, properties: { ...feature.properties, ...sums(own) } });
  }
  return { grids, units };
}

function sums(units) {
  const known = (key) => units.map(({ properties }) => properties[key]).filter((value) => value != null);
  return Object.fromEntries(COUNTED.map((key) => [key, known(key).length ? known(key).reduce((sum, value) => sum + value, 0) : null]));
}

/**
 * The border of ground that features cover without overlap: sides that two of them share fall away.
 *
 * @returns {object|null} a GeoJSON polygon; null if they do not fit together
 */
export function outline(features) {
  const sides = new Map();
  for (const feature of features) {
    for (const ring of turned(feature)) {
      for (let i = 1; i < ring.length; i++) {
        const [a, b] = [ring[i - 1], ring[i]];
        if (!sides.delete(`${b[0]} ${b[1]} ${a[0]} ${a[1]}`)) sides.set(`${a[0]} ${a[1]} ${b[0]} ${b[1]}`, [a, b]);
      }
    }
  }
  const rings = chained([...sides.values()]);
  return rings && grouped(rings);
}

/** The rings of a feature, outer ones against the clock, holes with it. */
function turned({ geometry }) {
  const polygons = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  return polygons.flatMap((rings) => rings.map((ring, i) => (areaOf(ring) > 0 === (i === 0) ? ring : ring.toReversed())));
}

function areaOf(ring) {
  const [x0, y0] = ring[0];
  let doubled = 0;
  for (let i = 1; i < ring.length; i++) doubled += (ring[i - 1][0] - x0) * (ring[i][1] - y0) - (ring[i][0] - x0) * (ring[i - 1][1] - y0);
  return doubled / 2;
}

/** Sides one behind the other, as rings; null if one leads nowhere. */
function chained(sides) {
  const from = new Map();
  for (const [a, b] of sides) {
    const key = `${a[0]} ${a[1]}`;
    if (!from.has(key)) from.set(key, []);
    from.get(key).push([a, b]);
  }
  const rings = [];
  for (const starts of from.values()) {
    while (starts.length) {
      const [first, second] = starts.pop();
      const ring = [first, second];
      while (ring.at(-1)[0] !== first[0] || ring.at(-1)[1] !== first[1]) {
        const next = from.get(`${ring.at(-1)[0]} ${ring.at(-1)[1]}`)?.pop();
        if (!next) return null;
        ring.push(next[1]);
      }
      rings.push(ring);
    }
  }
  return rings;
}

function grouped(rings) {
  const polygons = rings.filter((ring) => areaOf(ring) > 0).map((ring) => [ring]);
  if (!polygons.length) return null;
  for (const hole of rings.filter((ring) => areaOf(ring) <= 0)) {
    (polygons.find(([outer]) => polygons.length === 1 || isIn(outer, hole[0])) ?? polygons[0]).push(hole);
  }
  return polygons.length === 1 ? { type: "Polygon", coordinates: polygons[0] } : { type: "MultiPolygon", coordinates: polygons };
}

function isIn(ring, [x, y]) {
  let inside = false;
  for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
    const [[x1, y1], [x2, y2]] = [ring[i], ring[j]];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}

