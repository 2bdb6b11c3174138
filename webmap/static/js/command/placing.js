// Cases that wait for a place (待定位), one after the other: what the address can mean, numbered in
// the list and on the map; a key chooses, Enter confirms, and the word is kept for the next ticket.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { count, named, share, t } from "wangge/core/words.js";

const L = globalThis.L;
const PAGE = 50;
const CLOSE = 18; // zoom at which a chosen place is looked at
const KINDS = () => ({
  building: t("Building"), compound: t("Compound"), facility: t("Facility"), street: t("Street"), area: t("Area"), point: t("Taught point"),
});
const PARTS = ["county", "office", "community", "street", "house", "compound", "building", "unit"];

/** The queue in `box`; `closed()` when it is left, `counted(counts)` whenever the server counted. */
export class Placing {
  constructor(box, { map, board, open, closed, counted }) {
    Object.assign(this, { box, map, board, open, closed, counted });
    this.turn = 0;
    this.marks = L.layerGroup();
    this.list = h("ol.placing-list", { "aria-label": t("Places that the address can mean") });
    this.title = h("h2", { tabindex: "-1" });
    this.ticket = h("div.placing-ticket", {});
    this.said = h("div.placing-said", { role: "status", hidden: true });
    this.word = h("input", { type: "text", maxlength: "60", "aria-label": t("The word that is kept") });
    this.teach = h("input", { type: "checkbox" });
    this.teaching = h("div.placing-teach", {}, h("label", {}, this.teach, " ", t("Keep the word: addresses with it are placed here from now on")), this.word);
    this.confirm = h("button.button.main", { type: "button", title: "Enter", onClick: () => this.send() }, t("Place it here"));
    this.tap = h("button.button", { type: "button", title: "M", "aria-pressed": "false", onClick: () => this.aim(!this.isAiming) }, t("Tap the map"));
    this.skip = h("button.button", { type: "button", title: "N", onClick: () => this.next() }, t("Skip"));
    this.whole = h("button.button.small", { type: "button", title: t("Sure addresses only; doubtful ones stay in this list"), onClick: () => this.placeAll() }, t("Place all by their addresses"));
    fill(box,
      h("div.panel-head", {}, this.title, this.whole, h("button.button.quiet.icon", { type: "button", "aria-label": t("Close"), title: t("Close (Esc)"), onClick: () => this.hide() }, "×")),
      h("div.placing-body", {}, this.said, this.ticket, this.list, this.teaching),
      h("div.placing-foot", {}, this.confirm, this.tap, this.skip,
        h("p.quiet.small", {}, [["1–9", t("choose")], ["Enter", t("confirm")], ["M", t("tap the map")], ["N", t("skip")]].map(([key, what]) => h("span", {}, h("kbd", {}, key), " ", what)))));
    this.keys = (event) => this._key(event);
    this.tapped = (event) => this._tapped(event);
  }

  async show() {
    this.box.hidden = false;
    this.marks.addTo(this.map);
    addEventListener("keydown", this.keys, true);
    this.map.getContainer().addEventListener("click", this.tapped, true);
    this._say(null);
    await this._load();
    this.title.focus({ preventScroll: true });
  }

  hide() {
    this.turn++;
    this.aim(false);
    this.box.hidden = true;
    this.marks.clearLayers().remove();
    removeEventListener("keydown", this.keys, true);
    this.map.getContainer().removeEventListener("click", this.tapped, true);
    this.closed();
  }

  async _load(after = null) {
    const mine = ++this.turn;
    try {
      const found = await get("/api/v1/cases/unplaced", { limit: PAGE, ...(after ? { after } : {}) });
      if (mine !== this.turn) return;
      this.cases = found.cases;
      this.after = found.next;
      this._count(found.counts);
      await this._take(0);
    } catch (error) {
      if (mine === this.turn) this._say(error.message, "late");
    }
  }

  _count(counts) {
    this.counts = counts;
    fill(this.title, t("Waiting for a place"), " ", h("span.badge", {}, count(counts.all)));
    this.counted(counts);
  }

  /** Go to the case at this position of those that are loaded. */
  async _take(at) {
    const mine = ++this.turn;
    this.at = at;
    this.aim(false);
    this.chosen = null;
    this.marks.clearLayers();
    const one = (this.one = this.cases[at] ?? null);
    for (const part of [this.teaching, this.confirm, this.tap, this.skip]) part.hidden = !one;
    fill(this.list);
    if (!one) {
      fill(this.ticket, h("p.placing-none", {}, this.counts.all ? t("That was the last one of this round.") : t("Every open case has its place.")), this.counts.all > 0 && h("button.button", { type: "button", onClick: () => this._load() }, t("From the start")));
      return;
    }
    this._ticket(one, {});
    try {
      const found = await get(`/api/v1/cases/${one.id}/candidates`);
      if (mine !== this.turn) return;
      one.revision = found.case.revision;
      this.found = found;
      this._ticket(one, found.read);
      this._offer();
    } catch (error) {
      if (mine === this.turn) this._say(error.message, "late");
    }
  }

  _ticket(one, read) {
    const term = this.board.profile.categories.find(({ key }) => key === one.category);
    fill(this.ticket,
      h("p.small.quiet", {}, h("button.link", { type: "button", onClick: () => (this.hide(), this.open(one.id)) }, `#${one.id}`), " · ", named(term?.name) || one.category, one.external_id && ` · ${one.external_id}`),
      h("p.placing-address", {}, one.address ? marked(one.address, read) : t("No address was given.")),
      one.title && h("p.small", {}, one.title),
      Object.keys(read).length > 0 && h("p.placing-read.small", {}, h("span.quiet", {}, t("Recognised")), PARTS.filter((part) => read[part]).map((part) => h("span.chip", {}, h("span.quiet", {}, partName(part)), " ", read[part]))));
  }

  _offer() {
    const kinds = KINDS();
    const { candidates } = this.found;
    fill(this.list, candidates.map((one, k) => h("li", {}, h("button.placing-row", { type: "button", "aria-pressed": "false", onClick: () => this.choose(k) },
      h("b.placing-number", {}, String(k + 1)), h("span.placing-name", {}, one.name), h("span.quiet.small", {}, kinds[one.kind]), h("b.placing-score", {}, share(one.score)), h("span.placing-reason.small.quiet", {}, one.reason)))));
    if (!candidates.length) fill(this.list, h("li.placing-none", {}, t("Nothing in the address is known here. Tap the map where it is.")));
    candidates.forEach((one, k) => this._mark([one.lat, one.lon], String(k + 1), () => this.choose(k)));
    this.teaching.hidden = true;
    this.confirm.disabled = true;
    if (candidates.length) {
      const bounds = L.latLngBounds(candidates.map(({ lat, lon }) => [lat, lon]));
      this.map.fitBounds(bounds, { maxZoom: 16, padding: [60, 60], animate: !calm() });
    }
    if (candidates.length === 1 && candidates[0].score >= 0.5) this.choose(0, { fly: false });
  }

  _mark(at, text, choose) {
    const icon = L.divIcon({ className: "placing-mark", html: "", iconSize: [30, 30] });
    const mark = L.marker(at, { icon, keyboard: false, zIndexOffset: 1000 }).addTo(this.marks);
    mark.getElement().textContent = text;
    if (choose) mark.on("click", choose);
    return mark;
  }

  /** Choose the candidate at this position. */
  choose(k, { fly = true } = {}) {
    const one = this.found?.candidates[k];
    if (!one) return;
    this._choose({ kind: one.kind, code: one.code }, { text: String(k + 1), exact: one.like === 1 || one.kind === "area" || one.kind === "street", k });
    if (fly) this._look([one.lat, one.lon], Math.max(this.map.getZoom(), CLOSE - 1));
  }

  /** Go there; on a phone above the sheet. */
  _look(at, zoom) {
    const below = innerWidth <= 720 ? this.map.getSize().y / 4 : 0;
    this.map.setView(this.map.unproject(this.map.project(at, zoom).add([0, below]), zoom), zoom, { animate: !calm() });
  }

  _choose(body, { exact, text, k = -1 }) {
    this.chosen = body;
    this.confirm.disabled = false;
    [...this.list.querySelectorAll(".placing-row")].forEach((row, i) => row.setAttribute("aria-pressed", String(i === k)));
    this.marks.eachLayer((mark) => mark.getElement()?.classList.toggle("is-chosen", mark.getElement().textContent === text));
    const { word } = this.found;
    this.teaching.hidden = false;
    this.teach.checked = !exact && word.length > 1;
    this.word.value = word;
  }

  /** Wait for a tap on the map, or no longer. */
  aim(on) {
    this.isAiming = Boolean(on && this.one);
    this.tap.setAttribute("aria-pressed", String(this.isAiming));
    this.map.getContainer().classList.toggle("is-aiming", this.isAiming);
  }

  _tapped(event) {
    if (!this.isAiming || event.target.closest(".leaflet-control, .placing-mark")) return;
    event.stopPropagation();
    event.preventDefault();
    const { lat, lng } = this.map.mouseEventToLatLng(event);
    this.point?.remove();
    this.point = this._mark([lat, lng], "＋", null);
    this._choose({ lon: lng, lat }, { text: "＋", exact: false });
    this.aim(false);
  }

  /** Put the case where it was chosen. */
  async send() {
    const { one, chosen } = this;
    if (!one || !chosen || this.isSending) return;
    this.isSending = true;
    this.confirm.disabled = true;
    try {
      const teach = this.teach.checked ? this.word.value.trim() : "";
      const done = await post(`/api/v1/cases/${one.id}/place`, { revision: one.revision, ...chosen, teach });
      this._done(one, done, teach);
    } catch (error) {
      this._say(error.message, "late");
      if (error.status === 409) {
        this.cases.splice(this.at, 1);
        await this._take(this.at);
      } else this.confirm.disabled = false;
    } finally {
      this.isSending = false;
    }
  }

  async _done(one, done, word) {
    const { all, doubtful, none } = this.counts;
    const wasDoubtful = one.place_state === "doubtful";
    this._count({ all: all - 1, doubtful: doubtful - wasDoubtful, none: none - !wasDoubtful });
    this.cases.splice(this.at, 1);
    const more = done.same.filter((id) => id !== one.id).length;
    this._say([
      h("p", {}, t("Case %(number)s has its place.", { number: one.id })),
      done.others.length > 0 && h("p.tone-near", {}, t("“%(word)s” is also %(places)s: addresses with it are still asked about.", { word, places: done.others.join(t(", ")) })),
      more > 0 && h("p", {}, t("%(count)s more tickets say “%(word)s”.", { count: count(more), word }), " ", h("button.button.small", { type: "button", onClick: () => this._settle(done.alias) }, t("Place them, too"))),
    ]);
    if (this.cases.length > this.at || !this.after) await this._take(this.at);
    else await this._load(this.after);
    this.title.focus({ preventScroll: true });
  }

  async _settle(alias) {
    try {
      const { cases } = await post(`/api/v1/aliases/${alias}/settle`, {});
      this._say(t("%(count)s cases were placed.", { count: count(cases.length) }));
      await this._load();
    } catch (error) {
      this._say(error.message, "late");
    }
  }

  /** Let the server place whatever is sure by now, such as after new compounds came in. */
  async placeAll() {
    this.whole.disabled = true;
    try {
      const { placeAll } = await import("wangge/command/placing_all.js");
      await placeAll((...said) => this._say(...said));
      await this._load();
    } catch (error) {
      this._say(error.message, "late");
    } finally {
      this.whole.disabled = false;
    }
  }

  /** Leave this one for later. */
  next() {
    this._say(null);
    if (this.at + 1 >= this.cases.length && this.after) this._load(this.after);
    else this._take(this.at + 1);
  }

  _say(content, tone = "") {
    this.said.hidden = !content;
    this.said.className = `placing-said ${tone && `tone-${tone}`}`;
    fill(this.said, content);
  }

  _key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inField = event.target.closest?.("input, select, textarea");
    const onButton = event.target.closest?.("button, a, summary");
    const key = event.key.toLowerCase();
    if (key === "escape") {
      if (this.isAiming) this.aim(false);
      else if (inField) event.target.blur();
      else this.hide();
    } else if (key === "enter" && (!onButton || onButton.matches(".placing-row")) && this.chosen) this.send();
    else if (inField) return;
    else if (/^[1-9]$/.test(key) && this.found?.candidates[key - 1]) this.choose(key - 1);
    else if (key === "m") this.aim(!this.isAiming);
    else if (key === "n") this.next();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }
}

const calm = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

function partName(part) {
  return {
    county: t("County"), office: t("Street office"), community: t("Community"), street: t("Street"), house: t("House number"), compound: t("Compound"), building: t("Building"), unit: t("Entrance"),
  }[part];
}

/** The address with what was recognised marked, where it stands there to the letter. */
function marked(address, read) {
  const spans = [];
  for (const part of PARTS.filter((one) => !["house", "building", "unit"].includes(one))) {
    const at = read[part]?.length > 1 ? address.indexOf(read[part]) : -1;
    if (at >= 0) spans.push([at, at + read[part].length]);
  }
  for (const found of address.matchAll(/[0-9０-９一二三四五六七八九十两]+\s*(?:号楼|栋|幢|座|号|单元|#)/g)) spans.push([found.index, found.index + found[0].length]);
  spans.sort(([a], [b]) => a - b);
  const out = [];
  let end = 0;
  for (const [from, to] of spans) {
    if (from < end) continue;
    out.push(address.slice(end, from), h("mark", {}, address.slice(from, to)));
    end = to;
  }
  return [...out, address.slice(end)];
}
