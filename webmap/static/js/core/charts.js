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
