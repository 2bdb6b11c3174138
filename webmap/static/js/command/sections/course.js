// What was done with a case so far: who, when, from which state to which, and why.

import { fill, h } from "wangge/core/dom.js";
import { language, named, share, t } from "wangge/core/words.js";
import { span } from "wangge/command/sections/clocks.js";

/** What entries are called that are no step of the profile. */
export const ENTRY_NAMES = () => ({
  reported: t("Reported"), reported_again: t("Reported again"), photos_added: t("Photos added"), note: t("Note"), imported: t("Imported"),
  whistled: t("Whistled for departments"), call_answered: t("Call answered"), call_arrived: t("Arrived on the spot"), call_finished: t("Department finished"),
  call_declined: t("Call declined"), call_withdrawn: t("Call withdrawn"), call_rated: t("Department rated"), call_late: t("Department late"), calls_left: t("Calls ended with the case"),
  place: t("Placed"), join: t("Led others"), joined: t("Joined to another case"), part: t("Parted from its leader"), parted: t("One was parted from it"), follow: t("Followed its leader"),
  urged: t("Urged"), paused: t("Clock paused"), pause_asked: t("Pause asked for"), resumed: t("Clock runs again"), extended: t("Limit extended"), extension_asked: t("More time asked for"),
  not_granted: t("Not granted"), handed_over: t("Handed over"), opinion_asked: t("Opinion asked for"), opinion_given: t("Opinion given"), escalate: t("Reported to the level above"),
  reviewed: t("Reviewed in the weekly meeting"), review_withdrawn: t("Decision of the review withdrawn"),
});

export function section({ board }) {
  const element = h("section.record-part", {});
  return { element, show: (found) => lay(element, found, board.profile) };
}

function lay(element, { steps, names }, profile) {
  element.hidden = steps.length === 0;
  const own = ENTRY_NAMES();
  const times = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { timeZone: profile.timezone, month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit" });
  const stateName = (key) => named(profile.states.find((state) => state.key === key)?.name) || key;
  const kindName = (key) => named(profile.steps.find((step) => step.key === key)?.name) || own[key] || key;
  const called = ({ department, departments = [] }) => [department, ...departments].filter(Boolean).map((key) => named(profile.departments?.find((one) => one.key === key)?.name) || key);
  const levelName = (key) => key && (named(profile.levels?.find((level) => level.key === key)?.name) || key);
  const actorName = (name) => (name === "clock" ? t("by the clock") : name === "(reporter)" ? t("by the public") : name);
  fill(element, h("h3", {}, t("Course")), h("ol.course", {}, steps.toReversed().map((entry) => {
    const moved = entry.to_state && entry.to_state !== entry.from_state;
    const to = entry.details.assignee;
    return h("li", {},
      h("p", {}, h("b", {}, kindName(entry.kind)), " ", called(entry.details).length > 0 && h("span", {}, called(entry.details).join(t(", "))), h("span", {}, actorName(entry.actor)), to != null && h("span", {}, " → ", names[to] ?? `#${to}`), entry.details.level && h("span", {}, " → ", levelName(entry.details.level)), entry.details.amount != null && h("span", {}, span(entry.details)), kinWords(entry.details), h("time.quiet.small", { datetime: entry.at }, times.format(new Date(entry.at)))),
      moved && h("p.quiet.small", {}, entry.from_state && `${stateName(entry.from_state)} → `, stateName(entry.to_state)),
      entry.reason && h("p.course-why", {}, entry.reason));
  })));
}

/** Which cases an entry names, and how a place was found. */
function kinWords({ leader, cases, how, score }) {
  const ways = { address: t("by its address"), word: t("by a taught word"), place: t("chosen"), map: t("tapped on the map") };
  const numbers = [leader, ...(cases ?? [])].filter((one) => one != null).map((one) => `#${one}`);
  if (!numbers.length && !ways[how]) return null;
  return h("span.quiet", {}, [...numbers, ways[how], score == null ? null : share(score)].filter(Boolean).join(t(", ")));
}
