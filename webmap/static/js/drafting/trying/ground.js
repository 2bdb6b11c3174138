// The ground of a draft as the worker holds it: units on the plane, and who lives where in them.

import { areaOf, boxOf, distinct, farFrom, isInside, meet, Plane, sidesOf } from "./plane.js";

export const NO_GRID = -1;

export class Ground {
  constructor() {
    this.units = new Map();
    this.plane = null;
    this.locked = new Set();
    this.waiting = new Map(); // homes of units that have not come yet
  }

  /**
   * Take units as they are now.
   *
   * @param {object[]} units - {number, grid, households, rings} with rings in degrees; without rings
   *   the shape stays
   * @param {number[]} gone
   */
  take(units, gone = []) {
    const homeless = [];
    for (const number of gone) {
      homeless.push(...(this.units.get(number)?.homes ?? []));
      this.units.delete(number);
    }
    const fresh = [];
    for (const { number, grid, households, rings } of units) {
      const known = this.units.get(number);
      if (known && rings) homeless.push(...known.homes);
      const unit = rings ? this.placed(number, rings) : known;
      if (!unit) continue;
      Object.assign(unit, { grid: grid ?? NO_GRID, households });
      this.units.set(number, unit);
      if (rings) fresh.push(unit);
      if (this.waiting.has(number)) {
        unit.homes = this.waiting.get(number).map(([lng, lat, count]) => [...this.plane.to([lng, lat]), count]);
        this.waiting.delete(number);
      }
    }
    for (const home of homeless) houseOf(home, fresh)?.homes.push(home);
  }

  placed(number, rings) {
    this.plane ??= new Plane(...rings[0][0]);
    const steps = rings.map((ring) => distinct(ring.map((point) => this.plane.to(point)))).filter((ring) => ring.length > 3);
    return { number, rings: steps, box: boxOf(steps[0]), area: areaOf(steps), homes: [], kept: null };
  }

  /** Who lives where: {unit: [[lng, lat, households]]}. */
  house(homes) {
    for (const [number, those] of Object.entries(homes)) {
      const unit = this.units.get(Number(number));
      if (unit) unit.homes = those.map(([lng, lat, count]) => [...this.plane.to([lng, lat]), count]);
      else this.waiting.set(Number(number), those);
    }
  }

  near(box) {
    return [...this.units.values()].filter((unit) => meet(unit.box, box));
  }

  of(grids) {
    return [...this.units.values()].filter(({ grid }) => grids.has(grid));
  }

  householdsOf(grid) {
    return sumOf([...this.units.values()].filter((unit) => unit.grid === grid));
  }
}

/** The sides of a unit, reckoned once. */
export function sidesOfUnit(unit) {
  unit.kept ??= sidesOf(unit.rings);
  return unit.kept;
}

/** Households of units; null if none is known. */
export function sumOf(units) {
  const known = units.filter(({ households }) => households != null);
  return known.length ? known.reduce((sum, { households }) => sum + households, 0) : null;
}

/** In which of several shapes a home stands; the nearest if in none. */
export function houseOf([x, y], shapes) {
  if (shapes.length < 2) return shapes[0] ?? null;
  const inside = shapes.find(({ box, rings }) => x >= box[0] && x <= box[2] && y >= box[1] && y <= box[3] && isInside(rings, [x, y]));
  if (inside) return inside;
  let best = null;
  let least = Infinity;
  for (const shape of shapes) {
    const far = farFrom(shape.rings, [x, y]);
    if (far < least) [best, least] = [shape, far];
  }
  return best;
}
