// The line of a case from its first word to the feedback: 发现→建档→交办→处置→反馈.

import { h } from "wangge/core/dom.js";
import { language, named, t } from "wangge/core/words.js";

/** What the five stations of the closed loop are called; a profile with other states has their names. */
const STATIONS = () => ({ reported: t("Found"), filed: t("Filed"), dispatched: t("Assigned"), in_progress: t("Handled"), fed_back: t("Fed back") });

let times = null;

/** The stations of `one` ({state}) with the moments at which `entries` first reached them. */
export function loopLine(profile, one, entries = []) {
  const stations = STATIONS();
  const open = profile.states.filter((state) => state.open);
  const now = open.findIndex(({ key }) => key === one.state); // -1: closed
  const reached = new Map();
  for (const entry of entries ?? []) if (entry.to_state && !reached.has(entry.to_state)) reached.set(entry.to_state, entry.at);
  times ??= new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { timeZone: profile.timezone, month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
  return h("ol.loop", { "aria-label": t("Stations of the case") }, open.map(({ key, name }, k) => {
    const stage = now < 0 || k < now ? "done" : k === now ? "now" : "ahead";
    const at = stage === "ahead" ? null : reached.get(key);
    return h("li", { class: `loop-${stage}`, "aria-current": stage === "now" ? "step" : null },
      h("i", { "aria-hidden": "true" }, stage === "done" ? "✓" : String(k + 1)), h("b", {}, stations[key] ?? named(name)),
      h("time", {}, at ? times.format(new Date(at)) : ""));
  }));
}
