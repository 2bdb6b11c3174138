// Moments as people write them.

import { language } from "wangge/core/words.js";

const moments = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { dateStyle: "short", timeStyle: "short" });

/** Day and time of an instant. */
export const moment = (instant) => moments.format(new Date(instant));
