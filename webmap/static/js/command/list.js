// The list beside the map: as many cases as the map's view has, however many; only the rows in
// sight exist.

import { get } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { count, language, named, t } from "wangge/core/words.js";
import { toLatitude, toLongitude } from "wangge/command/mercator.js";
import { queryOf } from "wangge/command/address.js";
import { mark } from "wangge/command/charts.js";
import { exportMenu } from "wangge/command/exporting.js";
import { remaining } from "wangge/command/remaining.js";

const AHEAD = 8; // rows kept above and below the sight
const FRESH = 8000; // milliseconds that a case which just came is marked
const MOST_CHOSEN = 500; // cases at one go

/** The list in `box`. */
export class CaseList {
  constructor(box, board, { open, openNumber, mayExport }) {
    this.board = board;
    this.open = open;
    this.openNumber = openNumber;
    this.sort = "newest";
    this.only = null; // positions of one spot or of what was searched, instead of the view
    this.chosen = new Set(); // numbers of the cases that are chosen for one step
    this.isChoosing = false;
    this.fresh = new Map(); // numbers of the cases that just came → until when they are marked so
    this.onChosen = () => {};
    this.rows = new Uint32Array(0);
    this.cursor = -1;
    const zone = { timeZone: board.profile.timezone };
    const locale = language === "en" ? "en-GB" : "zh-CN";
    this.times = new Intl.DateTimeFormat(locale, { ...zone, month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
    this.years = new Intl.DateTimeFormat(locale, { ...zone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
    this._build(box, mayExport);
    board.on((what, _, news) => {
      if (!board.cases) return;
      if (["data", "criteria", "window", "view", "live"].includes(what)) {
        if (what === "criteria") this.only = null;
        if (what === "live") {
          this._mark(news.added);
          this.soon ||= setTimeout(() => {
            this.soon = 0;
            this.refresh();
          }, 60); // a task of its own, so that the map is not kept waiting
        } else this.refreshSoon();
      } else if (!document.hidden) this._paint();
    });
  }

  _build(box, mayExport) {
    this.head = h("h2", { "aria-live": "polite" });
    this.spot = h("p.spot", { hidden: true });
    const sorts = { newest: t("Newest first"), oldest: t("Oldest first"), due: t("Due first"), category: t("By category"), state: t("By state") };
    const choose = h("select", { "aria-label": t("Order"), onChange: () => this.sortBy(choose.value) }, Object.entries(sorts).map(([key, name]) => h("option", { value: key }, name)));
    this.chooser = h("button.button.quiet.small", { type: "button", "aria-pressed": "false", title: t("Choose several cases (V)"), onClick: () => this.toggleChoosing() }, t("Several"));
    this.field = h("input.list-search", { type: "search", placeholder: t("Number or words"), "aria-label": t("Search cases (/)"), autocomplete: "off", maxlength: "200" });
    this.field.addEventListener("keydown", (event) => event.key === "Enter" && this._search());
    this.field.addEventListener("search", () => !this.field.value && this.only && this.showOnly(null));
    const take = mayExport && exportMenu({ asked: () => this._asked(), amount: () => this.rows.length });
    this.sheet = h("div.case-sheet", {});
    this.scroll = h("div.case-scroll", { tabindex: "0", role: "region", "aria-label": t("Cases in the view; J and K go down and up, Enter opens") }, this.sheet);
    this.empty = h("div.empty", { hidden: true });
    fill(box, h("div.panel-head", {}, this.head, take), h("div.list-tools", {}, choose, this.field, this.chooser), this.spot, this.scroll, this.empty);
    this.scroll.addEventListener("scroll", () => this._paint(), { passive: true });
    new ResizeObserver(() => this._measure()).observe(this.scroll);
    this.sheet.addEventListener("mouseleave", () => this.board.hover(null));
  }

  _measure() {
    const probe = h("button.case-row", { type: "button", style: { visibility: "hidden" } }, h("span", {}, "0"), h("span", {}, "0"));
    this.sheet.append(probe);
    this.height = Math.max(24, probe.getBoundingClientRect().height);
    probe.remove();
    this._paint();
  }

  sortBy(sort) {
    this.sort = sort;
    this.scroll.scrollTop = 0;
    this.refresh();
  }

  /** Show only the cases of one spot, or those that `words` found; null: those of the view again. */
  showOnly(positions, words = "") {
    this.only = positions;
    this.words = words;
    this.scroll.scrollTop = 0;
    this.refresh();
  }

  refreshSoon() {
    this.frame ??= requestAnimationFrame(() => {
      this.frame = null;
      this.refresh();
    });
  }

  refresh() {
    const { board } = this;
    const kept = this.rows[this.cursor];
    if (this.only) {
      const wanted = new Set(this.only);
      this.rows = board.sortedBy(this.sort).filter((i) => wanted.has(i) && (this.words || board.filter.failed[i] === 0));
    } else this.rows = board.listed(this.sort);
    this.cursor = kept === undefined ? -1 : this.rows.indexOf(kept);
    fill(this.head, t("%(count)s cases in view", { count: count(this.rows.length) }));
    this.spot.hidden = !this.only;
    if (this.only) {
      fill(this.spot, this.words ? t("Found: “%(words)s”", { words: this.words }) : t("At this spot"), this.beyond > 0 && t(" (%(count)s more are not loaded or not of this filter)", { count: count(this.beyond) }), " ", h("button.link", { type: "button", onClick: () => this.showOnly(null) }, t("all in view")));
      fill(this.head, t("%(count)s cases", { count: count(this.rows.length) }));
    }
    this.scroll.hidden = this.rows.length === 0;
    this.empty.hidden = this.rows.length > 0;
    if (!this.rows.length) this._sayEmpty();
    this._paint();
  }

  // ── what just came ────────────────────────────────────────────────────────────────────────────
  _mark(added) {
    const until = Date.now() + FRESH;
    for (const id of added) this.fresh.set(id, until);
    if (this.fresh.size) this.fading ||= setTimeout(() => {
      this.fading = 0;
      for (const [id, end] of this.fresh) if (end <= Date.now()) this.fresh.delete(id);
      this._paint();
      if (this.fresh.size) this._mark([]);
    }, FRESH / 4);
  }

  // ── searching ─────────────────────────────────────────────────────────────────────────────────
  async _search() {
    const words = this.field.value.trim();
    if (!words) return this.showOnly(null);
    try {
      const { cases } = await get("/api/v1/cases", { q: words, limit: 200 });
      const positions = cases.map(({ id }) => this.board.positionOf(id)).filter((i) => i >= 0);
      this.beyond = cases.length - positions.length;
      const exact = cases.length === 1 ? cases[0].id : /^\d{1,15}$/.test(words) && (await this._exists(Number(words)));
      if (exact) this.openNumber(exact);
      this.showOnly(positions, words);
    } catch (error) {
      fill(this.spot, error.message);
      this.spot.hidden = false;
    }
    return undefined;
  }

  /** The number itself if there is a case of it. */
  async _exists(id) {
    if (this.board.positionOf(id) >= 0) return id;
    return get(`/api/v1/cases/${id}`).then(() => id, () => null);
  }

  // ── choosing several ──────────────────────────────────────────────────────────────────────────
  toggleChoosing(on = !this.isChoosing) {
    this.isChoosing = on;
    this.chooser.setAttribute("aria-pressed", String(on));
    this.anchor = null;
    if (!on) this.chosen.clear();
    this._chosen();
  }

  _chosen() {
    if (this.chosen.size && !this.isChoosing) {
      this.isChoosing = true;
      this.chooser.setAttribute("aria-pressed", "true");
    }
    this.onChosen();
    this._paint();
  }

  /** Choose the case at a row of the list, or leave it out; `through`: all from the last one on. */
  choose(n, { through = false } = {}) {
    if (!(n >= 0 && n < this.rows.length)) return;
    const idOf = (row) => this.board.cases.id[this.rows[row]];
    if (through && this.anchor != null) {
      for (let k = Math.min(n, this.anchor); k <= Math.max(n, this.anchor); k++) this.chosen.add(idOf(k));
    } else if (!this.chosen.delete(idOf(n))) this.chosen.add(idOf(n));
    this.anchor = n;
    this.cursor = n;
    this._chosen();
  }

  chooseAll() {
    for (const i of this.rows.subarray(0, MOST_CHOSEN)) this.chosen.add(this.board.cases.id[i]);
    this._chosen();
  }

  chooseNone() {
    this.toggleChoosing(false);
  }

  _sayEmpty() {
    const elsewhere = this.board.sums.shown.length;
    fill(this.empty,
      elsewhere ? h("p", {}, t("No case lies in this part of the map; %(count)s match elsewhere.", { count: count(elsewhere) })) : h("p", {}, t("No case matches these filters.")),
      elsewhere
        ? h("button.button", { type: "button", onClick: () => this.onShowAll?.() }, t("Show them all"))
        : h("button.button", { type: "button", onClick: () => this.onClear?.() }, t("Clear filters")));
  }

  _paint() {
    if (!this.height) return this._measure();
    const { rows, height } = this;
    this.sheet.style.height = `${rows.length * height}px`;
    const first = Math.max(0, Math.floor(this.scroll.scrollTop / height) - AHEAD);
    const last = Math.min(rows.length, Math.ceil((this.scroll.scrollTop + this.scroll.clientHeight) / height) + AHEAD);
    const focused = this.sheet.contains(document.activeElement);
    const shown = [];
    for (let n = first; n < last; n++) shown.push(this._row(rows[n], n));
    fill(this.sheet, shown);
    if (focused) this.sheet.querySelector(".is-cursor")?.focus({ preventScroll: true });
  }

  _row(i, n) {
    const { board } = this;
    const { cases, profile } = board;
    const category = profile.categories.find((term) => term.key === cases.dictionaries.category[cases.category[i]]);
    const state = profile.states.find((term) => term.key === cases.dictionaries.state[cases.state[i]]);
    const isOpen = board.isOpen[cases.state[i]] === 1;
    const left = isOpen ? remaining(cases.due[i], board.now, cases.warn[i]) : null;
    const name = named(category?.name) || cases.dictionaries.category[cases.category[i]] || "";
    const id = cases.id[i];
    const isChosen = this.chosen.has(id);
    const classes = [this.fresh.has(id) && "is-fresh", isChosen && "is-chosen", n === this.cursor && "is-cursor", board.selected === cases.id[i] && "is-selected", board.hovered === i && "is-hovered"];
    return h("button.case-row", {
      type: "button", tabindex: n === this.cursor || (this.cursor < 0 && n === 0) ? "0" : "-1",
      class: classes.filter(Boolean).join(" "), dataset: { case: cases.id[i] },
      style: { transform: `translateY(${n * this.height}px)` },
      "aria-pressed": this.isChoosing ? String(isChosen) : null,
      onClick: (event) => (this.isChoosing || event.shiftKey || event.ctrlKey || event.metaKey ? this.choose(n, { through: event.shiftKey }) : this._choose(n)), onMouseenter: () => board.hover(i), onFocus: () => { this.cursor = n; },
    },
      h("span.case-first", {}, this.isChoosing && h("span.case-box", { "aria-hidden": "true" }, isChosen ? "☑" : "☐"), this.fresh.has(id) && h("span.badge.badge-new", {}, t("New")), mark(cases.category[i], category?.color ?? "var(--map-unknown)", { open: isOpen }), h("b", {}, name),
        left ? h("span.case-state", { class: `tone-${left.tone}` }, left.text) : h("span.case-state", {}, named(state?.name) || cases.dictionaries.state[cases.state[i]])),
      h("span.case-second", {}, h("time", {}, this.time(cases.reported[i])), h("span.case-place", {}, board.placeName(i) || (cases.x[i] >= 0 ? t("outside all areas") : t("not placed on the map")))));
  }

  time(minute) {
    const moment = new Date(minute * 60000);
    const isOld = this.board.now - minute > 525600 * 0.9;
    return (isOld ? this.years : this.times).format(moment).replace(",", "");
  }

  _choose(n) {
    this.cursor = n;
    this.open(this.rows[n]);
  }

  /** Down (+1) or up (−1); `choosing` chooses what is passed. */
  step(by, { choosing = false } = {}) {
    if (!this.rows.length) return;
    if (choosing && this.cursor >= 0) this.chosen.add(this.board.cases.id[this.rows[this.cursor]]);
    this.cursor = Math.max(0, Math.min(this.rows.length - 1, this.cursor + by));
    const top = this.cursor * this.height;
    const { scrollTop, clientHeight } = this.scroll;
    if (top < scrollTop) this.scroll.scrollTop = top;
    else if (top + this.height > scrollTop + clientHeight) this.scroll.scrollTop = top + this.height - clientHeight;
    if (choosing) {
      this.chosen.add(this.board.cases.id[this.rows[this.cursor]]);
      this.anchor = this.cursor;
      this._chosen();
    }
    this.board.hover(this.rows[this.cursor]);
    this._paint();
    this.sheet.querySelector(".is-cursor")?.focus({ preventScroll: true });
  }

  openCursor() {
    if (this.cursor >= 0) this._choose(this.cursor);
  }

  /** What the server is asked for to get the cases of this list. */
  _asked() {
    const { box } = this.board;
    const bbox = box && [toLongitude(box.west), toLatitude(box.south), toLongitude(box.east), toLatitude(box.north)]
      .map((value, i) => Math.max(i % 2 ? -90 : -180, Math.min(i % 2 ? 90 : 180, value)).toFixed(6)).join(",");
    return { ...queryOf(this.board), bbox };
  }
}
