// The cases of the page: loaded whole once, then only what changed – as it happens by the stream,
// or looked for every few seconds where a stream does not get through.

import { Problem, busy, withQuery } from "wangge/core/api.js";
import { decode, merge } from "wangge/command/columns.js";
import { columnsOf, differing, translated } from "wangge/command/growing.js";
import { Line } from "wangge/command/line.js";

const ADDRESS = "/api/v1/cases/points";
const EVERY = 15_000; // milliseconds between two looks without a stream
const PATIENCE = 12_000; // a look that was not answered by then will not be: the line is dead
const SELDOM = 120_000; // and with one: for new borders and households, which it does not tell of
const TOGETHER = 200; // what comes within so long is shown at once
const MANY = 1500; // cases that are put in one by one; of more, all is taken anew
const AFTER_MANY = 1000; // after the last word of an import, until it is looked for

/**
 * Loads and keeps cases; calls `taken(cases)`, `put(rows)`, `failed(problem|null)`, `said(status)`,
 * `urgent(numbers)`, and asks `where(id)` for the position of a case.
 */
export class CaseStore {
  constructor({ taken, put, where, failed, said, urgent }) {
    Object.assign(this, { taken, put, where, failed, said, urgent });
    this.cases = null;
    this.range = {};
    this.tag = null;
    this.turn = 0;
    this.waiting = []; // events that came since the last were put in
    this.past = []; // events since loading began, for what the answer does not have yet
    this.calledOut = new Set(); // numbers of urgent cases that were told while nobody saw the page
    this.stream = "none";
    this.ahead = 0;
    document.addEventListener("visibilitychange", () => !document.hidden && this.waiting.length && this._putAll());
    this.line = new Line({ told: (event) => this._told(event), said: (status) => this._lineSaid(status) });
  }

  /** Load the cases of a range (ISO days `from`, `to`; absent: all). Throws nothing. */
  async load(range = {}) {
    const turn = ++this.turn;
    clearTimeout(this.timer);
    busy(+1);
    this.past = [];
    try {
      const response = await asked(withQuery(ADDRESS, range));
      this._compareClocks(response);
      const cases = decode(await response.arrayBuffer());
      if (turn !== this.turn) return;
      Object.assign(this, { cases, range, tag: null, waiting: [] });
      this._answered(null);
      this.taken(cases);
      const missed = this.past.filter(({ id }) => id > cases.header.feed);
      this.past = null;
      if (this.line.after == null) this.line.begin(cases.header.feed ?? 0);
      else for (const event of missed) this._told(event);
      this._later();
    } catch (error) {
      if (turn === this.turn) this._answered(error);
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

  /** "live", "polling" (looked for every 15 seconds) or "off" (nothing gets through). */
  get status() {
    if (this.stream === "live") return "live";
    return this.problem ? "off" : "polling";
  }

  // ── the stream ──────────────────────────────────────────────────────────────────────────────
  _lineSaid(status) {
    const before = this.stream;
    if (status === "out") return toLogin();
    this.stream = status;
    if (status === "live" && this.problem) this._answered(null);
    if (status === "live" && before !== "live") this._later();
    // What to say of a lost line is known once a look was answered, or was not.
    if (status === "lost" && before !== "lost" && this.cases) return this.refresh();
    if (status === "live" || !this.cases) this.said(this.status);
    return undefined;
  }

  _told(event) {
    this.past?.push(event);
    if (!this.cases) return;
    this.waiting.push(event);
    if (document.hidden) this._callOut(event);
    else this.soon ??= setTimeout(() => (document.hidden ? (this.soon = null) : this._putAll()), TOGETHER);
  }

  /** Nobody sees this page: nothing is drawn until somebody does, but what is urgent is called out. */
  _callOut({ data }) {
    const { case: one } = JSON.parse(data);
    if (!one?.urgent || one.joined_to != null || this.where(one.id) >= 0 || this.calledOut.has(one.id)) return;
    this.calledOut.add(one.id);
    this.urgent([one.id]);
  }

  /** Put in what came; the last word on each case. */
  _putAll() {
    clearTimeout(this.soon);
    this.soon = null;
    const events = this.waiting;
    this.waiting = [];
    const latest = new Map();
    let isGone = false;
    let isMany = Boolean(this.range.from || this.range.to); // the server knows which of them are of these days
    for (const { data } of events) {
      const told = JSON.parse(data);
      if (!told.case) isMany = true;
      else if (told.case.joined_to != null) isGone ||= this.where(told.case.id) >= 0;
      else if (!isMany) {
        latest.delete(told.case.id);
        latest.set(told.case.id, told.case);
      }
    }
    if (isGone) {
      clearTimeout(this.gone); // one with another now: taken away from what is shown
      this.gone = setTimeout(() => this.load(this.range), AFTER_MANY);
    }
    const wanted = [...latest.values()].filter((one) => this._belongs(one));
    if (isMany || wanted.length > MANY) {
      clearTimeout(this.many);
      this.many = setTimeout(() => this.refresh({ evenHidden: true }), AFTER_MANY);
    }
    if (!wanted.length || wanted.length > MANY) return;
    const { dictionaries } = this.cases;
    const rows = columnsOf(wanted, dictionaries);
    const urgent = wanted.filter((one) => one.urgent && this.where(one.id) < 0 && !this.calledOut.has(one.id)).map(({ id }) => id);
    this.calledOut.clear();
    if (rows) this.put(rows);
    else this.load(this.range); // a kind or a place that nobody knew: its name has to come along
    if (urgent.length) this.urgent(urgent);
  }

  /** Whether a case is not older than all that are loaded. */
  _belongs({ reported_at: at }) {
    const { since } = this.cases.header;
    return since == null || Date.parse(at) > Date.parse(since);
  }

  // ── looking for what changed ────────────────────────────────────────────────────────────────
  /** Ask for what changed since the last look. */
  async refresh({ evenHidden = false } = {}) {
    if (!this.cases || (document.hidden && !evenHidden)) return this._later();
    const turn = this.turn;
    try {
      const query = withQuery(ADDRESS, { ...this.range, updated_after: this.cases.header.as_of });
      const response = await asked(query, this.tag ? { "If-None-Match": this.tag } : {}, AbortSignal.timeout(PATIENCE));
      if (turn !== this.turn) return undefined;
      this._compareClocks(response);
      if (response.status !== 304) await this._mend(response);
      this._answered(null);
    } catch (error) {
      if (turn === this.turn) this._answered(error);
    }
    return this._later();
  }

  async _mend(response) {
    const changed = decode(await response.arrayBuffer());
    const before = this.cases;
    const { versions, total, as_of: asOf } = changed.header;
    const moved = ["areas", "grids", "compounds"].some((layer) => versions[layer] !== before.header.versions[layer]);
    const isNew = versions.cases !== before.header.versions.cases;
    this.tag = isNew ? null : response.headers.get("ETag");
    this.line.passed(changed.header.feed);
    const rows = moved || changed.count > MANY ? null : translated(changed, before.dictionaries);
    if (moved) return this.load(this.range);
    if (rows) {
      const news = differing(rows, before, (id) => this.where(id));
      if (isNew && news.count) this.put(news);
      // Cases that were taken away cannot come as changed cases.
      if (before.header.since == null && before.count !== total) return this.load(this.range);
      Object.assign(before.header, { versions }, isNew ? { as_of: asOf } : {});
      return undefined;
    }
    const merged = merge(before, changed);
    if (before.header.since == null && merged.count !== total) return this.load(this.range);
    merged.header = { ...merged.header, as_of: isNew ? asOf : before.header.as_of };
    this.cases = merged;
    if (isNew && changed.count) this.taken(merged);
    return undefined;
  }

  /** By how many milliseconds the server's clock is ahead of this machine's. */
  _compareClocks(response) {
    const told = Date.parse(response.headers.get("Date"));
    if (Number.isFinite(told)) this.ahead = told + 500 - Date.now();
  }

  _answered(problem) {
    if (this.problem && !problem && this.stream !== "live") this.line.hurry(); // somebody answers again
    this.problem = problem;
    this.failed(problem);
    this.said(this.status);
  }

  _later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), this.stream === "live" ? SELDOM : EVERY);
  }
}

function toLogin() {
  location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
}

async function asked(address, headers = {}, signal = null) {
  let response;
  try {
    response = await fetch(address, { credentials: "same-origin", headers, signal });
  } catch {
    throw new Problem(0, null);
  }
  if (response.ok || response.status === 304) return response;
  if (response.status === 401) toLogin();
  throw new Problem(response.status, await response.json().catch(() => null));
}
