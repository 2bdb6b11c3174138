// Playback of states: the period of the filters, replayed as it was, minute by minute.

import { getFile } from "wangge/core/api.js";
import { fill, h, svg } from "wangge/core/dom.js";
import { setState } from "wangge/core/state.js";
import { count, language, named, t } from "wangge/core/words.js";
import { queryOf } from "wangge/command/address.js";
import { Past } from "wangge/command/past.js";
import { PastLayer } from "wangge/layers/pastPoints.js";

const HOUR = 60;
const DAY = 1440;
const RATES = [[5, "5 min"], [15, "15 min"], [HOUR, "1 h"], [3 * HOUR, "3 h"], [12 * HOUR, "12 h"], [DAY, "1 d"]]; // per second
const STEPS = [5, 10, 30, HOUR, 3 * HOUR, 6 * HOUR, DAY]; // of the arrow keys
const PARTS = 240;
const HEIGHT = 46;
const NEUTRAL = "#8a97a5";
const COLOURS = ["#e69f00", "#c5b91c", "#56b4e9", "#0072b2", "#009e73", "#cc79a7"];

/** The playback of this page, once there is one: whoever looks at it from outside finds it here. */
export let playing = null;

/** The playback in the panel `box`; the parts that stand in it are hidden meanwhile. */
export class Replay {
  constructor(box, { map, board, pane, scale, open }) {
    Object.assign(this, { box, map, board, hidden: pane });
    playing = this;
    this.past = null;
    this.turn = 0;
    this.openKeys = board.profile.states.filter(({ open: isOpen }) => isOpen).map(({ key }) => key);
    const own = map.getPane("command-past") ?? map.createPane("command-past");
    own.style.zIndex = 460;
    this.layer = new PastLayer({ pane: "command-past", colours: COLOURS, scale });
    this._build();
    this._listenToMap(open);
    board.on((what) => this.isOn && ["data", "criteria"].includes(what) && this._load(this.past?.minute));
  }

  colour(key) {
    const place = this.past?.states.indexOf(key) ?? -1;
    return place < 0 ? NEUTRAL : COLOURS[place % COLOURS.length];
  }

  _build() {
    this.button = h("button.button.main.play", { type: "button", onClick: () => this.toggle() });
    const step = (sign, name, text) => h("button.button.icon", { type: "button", title: name, "aria-label": name, onClick: () => this.step(sign) }, text);
    this.rates = h("select", { "aria-label": t("Speed") }, RATES.map(([minutes, name]) => h("option", { value: minutes }, t("%(time)s per second", { time: lengthName(minutes, name) }))));
    this.when = h("output.replay-when", { "aria-live": "off" });
    this.chips = h("span.replay-chips", {});
    this.bars = svg("path", { class: "timeline-bars" });
    this.lateBars = svg("path", { class: "replay-late" });
    this.line = svg("rect", { class: "replay-now", y: 0, width: 2, height: HEIGHT });
    const chart = svg("svg", { class: "timeline", viewBox: `0 0 1000 ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    chart.append(this.bars, this.lateBars, this.line);
    this.ticks = h("div.timeline-ticks", { "aria-hidden": "true" });
    this.slider = h("div.timeline-box", { tabindex: "0", role: "slider", "aria-label": t("Moment; arrow keys move it by a step, Page keys by a day, Space plays") }, chart, this.ticks);
    this.said = h("p.replay-said", { role: "status" });
    this.element = h("div.replay", { hidden: true },
      h("div.player-tools", {}, this.button, step(-1, t("A step back"), "‹"), step(1, t("A step on"), "›"), this.rates, this.when, this.chips, h("button.button.quiet.small", { type: "button", onClick: () => this.close() }, t("Leave the playback"))),
      this.slider, this.said);
    this.box.append(this.element);
    this._listen();
    this._sayButton();
  }

  _listen() {
    let isDragged = false;
    const seek = (event) => {
      const place = this.slider.getBoundingClientRect();
      const share = Math.max(0, Math.min(1, (event.clientX - place.left) / place.width));
      this.seek(this.past.from + share * (this.past.to - this.past.from));
    };
    this.slider.addEventListener("pointerdown", (event) => {
      if (!this.past) return;
      this.pause();
      isDragged = true;
      this.slider.setPointerCapture(event.pointerId);
      seek(event);
    });
    this.slider.addEventListener("pointermove", (event) => isDragged && seek(event));
    this.slider.addEventListener("pointerup", () => {
      isDragged = false;
      this._keep();
    });
    this.element.addEventListener("keydown", (event) => this._key(event));
  }

  /** A click on the map means the cases of that moment, not those that lie hidden under them. */
  _listenToMap(open) {
    const container = this.map.getContainer();
    let down = null;
    container.addEventListener("pointerdown", ({ clientX, clientY }) => (down = [clientX, clientY]), true);
    container.addEventListener("click", (event) => {
      if (!this.isOn || event.target.closest("button, a, select, label, .leaflet-control")) return;
      event.stopPropagation();
      if (!down || Math.hypot(event.clientX - down[0], event.clientY - down[1]) > 4) return;
      const i = this.layer.at(this.map.mouseEventToLatLng(event));
      if (i >= 0) open(this.past.id[i]);
    }, true);
  }

  _key(event) {
    if (!this.past || event.target.closest("select")) return;
    const by = { ArrowLeft: -this.size, ArrowRight: this.size, PageUp: -DAY, PageDown: DAY }[event.key];
    if (event.key === " " && event.target.closest("button")) return;
    if (by) this.seek(this.past.minute + by);
    else if (event.key === "Home") this.seek(this.past.from);
    else if (event.key === "End") this.seek(this.past.to);
    else if (event.key === " ") this.toggle();
    else if (event.key === "Escape") this.close();
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (this.isOn && !this.isPlaying) this._keep();
  }

  /** Show it, at a moment if one is given. */
  async start(minute = null) {
    this.isOn = true;
    this.box.classList.add("is-replaying");
    this.element.hidden = false;
    this.hidden.style.visibility = "hidden";
    this.layer.addTo(this.map);
    await this._load(minute);
    this.slider.focus({ preventScroll: true });
  }

  close() {
    this.pause();
    this.isOn = false;
    this.turn++;
    this.box.classList.remove("is-replaying");
    this.element.hidden = true;
    this.hidden.style.visibility = "";
    this.layer.remove();
    setState({ moment: null });
    this.onClose?.();
  }

  async _load(minute) {
    const mine = ++this.turn;
    const { category, source, area } = queryOf(this.board);
    const { from, to } = this._span();
    this.pause();
    fill(this.said, t("Reading how it was…"));
    try {
      const { blob } = await getFile("/api/v1/cases/history", { category, source, area: area || null, from, to });
      const past = new Past(await blob.arrayBuffer());
      if (mine !== this.turn) return;
      this.past = past;
      fill(this.said);
      this.size = STEPS.find((size) => (past.to - past.from) / size <= 300) ?? DAY;
      if (!this.rates.dataset.chosen) {
        this.rates.dataset.chosen = "1";
        this.rates.value = String((RATES.find(([rate]) => (past.to - past.from) / rate <= 60) ?? RATES.at(-1))[0]);
      }
      this._paintCourse();
      this.seek(minute ?? past.from);
      this._keep();
    } catch (error) {
      if (mine !== this.turn) return;
      this.past = null;
      this.layer.show(null);
      fill(this.said, h("span.tone-late", {}, error.message));
    }
  }

  /** The period of the page: the window of the timeline, or all of it. */
  _span() {
    const [first, last] = this.board.criteria.window ?? this.board.span();
    const moment = (minute) => new Date(minute * 60000).toISOString();
    return { from: moment(first), to: moment(Math.min(last, Math.max(first + 1, Math.ceil(this.board.now)))) };
  }

  _paintCourse() {
    const { open, late } = this.past.course(PARTS);
    const most = Math.max(1, ...open);
    this.bars.setAttribute("d", path(open, most));
    this.lateBars.setAttribute("d", path(late, most));
    this.slider.setAttribute("aria-valuemin", "0");
    this.slider.setAttribute("aria-valuemax", String(this.past.to - this.past.from));
    const { from, to } = this.past;
    const size = [HOUR, 3 * HOUR, 6 * HOUR, DAY, 7 * DAY, 30 * DAY].find((one) => (to - from) / one <= 8) ?? 91 * DAY;
    const names = this._format(size < DAY ? { hour: "2-digit", minute: "2-digit" } : size < 91 * DAY ? { month: "numeric", day: "numeric" } : { year: "2-digit", month: "numeric" });
    const marks = [];
    for (let at = from; at < to - size / 3; at += size) marks.push(h("span", { style: { left: `${((at - from) / (to - from)) * 100}%` } }, names.format(new Date(at * 60000))));
    fill(this.ticks, marks);
  }

  seek(minute) {
    const { past } = this;
    if (!past) return;
    past.seek(Math.round(Math.max(past.from, Math.min(past.to, minute))));
    this.layer.show(past);
    const { open, late, byState } = past.figures();
    const when = this._format({ year: "numeric", month: "2-digit", day: "2-digit", weekday: "short", hour: "2-digit", minute: "2-digit" }).format(new Date(past.minute * 60000));
    fill(this.when, h("b", {}, when), " ", h("span", {}, t("%(n)s open", { n: count(open) })), " ", h(late ? "b.tone-late" : "span.quiet", {}, t("▲ %(n)s late", { n: count(late) })));
    fill(this.chips, this.openKeys.map((key) => h("span.replay-chip", {}, h("i", { "aria-hidden": "true", style: { background: this.colour(key) } }), `${named(this.board.profile.states.find((one) => one.key === key)?.name) || key} ${count(byState[past.states.indexOf(key)] ?? 0)}`)));
    this.line.setAttribute("x", String(((past.minute - past.from) / Math.max(1, past.to - past.from)) * 998));
    this.slider.setAttribute("aria-valuenow", String(past.minute - past.from));
    this.slider.setAttribute("aria-valuetext", `${when}, ${t("%(n)s open", { n: count(open) })}`);
    this.element.dataset.minute = String(past.minute);
  }

  step(sign) {
    if (!this.past) return;
    this.pause();
    this.seek(this.past.minute + sign * this.size);
    this._keep();
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  play() {
    if (!this.past || this.isPlaying) return;
    if (this.past.minute >= this.past.to) this.seek(this.past.from);
    this.isPlaying = true;
    this.exact = this.past.minute;
    this.last = performance.now();
    // Who wants no motion gets whole steps, one a second, instead of a gliding moment.
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this._sayButton();
    this.request = requestAnimationFrame((time) => this._move(time));
  }

  pause() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    cancelAnimationFrame(this.request);
    this._sayButton();
    this._keep();
  }

  _move(time) {
    if (!this.isPlaying) return;
    const past = (time - this.last) / 1000;
    if (past >= (this.calm ? 1 : 0.03)) {
      this.exact += Math.min(past, this.calm ? 1 : 0.25) * Number(this.rates.value);
      this.last = time;
      this.seek(this.exact);
      if (this.past.minute >= this.past.to) {
        this.pause();
        return;
      }
    }
    this.request = requestAnimationFrame((next) => this._move(next));
  }

  /** Keep the moment in the address, so that it can be sent as a link. */
  _keep() {
    if (this.past && this.isOn) setState({ moment: `${new Date(this.past.minute * 60000).toISOString().slice(0, 16)}Z` });
  }

  _sayButton() {
    fill(this.button, h("span", { "aria-hidden": "true" }, this.isPlaying ? "❚❚" : "▶"), " ", this.isPlaying ? t("Pause") : t("Play"));
  }

  _format(options) {
    return new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { timeZone: this.board.profile.timezone, ...options });
  }
}

function path(values, most) {
  const wide = 1000 / values.length;
  let drawn = "";
  values.forEach((value, i) => {
    if (value) drawn += `M${(i * wide).toFixed(2)},${HEIGHT}v${-Math.max(1, (value / most) * (HEIGHT - 3)).toFixed(2)}h${(wide - 0.4).toFixed(2)}V${HEIGHT}z`;
  });
  return drawn;
}

function lengthName(minutes) {
  if (minutes < HOUR) return t("%(n)s min", { n: minutes });
  if (minutes < DAY) return t("%(n)s h", { n: minutes / HOUR });
  return t("%(n)s d", { n: minutes / DAY });
}
