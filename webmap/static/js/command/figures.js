// The figures at the top: the clock, today's, open, late and on-time cases. Of all cases, whatever
// is filtered, and each says its unit and period.

import { fill, h } from "wangge/core/dom.js";
import { count, language, share, t } from "wangge/core/words.js";

const NONE = -2147483648;

const STATUS = () => ({
  live: [t("Live"), t("New and changed cases appear at once.")],
  polling: [t("Every 15 s"), t("The live line does not get through; changes are looked for every 15 seconds.")],
  off: [t("Cut off"), t("The server does not answer; what you see is from before.")],
});

/** Keep the figures of `box` up to date; `say(status)` tells how the page hears of changes. */
export function joinFigures(box, board) {
  const clock = h("time.figure-clock", {});
  const days = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { timeZone: board.profile.timezone, month: "short", day: "numeric", weekday: "short" });
  const whole = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { timeZone: board.profile.timezone, dateStyle: "long" });
  const hours = new Intl.DateTimeFormat("en-GB", { timeZone: board.profile.timezone, hour: "2-digit", minute: "2-digit" });
  const tick = () => {
    const now = new Date(board.calendar.milliseconds());
    fill(clock, h("b", {}, hours.format(now)), h("span", {}, days.format(now)), h("span.print-day", {}, whole.format(now)));
  };
  const values = h("div.figures-values", {});
  const line = h("span.line-status", { role: "status", hidden: true });
  fill(box, clock, line, values);
  tick();
  let minute = board.now;
  const look = ({ evenSo = false } = {}) => {
    if (!document.hidden) tick();
    if (!board.cases || (!evenSo && board.now === minute)) return;
    minute = board.now;
    board.tick();
  };
  setInterval(look, 1000);
  // A page that nobody sees is told of each minute for its sounds, and drawn when it is seen again.
  document.addEventListener("visibilitychange", () => !document.hidden && look({ evenSo: true }));
  board.on((what) => ["data", "live", "minute"].includes(what) && board.cases && !document.hidden && show(values, board));
  let before = "";
  return {
    say(status) {
      if (status === before) return;
      before = status;
      const [word, title] = STATUS()[status];
      line.hidden = false;
      line.className = `line-status line-${status}`;
      line.title = title;
      fill(line, h("i", { "aria-hidden": "true" }), h("span", {}, word));
    },
  };
}

function show(box, board) {
  const found = figuresOf(board);
  fill(
    box,
    figure(t("Today"), count(found.today), { unit: t("cases"), title: t("Cases reported since midnight") }),
    figure(t("Open"), count(found.open), { unit: t("cases"), title: t("Cases not closed yet, of all time") }),
    figure(t("Overdue"), count(found.late), { unit: t("cases"), tone: found.late ? "late" : "good", title: t("Open cases past their time limit, now") }),
    figure(t("On time"), found.closed ? share(found.onTime / found.closed) : "–", {
      unit: t("30 days"),
      title: t("Closed within the time limit: %(good)s of %(all)s cases closed in the last 30 days", { good: count(found.onTime), all: count(found.closed) }),
    }),
  );
}

function figure(name, value, { unit, tone = "", title }) {
  return h("div.figure", { class: tone && `figure-${tone}`, title, tabindex: "0", "aria-label": `${name} ${value} ${unit}。${title}` },
    h("span.figure-name", {}, tone === "late" ? "▲ " : "", name), h("b", {}, value), h("span.figure-unit", {}, unit));
}

/** The same figures as /api/v1/cases/summary, over all loaded cases. */
export function figuresOf(board) {
  const { reported, due, closed, state, count: n } = board.cases;
  const { now, calendar, isOpen } = board;
  const midnight = calendar.start(board.today);
  const month = calendar.start(board.today - 29);
  const found = { today: 0, open: 0, late: 0, closed: 0, onTime: 0 };
  for (let i = 0; i < n; i++) {
    if (reported[i] > now) continue;
    if (reported[i] >= midnight) found.today++;
    if (isOpen[state[i]] === 1) {
      found.open++;
      if (due[i] !== NONE && due[i] < now) found.late++;
    } else if (closed[i] >= month && closed[i] !== NONE && due[i] !== NONE) {
      found.closed++;
      if (closed[i] <= due[i]) found.onTime++;
    }
  }
  return found;
}
