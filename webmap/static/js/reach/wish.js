// Who walks, what is counted and when: what the questions of reach have in common, kept in the address.

import { setState, state } from "wangge/core/state.js";

export const TOGETHER = ["merged", "each", "nearest"];
export const WEIGHTS = ["households", "residents", "elderly"];
export const DAYS = ["workday", "saturday", "sunday", "feast"];
export const HOURS = Array.from({ length: 18 }, (_, i) => `${String(i + 6).padStart(2, "0")}:00`);

export class ReachWish {
  /**
   * @param walkers the keys of the profile's walkers, the first is meant where none is named
   * @param kinds the keys of its kinds of facility; none named means those with a service circle
   * @param units what shares may be told of: keys of area levels, the smallest first, "grid", "compound"
   */
  constructor(walkers, kinds = [], units = []) {
    this.walkers = walkers;
    this.kinds = kinds;
    this.units = units;
    this.read();
  }

  /** Take it from the address; what makes no sense there is passed over. */
  read() {
    const { walker, together, beside, weight, hour, on, kind, by } = state();
    this.walker = this.walkers.includes(walker) ? walker : (this.walkers[0] ?? "");
    this.together = TOGETHER.includes(together) ? together : "merged";
    this.beside = beside === "1";
    this.weight = WEIGHTS.includes(weight) ? weight : "households";
    this.hour = HOURS.includes(hour) ? hour : "";
    this.day = DAYS.includes(on) ? on : "workday";
    this.kind = this.kinds.includes(kind) ? kind : "";
    this.by = this.units.includes(by) ? by : (this.units[0] ?? "");
  }

  /** Change some of it, and the address with it. */
  set(changes) {
    Object.assign(this, changes);
    setState({
      walker: this.walker === this.walkers[0] ? null : this.walker,
      together: this.together === "merged" ? null : this.together,
      beside: this.beside ? "1" : null,
      weight: this.weight === "households" ? null : this.weight,
      hour: this.hour || null,
      on: this.hour && this.day !== "workday" ? this.day : null,
      kind: this.kind || null,
      by: this.by === this.units[0] ? null : this.by,
    });
  }

  /** What service areas are asked with: merged ones are drawn as one here, so that each still tells of itself. */
  areas() {
    return { walker: this.walker, ...(this.together === "nearest" && { together: "nearest" }), ...this.which(), ...this.when() };
  }

  /** What coverage is asked with. */
  coverage() {
    return { walker: this.walker, weight: this.weight, ...(this.by && { by: this.by }), ...this.which(), ...this.when() };
  }

  /** Which places count. */
  which() {
    return this.kind ? { kind: this.kind } : {};
  }

  /** When places must be open. */
  when() {
    return this.hour ? { hour: this.hour, day: this.day } : {};
  }
}

/** The middle one of how far areas and circles differ, 0 to 1; null where nothing tells. */
export function middleDifference(features) {
  const known = features.map(({ properties }) => properties.differs).filter((value) => value != null).sort((a, b) => a - b);
  return known.length ? known[Math.floor((known.length - 1) / 2)] : null;
}
