// One case: what everybody may see at once, what only some may read when the server gives it.
//
// Its sections are modules of their own, loaded with the first case that is opened. To add one:
// write `sections/NAME.js` and put a line into SECTIONS, where it is to stand. The module exports
//
//   export function section({ id, board, open, reload, close }) {
//     const element = h("section.record-part", {});   // made once for each case that is opened
//     return { element, show(found) { … } };          // told of the case, and again whenever it changed
//   }
//
// On a screen that many look at, `board.isMasked` is true: sections ask the server for nothing
// personal then (`masked`). `found` is the answer of GET /api/v1/cases/ID/record: {case, personal, steps, names, reporters,
// near, people, next, may_handle, …}. `reload()` asks for it again and tells all sections; what
// somebody typed stays, since the element does. `open(id)` opens another case. A section that has
// nothing to say hides its element. `take(key)` may be exported, too: it is asked when a letter of
// a step is pressed and gives true if it did something (see keys.js).

import { get } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { language, named, t } from "wangge/core/words.js";
import { mark } from "wangge/command/charts.js";
import { loopLine } from "wangge/command/loop.js";
import { masked } from "wangge/command/masking.js";
import { length, remaining } from "wangge/command/remaining.js";

/** In the order of the page; written out, so that the page knows what they say. */
export const SECTIONS = [
  () => import("wangge/command/sections/clocks.js"), // how long its stage may take, and what waits for a yes
  () => import("wangge/command/sections/texts.js"), // what was written, and who reported it
  () => import("wangge/command/sections/photos.js"), // how it was before, and after
  () => import("wangge/command/sections/steps.js"), // what may be done with it now
  () => import("wangge/command/sections/acts.js"), // and what may be done in every state
  () => import("wangge/command/sections/whistle.js"), // departments called to it
  () => import("wangge/command/sections/course.js"), // what was done with it so far
  () => import("wangge/command/sections/kin.js"), // cases that are the same trouble
  () => import("wangge/command/sections/near.js"), // cases of about that place and those days
];

const NONE = -2147483648;
const modules = () => Promise.all(SECTIONS.map((load) => load()));

/** The record in `box`; `close()` is called by its button. */
export function joinRecord(box, board, { close, locate, open }) {
  let turn = 0;
  let shown = null; // {id, head, parts, found}
  const moment = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { timeZone: board.profile.timezone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  const said = (minute) => (minute === NONE || minute == null ? null : moment.format(new Date(minute * 60000)));

  function begin(id) {
    box.hidden = id == null;
    if (id == null) {
      shown = null;
      return;
    }
    shown = { id, head: h("div.record-head", {}), trouble: h("div.record-trouble", {}), body: h("div.record-body", { "aria-busy": "true" }), parts: null, found: null };
    fill(box, shown.head, shown.trouble, shown.body);
    box.scrollTop = 0;
    layHead();
    read();
  }

  function layHead() {
    const { id, head, found } = shown;
    const one = found ? foundCase(board, found.case) : loadedCase(board, board.positionOf(id));
    const hadFocus = head.contains(document.activeElement);
    fill(head, top(board, one, id, { close, locate }), one && loopLine(board.profile, one, found?.steps), one && dates(board, one, said), one && facts(board, one));
    if (hadFocus) head.querySelector("h2").focus({ preventScroll: true });
  }

  async function read() {
    const mine = ++turn;
    const one = shown;
    const { id } = one;
    try {
      const [found, made] = await Promise.all([get(`/api/v1/cases/${id}/record`, masked(board)), modules()]);
      if (mine !== turn || shown !== one) return;
      one.found = found;
      fill(one.trouble);
      layHead();
      one.parts ??= made.map((module) => module.section({ id, board, open, close, reload: read }));
      if (!one.body.childElementCount) fill(one.body, one.parts.map(({ element }) => element));
      one.body.removeAttribute("aria-busy");
      for (const part of one.parts) part.show(found);
    } catch (error) {
      if (mine !== turn || shown !== one) return;
      fill(one.trouble, h("div.refused", { role: "alert" }, h("p", {}, error.message), error.status !== 404 && h("button.button", { type: "button", onClick: read }, t("Try again"))));
    }
  }

  board.on((what, _, news) => {
    if (what === "select" || what === "masked") begin(board.selected);
    else if (what === "minute" && shown) layHead();
    else if (what === "live" && shown && news?.ids.includes(shown.id)) read();
  });
  return {
    /** Ask again for the open case. */
    reload: () => shown && read(),
    /** The keys of a step were pressed; true if the open case takes it. */
    take: (key) => shown?.parts?.some((part) => part.take?.(key)) ?? false,
    /** The answer of the open case, if it is there. */
    get found() {
      return shown?.found ?? null;
    },
  };
}

/** What is shown of a case that is loaded; null if it is not. Times in minutes, `at` as longitude and latitude. */
function loadedCase(board, i) {
  if (i < 0) return null;
  const { cases } = board;
  const keyOf = (kind) => cases.dictionaries[kind][cases[kind][i]];
  const place = cases.x[i] >= 0 ? { i } : null;
  return {
    category: keyOf("category"), source: keyOf("source"), state: keyOf("state"), mark: cases.category[i],
    reported: cases.reported[i], due: cases.due[i], warn: cases.warn[i], closed: cases.closed[i], place, placeName: board.placeName(i),
  };
}

/** The same of a case that the server gave. */
function foundCase(board, found) {
  const minute = (text) => (text ? Math.floor(Date.parse(text) / 60000) : NONE);
  const position = board.profile.categories.findIndex(({ key }) => key === found.category);
  return {
    category: found.category, source: found.source, state: found.state, mark: position < 0 ? 255 : position,
    reported: minute(found.reported_at), due: minute(found.due_at), warn: minute(found.warn_at), closed: minute(found.closed_at),
    place: found.lon == null ? null : { at: [found.lat, found.lon] },
    placeName: [found.area_name ?? found.area_code, found.compound_name ?? found.grid_name].filter(Boolean).join(" · "),
    urgent: found.urgent, paused: found.paused_since != null, grid: found.grid_name ?? found.grid_code,
  };
}

const termOf = (terms, key) => terms.find((term) => term.key === key);

function top(board, one, id, { close, locate }) {
  const term = one && termOf(board.profile.categories, one.category);
  const name = one ? named(term?.name) || one.category : t("Case");
  return h("div.panel-head", {},
    one && mark(one.mark, term?.color ?? "var(--map-unknown)", { size: 18, open: isOpenIn(board, one) }),
    h("h2", { tabindex: "-1" }, name, " ", h("span.quiet.small", {}, `#${id}`), one?.urgent && h("span.badge.badge-late", {}, t("Urgent"))),
    one?.place && h("button.button.quiet.small", { type: "button", onClick: () => locate(one.place) }, t("On the map")),
    h("button.button.quiet.icon", { type: "button", "aria-label": t("Close"), title: t("Close (Esc)"), onClick: close }, "×"));
}

function isOpenIn(board, one) {
  return termOf(board.profile.states, one.state)?.open === true;
}

function dates(board, one, said) {
  const state = termOf(board.profile.states, one.state);
  const isOpen = isOpenIn(board, one);
  const left = isOpen ? remaining(one.due, board.now, one.warn) : null;
  const done = one.closed;
  const took = done !== NONE ? length(done - one.reported) : null;
  const inTime = done !== NONE && one.due !== NONE ? (done <= one.due ? "good" : "late") : "";
  const items = [
    isOpen || done === NONE ? ["now", named(state?.name) || one.state, left?.text ?? "", left?.tone ?? "", ""]
      : ["closed", named(state?.name) || t("Closed"), said(done), inTime, inTime === "late" ? t("late, after %(time)s", { time: took }) : t("after %(time)s", { time: took })],
    ["reported", t("Reported"), said(one.reported), "", ""],
    ["due", t("Time limit"), said(one.due) ?? (one.paused ? t("Clock paused") : t("none")), "", ""],
  ];
  return h("ol.record-steps", {}, items.map(([kind, name, value, tone, note]) =>
    h("li", { class: [`step-${kind}`, tone && `tone-${tone}`].filter(Boolean).join(" ") }, h("span.quiet", {}, name), h("b", {}, value), note && h("span.small", {}, note))));
}

function facts(board, one) {
  const source = termOf(board.profile.sources, one.source);
  return h("dl.facts", {},
    h("dt", {}, t("Source")), h("dd", {}, named(source?.name) || one.source || "–"),
    h("dt", {}, t("Place")), h("dd", {}, one.placeName || t("outside all areas")),
    one.grid && !one.placeName.endsWith(one.grid) && [h("dt", {}, t("Grid")), h("dd", {}, one.grid)]);
}
