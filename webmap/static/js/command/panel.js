// The filters at the left: period, state, category, source, hour, area.

import { fill, h, settled } from "wangge/core/dom.js";
import { count, t } from "wangge/core/words.js";
import { NOTHING_ASKED } from "wangge/command/board.js";
import { hourBrush, kindRows, pressBars } from "wangge/command/charts.js";

const MOST_FOUND = 40;

/** Build the filters in `box`. */
export function joinPanel(box, board) {
  const change = (changes) => board.change(changes);
  const parts = [periodPart(board, change), statePart(board, change), categoryPart(board, change), hourPart(board, change), areaPart(board, change), sourcePart(board, change)];
  const reset = h("button.button.quiet.small", { type: "button", onClick: () => change({ ...NOTHING_ASKED, period: board.criteria.period }) }, t("Clear filters"));
  const period = h("b.wall-period", {});
  const head = h("div.panel-head", {}, h("h2.desk-title", {}, t("Filters")), period, reset);
  fill(box, head, h("div.filters", {}, parts.map((part) => part.element)));
  const show = () => {
    const { categories, sources, states, late, areas, hours, window } = board.criteria;
    fill(period, periodName(board));
    reset.hidden = !(categories || sources || states || late || areas.length || hours || window);
    for (const part of parts) part.show();
  };
  let soon = 0;
  board.on((what) => {
    if (!board.cases) return;
    if (["data", "criteria", "window"].includes(what)) show();
    // What comes by itself is counted once a second, and never under the hand that types a day or a name.
    else if (what === "live") soon ||= setTimeout(() => {
      soon = 0;
      if (!box.contains(document.activeElement) || !document.activeElement.matches("input")) show();
    }, 1000);
  });
}

function section(kind, title, ...children) {
  return h("section.filter", { dataset: { filter: kind } }, h("h3", {}, title), ...children);
}

/** What a wall says instead of the choice of a period. */
function periodName(board) {
  const named = { today: t("Today"), "7d": t("The last 7 days"), "30d": t("The last 30 days"), all: t("All") }[board.criteria.period];
  if (named) return named;
  const [first, last] = board.span();
  return `${board.dayName(first)} – ${board.dayName(last - 1)}`;
}

function periodPart(board, change) {
  const names = { today: t("Today"), "7d": t("7 days"), "30d": t("30 days"), all: t("All") };
  const buttons = Object.entries(names).map(([key, name]) =>
    h("button.segment", { type: "button", dataset: { period: key }, onClick: () => change({ period: key }) }, name));
  const from = h("input", { type: "date", "aria-label": t("From day") });
  const to = h("input", { type: "date", "aria-label": t("To day") });
  const own = () => {
    if (!from.value || !to.value) return;
    const days = [from.value, to.value].sort();
    change({ period: days.join("..") });
  };
  from.addEventListener("change", own);
  to.addEventListener("change", own);
  const element = section("period", t("Period"), h("div.segments", { role: "group", "aria-label": t("Period") }, buttons), h("div.dates", {}, from, h("span", {}, "–"), to));
  return {
    element,
    show() {
      for (const button of buttons) button.setAttribute("aria-pressed", String(button.dataset.period === board.criteria.period));
      const [first, last] = board.span();
      from.value = board.calendar.iso(board.calendar.day(first));
      to.value = board.calendar.iso(board.calendar.day(last - 1));
    },
  };
}

function statePart(board, change) {
  const list = h("ul.bars", {});
  const shortcuts = h("div.segments", { role: "group", "aria-label": t("State") });
  const keys = (open) => board.profile.states.filter((state) => state.open === open).map((state) => state.key);
  const same = (one, other) => one?.length === other.length && other.every((key) => one.includes(key));
  const bars = pressBars(list, {
    rows: () => kindRows(board, { terms: board.profile.states, dictionary: "state", sums: "states" }),
    chosen: () => board.criteria.states,
    choose: (states) => change({ states, late: false }),
  });
  const element = section("state", t("State"), shortcuts, list);
  return {
    element,
    show() {
      const { states, late } = board.criteria;
      const choices = [
        [t("All"), !states && !late, { states: null, late: false }],
        [t("Open"), !late && same(states, keys(true)), { states: keys(true), late: false }],
        [t("Closed"), !late && same(states, keys(false)), { states: keys(false), late: false }],
        [t("Overdue"), late, { states: null, late: true }],
      ];
      const focused = [...shortcuts.children].indexOf(document.activeElement);
      fill(shortcuts, choices.map(([name, pressed, changes]) =>
        h("button.segment", { type: "button", "aria-pressed": String(pressed), onClick: () => change(changes) }, name)));
      if (focused >= 0) shortcuts.children[focused].focus();
      bars();
    },
  };
}

function categoryPart(board, change) {
  const list = h("ul.bars", {});
  const show = pressBars(list, {
    rows: () => kindRows(board, { terms: board.profile.categories, dictionary: "category", sums: "categories", withMarks: true }).sort((a, b) => b.value - a.value),
    chosen: () => board.criteria.categories,
    choose: (categories) => change({ categories }),
  });
  return { element: section("category", t("Category"), list), show };
}

function sourcePart(board, change) {
  const list = h("ul.bars", {});
  const show = pressBars(list, {
    rows: () => kindRows(board, { terms: board.profile.sources, dictionary: "source", sums: "sources" }).sort((a, b) => b.value - a.value),
    chosen: () => board.criteria.sources,
    choose: (sources) => change({ sources }),
  });
  return { element: section("source", t("Source"), list), show };
}

function hourPart(board, change) {
  const box = h("div", {});
  const show = hourBrush(box, {
    values: () => board.sums.hours,
    chosen: () => board.criteria.hours,
    choose: (hours) => String(hours) !== String(board.criteria.hours) && change({ hours }),
  });
  return { element: section("hour", t("Hour of the day"), box), show };
}

function areaPart(board, change) {
  const search = h("input", { type: "search", placeholder: t("Find an area, grid or compound"), "aria-label": t("Find an area, grid or compound"), autocomplete: "off" });
  const chosen = h("ul.chips", {});
  const list = h("ul.tree", {});
  const unfolded = new Set();
  const toggle = (code) => {
    const now = new Set(board.criteria.areas);
    if (!now.delete(code)) now.add(code);
    change({ areas: [...now] });
  };
  const row = (place, depth, hasInside) => {
    const pressed = board.criteria.areas.includes(place.code);
    return h("li", { style: { "--depth": depth } },
      hasInside
        ? h("button.fold", { type: "button", dataset: { key: `fold ${place.code}` }, "aria-expanded": String(unfolded.has(place.code)), "aria-label": t("What is inside %(name)s", { name: place.name }), onClick: () => {
            if (!unfolded.delete(place.code)) unfolded.add(place.code);
            show();
          } }, unfolded.has(place.code) ? "▾" : "▸")
        : h("span.fold", {}),
      h("button.tree-name", { type: "button", dataset: { key: place.code }, "aria-pressed": String(pressed), onClick: () => toggle(place.code) }, h("span", {}, place.name || place.code), h("span.bar-value", {}, count(place.count))));
  };
  const branch = (parent, depth, inside) =>
    (inside.get(parent) ?? []).flatMap((place) => {
      const children = inside.has(place.code);
      return [row(place, depth, children), ...(unfolded.has(place.code) ? branch(place.code, depth + 1, inside) : [])];
    });
  const show = () => {
    const focused = list.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const areas = board.counts("area");
    const known = new Set(areas.map((place) => place.code));
    const everything = () => [...areas, ...board.counts("grid"), ...board.counts("compound")];
    const words = search.value.trim().toLowerCase();
    const codes = new Set(board.criteria.areas);
    fill(chosen, (codes.size ? everything() : []).filter((place) => codes.has(place.code)).map((place) =>
      h("li", {}, h("button.chip", { type: "button", title: t("Take out of the filter"), onClick: () => toggle(place.code) }, place.name || place.code, " ×"))));
    if (words) {
      const found = everything().filter((place) => place.name.toLowerCase().includes(words) || place.code.startsWith(words));
      fill(list, found.slice(0, MOST_FOUND).map((place) => row(place, 0, false)),
        found.length > MOST_FOUND && h("li.quiet.small", {}, t("%(count)s more; type more letters", { count: count(found.length - MOST_FOUND) })),
        !found.length && h("li.quiet.small", {}, t("Nothing is called so")));
    } else {
      const inside = new Map();
      for (const place of [...areas, ...board.counts("grid")]) {
        const parent = known.has(place.parent) ? place.parent : null;
        if (parent == null && place.level === "grid") continue;
        if (!inside.has(parent)) inside.set(parent, []);
        inside.get(parent).push(place);
      }
      const roots = inside.get(null) ?? [];
      if (roots.length === 1 && !unfolded.size) unfolded.add(roots[0].code);
      fill(list, branch(null, 0, inside));
    }
    if (focused != null) [...list.querySelectorAll("button")].find((button) => button.dataset.key === focused)?.focus();
  };
  search.addEventListener("input", settled(show, 80));
  return { element: section("area", t("Area"), search, chosen, list), show };
}
