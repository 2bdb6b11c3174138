// A draft as this page holds it: its grids, its units, its revision, and what is not kept yet.
//
// Every change is asked of the server with the revision that this page has seen; only what comes
// back is changed here. What could not be sent stays in `pending` until it is sent or dropped.

import { get, post, Problem } from "wangge/core/api.js";

const CALL = "/api/v1/plans";

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
    this.grids = new Map();
    this.units = new Map();
    this.findings = null;
    this.pending = null; // {run, words} that could not be sent
    this.conflict = null; // the server's answer of 412, and what was wanted
    this.isBusy = false;
  }

  /** The draft of that number with all that is drawn. */
  static async open(id) {
    const [info, grids, units] = await Promise.all([get(`${CALL}/${id}`), get(`${CALL}/${id}/grids`), get(`${CALL}/${id}/units`)]);
    const draft = new Draft(info);
    draft.take(grids, draft.grids);
    draft.take(units, draft.units);
    return draft;
  }

  get id() {
    return this.info.id;
  }

  get isOpen() {
    return this.info.state !== "published";
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

  async send(wanted) {
    if (this.isBusy || this.pending || this.conflict) {
      this.tell("waiting");
      return null;
    }
    this.isBusy = true;
    this.tell("busy");
    try {
      const answer = await post(`${CALL}/${this.id}/${wanted.path}`, wanted.body, { headers: { "If-Match": `"${this.info.revision}"` } });
      this.apply(answer);
      return answer;
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.status === 412) this.conflict = { wanted, error };
      else if (error.status === 0 || error.status >= 502) this.pending = { wanted, error };
      this.tell("refused", { error, wanted });
      return null;
    } finally {
      this.isBusy = false;
      this.tell("busy");
    }
  }

  /** Take what came back of a change: only what differs. */
  apply(answer) {
    const { grids, units, removed_grids: lost, removed_units: gone, findings, plan } = answer;
    for (const number of lost) this.grids.delete(Number(number));
    for (const number of gone) this.units.delete(Number(number));
    this.take(grids, this.grids);
    this.take(units, this.units);
    this.info = plan;
    const touched = new Set([...grids.features.map(({ id }) => id), ...lost]);
    this.findings = [...findings, ...(this.findings ?? []).filter(({ ids }) => !ids.some((id) => touched.has(id)))];
    this.tell("changed", { grids: grids.features.map(({ id }) => id), removed: lost });
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
    this.grids = fresh.grids;
    this.units = fresh.units;
    await this.check();
  }

  /** The findings of the whole draft. */
  async check() {
    const found = await get(`${CALL}/${this.id}/findings`);
    this.findings = found.findings;
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
