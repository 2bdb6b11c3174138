// Charts that are filters: bars by kind to press, bars by hour to brush.

import { fill, h, svg } from "wangge/core/dom.js";
import { count, named, t } from "wangge/core/words.js";
import { outline } from "wangge/layers/glyphs.js";

/** The mark of a category, as it is on the map. */
export function mark(position, color, { size = 14, open = true } = {}) {
  const path = { d: outline(position, 5), fill: color, stroke: color, "stroke-width": open ? 0 : 2, "fill-opacity": open ? 1 : 0.3 };
  return svg("svg", { viewBox: "-7 -7 14 14", width: size, height: size, class: "mark", "aria-hidden": "true" }, svg("path", path));
}

/**
 * Bars that are pressed to choose: any number of kinds, none chosen means all.
 *
 * @param {object} options
 * @param {() => Array<{key, name, value, color?, mark?, tone?}>} options.rows
 * @param {() => string[]|null} options.chosen
 * @param {(keys: string[]|null) => void} options.choose
 */
export function pressBars(list, { rows, chosen, choose }) {
  const toggle = (key) => {
    const now = new Set(chosen() ?? []);
    if (!now.delete(key)) now.add(key);
    choose(now.size ? [...now] : null);
  };
  return () => {
    const found = rows();
    const most = Math.max(1, ...found.map((row) => row.value));
    const now = chosen();
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    fill(
      list,
      found.map((row) =>
        h("li", {},
          h("button.bar-row", {
            type: "button", dataset: { key: row.key }, "aria-pressed": String(Boolean(now?.includes(row.key))),
            class: [now && !now.includes(row.key) && "is-out", row.tone && `tone-${row.tone}`].filter(Boolean).join(" "),
            onClick: () => toggle(row.key),
          },
            row.mark, h("span.bar-name", {}, row.name),
            h("span.bar-track", {}, h("i", { style: { width: `${(row.value / most) * 100}%`, background: row.color ?? "" } })),
            h("span.bar-value", {}, count(row.value))))),
    );
    if (focused != null) [...list.querySelectorAll("button")].find((button) => button.dataset.key === focused)?.focus();
  };
}

/** Rows of a kind of the profile, and of what else the data have. */
export function kindRows(board, { terms, dictionary, sums, withMarks = false }) {
  const byKey = new Map(terms.map((term) => [term.key, term]));
  return board.cases.dictionaries[dictionary].flatMap((key, position) => {
    const term = byKey.get(key);
    const value = board.sums[sums][position];
    if (!term && !value) return [];
    const color = term?.color;
    return [{ key, name: named(term?.name) || key, value, color, mark: withMarks ? mark(position, color ?? "var(--map-unknown)") : null }];
  });
}

/** Twenty-four bars; dragging or Shift + arrows chooses hours, Escape all again. */
export function hourBrush(box, { values, chosen, choose }) {
  const width = 240;
  const height = 44;
  const chart = svg("svg", { viewBox: `0 0 ${width} ${height + 14}`, preserveAspectRatio: "none", class: "hours", "aria-hidden": "true" });
  const slider = h("div.hours-box", { tabindex: "0", role: "group", "aria-label": t("Cases by hour of the day; drag, or Shift and arrow keys, to choose hours") }, chart, hourLabels());
  const line = h("p.small.quiet.hours-said", { "aria-live": "polite" });
  fill(box, slider, line);
  const hourAt = (event) => {
    const place = slider.getBoundingClientRect();
    return Math.max(0, Math.min(23, Math.floor(((event.clientX - place.left) / place.width) * 24)));
  };
  let anchor = null;
  slider.addEventListener("pointerdown", (event) => {
    anchor = hourAt(event);
    slider.setPointerCapture(event.pointerId);
    choose([anchor, anchor]);
  });
  slider.addEventListener("pointermove", (event) => {
    if (anchor == null) return;
    const hour = hourAt(event);
    choose([Math.min(anchor, hour), Math.max(anchor, hour)]);
  });
  slider.addEventListener("pointerup", () => (anchor = null));
  slider.addEventListener("dblclick", () => choose(null));
  slider.addEventListener("keydown", (event) => {
    const [first, last] = chosen() ?? [8, 8];
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.key === "Escape" && chosen()) {
      choose(null);
      event.stopPropagation();
    } else if (step) {
      event.preventDefault();
      if (event.shiftKey) choose([first, Math.max(first, Math.min(23, last + step))]);
      else if (chosen() == null) choose([first, last]);
      else choose([first, last].map((hour) => Math.max(0, Math.min(23, hour + step))));
    }
  });
  return () => {
    const found = values();
    const now = chosen();
    const most = Math.max(1, ...found);
    fill(chart, Array.from(found, (value, hour) => {
      const size = (value / most) * height;
      const out = now && (hour < now[0] || hour > now[1]);
      return svg("rect", { x: hour * 10 + 1, width: 8, y: height - size, height: Math.max(value ? 1 : 0, size), class: out ? "is-out" : "" });
    }));
    if (now) {
      const sum = found.slice(now[0], now[1] + 1).reduce((a, b) => a + b, 0);
      fill(line, t("%(from)s:00–%(to)s:59, %(count)s cases", { from: pad(now[0]), to: pad(now[1]), count: count(sum) }), " ",
        h("button.link", { type: "button", onClick: () => choose(null) }, t("all hours")));
    } else fill(line, t("Drag over the bars to choose hours"));
  };
}

function hourLabels() {
  return h("div.hour-labels", { "aria-hidden": "true" }, [0, 6, 12, 18].map((hour) => h("span", {}, `${pad(hour)}:00`)));
}

function pad(hour) {
  return String(hour).padStart(2, "0");
}
