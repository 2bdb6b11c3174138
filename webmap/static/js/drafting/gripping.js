// The points of a border by keyboard: Tab and arrow keys choose one, Enter takes hold of it, arrow keys
// move it, Enter leaves it there, Esc puts it back.

import { count, t } from "wangge/core/words.js";

const STEP_M = 1;
const LARGE_M = 10; // with Shift
const METRES = 111_320; // of a degree north

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export class Gripping {
  /**
   * @param {object} options
   * @param {(at) => object} options.begin - draws what follows the point; its `remove` takes that away
   * @param {(threads, at, to) => void} options.move
   * @param {(at, to) => Promise} options.drop - asks for the change
   * @param {() => void} options.cancel
   * @param {(sentence: string|null) => void} options.say
   * @param {(at) => string[]} options.names - of the grids that meet there
   */
  constructor(options) {
    Object.assign(this, options);
    this.points = [];
    this.current = 0;
    this.held = null;
    this.wish = null; // where the point was that had the focus when all were laid anew
  }

  /** All points are laid anew: whether one had the focus is kept. */
  clear() {
    const focused = this.points.find(({ element }) => element === document.activeElement);
    if (focused) this.wish ??= focused.at;
    this.letGo();
    this.points = [];
  }

  /** Nothing is to have the focus again. */
  stop() {
    this.clear();
    this.wish = null;
    this.say(null);
  }

  add(handle, at) {
    const element = handle.getElement();
    const point = { handle, at, element };
    this.points.push(point);
    element.addEventListener("keydown", (event) => this.key(event, point));
    element.addEventListener("focus", () => this.focused(point));
    element.addEventListener("blur", () => this.left(point));
  }

  /** All points are there. */
  ready() {
    if (!this.points.length) return;
    const { wish } = this;
    const far = ({ at }) => Math.hypot(at.lat - wish.lat, (at.lng - wish.lng) * Math.cos((at.lat * Math.PI) / 180));
    this.current = wish ? this.points.reduce((best, point, i) => (far(point) < far(this.points[best]) ? i : best), 0) : 0;
    this.points.forEach(({ element }, i) => element.setAttribute("aria-label", this.called(i)));
    this.wish = null;
    if (wish) this.points[this.current].element.focus({ preventScroll: true });
  }

  /** Come to the points; false if there are none. */
  enter() {
    this.points[this.current]?.element.focus({ preventScroll: true });
    return this.points.length > 0;
  }

  called(i) {
    return t("Border point %(number)s of %(all)s, between %(grids)s", { number: count(i + 1), all: count(this.points.length), grids: this.names(this.points[i].at).join(t(", ")) });
  }

  focused(point) {
    this.current = this.points.indexOf(point);
    if (this.held || this.current < 0) return;
    this.say(`${this.called(this.current)}${t(". Arrow keys choose another, Enter takes hold of it.")}`);
  }

  left(point) {
    if (this.held?.point === point) this.putBack();
    this.say(null);
  }

  key(event, point) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (!(this.held ? this.moved(event, point) : this.chosen(event, point))) return;
    event.preventDefault();
    event.stopPropagation();
  }

  chosen({ key }, point) {
    const to = { Home: 0, End: this.points.length - 1 }[key] ?? (WAYS[key] ? this.points.indexOf(point) + (key === "ArrowRight" || key === "ArrowDown" ? 1 : -1) : null);
    if (to !== null) this.points.at(to % this.points.length).element.focus({ preventScroll: true });
    else if (key === "Enter" || key === " ") this.hold(point);
    else return false;
    return true;
  }

  hold(point) {
    this.held = { point, east: 0, north: 0, threads: this.begin(point.at) };
    point.element.classList.add("border-handle-held");
    this.say(t("Point taken. Arrow keys move it by 1 metre, with Shift by 10; Enter leaves it there, Esc puts it back."));
  }

  moved({ key, shiftKey }, point) {
    const { held } = this;
    if (key === "Escape") {
      this.putBack();
      this.say(t("The point is back where it was."));
    } else if (key === "Enter" || key === " ") this.apply(point);
    else if (WAYS[key]) {
      const step = shiftKey ? LARGE_M : STEP_M;
      held.east += WAYS[key][0] * step;
      held.north += WAYS[key][1] * step;
      const { lat, lng } = point.at;
      held.to = { lat: lat + held.north / METRES, lng: lng + held.east / METRES / Math.cos((lat * Math.PI) / 180) };
      point.handle.setLatLng(held.to);
      this.move(held.threads, point.at, held.to);
      this.say(this.way(held));
    } else return key !== "Tab";
    return true;
  }

  way({ east, north }) {
    const ways = [
      east > 0 && t("%(number)s m east", { number: count(east) }),
      east < 0 && t("%(number)s m west", { number: count(-east) }),
      north > 0 && t("%(number)s m north", { number: count(north) }),
      north < 0 && t("%(number)s m south", { number: count(-north) }),
    ].filter(Boolean);
    return ways.length ? t("Moved %(ways)s", { ways: ways.join(t(", ")) }) : t("The point is back where it was.");
  }

  async apply(point) {
    const { to } = this.held;
    if (!to) {
      this.putBack();
      return;
    }
    this.letGo();
    this.wish = to;
    this.say(null);
    await this.drop(point.at, to);
  }

  putBack() {
    const { handle, at } = this.held.point;
    this.letGo();
    handle.setLatLng(at);
    this.cancel();
  }

  letGo() {
    if (!this.held) return;
    this.held.point.element.classList.remove("border-handle-held");
    this.held.threads.remove();
    this.held = null;
  }
}
