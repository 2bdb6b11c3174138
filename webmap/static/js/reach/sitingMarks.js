// The places of a siting on the map: numbered marks that are dragged or moved by arrow keys, and clicked candidates.

import { h } from "wangge/core/dom.js";
import { t } from "wangge/core/words.js";

const L = globalThis.L;
const STEP = 0.0001; // degrees that an arrow key moves a place, some 10 m; with Shift ten times that
const WAYS = { ArrowUp: [1, 0], ArrowDown: [-1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
export const spotOf = ({ lat, lng }) => [Number(lng.toFixed(6)), Number(lat.toFixed(6))];

export class SitingMarks {
  /**
   * @param map
   * @param {object} does
   * @param {(i, spot, isOver) => void} does.move - a place is moved; `isOver`: and let go
   * @param {(i) => void} does.remove - a place is taken away
   */
  constructor(map, { move, remove }) {
    this.map = map;
    this.does = { move, remove };
    this.marks = [];
    this.dots = L.layerGroup();
  }

  open() {
    this.dots.addTo(this.map);
    for (const mark of this.marks) mark.addTo(this.map);
  }

  close() {
    this.dots.remove();
    for (const mark of this.marks) mark.remove();
  }

  /** Show places and candidates; marks that stay are moved, so that the focus stays with them. */
  show(places, points) {
    while (this.marks.length > places.length) this.marks.pop().remove();
    places.forEach(([lon, lat], i) => {
      if (this.marks[i]) this.marks[i].setLatLng([lat, lon]);
      else this.marks.push(this.make(i, [lat, lon]));
    });
    this.dots.clearLayers();
    for (const [lon, lat] of points) L.marker([lat, lon], { icon: L.divIcon({ className: "sited-candidate", iconSize: [12, 12] }), interactive: false, keyboard: false }).addTo(this.dots);
  }

  /** Tell of places that no street reaches. */
  tell(apart) {
    this.marks.forEach((mark, i) => mark.getElement()?.classList.toggle("sited-apart", Boolean(apart[i])));
  }

  make(i, at) {
    const icon = L.divIcon({ className: "sited-mark", html: h("span", {}, i + 1), iconSize: null });
    const mark = L.marker(at, { icon, draggable: true, autoPan: true, keyboard: true, riseOnHover: true, title: t("Place %(number)s: drag it, or move it with the arrow keys", { number: i + 1 }) }).addTo(this.map);
    mark.on("drag", () => this.does.move(i, spotOf(mark.getLatLng()), false));
    mark.on("dragend", () => this.does.move(i, spotOf(mark.getLatLng()), true));
    mark.getElement().addEventListener("keydown", (event) => {
      const way = WAYS[event.key];
      if (!way && event.key !== "Delete") return;
      event.preventDefault();
      event.stopPropagation();
      if (!way) {
        this.does.remove(i);
        (this.marks[i] ?? this.marks.at(-1))?.getElement().focus();
        return;
      }
      const { lat, lng } = mark.getLatLng();
      const step = event.shiftKey ? 10 * STEP : STEP;
      mark.setLatLng([lat + way[0] * step, lng + way[1] * step]);
      if (!this.map.getBounds().pad(-0.05).contains(mark.getLatLng())) this.map.panTo(mark.getLatLng());
      this.does.move(i, spotOf(mark.getLatLng()), true);
    });
    return mark;
  }
}
