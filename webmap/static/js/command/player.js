// The timeline at the foot: cases over time as bars, a window to brush, and a player that moves it.

import { fill, h, svg } from "wangge/core/dom.js";
import { count, language, t } from "wangge/core/words.js";

const HOUR = 60;
const DAY = 1440;
const SECONDS = 30; // for the whole span at speed 1
const LENGTHS = [[HOUR, "1 h"], [6 * HOUR, "6 h"], [DAY, "1 d"], [7 * DAY, "7 d"], [30 * DAY, "30 d"]];
const SPEEDS = [0.5, 1, 2, 4];
const HEIGHT = 46;

/** The player in `box`. */
export class Player {
  constructor(box, board) {
    this.board = board;
    this.length = DAY;
    this.speed = 1;
    this.isPlaying = false;
    this._build(box);
    board.on((what) => {
      if (!board.cases) return;
      if (what === "data" || what === "criteria") {
        this._fit();
        this._paint();
      } else if (what === "window") this._paintWindow();
      else if (what === "live") this.soon ||= setTimeout(() => {
        this.soon = 0;
        this._paint();
      }, 1000);
    });
  }

  _build(box) {
    const { board } = this;
    this.button = h("button.button.main.play", { type: "button", onClick: () => this.toggle() });
    this.lengths = h("select", { "aria-label": t("Length of the window"), onChange: () => this._setLength(Number(this.lengths.value)) },
      LENGTHS.map(([minutes]) => h("option", { value: minutes }, lengthName(minutes))));
    this.speeds = h("select", { "aria-label": t("Speed"), onChange: () => { this.speed = Number(this.speeds.value); } }, SPEEDS.map((speed) => h("option", { value: speed }, `${speed}×`)));
    this.speeds.value = "1";
    const spans = [["today", t("Play a day")], ["7d", t("Play a week")], ["30d", t("Play a month")]].map(([period, name]) =>
      h("button.segment", { type: "button", onClick: () => this.playSpan(period) }, name));
    this.whole = h("button.button.quiet.small", { type: "button", onClick: () => this._clear() }, t("Whole period"));
    this.said = h("output.player-said", { "aria-live": "off" });
    this.chart = svg("svg", { class: "timeline", viewBox: `0 0 1000 ${HEIGHT}`, preserveAspectRatio: "none", "aria-hidden": "true" });
    this.bars = svg("path", { class: "timeline-bars" });
    this.lit = svg("path", { class: "timeline-lit" });
    this.frame = svg("rect", { class: "timeline-window", y: 0, height: HEIGHT });
    this.chart.append(this.bars, this.lit, this.frame);
    this.ticks = h("div.timeline-ticks", { "aria-hidden": "true" });
    this.slider = h("div.timeline-box", { tabindex: "0", role: "slider", "aria-label": t("Time window; arrow keys move it by a step, Page keys by its length, Space plays") }, this.chart, this.ticks);
    fill(box,
      h("div.player-tools", {}, this.button, h("div.segments", { role: "group", "aria-label": t("Playback") }, spans), this.lengths, this.speeds, this.whole, this.said),
      this.slider);
    this._listen();
    this._sayButton();
    return board;
  }

  _listen() {
    let from = null;
    const minuteAt = (event) => {
      const place = this.slider.getBoundingClientRect();
      const share = Math.max(0, Math.min(1, (event.clientX - place.left) / place.width));
      const { bins } = this.board;
      return bins.from + share * (bins.to - bins.from);
    };
    this.slider.addEventListener("pointerdown", (event) => {
      if (!this.board.cases) return;
      this.pause();
      const minute = minuteAt(event);
      const window = this.board.criteria.window;
      from = window && minute >= window[0] && minute < window[1] ? { grab: minute - window[0], size: window[1] - window[0] } : { start: minute };
      this.slider.setPointerCapture(event.pointerId);
    });
    this.slider.addEventListener("pointermove", (event) => {
      if (!from) return;
      const minute = minuteAt(event);
      if (from.size) this._place(minute - from.grab, from.size);
      else if (Math.abs(minute - from.start) >= this.board.bins.minutes / 2) this._brush(from.start, minute);
    });
    this.slider.addEventListener("pointerup", (event) => {
      if (from?.start != null && Math.abs(minuteAt(event) - from.start) < this.board.bins.minutes / 2) this._place(from.start - this.length / 2, this.length);
      from = null;
    });
    this.slider.addEventListener("dblclick", () => this._clear());
    this.slider.addEventListener("keydown", (event) => this._key(event));
  }

  _key(event) {
    const step = this.board.bins?.minutes ?? DAY;
    const size = this.size();
    const window = this.board.criteria.window ?? [this.board.bins.from, this.board.bins.from + size];
    const by = { ArrowLeft: -step, ArrowRight: step, PageUp: -size, PageDown: size }[event.key];
    if (by) this._place(window[0] + by, size);
    else if (event.key === "Home") this._place(this.board.bins.from, size);
    else if (event.key === "End") this._place(this.board.bins.to - size, size);
    else if (event.key === " ") this.toggle();
    else if (event.key === "Escape" && this.board.criteria.window) {
      this._clear();
      event.stopPropagation();
    } else return;
    event.preventDefault();
  }

  size() {
    const { window } = this.board.criteria;
    return window ? window[1] - window[0] : Math.min(this.length, this.board.bins.to - this.board.bins.from);
  }

  _setLength(minutes) {
    this.length = minutes;
    const { window, } = this.board.criteria;
    if (window) this._place(window[0], Math.min(minutes, this.board.bins.to - this.board.bins.from));
  }

  _brush(one, other) {
    const { minutes, from } = this.board.bins;
    const low = from + Math.floor((Math.min(one, other) - from) / minutes) * minutes;
    const high = from + Math.ceil((Math.max(one, other) - from) / minutes) * minutes;
    this._place(low, Math.max(minutes, high - low));
  }

  _place(start, size) {
    const { from, to } = this.board.bins;
    const low = Math.round(Math.max(from, Math.min(to - size, start)));
    this.board.change({ window: [low, Math.round(low + size)] });
  }

  _clear() {
    this.pause();
    if (this.board.criteria.window) this.board.change({ window: null });
  }

  /** Play the last day, week or month with a window that fits it. */
  playSpan(period) {
    this.pause();
    this.length = { today: HOUR, "7d": 6 * HOUR, "30d": DAY }[period];
    this.lengths.value = String(this.length);
    this.board.change({ period });
    this._place(this.board.bins.from, this.length);
    this.play();
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  play() {
    if (!this.board.cases || this.isPlaying) return;
    const { from, to } = this.board.bins;
    const size = this.size();
    const { window } = this.board.criteria;
    if (!window || window[1] >= to) this._place(from, size);
    this.isPlaying = true;
    this._sayButton();
    this.last = performance.now();
    // Who wants no motion gets whole steps, one a second, instead of a gliding window.
    this.calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.request = requestAnimationFrame((time) => this._move(time));
  }

  pause() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    cancelAnimationFrame(this.request);
    this._sayButton();
  }

  _move(time) {
    if (!this.isPlaying) return;
    const { from, to, minutes } = this.board.bins;
    const past = (time - this.last) / 1000;
    const window = this.board.criteria.window ?? [from, from + this.length];
    const size = window[1] - window[0];
    if (!this.calm || past >= 1 / this.speed) {
      this.exact = Math.abs((this.exact ?? 0) - window[0]) > 1 ? window[0] : this.exact;
      this.exact += this.calm ? Math.max(minutes, size) : Math.min(past, 0.25) * this.speed * ((to - from) / SECONDS);
      this.last = time;
      if (this.exact + size >= to) {
        this._place(to - size, size);
        this.pause();
        return;
      }
      if (Math.round(this.exact) !== window[0]) this._place(this.exact, size);
    }
    this.request = requestAnimationFrame((next) => this._move(next));
  }

  _sayButton() {
    fill(this.button, h("span", { "aria-hidden": "true" }, this.isPlaying ? "❚❚" : "▶"), " ", this.isPlaying ? t("Pause") : t("Play"));
  }

  /** A window longer than the span makes no sense. */
  _fit() {
    const span = this.board.bins.to - this.board.bins.from;
    if (this.length > span / 2) this.length = LENGTHS.findLast(([minutes]) => minutes <= span / 4)?.[0] ?? HOUR;
    this.lengths.value = String(this.length);
  }

  _paint() {
    const { counts, from, to, minutes } = this.board.bins;
    this.most = Math.max(1, ...counts);
    this.bars.setAttribute("d", barsPath(counts, this.most, 0, counts.length));
    this.slider.setAttribute("aria-valuemin", "0");
    this.slider.setAttribute("aria-valuemax", String(counts.length));
    fill(this.ticks, ticks(this.board, from, to).map(([share, name]) => h("span", { style: { left: `${share * 100}%` } }, name)));
    this.peak = t("at most %(count)s cases in %(length)s", { count: count(this.most), length: lengthName(minutes) });
    this.chart.setAttribute("data-peak", this.peak);
    this._paintWindow();
  }

  _paintWindow() {
    const { counts, from, to, minutes } = this.board.bins;
    const { window } = this.board.criteria;
    const scale = 1000 / (to - from);
    this.whole.hidden = !window;
    this.chart.classList.toggle("has-window", Boolean(window));
    if (!window) {
      this.frame.setAttribute("width", "0");
      this.lit.setAttribute("d", "");
      const [first, last] = this.board.span();
      this._say(first, last);
      this.slider.setAttribute("aria-valuenow", "0");
      return;
    }
    const x = (window[0] - from) * scale;
    this.frame.setAttribute("x", String(x));
    this.frame.setAttribute("width", String(Math.max(1.5, (window[1] - window[0]) * scale)));
    const first = Math.max(0, Math.floor((window[0] - from) / minutes));
    this.lit.setAttribute("d", barsPath(counts, this.most, first, Math.min(counts.length, Math.ceil((window[1] - from) / minutes))));
    this.slider.setAttribute("aria-valuenow", String(first));
    this._say(...window);
  }

  _say(from, to) {
    const sum = this.board.sums.shown.length;
    const last = isMidnight(this.board, to) && isMidnight(this.board, from) ? to - DAY : to;
    const text = last === from ? momentName(this.board, from) : `${momentName(this.board, from)} – ${momentName(this.board, last)}`;
    fill(this.said, h("span", {}, text), " ", h("b", {}, count(sum)), " ", t("cases"), h("span.quiet.small.player-peak", {}, ` · ${this.peak ?? ""}`));
    this.slider.setAttribute("aria-valuetext", `${text}, ${count(sum)}`);
  }
}

function barsPath(counts, most, first, last) {
  const wide = 1000 / counts.length;
  const gap = Math.min(1.2, wide * 0.2);
  let path = "";
  for (let i = first; i < last; i++) {
    if (!counts[i]) continue;
    const size = Math.max(1, (counts[i] / most) * (HEIGHT - 3));
    path += `M${(i * wide).toFixed(2)},${HEIGHT}v${-size.toFixed(2)}h${(wide - gap).toFixed(2)}v${size.toFixed(2)}z`;
  }
  return path;
}

function lengthName(minutes) {
  if (minutes < HOUR) return t("%(n)s min", { n: minutes });
  if (minutes < DAY) return t("%(n)s h", { n: minutes / HOUR });
  return t("%(n)s d", { n: minutes / DAY });
}

const formats = new Map();

function format(zone, options) {
  const key = zone + JSON.stringify(options);
  if (!formats.has(key)) formats.set(key, new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { timeZone: zone, ...options }));
  return formats.get(key);
}

function isMidnight(board, minute) {
  return minute === board.calendar.start(board.calendar.day(minute));
}

function momentName(board, minute) {
  const old = board.now - minute > 330 * DAY;
  const options = { month: "numeric", day: "numeric", ...(old ? { year: "numeric" } : {}), ...(isMidnight(board, minute) ? {} : { hour: "2-digit", minute: "2-digit" }) };
  return format(board.profile.timezone, options).format(new Date(minute * 60000));
}

/** [share, name] of some five to eight places on the timeline. */
function ticks(board, from, to) {
  const steps = [HOUR, 3 * HOUR, 6 * HOUR, DAY, 2 * DAY, 7 * DAY, 30 * DAY, 91 * DAY, 365 * DAY];
  const step = steps.find((size) => (to - from) / size <= 8) ?? steps.at(-1);
  const options = step < DAY ? { hour: "2-digit", minute: "2-digit" } : step < 30 * DAY ? { month: "numeric", day: "numeric" } : { year: "2-digit", month: "numeric" };
  const names = format(board.profile.timezone, options);
  const found = [];
  for (let minute = from; minute < to - step / 3; minute += step) found.push([(minute - from) / (to - from), names.format(new Date(minute * 60000))]);
  return found;
}
