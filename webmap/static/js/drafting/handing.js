// Handing units over to a grid: by a click, with a brush, a box or a lasso.
//
// What is chosen is shown before the button is let go; one action hands all of it over.

import { token } from "wangge/core/theme.js";
import { toWorld } from "wangge/layers/shapes.js";

const L = globalThis.L;
const WAYS = ["click", "brush", "box", "lasso"];

export class Handing {
  /**
   * @param {L.Map} map
   * @param {object} picture - shows what is chosen
   * @param {object} options
   * @param {() => number|null} options.target - the grid that gets the units
   * @param {(units: number[], by: {x, y}) => void} options.hand
   */
  constructor(map, picture, { target, hand, change }) {
    Object.assign(this, { map, picture, target, hand, change });
    this.way = "click";
    this.chosen = null;
    this.isOn = false;
    const box = map.getContainer();
    box.addEventListener("pointerdown", (event) => this.begin(event), true);
    box.addEventListener("pointermove", (event) => this.chosen && this.move(event));
    addEventListener("pointerup", (event) => this.chosen && this.end(event));
    addEventListener("pointercancel", () => this.leave());
  }

  static ways = WAYS;

  start(way = this.way) {
    this.way = way;
    this.isOn = true;
    this.leave();
    this.map.dragging[way === "click" ? "enable" : "disable"]();
    this.map.boxZoom.disable();
  }

  stop() {
    if (!this.isOn) return;
    this.isOn = false;
    this.leave();
    this.map.dragging.enable();
    this.map.boxZoom.enable();
  }

  /** Give up what is being chosen. */
  leave() {
    this.chosen = null;
    this.trace?.remove();
    this.trace = null;
    this.picture.choose(new Set());
  }

  begin(event) {
    if (!this.isOn || this.way === "click" || event.button !== 0 || this.target() == null) return;
    if (event.target.closest(".leaflet-control")) return;
    this.chosen = new Set();
    this.path = [this.at(event)];
    this.trace = (this.way === "brush" ? L.polyline : L.polygon)([], { color: token("--near-mark"), weight: 2, dashArray: "5 4", fillOpacity: 0.08, interactive: false });
    if (this.way !== "brush") this.trace.addTo(this.map);
    this.move(event);
  }

  move(event) {
    const here = this.at(event);
    this.path.push(here);
    const all = this.picture.units.data.shapes;
    if (this.way === "brush") {
      const [x, y] = world(here);
      for (const shape of all) if (this.mayTake(shape) && holds(shape, x, y)) this.chosen.add(shape.code);
    } else {
      const corners = this.way === "box" ? boxed(this.path[0], here) : this.path;
      this.trace.setLatLngs(corners);
      const ring = corners.flatMap(world);
      this.chosen = new Set(all.filter((shape) => this.mayTake(shape) && holds({ parts: [ring] }, ...shape.middle)).map(({ code }) => code));
    }
    this.picture.choose(this.chosen);
    this.change?.(this.chosen);
  }

  end(event) {
    const units = [...this.chosen];
    this.leave();
    if (units.length) this.hand(units, event);
  }

  /** One's own units are not handed over to oneself. */
  mayTake(shape) {
    return shape.props.grid !== this.target();
  }

  at(event) {
    return this.map.mouseEventToLatLng(event);
  }
}

const world = ({ lat, lng }) => toWorld(lng, lat);

const boxed = (a, b) => [a, L.latLng(a.lat, b.lng), b, L.latLng(b.lat, a.lng)];

/** Whether a shape of flat rings holds a point. */
export function holds({ parts, box }, x, y) {
  if (box && (x < box[0] || x > box[2] || y < box[1] || y > box[3])) return false;
  let inside = false;
  for (const ring of parts) {
    for (let i = 0, j = ring.length - 2; i < ring.length; j = i, i += 2) {
      if (ring[i + 1] > y !== ring[j + 1] > y && x < ((ring[j] - ring[i]) * (y - ring[i + 1])) / (ring[j + 1] - ring[i + 1]) + ring[i]) inside = !inside;
    }
  }
  return inside;
}
