// Open cases as they stood at a moment: a disc in the colour of the state, late ones in a red ring.

import { onTheme, token } from "wangge/core/theme.js";
import { Surface } from "wangge/layers/surface.js";

const MANY = 6000; // in view: from so many on they are drawn small

export const PastLayer = Surface.extend({
  /** @param {{colours: string[], scale: () => number}} options */
  initialize(options) {
    Surface.prototype.initialize.call(this, { padding: 0.1, scale: () => 1, ...options });
    this.past = null;
    onTheme(() => this.redrawSoon());
  },

  show(past) {
    this.past = past;
    this.redrawSoon();
  },

  paint(context, frame) {
    const { past } = this;
    if (!past) return;
    const { colours } = this.options;
    const inView = [];
    for (let i = 0; i < past.count; i++) {
      if (!past.open(i)) continue;
      const x = past.x[i] * frame.unit - frame.west;
      const y = past.y[i] * frame.unit - frame.north;
      if (x > -20 && y > -20 && x < frame.width + 20 && y < frame.height + 20) inView.push(i, x, y);
    }
    const few = inView.length / 3 < MANY;
    const size = this.options.scale() * (few ? Math.min(7, Math.max(3, frame.zoom - 9)) : 2);
    const late = token("--late-mark");
    const halo = token("--surface");
    for (const wantsLate of [false, true]) { // late ones above all others
      for (let k = 0; k < inView.length; k += 3) {
        const i = inView[k];
        if (past.late(i) !== wantsLate) continue;
        const [x, y] = [inView[k + 1], inView[k + 2]];
        if (few) {
          context.beginPath();
          context.arc(x, y, size + (wantsLate ? 3 : 1), 0, 7);
          context.fillStyle = wantsLate ? late : halo;
          context.fill();
        }
        context.beginPath();
        context.arc(x, y, size, 0, 7);
        context.fillStyle = few || !wantsLate ? colours[past.state[i] % colours.length] : late;
        context.fill();
      }
    }
  },

  /** The open case next to a place on the map, at most so many pixels away; −1: none. */
  at(latlng, pixels = 12) {
    if (!this.past || !this._map) return -1;
    const { x, y } = this._map.project(latlng, 0);
    const unit = 2 ** this._map.getZoom();
    let best = (pixels * this.options.scale()) ** 2;
    let found = -1;
    for (let i = 0; i < this.past.count; i++) {
      if (!this.past.open(i)) continue;
      const far = ((this.past.x[i] * 256 - x) * unit) ** 2 + ((this.past.y[i] * 256 - y) * unit) ** 2;
      if (far < best) [best, found] = [far, i];
    }
    return found;
  },
});
