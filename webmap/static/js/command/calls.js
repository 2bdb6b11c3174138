// One department called to a case, as the record and the page of the whistle show it.

import { fill, h } from "wangge/core/dom.js";
import { language, named, t } from "wangge/core/words.js";
import { length } from "wangge/command/remaining.js";

const CLOCKS = () => ({ answer: t("Answer"), arrive: t("Arrival"), finish: t("Finish") });
const STATES = () => ({
  called: t("called"), answered: t("answered"), arrived: t("on the spot"), finished: t("finished"),
  declined: t("declined"), withdrawn: t("withdrawn"), left: t("case closed without it"),
});
const ACTS = () => ({ answer: t("Answer"), arrive: t("On the spot"), finish: t("Finish"), decline: t("Decline"), withdraw: t("Withdraw"), rate: t("Rate") });
const ASKED = { decline: true, withdraw: true, rate: false, finish: false };
const minutes = (from, to) => (Date.parse(to) - Date.parse(from)) / 60_000;

/** What a clock says: {text, tone, title}. */
export function clockWords(clock, now = Date.now()) {
  const at = (text) => new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" }).format(new Date(text));
  const title = clock.due_at ? t("due %(at)s", { at: at(clock.due_at) }) : "";
  if (clock.met_at) {
    const isLate = clock.state === "done_late";
    const took = clock.since ? length(minutes(clock.since, clock.met_at)) : at(clock.met_at);
    return { text: `${isLate ? "▲" : "✓"} ${took}`, tone: isLate ? "late" : "good", title: [at(clock.met_at), title].filter(Boolean).join(" · ") };
  }
  if (clock.state === "waiting" || clock.state === "none") return { text: "–", tone: "", title };
  const left = (Date.parse(clock.due_at) - now) / 60_000;
  if (left < 0) return { text: "▲ " + t("%(time)s overdue", { time: length(-left) }), tone: "late", title };
  return { text: t("%(time)s left", { time: length(left) }), tone: clock.state === "near" ? "near" : "", title };
}

/** Stars of a rating, with the figure for those who hear it. */
export const stars = (rating) => h("span.stars", { role: "img", "aria-label": t("%(n)s of 5", { n: rating }) }, "★".repeat(rating), h("i", {}, "★".repeat(5 - rating)));

/** `act(body)` sends what was chosen and gives true if it was done. */
export function callRow(call, { departments, act, about = null }) {
  const name = named(departments.find(({ key }) => key === call.department)?.name) || call.department;
  const names = CLOCKS();
  const asked = h("div.call-asked", {});
  const buttons = h("div.row.call-acts", {}, call.may.map((kind) => h("button.button", { type: "button", onClick: () => begin(kind) }, ACTS()[kind])));
  const isRunning = call.ended_at == null;
  const late = call.clocks.some(({ state }) => state === "late");

  function begin(kind) {
    if (!(kind in ASKED)) return act({ action: kind });
    buttons.hidden = true;
    const rating = kind === "rate" && h("fieldset.rating", {}, h("legend", {}, t("How they came and what they did")), [1, 2, 3, 4, 5].map((n) => h("label", {}, h("input", { type: "radio", name: "rating", value: n, required: true }), h("span", {}, `${n} ★`))));
    const words = { decline: t("Why"), withdraw: t("Why"), rate: t("Remark (may be left empty)"), finish: t("What was done (may be left empty)") };
    const form = h("form.step-form", {}, rating,
      h("label.field", {}, h("span", {}, words[kind]), h("textarea", { name: "reason", rows: "2", maxlength: "2000", required: ASKED[kind] })),
      h("div.row", {}, h("button.button.main", { type: "submit" }, ACTS()[kind]), h("button.button", { type: "button", onClick: leave }, t("Cancel"))));
    form.onsubmit = async (event) => {
      event.preventDefault();
      const chosen = form.elements.rating?.value;
      const isDone = await act({ action: kind, reason: form.elements.reason.value, ...(chosen ? { rating: Number(chosen) } : {}) });
      if (isDone) leave();
    };
    form.onkeydown = (event) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      leave();
    };
    fill(asked, form);
    form.querySelector("input, textarea").focus();
    return undefined;
  }

  function leave() {
    fill(asked);
    buttons.hidden = false;
    buttons.querySelector("button")?.focus();
  }

  return h(`li.call${isRunning ? "" : ".call-over"}${late ? ".call-late" : ""}`, { dataset: { call: call.id } },
    h("p.call-head", {}, h("b", {}, name), h(`span.badge${late ? ".badge-late" : call.state === "finished" ? ".badge-good" : ""}`, {}, late ? t("late") : STATES()[call.state]), call.whistle_no > 1 && h("span.quiet.small", {}, t("whistle %(n)s", { n: call.whistle_no })), call.rating && stars(call.rating)),
    about,
    h("dl.call-clocks", {}, call.clocks.map((clock) => {
      const { text, tone, title } = clockWords(clock);
      return h("div", { title }, h("dt", {}, names[clock.key]), h(`dd${tone ? `.tone-${tone}` : ""}`, {}, text));
    })),
    call.remark && h("p.course-why", {}, call.remark),
    call.may.length > 0 && buttons, asked);
}
