// How long a case has left, in words.

import { count, t } from "wangge/core/words.js";

const NONE = -2147483648;
const NEAR = 24 * 60; // minutes: less than this is near where the clock's own warning is not known

/** Whether a case that is due then is nearly late: `warn` is from when on, as its clock has it. */
export function isNear(due, warn, now) {
  if (due === NONE || due == null || due < now) return false;
  return warn === NONE || warn == null ? due - now < NEAR : warn <= now;
}

/** {text, tone} for an open case that is due at that minute and nearly late from `warn` on; null without a time limit. */
export function remaining(due, now, warn = NONE) {
  if (due === NONE || due == null) return null;
  const left = due - now;
  if (left < 0) return { text: "▲ " + t("%(time)s overdue", { time: length(-left) }), tone: "late" };
  const near = isNear(due, warn, now);
  return { text: (near ? "◆ " : "") + t("%(time)s left", { time: length(left) }), tone: near ? "near" : "good" };
}

/** Minutes as days, hours or minutes: each from two of its kind on, so that little is cut off. */
export function length(minutes) {
  if (minutes < 1) return t("under 1 min");
  if (minutes >= 2880) return t("%(n)s d", { n: count(Math.floor(minutes / 1440)) });
  if (minutes >= 120) return t("%(n)s h", { n: count(Math.floor(minutes / 60)) });
  return t("%(n)s min", { n: count(Math.floor(minutes)) });
}
