// One case: what everybody may see at once, what only some may read when the server gives it.

import { get } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { language, named, t } from "wangge/core/words.js";
import { mark } from "wangge/command/charts.js";
import { length, remaining } from "wangge/command/remaining.js";

const NONE = -2147483648;

/** The record in `box`; `close()` is called by its button. */
export function joinRecord(box, board, { close, locate }) {
  let turn = 0;
  const moment = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { timeZone: board.profile.timezone, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  const said = (minute) => (minute === NONE || minute == null ? null : moment.format(new Date(minute * 60000)));

  async function show() {
    const mine = ++turn;
    const id = board.selected;
    box.hidden = id == null;
    if (id == null) return;
    const texts = h("div.record-texts", { "aria-live": "polite" });
    const known = loadedCase(board, board.positionOf(id));
    const lay = (one) => fill(box, head(board, one, id, { close, locate }), one && steps(board, one, said), one && facts(board, one), texts);
    lay(known);
    try {
      const found = await get(`/api/v1/cases/${id}`);
      if (mine !== turn) return;
      if (!known) {
        const hadFocus = box.contains(document.activeElement);
        lay(foundCase(board, found));
        if (hadFocus) box.querySelector("h2").focus({ preventScroll: true });
      }
      fill(texts, written(found));
    } catch (error) {
      if (mine !== turn) return;
      fill(texts, h("div.refused", { role: "alert" }, h("p", {}, error.message), error.status !== 404 && h("button.button", { type: "button", onClick: show }, t("Try again"))));
    }
  }
  board.on((what) => {
    if (what === "select") show();
  });
  return { show };
}

/** What is shown of a case that is loaded; null if it is not. Times in minutes, `at` as longitude and latitude. */
function loadedCase(board, i) {
  if (i < 0) return null;
  const { cases } = board;
  const keyOf = (kind) => cases.dictionaries[kind][cases[kind][i]];
  const place = cases.x[i] >= 0 ? { i } : null;
  return {
    category: keyOf("category"), source: keyOf("source"), state: keyOf("state"), mark: cases.category[i],
    reported: cases.reported[i], due: cases.due[i], closed: cases.closed[i], place, placeName: board.placeName(i),
  };
}

/** The same of a case that only the server knows. */
function foundCase(board, found) {
  const minute = (text) => (text ? Math.floor(Date.parse(text) / 60000) : NONE);
  const position = board.profile.categories.findIndex(({ key }) => key === found.category);
  return {
    category: found.category, source: found.source, state: found.state, mark: position < 0 ? 255 : position,
    reported: minute(found.reported_at), due: minute(found.due_at), closed: minute(found.closed_at),
    place: found.lon == null ? null : { at: [found.lat, found.lon] },
    placeName: [found.area_name ?? found.area_code, found.compound_name ?? found.grid_name].filter(Boolean).join(" · "),
  };
}

const termOf = (terms, key) => terms.find((term) => term.key === key);

function head(board, one, id, { close, locate }) {
  const term = one && termOf(board.profile.categories, one.category);
  const name = one ? named(term?.name) || one.category : t("Case");
  return h("div.panel-head", {},
    one && mark(one.mark, term?.color ?? "var(--map-unknown)", { size: 18, open: isOpenIn(board, one) }),
    h("h2", { tabindex: "-1" }, name, " ", h("span.quiet.small", {}, `#${id}`)),
    one?.place && h("button.button.quiet.small", { type: "button", onClick: () => locate(one.place) }, t("On the map")),
    h("button.button.quiet.icon", { type: "button", "aria-label": t("Close"), title: t("Close (Esc)"), onClick: close }, "×"));
}

function isOpenIn(board, one) {
  return termOf(board.profile.states, one.state)?.open === true;
}

function steps(board, one, said) {
  const state = termOf(board.profile.states, one.state);
  const isOpen = isOpenIn(board, one);
  const left = isOpen ? remaining(one.due, board.now) : null;
  const done = one.closed;
  const took = done !== NONE ? length(done - one.reported) : null;
  const inTime = done !== NONE && one.due !== NONE ? (done <= one.due ? "good" : "late") : "";
  const items = [
    ["reported", t("Reported"), said(one.reported), "", ""],
    ["now", named(state?.name) || one.state, left?.text ?? "", left?.tone ?? "", ""],
    ["due", t("Time limit"), said(one.due) ?? t("none"), "", ""],
    !isOpen && done !== NONE && ["closed", t("Closed"), said(done), inTime, inTime === "late" ? t("late, after %(time)s", { time: took }) : t("after %(time)s", { time: took })],
  ].filter(Boolean);
  return h("ol.record-steps", {}, items.map(([kind, name, value, tone, note]) =>
    h("li", { class: [`step-${kind}`, tone && `tone-${tone}`].filter(Boolean).join(" ") }, h("span.quiet", {}, name), h("b", {}, value), note && h("span.small", {}, note))));
}

function facts(board, one) {
  const source = termOf(board.profile.sources, one.source);
  return h("dl.facts", {},
    h("dt", {}, t("Source")), h("dd", {}, named(source?.name) || one.source || "–"),
    h("dt", {}, t("Place")), h("dd", {}, one.placeName || t("outside all areas")));
}

function written(found) {
  if (!found.personal) return h("p.quiet.small", {}, t("Title, description and reporter are shown to those on duty in this area."));
  const rows = [
    [t("Title"), found.title], [t("Description"), found.description], [t("Address"), found.address],
    [t("Reporter"), [found.reporter_name, found.reporter_telephone].filter(Boolean).join(" ")],
    [t("Number at the source"), found.external_id],
  ].filter(([, value]) => value);
  return [
    h("dl.facts", {}, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h("p.quiet.small", {}, t("This reading is kept in the audit trail.")),
  ];
}
