// What a dragged point of a shared border comes to, as the server drags it.

import { outline } from "../foreseeing.js";
import { divided, innerOf } from "./cutting.js";
import { NO_GRID, sidesOfUnit } from "./ground.js";
import { faultOfRing, liesIn, snapped, SNAP } from "./laying.js";
import { Refusal, settledOr, told } from "./outcomes.js";
import { boxOf, isInside, meet, nameOf, nearest, PER_M, same } from "./plane.js";

const GRASP = PER_M; // how near one takes hold of a border, and how far a straight one may bend
const NOWHERE = -2;

export function drag(ground, { from, to }) {
  const [start, end] = [ground.plane.to(from), ground.plane.to(to)];
  const here = ground.near(boxOf([start], GRASP));
  const there = new Set(here.map(({ grid }) => grid));
  const own = [...ground.of(there)].filter((unit) => unit.grid !== NO_GRID || here.includes(unit));
  const around = new Set(own.flatMap((unit) => ground.near([unit.box[0] - 10, unit.box[1] - 10, unit.box[2] + 10, unit.box[3] + 10])));
  const border = borders([...around], there);
  const grip = gripOf(border, start);
  const meeting = new Set(here.filter(({ rings }) => rings.some((ring) => ring.some((point) => same(point, grip)))).map(({ grid }) => grid));
  const target = targetOf(ground, border, grip, end);
  if (same(target, grip)) throw new Refusal("nothing_changes");
  const reaches = star(border, grip);
  const near = [...around].filter(({ grid }) => meeting.has(grid));
  const rays = reaches.map((path) => ray(target, path.at(-1), [...around]));
  const regions = regionsOf(near, meeting, grip, reaches, rays);
  const { faces } = divided(near, rays);
  const labels = faces.map((face) => {
    const middle = innerOf(face);
    for (const [grid, rings] of regions) if (isInside(rings, middle)) return grid;
    return face.unit.grid;
  });
  const parts = settledOr(faces, labels);
  const moved = new Set(faces.flatMap(({ unit }, i) => (parts.label[i] === unit.grid ? [] : [parts.label[i], unit.grid])));
  if (!moved.size) throw new Refusal("crumbs");
  if ([...moved].some((grid) => ground.locked.has(grid))) throw new Refusal("locked");
  return told(ground, near, faces, parts, moved);
}

/** The sides at which two grids meet, or a grid and what is beyond: {a, b, isOuter}. */
function borders(units, there) {
  const owners = new Map();
  for (const unit of units) {
    for (const side of sidesOfUnit(unit)) {
      const known = owners.get(side.name);
      if (known) known.other = unit.grid;
      else owners.set(side.name, { a: side.a, b: side.b, one: unit.grid, other: NOWHERE });
    }
  }
  const found = [];
  for (const { a, b, one, other } of owners.values()) {
    if (one !== other && (there.has(one) || there.has(other))) found.push({ a, b, isOuter: other === NOWHERE });
  }
  return found;
}

function gripOf(border, start) {
  let [best, least] = [null, GRASP];
  for (const { a, b } of border) {
    for (const corner of [a, b]) {
      const far = Math.hypot(corner[0] - start[0], corner[1] - start[1]);
      if (far <= least) [best, least] = [corner, far];
    }
  }
  if (!best) throw new Refusal("no_border");
  return best;
}

function targetOf(ground, border, grip, end) {
  const near = ground.near(boxOf([end], SNAP));
  const [at] = snapped([end], near);
  const standing = border.filter(({ a, b }) => same(a, grip) || same(b, grip));
  const outer = standing.filter(({ isOuter }) => isOuter);
  if (!outer.length) {
    if (!liesIn(near, at) && !near.some(({ rings }) => rings.some((ring) => ring.some((point) => same(point, at))))) throw new Refusal("outer_border");
    return at;
  }
  if (outer.length === standing.length) throw new Refusal("outer_border");
  let [best, least] = [null, GRASP];
  for (const { a, b, isOuter } of border) {
    if (!isOuter || nearest(a, b, end).far > GRASP) continue;
    const { far, at: spot } = nearest(a, b, at);
    if (far <= least) [best, least] = [spot.map(Math.round), far];
  }
  if (!best) throw new Refusal("outer_border");
  return best;
}

/** The stretches of border that the point takes along, each from it to where the border holds on. */
function star(border, grip) {
  const meets = new Map();
  for (const side of border) {
    for (const end of [side.a, side.b]) {
      const name = nameOf(end);
      if (!meets.has(name)) meets.set(name, []);
      meets.get(name).push(side);
    }
  }
  return (meets.get(nameOf(grip)) ?? [])
    .filter(({ isOuter }) => !isOuter)
    .map((side) => {
      const path = pathOf(meets, grip, side);
      return path.slice(0, straight(path) + 1);
    });
}

function pathOf(meets, begin, side) {
  const path = [begin];
  let [at, along] = [begin, side];
  for (;;) {
    at = same(along.a, at) ? along.b : along.a;
    path.push(at);
    const sides = meets.get(nameOf(at));
    if (sides.length !== 2 || same(at, begin)) return path;
    along = sides[0] === along ? sides[1] : sides[0];
  }
}

/** How many sides of a path lie on one straight stretch. */
function straight(path) {
  let reach = 1;
  for (let k = 2; k < path.length; k++) {
    const run = [path[k][0] - path[0][0], path[k][1] - path[0][1]];
    const long = Math.hypot(...run);
    if (long === 0) break;
    const bends = path.slice(1, k).some(([x, y]) => {
      const off = [x - path[0][0], y - path[0][1]];
      const along = off[0] * run[0] + off[1] * run[1];
      return Math.abs(off[0] * run[1] - off[1] * run[0]) / long > GRASP || along < 0 || along > long * long;
    });
    if (bends) break;
    reach = k;
  }
  return reach;
}

function ray(target, corner, units) {
  if (same(target, corner)) throw new Refusal("crosses");
  const laid = snapped([target, corner], units.filter(({ box }) => meet(box, boxOf([target, corner], SNAP))));
  return [target, ...laid.slice(1, -1), corner];
}

/** The ground of each grid that meets in the point, after it: its rings, with the rays in the place of the old stretches. */
function regionsOf(units, meeting, grip, reaches, rays) {
  const found = new Map();
  for (const grid of meeting) {
    const border = outline(units.filter((unit) => unit.grid === grid).map(({ rings }) => ({ geometry: { type: "Polygon", coordinates: rings } })));
    if (!border) throw new Refusal("crosses");
    const rings = (border.type === "Polygon" ? border.coordinates : border.coordinates.flat()).map((ring) => redrawn(ring, grip, reaches, rays));
    if (rings.some((ring) => faultOfRing(ring))) throw new Refusal("crosses");
    found.set(grid, rings);
  }
  return found;
}

/** A closed ring that goes through the point by its new place. */
function redrawn(ring, grip, reaches, rays) {
  const open = ring.slice(0, -1);
  const at = open.findIndex((point) => same(point, grip));
  if (at < 0) return ring;
  const turned = [...open.slice(at), ...open.slice(0, at)]; // begins with the point
  const ahead = reaches.findIndex((path) => path.every((point, k) => turned[k] && same(point, turned[k])));
  const behind = reaches.findIndex((path) => path.every((point, k) => same(point, turned[(turned.length - k) % turned.length])));
  const first = ahead < 0 ? [turned[0]] : rays[ahead];
  const last = behind < 0 ? [] : rays[behind].slice(1).toReversed();
  const from = ahead < 0 ? 1 : reaches[ahead].length;
  const to = turned.length - (behind < 0 ? 0 : reaches[behind].length - 1);
  const path = [...first, ...turned.slice(from, to), ...last];
  if (ahead < 0 && behind >= 0) path[0] = rays[behind][0];
  return [...path, path[0]];
}
