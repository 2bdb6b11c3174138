// A plane in which straight lines are what the server takes for straight: steps of 0.1 mm round the
// middle of a draft, in whole numbers, so that comparing corners is exact.

export const PER_M = 10_000;

const A = 6378137; // metres; the ellipsoid's half axis
const E2 = 0.00669437999014;

export class Plane {
  constructor(lng, lat) {
    this.lng = rad(lng);
    this.lat = rad(lat);
    const w = 1 - E2 * Math.sin(this.lat) ** 2;
    this.across = (A / Math.sqrt(w)) * PER_M;
    this.along = ((A * (1 - E2)) / w ** 1.5) * PER_M;
  }

  /** Steps east and north. */
  to([lng, lat]) {
    const [turn, high] = [rad(lng) - this.lng, rad(lat)];
    return [Math.round(Math.atanh(Math.cos(high) * Math.sin(turn)) * this.across), Math.round((Math.atan2(Math.tan(high), Math.cos(turn)) - this.lat) * this.along)];
  }

  /** Degrees. */
  from([x, y]) {
    const [east, north] = [x / this.across, y / this.along + this.lat];
    const high = Math.asin(Math.sin(north) / Math.cosh(east));
    return [((Math.atan2(Math.sinh(east), Math.cos(north)) + this.lng) * 180) / Math.PI, (high * 180) / Math.PI];
  }
}

const rad = (degrees) => (degrees * Math.PI) / 180;

// ── boxes, sides, rings ────────────────────────────────────────────────────────────────────────

/** West, south, east, north of points. */
export function boxOf(points, margin = 0) {
  const box = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    box[0] = Math.min(box[0], x);
    box[1] = Math.min(box[1], y);
    box[2] = Math.max(box[2], x);
    box[3] = Math.max(box[3], y);
  }
  return [box[0] - margin, box[1] - margin, box[2] + margin, box[3] + margin];
}

export const meet = (a, b) => a[0] <= b[2] && a[2] >= b[0] && a[1] <= b[3] && a[3] >= b[1];

/** Twice a ring's area, more than 0 against the clock. */
function doubled(ring) {
  const [x0, y0] = ring[0];
  let sum = 0;
  for (let i = 1; i < ring.length; i++) sum += (ring[i - 1][0] - x0) * (ring[i][1] - y0) - (ring[i][0] - x0) * (ring[i - 1][1] - y0);
  return sum;
}

/** Square metres of a polygon's rings. */
export function areaOf([outer, ...holes]) {
  const steps = holes.reduce((sum, hole) => sum - Math.abs(doubled(hole)), Math.abs(doubled(outer)));
  return steps / 2 / PER_M ** 2;
}

export function isInside(rings, [x, y]) {
  let inside = false;
  for (const ring of rings) {
    for (let i = 1; i < ring.length; i++) {
      const [[x1, y1], [x2, y2]] = [ring[i - 1], ring[i]];
      if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
    }
  }
  return inside;
}

/** The nearest point of a side: {far, along, at}; `along` in steps from its start. */
export function nearest([x1, y1], [x2, y2], [x, y]) {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const square = dx * dx + dy * dy;
  const part = square ? Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / square)) : 0;
  const at = [x1 + part * dx, y1 + part * dy];
  return { far: Math.hypot(x - at[0], y - at[1]), along: part * Math.sqrt(square), at };
}

/** How far a point lies from the border of a polygon, in steps. */
export function farFrom(rings, point) {
  let least = Infinity;
  for (const ring of rings) for (let i = 1; i < ring.length; i++) least = Math.min(least, nearest(ring[i - 1], ring[i], point).far);
  return least;
}

/** Where two stretches cross, or null; ends count, stretches that run along each other do not. */
export function crossing([x1, y1], [x2, y2], [x3, y3], [x4, y4]) {
  const [ax, ay, bx, by] = [x2 - x1, y2 - y1, x4 - x3, y4 - y3];
  const turn = ax * by - ay * bx;
  if (turn === 0) return null;
  const s = ((x3 - x1) * by - (y3 - y1) * bx) / turn;
  const r = ((x3 - x1) * ay - (y3 - y1) * ax) / turn;
  return s >= 0 && s <= 1 && r >= 0 && r <= 1 ? [Math.round(x1 + s * ax), Math.round(y1 + s * ay)] : null;
}

export const same = (a, b) => a[0] === b[0] && a[1] === b[1];

/** Points without those that repeat the one before. */
export const distinct = (points) => points.filter((point, i) => i === 0 || !same(point, points[i - 1]));

export const nameOf = ([x, y]) => `${x},${y}`;

/** A side's name, whichever way it is gone. */
export function sideName(a, b) {
  return a[0] < b[0] || (a[0] === b[0] && a[1] < b[1]) ? `${a[0]},${a[1]},${b[0]},${b[1]}` : `${b[0]},${b[1]},${a[0]},${a[1]}`;
}

/** All sides of a polygon: {name, a, b, length} (metres). */
export function sidesOf(rings) {
  const sides = [];
  for (const ring of rings) {
    for (let i = 1; i < ring.length; i++) {
      const [a, b] = [ring[i - 1], ring[i]];
      if (!same(a, b)) sides.push({ name: sideName(a, b), a, b, length: Math.hypot(b[0] - a[0], b[1] - a[1]) / PER_M });
    }
  }
  return sides;
}

/** The first name of each of several things, the same for all that pairs join. */
export class Unions {
  constructor(count) {
    this.parent = Int32Array.from({ length: count }, (_, i) => i);
  }

  find(i) {
    const { parent } = this;
    while (parent[i] !== i) i = parent[i] = parent[parent[i]];
    return i;
  }

  join(a, b) {
    const [one, other] = [this.find(a), this.find(b)];
    this.parent[Math.max(one, other)] = Math.min(one, other);
  }
}
