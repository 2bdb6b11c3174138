// How long a case has left, in words.

import { count, t } from "wangge/core/words.js";

const NONE = -2147483648;
export const NEAR = 24 * 60; // minutes: less than this is near

/** {text, tone} for an open case that is due at that minute; null without a time limit. */
export function remaining(due, now) {
  if (due === NONE || due == null) return null;
  const left = due - now;
  if (left < 0) return { text: "▲ " + t("%(time)s overdue", { time: length(-left) }), tone: "late" };
  const isNear = left < NEAR;
  return { text: (isNear ? "◆ " : "") + t("%(time)s left", { time: length(left) }), tone: isNear ? "near" : "good" };
}

/** Minutes as days, hours or minutes. */
export function length(minutes) {
  if (minutes >= 2880) return t("%(n)s d", { n: count(Math.floor(minutes / 1440)) });
  if (minutes >= 60) return t("%(n)s h", { n: count(Math.floor(minutes / 60)) });
  return t("%(n)s min", { n: count(Math.max(0, Math.floor(minutes))) });
}
