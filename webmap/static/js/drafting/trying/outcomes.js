// What a drawn line or polygon comes to: the server's rules on the ground that the page knows.

import { outline } from "../foreseeing.js";
import { divided, innerOf, piecesOf, beside, settled } from "./cutting.js";
import { houseOf, NO_GRID, sidesOfUnit, sumOf } from "./ground.js";
import { faultOfLine, faultOfRing, lineOf, polygonOf, SNAP, snapped, snappedRing } from "./laying.js";
import { areaOf, boxOf, crossing, distinct, farFrom, isInside, meet, same } from "./plane.js";

const NEW = 2 ** 40; // numbers from here on are of grids that are not there yet

/** A refusal by the server's reason key. */
export class Refusal extends Error {
  constructor(reason) {
    super(reason);
    this.reason = reason;
  }
}

// ── splitting ────────────────────────────────────────────────────────────────────────────────────

export function split(ground, { points, grids }) {
  const line = laid(ground, points);
  const around = ground.near(boxOf(line, SNAP));
  const crossed = new Set(around.filter((unit) => unit.grid !== NO_GRID && crosses(unit, line)).map(({ grid }) => grid));
  const meant = grids?.length ? new Set(grids.filter((grid) => crossed.has(grid))) : crossed;
  if (!meant.size) throw new Refusal("misses");
  const near = ground.of(meant);
  const { faces, onLine } = divided(near, [line]);
  const region = faces.map(({ unit }) => unit.grid);
  const { piece, isOff } = piecesOf(faces, onLine, region);
  proveEnds(line, near);
  if (!isOff.some(Boolean)) throw new Refusal("misses");
  if (faces.some(({ unit }, i) => isOff[i] && ground.locked.has(unit.grid))) throw new Refusal("locked");
  const parts = settledOr(faces, region.map((grid, i) => (isOff[i] ? NEW + piece[i] : grid)));
  if (!parts.label.some((label) => label >= NEW)) throw new Refusal("crumbs");
  return told(ground, near, faces, parts, new Set(faces.filter((_, i) => parts.label[i] >= NEW).map(({ unit }) => unit.grid)));
}

function laid(ground, points) {
  const drawn = distinct(points.map((point) => ground.plane.to(point)));
  const fault = faultOfLine(drawn);
  if (fault) throw new Refusal(fault);
  const line = snapped(drawn, ground.near(boxOf(drawn, SNAP)));
  if (line.length < 2) throw new Refusal("nothing_changes");
  return line;
}

/** Whether a line meets a unit; corners of it may lie half a step off a border that they are on. */
function crosses(unit, line) {
  if (!meet(unit.box, boxOf(line, 1))) return false;
  const sides = sidesOfUnit(unit);
  const isOn = (from, to) => sides.some(({ a, b }) => crossing(from, to, a, b));
  return line.some((point, i) => isInside(unit.rings, point) || farFrom(unit.rings, point) <= 1 || (i > 0 && isOn(line[i - 1], point)));
}

/** A line that ends inside one of the grids is none. */
function proveEnds(line, units) {
  if (same(line[0], line.at(-1))) return;
  for (const end of [line[0], line.at(-1)]) {
    for (const grid of new Set(units.filter(({ box, rings }) => meet(box, [...end, ...end]) && isInside(rings, end)).map((unit) => unit.grid))) {
      const border = outline(units.filter((unit) => unit.grid === grid).map(featureOf));
      if (border && farFrom(ringsIn(border), end) > SNAP) throw new Refusal("line_ends_inside");
    }
  }
}

// ── drawing ──────────────────────────────────────────────────────────────────────────────────────

export function draw(ground, { points }) {
  const drawn = distinct([...points, points[0]].map((point) => ground.plane.to(point)));
  if (drawn.length < 4) return null;
  const fault = faultOfRing(drawn);
  if (fault) throw new Refusal(fault);
  const near = ground.near(boxOf(drawn, SNAP));
  const ring = snappedRing(drawn, near);
  const { faces } = divided(near, [ring]);
  const inside = faces.map((face) => isInside([ring], innerOf(face)));
  if (!inside.some(Boolean)) throw new Refusal("outside");
  const parts = settledOr(faces, faces.map(({ unit }, i) => (inside[i] ? NEW : unit.grid)));
  const taken = faces.filter((_, i) => parts.label[i] === NEW);
  if (!taken.length) throw new Refusal("crumbs");
  const losing = new Set(taken.map(({ unit }) => unit.grid));
  if ([...losing].some((grid) => ground.locked.has(grid))) throw new Refusal("locked");
  return told(ground, near, faces, parts, losing);
}

// ── a border drawn anew ──────────────────────────────────────────────────────────────────────────

export function reshape(ground, { points }) {
  const line = laid(ground, points);
  const around = ground.near(boxOf(line, SNAP)).filter((unit) => crosses(unit, line));
  const touched = new Set(around.map(({ grid }) => grid));
  if (touched.size < 2) throw new Refusal("one_side");
  const hull = lineOf(line).convexHull();
  const free = touched.has(NO_GRID) ? ground.near(boxOf(line)).filter((unit) => unit.grid === NO_GRID && hull.intersects(polygonOf(unit.rings))) : [];
  touched.delete(NO_GRID);
  const near = [...ground.of(touched), ...free];
  const { faces, onLine } = divided(near, [line]);
  const region = faces.map(({ unit }) => unit.grid);
  const labels = handedOver(faces, onLine, region);
  if (labels.every((label, i) => label === region[i])) throw new Refusal(endsInside(line, ground.near(boxOf(line))) ? "line_ends_inside" : "one_side");
  const parts = settledOr(faces, labels);
  const moved = new Set(faces.flatMap((_, i) => (parts.label[i] === region[i] ? [] : [parts.label[i], region[i]])));
  if (!moved.size) throw new Refusal("crumbs");
  if ([...moved].some((grid) => ground.locked.has(grid))) throw new Refusal("locked");
  return told(ground, near, faces, parts, moved);
}

/** Whether an end of a line lies in one grid only. */
function endsInside(line, units) {
  return [line[0], line.at(-1)].some((end) => {
    const there = units.filter(({ box, rings }) => meet(box, boxOf([end], 1)) && (isInside(rings, end) || farFrom(rings, end) <= 1));
    return new Set(there.map(({ grid }) => grid)).size === 1;
  });
}

/** The grid of each face after what the line cuts off has changed sides. */
function handedOver(faces, onLine, region) {
  const { before, piece, area } = piecesOf(faces, onLine, region);
  const isBody = bodies(faces, { before, piece, area });
  const runs = new Map();
  for (const [one, other, metres] of beside(faces)) {
    if (region[one] === region[other]) continue;
    for (const [mine, theirs] of [[one, other], [other, one]]) {
      if (isBody.has(piece[mine])) continue;
      const lengths = runs.get(piece[mine]) ?? new Map();
      runs.set(piece[mine], lengths);
      lengths.set(region[theirs], (lengths.get(region[theirs]) ?? 0) + metres);
    }
  }
  const goes = new Map([...runs].map(([one, lengths]) => [one, [...lengths].reduce((best, each) => (each[1] > best[1] + 0.0005 || (each[1] > best[1] - 0.0005 && each[0] < best[0]) ? each : best))[0]]));
  return region.map((grid, i) => goes.get(piece[i]) ?? grid);
}

/** Of the pieces of each part of a grid the one that stays: that which reaches others, the largest. */
function bodies(faces, { before, piece, area }) {
  const times = new Map();
  for (const { sides } of faces) for (const { name } of sides) times.set(name, (times.get(name) ?? 0) + 1);
  const reaches = new Set();
  faces.forEach(({ sides }, i) => sides.some(({ name }) => times.get(name) === 1) && reaches.add(piece[i]));
  const best = new Map();
  faces.forEach((_, i) => {
    const [mine, standing] = [piece[i], best.get(before[i])];
    const isBetter = standing === undefined || (reaches.has(mine) !== reaches.has(standing) ? reaches.has(mine) : area.get(mine) > area.get(standing) + 0.0005);
    if (isBetter) best.set(before[i], mine);
  });
  return new Set(best.values());
}

// ── telling ──────────────────────────────────────────────────────────────────────────────────────

export function settledOr(faces, labels) {
  const parts = settled(faces, labels);
  if (!parts) throw new Refusal("too_narrow");
  return parts;
}

/**
 * Who has how much afterwards, of the grids named and of the new ones.
 *
 * @returns {{pieces: object[], taken: object[]}} pieces: {grid (null: new), isNew, households, before,
 *   isAbout, geometry, at}; taken: {from, to, households} of what changes hands
 */
export function told(ground, near, faces, { label, part }, concerned) {
  const moves = movesOf(ground, near, faces, { label, part });
  const numbers = new Set([...concerned, ...label.filter((one) => one >= NEW)]);
  numbers.delete(NO_GRID);
  const among = new Set(near);
  const pieces = [...numbers].map((grid) => {
    const own = [...ground.units.values()].filter((unit) => unit.grid === grid);
    const before = grid >= NEW ? null : sumOf(own);
    const mine = moves.filter(({ from, to }) => from === grid || to === grid);
    const known = mine.filter(({ households }) => households != null);
    const change = known.reduce((sum, { to, households }) => sum + (to === grid ? households : -households), 0);
    const land = [...faces.filter((_, i) => label[i] === grid), ...own.filter((unit) => !among.has(unit))];
    return {
      grid: grid >= NEW ? null : grid,
      isNew: grid >= NEW,
      households: before == null && !known.length ? null : (before ?? 0) + change,
      before,
      isAbout: mine.some(({ isAbout }) => isAbout),
      ...placed(ground, land),
    };
  });
  pieces.sort((one, other) => one.isNew - other.isNew || one.grid - other.grid);
  return { pieces, taken: summed(moves) };
}

function summed(moves) {
  const found = new Map();
  for (const { from, to, households } of moves) {
    const name = `${from} ${to}`;
    const one = found.get(name) ?? { from: from === NO_GRID ? null : from, to: to >= NEW || to === NO_GRID ? null : to, households: 0 };
    found.set(name, one);
    one.households += households ?? 0;
  }
  return [...found.values()];
}

/** What changes hands: {from, to, households, isAbout}; a cut unit shares by its homes, or by area. */
function movesOf(ground, near, faces, { label, part }) {
  const parts = new Map(near.map((unit) => [unit, new Map()]));
  faces.forEach((face, i) => {
    const own = parts.get(face.unit);
    const one = own.get(part[i]) ?? { label: label[i], faces: [], area: 0, lived: 0 };
    own.set(part[i], one);
    one.faces.push(face);
    one.area += face.area;
  });
  const moves = [];
  for (const [unit, own] of parts) {
    const several = [...own.values()];
    if (several.every((one) => one.label === unit.grid)) continue;
    if (several.length === 1) {
      moves.push({ from: unit.grid, to: several[0].label, households: unit.households, isAbout: false });
      continue;
    }
    const holder = new Map(several.flatMap((one) => one.faces.map((face) => [face, one])));
    const shapes = [...holder.keys()];
    for (const home of unit.homes) holder.get(houseOf(home, shapes)).lived += home[2];
    const isLived = several.some(({ lived }) => lived > 0);
    const shares = unit.households == null ? null : portions(unit.households, several.map(({ lived, area }) => (isLived ? lived : area)));
    several.forEach((one, i) => {
      if (one.label !== unit.grid) moves.push({ from: unit.grid, to: one.label, households: shares?.[i] ?? null, isAbout: unit.households > 0 && !isLived });
    });
  }
  return moves;
}

/** Whole portions of a total by weights, their sum the total: by the largest remainder. */
export function portions(total, weights) {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  const exact = weights.map((weight) => (sum > 0 ? (total * weight) / sum : total / weights.length));
  const given = exact.map(Math.floor);
  const order = exact.map((_, i) => i).sort((a, b) => exact[b] - given[b] - (exact[a] - given[a]));
  for (let k = 0, rest = total - given.reduce((all, one) => all + one, 0); k < rest; k++) given[order[k]] += 1;
  return given;
}

/** The border of ground in degrees, and a point inside it. */
function placed(ground, land) {
  if (!land.length) return { geometry: null, at: null };
  const found = outline(land.map(featureOf)) ?? apart(land);
  const polygons = found.type === "Polygon" ? [found.coordinates] : found.coordinates;
  const largest = polygons.reduce((one, other) => (areaOf(other) > areaOf(one) ? other : one));
  const inner = polygonOf(largest).getInteriorPoint();
  return { geometry: degrees(ground, found), at: ground.plane.from([inner.getX(), inner.getY()]) };
}

const featureOf = ({ rings }) => ({ geometry: { type: "Polygon", coordinates: rings } });

const ringsIn = ({ type, coordinates }) => (type === "Polygon" ? coordinates : coordinates.flat());

const apart = (shapes) => ({ type: "MultiPolygon", coordinates: shapes.map(({ rings }) => rings) });

function degrees({ plane }, { type, coordinates }) {
  const ring = (points) => points.map((point) => plane.from(point));
  return { type, coordinates: type === "Polygon" ? coordinates.map(ring) : coordinates.map((rings) => rings.map(ring)) };
}
