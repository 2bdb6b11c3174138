// Small charts as SVG, in the page's colours.

import { svg } from "wangge/core/dom.js";

/**
 * A histogram with a band: bars inside it stand out.
 *
 * @param {number[]} values
 * @param {object} options
 * @param {number} options.step - width of a bar in units of the values
 * @param {[number, number]} options.band - the wanted range
 * @param {string} options.label - what the chart shows, for those who do not see it
 * @param {(from, to, count) => string} options.title - what a bar says
 */
export function histogram(values, { step, band: [low, high], label, title, width = 292, height = 96 }) {
  const top = Math.max(high + step, ...values);
  const from = Math.floor(Math.min(low - step, ...values) / step) * step;
  const start = Math.max(0, from);
  const bars = Math.max(1, Math.ceil((top - start + 1e-9) / step));
  const counts = new Array(bars).fill(0);
  for (const value of values) counts[Math.min(bars - 1, Math.floor((value - start) / step))] += 1;
  const most = Math.max(1, ...counts);
  const [left, bottom, head] = [0, 18, 12];
  const inner = height - bottom - head;
  const x = (value) => left + ((value - start) / (bars * step)) * (width - left);
  const drawn = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", role: "img", "aria-label": label });
  drawn.append(
    svg("rect", { x: x(low), y: head - 4, width: x(high) - x(low), height: inner + 4, class: "chart-band" }),
    svg("path", { d: `M0 ${head + inner + 0.5}H${width}`, class: "chart-axis" }),
  );
  counts.forEach((number, i) => {
    if (!number) return;
    const a = start + i * step;
    const tall = Math.max(1.5, (number / most) * inner);
    const isIn = a >= low && a + step <= high + 1e-9;
    const kind = isIn ? "chart-bar chart-bar-in" : a < low ? "chart-bar chart-bar-low" : "chart-bar chart-bar-high";
    drawn.append(
      svg(
        "rect",
        { x: x(a) + 0.75, y: head + inner - tall, width: Math.max(1, x(a + step) - x(a) - 1.5), height: tall, class: kind },
        svg("title", {}, title(a, a + step, number)),
      ),
    );
  });
  for (const value of [low, high]) {
    drawn.append(
      svg("path", { d: `M${x(value)} ${head - 4}V${head + inner + 4}`, class: "chart-mark" }),
      svg("text", { x: x(value), y: height - 3, class: "chart-text", "text-anchor": "middle" }, String(value)),
    );
  }
  return drawn;
}

/**
 * A line through points that can be chosen, by mouse, finger or arrow keys; axes from nice numbers.
 *
 * @param {{x: number, y: number, hollow: boolean, said: string}[]} points - ascending by x; `said`: what is read of it
 * @param {object} options
 * @param {number} options.at - which point is chosen; -1: none
 * @param {(i) => void} options.take - called when a point is chosen
 * @param {(i) => void} options.look - called when one is hovered or focused; -1: none any more
 * @param {string} options.label - what the chart shows
 * @param {string} options.xName - what the axis below tells
 * @param {(y) => string} options.yText - a value in words
 */
export function pointLine(points, { at, take, look, label, xName, yText, width = 292, height = 150 }) {
  const [left, right, head, foot] = [38, 8, 8, 32];
  const [low, high, step] = nice(Math.min(...points.map(({ y }) => y)), Math.max(...points.map(({ y }) => y)));
  const [from, to] = [points[0].x, Math.max(points.at(-1).x, points[0].x + 1)];
  const x = (value) => left + ((value - from) / (to - from)) * (width - left - right);
  const y = (value) => height - foot - ((value - low) / (high - low)) * (height - foot - head);
  const drawn = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "chart", role: "radiogroup", "aria-label": label });
  for (let value = low; value <= high + step / 2; value += step) {
    drawn.append(
      svg("path", { d: `M${left} ${y(value)}H${width - right}`, class: value === low ? "chart-axis" : "chart-grid" }),
      svg("text", { x: left - 6, y: y(value) + 4, class: "chart-text", "text-anchor": "end" }, yText(value)),
    );
  }
  const every = Math.max(1, Math.ceil((to - from) / 6 / (to - from > 30 ? 10 : 1)) * (to - from > 30 ? 10 : 1));
  for (let value = from; value <= to; value += every) drawn.append(svg("text", { x: x(value), y: height - foot + 15, class: "chart-text", "text-anchor": "middle" }, String(value)));
  drawn.append(
    svg("text", { x: (left + width - right) / 2, y: height - 3, class: "chart-text", "text-anchor": "middle" }, xName),
    svg("polyline", { points: points.map((one) => `${x(one.x).toFixed(1)},${y(one.y).toFixed(1)}`).join(" "), class: "chart-line" }),
  );
  const wide = (width - left - right) / Math.max(points.length - 1, 1);
  const reach = Math.max(at, 0);
  const spots = points.map((one, i) =>
    svg(
      "g",
      { class: "chart-point", role: "radio", "aria-checked": String(i === at), "aria-label": one.said, tabindex: i === reach ? 0 : -1, "data-key": `point-${i}` },
      svg("rect", { x: x(one.x) - wide / 2, y: 0, width: wide, height: height - foot + 18, class: "chart-hit" }),
      svg("circle", { cx: x(one.x), cy: y(one.y), r: i === at ? 5.5 : 3.5, class: one.hollow ? "chart-dot chart-dot-hollow" : "chart-dot" }),
    ),
  );
  spots.forEach((spot, i) => {
    spot.addEventListener("click", () => take(i));
    spot.addEventListener("pointerenter", () => look(i));
    spot.addEventListener("pointerleave", () => look(-1));
    spot.addEventListener("focus", () => look(i));
    spot.addEventListener("blur", () => look(-1));
    spot.addEventListener("keydown", (event) => {
      const next = { ArrowRight: i + 1, ArrowUp: i + 1, ArrowLeft: i - 1, ArrowDown: i - 1, Home: 0, End: spots.length - 1, Enter: i, " ": i }[event.key];
      if (next === undefined) return;
      event.preventDefault();
      event.stopPropagation();
      if (!spots[next]) return;
      spots[next].focus();
      take(next);
    });
  });
  drawn.append(...spots);
  return drawn;
}

/** From where to where an axis goes so that it holds both values, and its step. */
function nice(least, most) {
  const span = Math.max(most - least, 1e-3);
  const ten = 10 ** Math.floor(Math.log10(span / 3));
  const step = [1, 2, 5, 10].map((one) => one * ten).find((one) => span / one <= 4);
  const low = Math.floor(least / step + 1e-9) * step;
  return [low, Math.max(Math.ceil(most / step - 1e-9) * step, low + step), step];
}
