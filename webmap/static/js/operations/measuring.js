// Measuring distance and area along the ellipsoid.

import { area, length } from "wangge/core/geodesy.js";
import { fill, h } from "wangge/core/dom.js";
import { token } from "wangge/core/theme.js";
import { metres, squareMetres, t } from "wangge/core/words.js";
import { stackOf } from "wangge/layers/stack.js";

const L = globalThis.L;

export function joinMeasuring(planner) {
  const { map } = planner;
  const tools = document.getElementById("tools");
  const told = document.getElementById("measured");
  const stack = stackOf(map);
  let kind = null;
  let points = [];
  let cursor = null;
  let isDone = false;
  let drawing = null;

  const buttons = {
    line: toolButton(t("Measure a distance"), "M2 13 13 2l1.6 1.6L3.6 14.6zM5.5 9.5l1.2 1.2M8 7l1.2 1.2M10.500 4.500l1.2 1.2", "L"),
    polygon: toolButton(t("Measure an area"), "M3 4l9-2 2 8-7 4-5-3z", "P"),
  };
  for (const [name, button] of Object.entries(buttons)) {
    button.addEventListener("click", () => (kind === name ? leave() : enter(name)));
    tools.append(button);
  }

  function enter(name) {
    leave();
    if (planner.draft) planner.workbench.tools.hold("choose"); // one thing is in the hand at a time
    kind = name;
    stack.paused = true;
    buttons[name].setAttribute("aria-pressed", "true");
    map.getContainer().style.cursor = "crosshair";
    map.doubleClickZoom.disable();
    drawing = L.layerGroup().addTo(map);
    tell();
  }

  function leave() {
    if (!kind) return;
    buttons[kind].setAttribute("aria-pressed", "false");
    kind = null;
    points = [];
    isDone = false;
    cursor = null;
    drawing?.remove();
    drawing = null;
    map.getContainer().style.cursor = "";
    map.doubleClickZoom.enable();
    told.hidden = true;
    stack.paused = false;
  }

  function draw() {
    drawing.clearLayers();
    const all = [...points, ...(cursor && !isDone ? [cursor] : [])].map(([lng, lat]) => [lat, lng]);
    const look = { color: token("--accent"), weight: 2.5, dashArray: isDone ? null : "6 4", interactive: false };
    if (kind === "polygon" && all.length > 2) L.polygon(all, { ...look, fillOpacity: 0.12 }).addTo(drawing);
    else L.polyline(all, look).addTo(drawing);
    for (const [lng, lat] of points) {
      L.circleMarker([lat, lng], { radius: 3.5, color: token("--accent"), weight: 2, fillColor: token("--surface"), fillOpacity: 1, interactive: false }).addTo(drawing);
    }
    tell();
  }

  function tell() {
    const all = [...points, ...(cursor && !isDone ? [cursor] : [])];
    const hint = isDone ? t("Esc leaves; a click begins anew.") : t("Click to add points; double click or Enter ends; Backspace takes one back; Esc leaves.");
    const lines = [];
    if (kind === "line") lines.push([t("Distance"), metres(length(all))]);
    else {
      lines.push([t("Ground area"), all.length > 2 ? squareMetres(area(all)) : "–"]);
      lines.push([t("Perimeter"), all.length > 1 ? metres(length([...all, all[0]])) : "–"]);
    }
    fill(told, h("dl.measured-lines.figures", {}, lines.map(([name, value]) => [h("dt", {}, name), h("dd", { dataset: { measured: name } }, value)])), h("p.small.quiet", {}, hint));
    told.hidden = false;
  }

  map.on("click", ({ latlng }) => {
    if (!kind) return;
    if (isDone) {
      points = [];
      isDone = false;
    }
    const last = points.at(-1);
    if (last && last[0] === latlng.lng && last[1] === latlng.lat) return;
    points.push([latlng.lng, latlng.lat]);
    draw();
  });
  map.on("mousemove", ({ latlng }) => {
    if (!kind || isDone || !points.length) return;
    cursor = [latlng.lng, latlng.lat];
    draw();
  });
  map.on("dblclick", () => kind && end());

  function end() {
    isDone = true;
    cursor = null;
    draw();
  }

  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches?.("input, textarea, select");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key.toLowerCase() === "l") enter("line");
    else if (event.key.toLowerCase() === "p") enter("polygon");
    else if (!kind) return;
    else if (event.key === "Escape") leave();
    else if (event.key === "Enter" && points.length > 1) end();
    else if (event.key === "Backspace") {
      points.pop();
      draw();
    } else return;
    event.preventDefault();
  });
  planner.measuring = { leave };
}

/** A button of the tool bar: a drawn sign, a name, a letter. */
export function toolButton(name, path, letter) {
  const title = letter ? `${name} (${letter})` : name;
  const button = h("button.button.quiet.tool", { type: "button", title, "aria-label": title, "aria-pressed": "false" });
  const ns = "http://www.w3.org/2000/svg";
  const sign = document.createElementNS(ns, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", width: 18, height: 18, "aria-hidden": "true" })) sign.setAttribute(key, value);
  const line = document.createElementNS(ns, "path");
  for (const [key, value] of Object.entries({ d: path, fill: "none", stroke: "currentColor", "stroke-width": 1.4, "stroke-linejoin": "round", "stroke-linecap": "round" })) line.setAttribute(key, value);
  sign.append(line);
  button.append(sign, h("span", {}, name));
  return button;
}
