// What stands on every map: zoom buttons, a scale in metres, the sources, the approval number.

import { h } from "wangge/core/dom.js";
import { beginView } from "wangge/core/state.js";
import { metres, t } from "wangge/core/words.js";
import { fit, place } from "wangge/layers/fitting.js";

const L = globalThis.L;

/** Put the furniture on the map and show `view` (zoom, latitude, longitude) or `bounds` (west, south, east, north) first. */
export function add(map, { bounds, view, attribution = [], approval = "", remember = false, inset = [12, 12, 12, 12] }) {
  const began = remember && beginView(map);
  if (view && !began) place(map, view);
  else if (bounds && !began) fit(map, [[bounds[1], bounds[0]], [bounds[3], bounds[2]]], { animate: false, ...paddings(inset) });
  const corner = L.control({ position: "bottomleft" });
  corner.onAdd = () => {
    const bar = h("div.map-scale-bar");
    const label = h("span.map-scale-label");
    const draw = () => drawScale(map, bar, label);
    map.on("zoomend moveend resize", draw);
    queueMicrotask(draw);
    return h("div.map-scale", { "aria-hidden": "true" }, label, bar);
  };
  corner.addTo(map);
  const credits = L.control({ position: "bottomright" });
  const line = h("div.map-credits");
  let known = attribution;
  const say = (sources = known) => {
    known = sources;
    line.textContent = [...sources, ...basemapSources(map), approval && t("Map approval number %(number)s", { number: approval })].filter(Boolean).join(" · ");
    line.hidden = !line.textContent;
  };
  credits.onAdd = () => line;
  credits.addTo(map);
  map.on("layeradd layerremove", ({ layer }) => layer.options?.attribution && say());
  const zoom = L.control({ position: "bottomright" });
  zoom.onAdd = () => {
    const box = h(
      "div.map-zoom",
      { role: "group", "aria-label": t("Zoom") },
      h("button", { type: "button", title: t("Zoom in"), "aria-label": t("Zoom in"), onClick: () => map.zoomIn() }, "+"),
      h("button", { type: "button", title: t("Zoom out"), "aria-label": t("Zoom out"), onClick: () => map.zoomOut() }, "−"),
    );
    L.DomEvent.disableClickPropagation(box);
    return box;
  };
  zoom.addTo(map);
  say(attribution);
  return { credit: say, began };
}

/** Whose pictures the basemaps on the map are; their words, whatever marks are around them. */
function basemapSources(map) {
  const found = new Set();
  map.eachLayer(({ options }) => {
    if (options?.attribution) found.add(new DOMParser().parseFromString(options.attribution, "text/html").body.textContent);
  });
  return found;
}

/** Left, top, right, bottom pixels that panels cover, on screens where they do. */
function paddings([left, top, right, bottom]) {
  const narrow = innerWidth <= 720;
  if (innerWidth >= 2600) return { paddingTopLeft: [2 * left, 2 * top], paddingBottomRight: [2 * right, 2 * bottom] };
  return { paddingTopLeft: [narrow ? 12 : left, top], paddingBottomRight: [narrow ? 12 : right, narrow ? 70 : bottom] };
}

/** Whether the page is a wall that is read from afar. */
const strong = () => innerWidth >= 2600 || "wall" in document.documentElement.dataset;

function drawScale(map, bar, label) {
  const size = map.getSize();
  const y = size.y / 2;
  const width = strong() ? 220 : 110;
  const span = map.distance(map.containerPointToLatLng([0, y]), map.containerPointToLatLng([width, y]));
  if (!(span > 0)) return;
  const power = 10 ** Math.floor(Math.log10(span));
  const round = [5, 2, 1].map((n) => n * power).find((n) => n <= span) ?? power;
  bar.style.width = `${Math.round((width * round) / span)}px`;
  label.textContent = metres(round);
}
