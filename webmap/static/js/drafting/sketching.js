// Drawing a line or a polygon with Geoman, with snapping to what lies around.
//
// Geoman is fetched when something is drawn for the first time. It only ever sees what is drawn and
// the lines to snap to: never the draft's grids.

import { settled } from "wangge/core/dom.js";
import { token } from "wangge/core/theme.js";
import { ringsOf } from "wangge/drafting/draft.js";
import { stackOf } from "wangge/layers/stack.js";
import { toWorld } from "wangge/layers/shapes.js";

const L = globalThis.L;
const SNAP_PIXELS = 12;
const LISTED_MS = 150; // after which Geoman has listed what was laid to snap to
const MOST_CORNERS = 3000; // to snap to: more would hold the mouse up
const SNAP_FROM = 15; // zoom from which streets and walls are near enough to snap to

export class Sketching {
  constructor(map) {
    this.map = map;
    this.shape = null;
    this.lines = L.layerGroup();
    this.renewSoon = settled(() => this.renew(), 80);
    this.snapSoon = settled(() => this.snap(), LISTED_MS);
    map.on("moveend", () => this.shape && this.renewSoon());
    map.on("pm:create", ({ layer }) => {
      const drawn = [layer.getLatLngs()].flat(2);
      layer.remove();
      this.keep(drawn, this.done?.(drawn.map(({ lat, lng }) => [lng, lat])));
    });
    map.on("pm:drawstart", ({ workingLayer }) => {
      const say = (isSnapped) => ({ marker }) => marker.getElement()?.classList.toggle("sketch-snap", isSnapped);
      workingLayer.on("pm:vertexadded", () => this.forget());
      workingLayer.on("pm:snap", say(true));
      workingLayer.on("pm:unsnap", say(false));
    });
    map.on("mousemove", () => this.shape && queueMicrotask(() => this.tell())); // when Geoman has moved its marker, too
    // Leaflet's canvas passes on one move in 32 ms and drops those between, also the last before a click.
    const box = map.getContainer();
    box.addEventListener("mousemove", (event) => {
      this.mouse = event;
      if (this.shape) this.snapSoon();
    });
    box.addEventListener("mousedown", (event) => this.shape && this.snap(event), { capture: true });
  }

  async ready() {
    if (this.map.pm) return;
    const sheet = document.createElement("link");
    Object.assign(sheet, { rel: "stylesheet", href: import.meta.resolve("leaflet-geoman").replace(/js$/, "css") });
    document.head.append(sheet);
    await import("leaflet-geoman");
    L.PM.setOptIn(true);
    this.map.options.pmIgnore = false;
    L.PM.reInitLayer(this.map);
  }

  /**
   * Let people draw.
   *
   * @param {"Line"|"Polygon"} shape
   * @param {object} options
   * @param {() => object[]} options.features - whose borders are snapped to
   * @param {(points) => void} options.change - called with what is drawn so far, [[lng, lat]]
   * @param {(points) => void} options.done
   */
  async start(shape, { features, change, done }) {
    await this.ready();
    this.stop();
    Object.assign(this, { shape, features, change, done });
    this.lines.addTo(this.map);
    this.renew();
    const line = { color: token("--accent"), weight: 2.5 };
    this.isRefused = false;
    this.map.pm.enableDraw(shape, {
      snappable: true,
      snapDistance: SNAP_PIXELS,
      snapMiddle: false,
      tooltips: false,
      cursorMarker: true,
      allowSelfIntersection: true,
      continueDrawing: false,
      templineStyle: line,
      hintlineStyle: { ...line, dashArray: "6 4" },
      pathOptions: { ...line, pmIgnore: false, snapIgnore: true },
    });
  }

  /** Leave what was drawn on the map until it is answered; what is refused stays until one draws anew. */
  async keep(drawn, answer) {
    this.forget();
    const look = { color: token("--accent"), weight: 2.5, dashArray: "6 4", fillOpacity: 0.08, interactive: false, snapIgnore: true };
    const trace = (this.trace = (this.shape === "Polygon" ? L.polygon : L.polyline)(drawn, look).addTo(this.map));
    if (await answer) trace.remove();
    else trace.setStyle({ color: token("--late-mark") });
  }

  forget() {
    this.trace?.remove();
    this.trace = null;
  }

  stop() {
    if (!this.shape) return;
    this.shape = null;
    this.map.pm.disableDraw();
    this.lines.clearLayers().remove();
  }

  get drawer() {
    return this.map.pm.Draw[this.shape];
  }

  /** Whether a point is set. */
  get isBegun() {
    return Boolean(this.shape) && (this.drawer?._layer?.getLatLngs().flat(2).length ?? 0) > 0;
  }

  /** End the drawing where it is. */
  finish() {
    this.drawer._finishShape();
  }

  /** Put a point at a place, as a click there would. */
  point(latlng) {
    this.drawer._hintMarker.setLatLng(latlng);
    this.drawer._createVertex({ latlng });
    this.tell();
  }

  /** Take the last point back. False if there is none. */
  back() {
    const { drawer } = this;
    if ((drawer._layer?.getLatLngs().length ?? 0) < 2) return false;
    drawer._removeLastVertex();
    return true;
  }

  /** Show whether the server would refuse what is drawn. */
  mark(isRefused) {
    if (!this.shape || this.isRefused === isRefused) return;
    this.isRefused = isRefused;
    const color = token(isRefused ? "--late-mark" : "--accent");
    for (const line of [this.drawer?._layer, this.drawer?._hintline]) line?.setStyle?.({ color });
  }

  tell() {
    const { drawer } = this;
    const points = [drawer?._layer?.getLatLngs() ?? []].flat(2);
    const hint = drawer?._hintMarker?.getLatLng();
    if (!points.length || !hint) return;
    this.change?.([...points, hint].map(({ lat, lng }) => [lng, lat]));
  }

  /** Put the lines near the view where Geoman finds them: borders at once, streets when they are here. */
  async renew() {
    const turn = (this.turn = {});
    const view = this.map.getBounds().pad(0.1);
    const borders = this.features().flatMap((feature) => ringsOf(feature).map((ring) => ring.map(([lng, lat]) => [lat, lng])));
    this.lines.clearLayers();
    const left = this.lay(borders, view, MOST_CORNERS);
    const zoom = Math.round(this.map.getZoom());
    if (zoom < SNAP_FROM) return;
    const box = [...toWorld(view.getWest(), view.getNorth()), ...toWorld(view.getEast(), view.getSouth())];
    const sheets = stackOf(this.map).sheets.filter(({ layer, tiles }) => tiles && ["streets", "compounds"].includes(layer));
    const found = await Promise.all(sheets.map((sheet) => linesOf(sheet, box, zoom)));
    if (this.shape && turn === this.turn) this.lay(found.flat(), view, left);
  }

  /** Lay lines that are in the view, as long as they have not too many corners; answers how many more may be laid. */
  lay(lines, view, most) {
    let left = most;
    for (const line of lines) {
      if (left < line.length || !view.intersects(L.latLngBounds(line))) continue;
      left -= line.length;
      L.polyline(line, { opacity: 0, weight: 1, interactive: false, snapIgnore: false, pmIgnore: false }).addTo(this.lines);
    }
    this.snapSoon();
    return left;
  }

  /** Snap where the mouse came to rest or is pressed, or where it rests while new lines are laid. */
  snap(originalEvent = this.mouse) {
    if (!this.shape || !originalEvent) return;
    const containerPoint = this.map.mouseEventToContainerPoint(originalEvent);
    const layerPoint = this.map.containerPointToLayerPoint(containerPoint);
    const latlng = this.map.layerPointToLatLng(layerPoint);
    this.map.fire("mousemove", { containerPoint, layerPoint, latlng, originalEvent });
  }
}

/** The lines of a sheet's tiles in a box of the world as [[lat, lng]], without where tiles end. */
async function linesOf(sheet, [minX, minY, maxX, maxY], zoom) {
  const z = Math.max(0, Math.min(zoom - 1, sheet.deepest));
  const n = 2 ** z;
  const lines = [];
  for (let x = Math.floor(minX * n); x <= Math.floor(maxX * n); x++) {
    for (let y = Math.floor(minY * n); y <= Math.floor(maxY * n); y++) {
      for (const { kind, parts } of (await sheet.tileAt({ z, x, y })).shapes) {
        if (kind > 1) for (const part of parts) lines.push(...runs(part, kind === 3, (u, v) => latLng((u + x) / n, (v + y) / n)));
      }
    }
  }
  return lines;
}

/** Stretches of a flat line that lie in its tile; a polygon's edge along a tile's border is none. */
function runs(part, isRing, placed) {
  const found = [];
  let run = [];
  const isIn = (i) => part[i] >= 0 && part[i] <= 1 && part[i + 1] >= 0 && part[i + 1] <= 1;
  const end = () => {
    if (run.length > 1) found.push(run);
    run = [];
  };
  const corners = isRing ? part.length + 2 : part.length;
  for (let k = 2; k < corners; k += 2) {
    const [from, to] = [k - 2, k % part.length];
    if (!isIn(from) && !isIn(to)) {
      end();
      continue;
    }
    if (!run.length) run.push(placed(part[from], part[from + 1]));
    run.push(placed(part[to], part[to + 1]));
  }
  end();
  return found;
}

const latLng = (x, y) => [(Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI, (x - 0.5) * 360];
