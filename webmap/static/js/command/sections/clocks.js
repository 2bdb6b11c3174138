// The clocks of a case beside its whole limit: that of its state, a clock that stands, what is asked
// for and waits for a yes, who is responsible first, and the level that was told of it.

import { fill, h } from "wangge/core/dom.js";
import { language, named, t } from "wangge/core/words.js";
import { remaining } from "wangge/command/remaining.js";

const ASKED = () => ({ pause_asked: t("Pause asked for"), extension_asked: t("More time asked for") });

export function section({ board }) {
  const element = h("section.record-part.record-clocks", { hidden: true });
  const moment = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { timeZone: board.profile.timezone, month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  const at = (text) => moment.format(new Date(text));
  const minute = (text) => (text ? Math.floor(Date.parse(text) / 60_000) : null);
  const nameIn = (terms, key) => named(terms.find((one) => one.key === key)?.name) || key;

  function show({ case: one, steps, names, acts }) {
    const left = remaining(minute(one.stage_due_at), board.now, minute(one.stage_warn_at));
    const waiting = one.asked && steps.findLast(({ kind }) => kind in ASKED());
    const facts = [
      one.paused_since && [t("Clock"), h("b.tone-near", {}, t("stands since %(time)s", { time: at(one.paused_since) }))],
      left && [t("This stage"), [h("b", { class: `tone-${left.tone}` }, left.text), h("span.quiet.small", {}, ` ${t("until %(time)s", { time: at(one.stage_due_at) })}`)]],
      one.first_owner_id && [t("First-asked owner"), names[one.first_owner_id] ?? `#${one.first_owner_id}`],
      one.level && [t("Told"), nameIn(board.profile.levels, one.level)],
    ].filter(Boolean);
    element.hidden = facts.length === 0 && !waiting;
    fill(element,
      facts.length > 0 && h("dl.facts", {}, facts.map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)])),
      waiting && ask(element, waiting, acts ?? []));
  }

  return { element, show };
}

/** What waits for a yes; its buttons are those of `acts.js`, where a reason is asked for. */
function ask(element, { kind, actor, reason, details }, acts) {
  const begin = (key) => {
    const button = element.parentElement.querySelector(`[data-act=${key}]`);
    button.closest("details").open = true;
    button.click();
  };
  return h("div.record-asked", { role: "group", "aria-label": ASKED()[kind] },
    h("p", {}, h("b", {}, ASKED()[kind]), " ", h("span", {}, actor), details.amount != null && h("span.tone-near", {}, ` ${span(details)}`)),
    reason && h("p.course-why", {}, reason),
    acts.includes("approve") && h("div.row.step-buttons", {},
      h("button.button.main", { type: "button", onClick: () => begin("approve") }, t("Grant what is asked for")),
      h("button.button", { type: "button", onClick: () => begin("turn_down") }, t("Do not grant it"))));
}

/** By how much a limit is extended. */
export function span({ amount, unit }) {
  return `${amount} ${unit === "hours" ? t("working hours") : t("working days")}`;
}
