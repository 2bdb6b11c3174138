// A canvas over the map that is drawn anew when the map has moved and follows it until then.

import { isPrinting } from "wangge/core/theme.js";

const L = globalThis.L;

/** Subclasses give `paint(context, frame)`; `frame` has width, height, zoom, unit, west, north, box. */
export const Surface = L.Renderer.extend({
  options: { padding: 0.25 },

  _initContainer() {
    const canvas = (this._container = document.createElement("canvas"));
    canvas.className = "wangge-surface";
    canvas.style.pointerEvents = "none";
    this._context = canvas.getContext("2d");
  },

  _destroyContainer() {
    cancelAnimationFrame(this._request);
    this._request = 0;
    this._container.remove();
    delete this._container;
    delete this._context;
  },

  _updatePaths() {},

  _update() {
    if (this._map._animatingZoom && this._bounds) return;
    L.Renderer.prototype._update.call(this);
    const size = this._bounds.getSize();
    const sharp = Math.min(2, globalThis.devicePixelRatio || 1);
    const canvas = this._container;
    L.DomUtil.setPosition(canvas, this._bounds.min);
    canvas.width = Math.round(size.x * sharp);
    canvas.height = Math.round(size.y * sharp);
    canvas.style.width = `${size.x}px`;
    canvas.style.height = `${size.y}px`;
    this._sharp = sharp;
    this.draw();
  },

  /** Draw at the next frame. */
  redrawSoon() {
    if (isPrinting()) this.draw();
    if (this._request || !this._map) return;
    this._request = requestAnimationFrame(() => {
      this._request = 0;
      this.draw();
    });
  },

  /** Draw now what `paint` shows. */
  draw() {
    if (!this._map || !this._context || !this._bounds) return;
    const size = this._bounds.getSize();
    this._context.setTransform(this._sharp, 0, 0, this._sharp, 0, 0);
    this._context.clearRect(0, 0, size.x, size.y);
    this._frame = this.frame();
    this.paint(this._context, this._frame);
  },

  /** Where the canvas lies: pixel = world unit · unit − (west, north). */
  frame() {
    const size = this._bounds.getSize();
    const origin = this._map.getPixelOrigin().add(this._bounds.min);
    const zoom = this._map.getZoom();
    const unit = 256 * 2 ** zoom;
    return {
      width: size.x, height: size.y, zoom, unit, west: origin.x, north: origin.y,
      box: {
        west: origin.x / unit, north: origin.y / unit,
        east: (origin.x + size.x) / unit, south: (origin.y + size.y) / unit,
      },
    };
  },
});
