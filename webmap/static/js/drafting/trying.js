// A drawing tried out in a worker while it is drawn. The server decides; this only shows what to expect.
//
// At most one drawing is being tried at a time, and of those that wait the newest alone. Where no
// worker can be had there is nothing to see, and all else works.

const CALL = "/api/v1/plans";
const AT_ONCE = 40; // units of a message, so that the mouse is not held up
const LONGEST = 8000; // milliseconds, after which a worker is given up

export class Trial {
  /** @param {(outcome: object|null) => void} show - what the newest drawing comes to */
  constructor(show) {
    this.show = show;
    this.worker = null;
    this.isBroken = false;
    this.draft = null;
    this.turn = 0;
    this.clear();
  }

  /** Be ready to try on this draft. */
  begin(draft) {
    if (this.isBroken || (this.worker && this.draft === draft)) return;
    this.end();
    try {
      this.worker = new Worker(new URL("./trying/worker.js", import.meta.url), { type: "module" });
    } catch {
      this.give();
      return;
    }
    this.worker.addEventListener("message", ({ data }) => this.heard(data));
    this.worker.addEventListener("error", () => this.give());
    this.draft = draft;
    this.sent = new Map(); // unit → the geometry that the worker has
    this.line = [];
    this.changed = ({ detail }) => this.renew(detail.units);
    draft.addEventListener("changed", this.changed);
    this.renew();
    this.line.push({ kind: "homes", address: `${CALL}/${draft.id}/homes` });
  }

  end() {
    this.draft?.removeEventListener("changed", this.changed);
    this.worker?.terminate();
    clearTimeout(this.patience);
    this.worker = this.draft = this.asked = this.last = null;
    this.isReady = this.isFeeding = this.isHoused = false;
    this.clear();
  }

  /** Do without. */
  give() {
    this.isBroken = true;
    this.end();
  }

  /** Forget what was tried. */
  clear() {
    this.turn += 1;
    this.wanted = null;
    this.show(null);
  }

  /**
   * Try what is drawn.
   *
   * @param {"draw"|"split"|"reshape"|"drag"} key
   * @param {object} given - {points, grids} or {from, to}, in degrees
   */
  ask(key, given) {
    if (!this.worker) return;
    this.turn += 1;
    this.wanted = this.last = { kind: "ask", turn: this.turn, key, given };
    this.next();
  }

  next() {
    if (!this.wanted || this.asked || !this.isReady || this.line.length) return;
    this.asked = this.wanted;
    this.wanted = null;
    this.worker.postMessage(this.asked);
    this.patience = setTimeout(() => this.give(), LONGEST);
  }

  heard(answer) {
    if (answer.ready) {
      this.isReady = true;
      this.feed();
    }
    if (answer.housed) {
      this.isHoused = true;
      if (this.last?.turn === this.turn) this.ask(this.last.key, this.last.given);
    }
    if (answer.turn === undefined) return;
    clearTimeout(this.patience);
    const isNewest = answer.turn === this.turn;
    const isNear = this.wanted?.turn === this.turn && this.wanted.key === answer.key;
    this.asked = null;
    this.next();
    if (isNewest || isNear) this.show(answer.failed ? null : answer);
  }

  /** Tell the worker of these units, or of all. */
  renew(numbers) {
    const { grids, units } = this.draft;
    const gone = [...(numbers ?? this.sent.keys())].filter((number) => !units.has(number) && this.sent.delete(number));
    const told = [];
    for (const number of numbers ?? units.keys()) {
      const feature = units.get(number);
      if (!feature) continue;
      const { geometry, properties: { grid, households } } = feature;
      const isKnown = this.sent.get(number) === geometry;
      this.sent.set(number, geometry);
      told.push({ number, grid, households, rings: isKnown ? null : geometry.coordinates });
    }
    // what is gone and what stands in its place go together: homes pass from one to the other
    if (gone.length) this.line.push({ kind: "units", units: told.splice(0), gone });
    while (told.length) this.line.push({ kind: "units", units: told.splice(0, AT_ONCE), gone: [] });
    this.line.push({ kind: "locks", locked: [...grids].filter(([, { properties }]) => properties.locked).map(([number]) => number) });
    this.feed();
  }

  /** Send what waits, a little at a time. */
  feed() {
    if (!this.isReady || this.isFeeding) return;
    this.isFeeding = true;
    const { worker } = this;
    const step = () => {
      if (worker !== this.worker) return (this.isFeeding = false);
      const message = this.line.shift();
      if (message) worker.postMessage(message);
      if (this.line.length) return setTimeout(step);
      this.isFeeding = false;
      return this.next();
    };
    step();
  }
}
