// Dragging the points of the selected grid's border, by mouse or keyboard: all sides that meet there
// move together.

import { h } from "wangge/core/dom.js";
import { token } from "wangge/core/theme.js";
import { ringsOf } from "wangge/drafting/draft.js";
import { Gripping } from "wangge/drafting/gripping.js";
import { calledGrids } from "wangge/drafting/outcome.js";

const L = globalThis.L;
const APART = 14; // pixels between two handles

const key = (lng, lat) => `${lng.toFixed(7)} ${lat.toFixed(7)}`;

export class Dragging {
  /**
   * @param {L.Map} map
   * @param {object} bench
   * @param {object} options
   * @param {(from, to) => void} options.change - a point is on its way, both [lng, lat]
   * @param {() => void} options.rest - none is any more
   * @param {(sentence: string|null) => void} options.say
   */
  constructor(map, bench, { change, rest, say }) {
    Object.assign(this, { map, bench, change, rest });
    this.handles = L.layerGroup();
    this.isOn = false;
    this.threadsNow = null;
    this.gripping = new Gripping({
      begin: (at) => this.threads(at),
      move: (threads, at, to) => this.pull(threads, at, to),
      drop: (at, to) => this.drop(at, to),
      cancel: rest,
      say,
      names: (at) => calledGrids(bench.draft, this.gridsAt(at)),
    });
    map.on("moveend", () => this.isOn && this.start());
  }

  /** Put a handle on each point of the selected grid's border that is seen. */
  start() {
    const { draft, selected } = this.bench;
    this.gripping.clear();
    this.handles.clearLayers().addTo(this.map);
    this.isOn = true;
    if (!draft || selected.length !== 1 || draft.grids.get(selected[0])?.properties.locked) return;
    const view = this.map.getBounds();
    const shared = this.shared();
    const taken = [];
    for (const ring of ringsOf(draft.grids.get(selected[0]))) {
      for (const [lng, lat] of ring.slice(1)) {
        const at = L.latLng(lat, lng);
        const pixel = this.map.latLngToContainerPoint(at);
        if (!shared.has(key(lng, lat)) || !view.contains(at) || taken.some((other) => other.distanceTo(pixel) < APART)) continue;
        taken.push(pixel);
        this.put(at);
      }
    }
    this.gripping.ready();
  }

  /** The corners of what lies beside the selected grid: the edge of the draft has no handles. */
  shared() {
    const { draft, picture } = this.bench;
    const loose = [...draft.units.values()].filter(({ properties }) => properties.grid == null);
    const others = [...[...picture.beside].map((number) => draft.grids.get(number)), ...loose];
    return new Set(others.flatMap((feature) => ringsOf(feature).flatMap((ring) => ring.map(([lng, lat]) => key(lng, lat)))));
  }

  stop() {
    if (this.isOn) this.gripping.stop();
    this.isOn = false;
    this.handles.clearLayers().remove();
  }

  put(at) {
    const handle = L.marker(at, {
      icon: L.divIcon({ className: "border-handle", iconSize: [12, 12], html: h("i") }),
      draggable: true,
      keyboard: true,
      autoPanOnFocus: false,
      zIndexOffset: 1000,
      snapIgnore: true,
      pmIgnore: true,
    });
    let threads = null;
    handle.on("dragstart", () => (threads = this.threads(at)));
    handle.on("drag", () => this.pull(threads, at, handle.getLatLng()));
    handle.on("dragend", () => {
      threads.remove();
      return this.drop(at, handle.getLatLng());
    });
    handle.addTo(this.handles);
    this.gripping.add(handle, at);
  }

  /** Let the borders follow the point. */
  pull(threads, at, to) {
    threads.eachLayer((thread) => thread.setLatLngs([thread.far, to]));
    this.change([at.lng, at.lat], [to.lng, to.lat]);
  }

  /** Ask for the change. */
  async drop(at, to) {
    const point = ({ lat, lng }) => ({ type: "Point", coordinates: [lng, lat] });
    const answer = await this.bench.act({ action: "drag", from: point(at), to: point(to) });
    this.rest();
    if (!answer && this.isOn) this.start();
  }

  /** Show whether the server would refuse it. */
  mark(isRefused) {
    this.threadsNow?.setStyle({ color: token(isRefused ? "--late-mark" : "--accent") });
  }

  /** The grids that meet in a point. */
  gridsAt(at) {
    const { draft, picture } = this.bench;
    const isThere = ([lng, lat]) => Math.abs(lng - at.lng) < 1e-7 && Math.abs(lat - at.lat) < 1e-7;
    return [...picture.selected, ...picture.beside].filter((number) => ringsOf(draft.grids.get(number)).some((ring) => ring.some(isThere)));
  }

  /** The borders that meet in a point, as lines that follow the mouse: of all grids beside it. */
  threads(at) {
    const group = (this.threadsNow = L.featureGroup().addTo(this.map));
    const { draft, picture } = this.bench;
    const far = new Map();
    for (const number of [...picture.selected, ...picture.beside]) {
      for (const ring of ringsOf(draft.grids.get(number))) {
        const i = ring.findIndex(([lng, lat], k) => k > 0 && Math.abs(lng - at.lng) < 1e-7 && Math.abs(lat - at.lat) < 1e-7);
        if (i < 1) continue;
        for (const [lng, lat] of [ring[i - 1], ring[i + 1] ?? ring[1]]) far.set(key(lng, lat), L.latLng(lat, lng));
      }
    }
    for (const place of far.values()) {
      const thread = L.polyline([place, at], { color: token("--accent"), weight: 2.5, dashArray: "6 4", interactive: false, snapIgnore: true });
      thread.far = place;
      thread.addTo(group);
    }
    return group;
  }
}
