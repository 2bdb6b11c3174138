// A draft as this page holds it: its grids, its units, its revision, and what is not kept yet.
//
// Every change is asked of the server with the revision that this page has seen; only what comes
// back is changed here. What it will surely come to is shown at once (`foreseeing.js`) and taken back
// if it is refused. Steps wait for each other. What could not be sent stays in `pending` until it is
// sent or dropped.

import { get, post, Problem } from "wangge/core/api.js";
import { foreseen } from "wangge/drafting/foreseeing.js";

const CALL = "/api/v1/plans";
const MOST_STEPS = 200; // of this page that undo shows at once

/** All drafts that one may read, those changed last first. */
export async function drafts() {
  return (await get(CALL)).plans;
}

/** Open a new draft: {name, area, start}. Gives what the server tells of it. */
export function begin(body) {
  return post(CALL, body);
}

export class Draft extends EventTarget {
  constructor(info) {
    super();
    this.info = info;
    this.rights = null; // what one may do with it
    this.grids = new Map();
    this.units = new Map();
    this.findings = null;
    this.pending = null; // {run, words} that could not be sent
    this.conflict = null; // the server's answer of 412, and what was wanted
    this.turn = 0; // changes whenever grids or units do
    this.steps = []; // {revision, found, grids, units, features} that the whole was not looked at since
    this.under = 0; // steps that are being saved, or wait for that
    this.line = Promise.resolve();
    this.forget();
  }

  /** The draft of that number with all that is drawn. */
  static async open(id) {
    const [info, rights, grids, units] = await Promise.all(["", "/rights", "/grids", "/units"].map((part) => get(`${CALL}/${id}${part}`)));
    const draft = new Draft(info);
    draft.rights = rights;
    draft.take(grids, draft.grids);
    draft.take(units, draft.units);
    return draft;
  }

  get id() {
    return this.info.id;
  }

  /** Whether one may draw on it now. */
  get isOpen() {
    return this.info.state !== "published" && this.rights.draw;
  }

  /** Ask anew what one may do with it. */
  async learn() {
    this.rights = await get(`${CALL}/${this.id}/rights`);
  }

  get isBusy() {
    return this.under > 0;
  }

  /** Steps of this page are no longer the newest: what undo will do only the server knows. */
  forget() {
    this.done = []; // {former, after} of each step of this page, the newest last
    this.undone = [];
  }

  take(collection, kept) {
    for (const feature of collection?.features ?? []) kept.set(Number(feature.id), feature);
  }

  tell(kind, detail) {
    this.dispatchEvent(Object.assign(new Event(kind), { detail }));
  }

  /** Do one action; gives the answer, or null if it was refused (which is told as `refused`). */
  act(action) {
    return this.send({ path: "actions", body: action });
  }

  undo() {
    return this.info.can_undo ? this.send({ path: "undo" }) : null;
  }

  redo() {
    return this.info.can_redo ? this.send({ path: "redo" }) : null;
  }

  /** Ask for a step when those before it are saved. */
  send(wanted) {
    this.under += 1;
    const sent = this.line.then(() => this.sendNow(wanted)).finally(() => {
      this.under -= 1;
      this.tell("busy");
    });
    this.line = sent.catch(() => {});
    this.tell("busy");
    return sent;
  }

  async sendNow(wanted) {
    if (this.pending || this.conflict) {
      this.tell("waiting");
      return null;
    }
    const hoped = this.foresee(wanted);
    const former = hoped && this.swap(hoped);
    if (former) this.announce(former);
    try {
      const answer = await post(`${CALL}/${this.id}/${wanted.path}`, wanted.body, { headers: { "If-Match": `"${this.info.revision}"` } });
      if (former) this.swap(former);
      this.apply(answer, wanted, former);
      return answer;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (former) {
        this.swap(former);
        this.announce(former);
      }
      if (error.status === 412) this.conflict = { wanted, error };
      else if (error.status === 0 || error.status >= 502) this.pending = { wanted, error };
      this.tell("refused", { error, wanted });
      return null;
    }
  }

  /** What a step will surely come to: {grids, units} by number, null being gone; or null. */
  foresee({ path, body }) {
    if (path === "undo") return this.done.at(-1)?.former ?? null;
    if (path === "redo") return this.undone.at(-1)?.after ?? null;
    return path === "actions" ? foreseen(this, body) : null;
  }

  /** Put features in the place of those that stand; gives what stood there. */
  swap(changes) {
    const former = { grids: new Map(), units: new Map() };
    this.turn += 1;
    for (const kind of ["grids", "units"]) {
      for (const [number, feature] of changes[kind]) {
        former[kind].set(number, this[kind].get(number) ?? null);
        if (feature) this[kind].set(number, feature);
        else this[kind].delete(number);
      }
    }
    return former;
  }

  announce({ grids, units }) {
    const still = [...grids.keys()].filter((number) => this.grids.has(number));
    const lost = [...grids.keys()].filter((number) => !this.grids.has(number));
    this.tell("changed", { grids: still, removed: lost, units: [...units.keys()] });
  }

  /** Take what came back of a change: only what differs. */
  apply(answer, wanted, hoped) {
    const { grids, units, removed_grids: lost, removed_units: gone, findings, plan } = answer;
    const changes = { grids: new Map(lost.map((number) => [Number(number), null])), units: new Map(gone.map((number) => [Number(number), null])) };
    this.take(grids, changes.grids);
    this.take(units, changes.units);
    const former = this.swap(changes);
    this.remember(wanted.path, { former, after: changes });
    this.info = plan;
    const step = { revision: plan.revision, found: findings, grids: new Set(changes.grids.keys()), units: new Set(changes.units.keys()), features: [...former.grids.values(), ...changes.grids.values()].filter(Boolean) };
    this.steps.push(step);
    if (this.steps.length > MOST_STEPS) this.steps.shift();
    this.findings = renewed(this.findings ?? [], step);
    const seen = { grids: new Map([...(hoped?.grids ?? []), ...changes.grids]), units: new Map([...(hoped?.units ?? []), ...changes.units]) };
    this.announce(seen);
    this.tell("answered");
  }

  /** Keep what a step changed, so that taking it back is seen at once. */
  remember(path, step) {
    if (path === "undo") {
      this.done.pop();
      this.undone.push({ former: step.after, after: step.former });
    } else if (path === "redo") {
      this.undone.pop();
      this.done.push(step);
    } else {
      this.done.push(step);
      if (this.done.length > MOST_STEPS) this.done.shift();
      this.undone = [];
    }
  }

  /** Send again what could not be sent. */
  retry() {
    const { wanted } = this.pending ?? {};
    this.pending = null;
    return wanted ? this.send(wanted) : null;
  }

  /** Give up what could not be sent. */
  drop() {
    this.pending = null;
    this.conflict = null;
    this.tell("changed", { grids: [], removed: [] });
  }

  /** Take what others have drawn, and then do one's own once more if wished. */
  async settle({ again }) {
    const { wanted } = this.conflict ?? {};
    await this.reload();
    this.conflict = null;
    this.tell("changed", { grids: [], removed: [] });
    return again && wanted ? this.send(wanted) : null;
  }

  async reload() {
    const fresh = await Draft.open(this.id);
    this.info = fresh.info;
    this.rights = fresh.rights;
    this.grids = fresh.grids;
    this.units = fresh.units;
    this.turn += 1;
    this.steps = [];
    this.forget();
    await this.check();
  }

  /** The findings of the whole draft; what was done while they were looked for comes on top. */
  async check() {
    const { revision, findings } = await get(`${CALL}/${this.id}/findings`);
    this.steps = this.steps.filter((step) => step.revision > revision);
    this.findings = this.steps.reduce(renewed, findings);
    this.tell("checked");
  }

  /** The numbers of the grids that share a border with one: more than a single point. */
  beside(number) {
    const own = this.grids.get(number);
    if (!own) return new Set();
    const box = boxOf(own);
    const mine = new Set(cornersOf(own));
    const found = new Set();
    for (const [other, feature] of this.grids) {
      if (other === number || !meets(box, boxOf(feature))) continue;
      let shared = 0;
      for (const corner of cornersOf(feature)) if (mine.has(corner) && ++shared > 1) break;
      if (shared > 1) found.add(other);
    }
    return found;
  }
}

/**
 * Findings after a step: those of the grids that it changed, and of ground there, are the new ones.
 * Others lose the mends that name what the step changed: they may not be possible any more.
 */
function renewed(old, { found, grids, units, features }) {
  const box = boxAround(features);
  const isThere = ({ where: { point } }) => box && point[0] >= box[0] && point[0] <= box[2] && point[1] >= box[1] && point[1] <= box[3];
  const keys = new Set(found.map(({ key }) => key));
  const kept = old.filter((one) => !keys.has(one.key) && (one.ids.length ? !one.ids.some((id) => grids.has(id)) : !isThere(one)));
  const isPossible = ({ grid, grids: several, units: pieces }) => !(grids.has(grid) || several?.some((one) => grids.has(one)) || pieces?.some((one) => units.has(one)));
  return [...found, ...kept.map((one) => (one.mends.every(isPossible) ? one : { ...one, mends: one.mends.filter(isPossible) }))];
}

/** West, south, east, north of several features; null if there are none. */
export function boxAround(features) {
  if (!features.length) return null;
  const all = features.map(boxOf);
  return [Math.min(...all.map(([w]) => w)), Math.min(...all.map(([, s]) => s)), Math.max(...all.map(([, , e]) => e)), Math.max(...all.map(([, , , n]) => n))];
}

const boxes = new WeakMap();

/** West, south, east, north of a feature. */
export function boxOf(feature) {
  if (!boxes.has(feature)) {
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (const ring of ringsOf(feature)) {
      for (const [x, y] of ring) {
        box[0] = Math.min(box[0], x);
        box[1] = Math.min(box[1], y);
        box[2] = Math.max(box[2], x);
        box[3] = Math.max(box[3], y);
      }
    }
    boxes.set(feature, box);
  }
  return boxes.get(feature);
}

const NEAR = 1e-6; // degrees

const meets = (a, b) => a[0] <= b[2] + NEAR && a[2] >= b[0] - NEAR && a[1] <= b[3] + NEAR && a[3] >= b[1] - NEAR;

/** All rings of a feature's polygons. */
export function ringsOf({ geometry }) {
  if (!geometry) return [];
  return geometry.type === "Polygon" ? geometry.coordinates : geometry.coordinates.flat();
}

const corners = new WeakMap();

function cornersOf(feature) {
  if (!corners.has(feature)) corners.set(feature, ringsOf(feature).flatMap((ring) => ring.slice(1).map(([x, y]) => `${x.toFixed(6)} ${y.toFixed(6)}`)));
  return corners.get(feature);
}
