// What is drawn, checked and laid on the borders that it runs along, as the server lays it.

import { boxOf, distinct, isInside, nearest, PER_M, same } from "./plane.js";
import { sidesOfUnit } from "./ground.js";

export const SNAP = 0.5 * PER_M;
export const MOST_POINTS = 5000;

const factory = () => new globalThis.jsts.geom.GeometryFactory();
const coordinates = (points) => points.map(([x, y]) => new globalThis.jsts.geom.Coordinate(x, y));

export const lineOf = (points) => factory().createLineString(coordinates(points));

export function polygonOf([outer, ...holes]) {
  const made = factory();
  return made.createPolygon(made.createLinearRing(coordinates(outer)), holes.map((hole) => made.createLinearRing(coordinates(hole))));
}

/** Why a line is none that the server takes; null if it is one. */
export function faultOfLine(points) {
  if (points.length > MOST_POINTS) return "too_many_points";
  if (points.length < 2 || points.every((point) => same(point, points[0]))) return "no_length";
  return new globalThis.jsts.operation.IsSimpleOp(lineOf(points)).isSimple() ? null : "self_crossing";
}

/** Why a ring is none that the server takes; null if it is one. */
export function faultOfRing(ring) {
  if (ring.length > MOST_POINTS) return "too_many_points";
  return new globalThis.jsts.operation.valid.IsValidOp(polygonOf([ring])).isValid() ? null : "self_crossing";
}

/**
 * A drawn line on the borders that it runs along: its points move to a corner or a border as near as
 * SNAP, and corners as near to it become its points.
 */
export function snapped(points, units) {
  const box = boxOf(points, SNAP);
  const corners = new Map();
  const sides = [];
  for (const unit of units) {
    for (const side of sidesOfUnit(unit)) {
      const [a, b] = [side.a, side.b];
      if (Math.max(a[0], b[0]) < box[0] || Math.min(a[0], b[0]) > box[2] || Math.max(a[1], b[1]) < box[1] || Math.min(a[1], b[1]) > box[3]) continue;
      sides.push(side);
      for (const corner of [a, b]) if (corner[0] >= box[0] && corner[0] <= box[2] && corner[1] >= box[1] && corner[1] <= box[3]) corners.set(`${corner}`, corner);
    }
  }
  const all = [...corners.values()];
  return distinct(withCorners(points.map((point) => placed(point, all, sides)), all));
}

function placed(point, corners, sides) {
  let [best, least] = [null, SNAP];
  for (const corner of corners) {
    const far = Math.hypot(corner[0] - point[0], corner[1] - point[1]);
    if (far <= least) [best, least] = [corner, far];
  }
  if (best) return best;
  for (const { a, b } of sides) {
    const { far, at } = nearest(a, b, point);
    if (far <= least) [best, least] = [at, far];
  }
  return best ? best.map(Math.round) : point;
}

function withCorners(line, corners) {
  const put = line.map(() => []);
  for (const corner of corners) {
    let [stretch, least, along] = [-1, SNAP, 0];
    for (let i = 0; i + 1 < line.length; i++) {
      const found = nearest(line[i], line[i + 1], corner);
      if (found.far < least || (found.far === least && stretch < 0)) [stretch, least, along] = [i, found.far, found.along];
    }
    if (stretch < 0) continue;
    const length = Math.hypot(line[stretch + 1][0] - line[stretch][0], line[stretch + 1][1] - line[stretch][1]);
    if (along > SNAP && along < length - SNAP) put[stretch].push([along, corner]);
  }
  return line.flatMap((point, i) => [point, ...put[i].sort(([a], [b]) => a - b).map(([, corner]) => corner)]);
}

/** A drawn ring on the borders that it runs along; as it was drawn if it would cross itself there. */
export function snappedRing(ring, units) {
  const laid = snapped(ring, units);
  return laid.length >= 4 && same(laid[0], laid.at(-1)) && !faultOfRing(laid) ? laid : ring;
}

/** Whether a point lies in one of several polygons. */
export const liesIn = (units, point) => units.find(({ box, rings }) => point[0] >= box[0] && point[0] <= box[2] && point[1] >= box[1] && point[1] <= box[3] && isInside(rings, point)) ?? null;
