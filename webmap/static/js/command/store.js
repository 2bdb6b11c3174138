// The cases of the page: loaded whole once, then only what changed.

import { Problem, busy, withQuery } from "wangge/core/api.js";
import { decode, merge } from "wangge/command/columns.js";

const ADDRESS = "/api/v1/cases/points";
const EVERY = 15_000; // milliseconds between two looks

/** Loads and keeps cases; calls `taken(cases)` when they changed and `failed(problem|null)`. */
export class CaseStore {
  constructor({ taken, failed }) {
    this.taken = taken;
    this.failed = failed;
    this.cases = null;
    this.range = {};
    this.tag = null;
    this.turn = 0;
  }

  /** Load the cases of a range (ISO days `from`, `to`; absent: all). Throws nothing. */
  async load(range = {}) {
    const turn = ++this.turn;
    clearTimeout(this.timer);
    busy(+1);
    try {
      const response = await asked(withQuery(ADDRESS, range));
      const cases = decode(await response.arrayBuffer());
      if (turn !== this.turn) return;
      Object.assign(this, { cases, range, tag: null });
      this.failed(null);
      this.taken(cases);
      this._later();
    } catch (error) {
      if (turn === this.turn) this.failed(error);
    } finally {
      busy(-1);
    }
  }

  /** Whether the loaded cases hold all since that minute. */
  holds(minute) {
    const { since } = this.cases?.header ?? {};
    if (this.range.from || this.range.to) return false;
    return since == null || (minute != null && Date.parse(since) / 60000 <= minute);
  }

  /** Ask for what changed since the last look. */
  async refresh() {
    if (!this.cases || document.hidden) return this._later();
    const turn = this.turn;
    try {
      const query = withQuery(ADDRESS, { ...this.range, updated_after: this.cases.header.as_of });
      const response = await asked(query, this.tag ? { "If-None-Match": this.tag } : {});
      if (turn !== this.turn) return undefined;
      if (response.status !== 304) await this._mend(response);
      this.failed(null);
    } catch (error) {
      if (turn === this.turn) this.failed(error);
    }
    return this._later();
  }

  async _mend(response) {
    const changed = decode(await response.arrayBuffer());
    const before = this.cases;
    const merged = merge(before, changed);
    const { versions, total } = changed.header;
    const moved = ["areas", "grids", "compounds"].some((layer) => versions[layer] !== before.header.versions[layer]);
    // Cases that were taken away, or a base that changed, cannot come as changed cases.
    if (moved || (before.header.since == null && merged.count !== total)) return this.load(this.range);
    const isNew = versions.cases !== before.header.versions.cases;
    this.tag = isNew ? null : response.headers.get("ETag");
    this.cases = merged;
    merged.header = { ...merged.header, as_of: isNew ? changed.header.as_of : before.header.as_of };
    if (isNew && changed.count) this.taken(merged);
    return undefined;
  }

  _later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), EVERY);
  }
}

async function asked(address, headers = {}) {
  let response;
  try {
    response = await fetch(address, { credentials: "same-origin", headers });
  } catch {
    throw new Problem(0, null);
  }
  if (response.ok || response.status === 304) return response;
  if (response.status === 401) location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  throw new Problem(response.status, await response.json().catch(() => null));
}
