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
    const i = board.positionOf(id);
    const texts = h("div.record-texts", { "aria-live": "polite" });
    fill(box, head(board, i, id, { close, locate }), i >= 0 && steps(board, i, said), i >= 0 && facts(board, i), texts);
    try {
      const found = await get(`/api/v1/cases/${id}`);
      if (mine === turn) fill(texts, written(found));
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

function head(board, i, id, { close, locate }) {
  const { cases, profile } = board;
  const term = i >= 0 && profile.categories.find(({ key }) => key === cases.dictionaries.category[cases.category[i]]);
  const name = i >= 0 ? named(term?.name) || cases.dictionaries.category[cases.category[i]] : t("Case");
  const isPlaced = i >= 0 && cases.x[i] >= 0;
  return h("div.panel-head", {},
    i >= 0 && mark(cases.category[i], term?.color ?? "var(--map-unknown)", { size: 18, open: board.isOpen[cases.state[i]] === 1 }),
    h("h2", { tabindex: "-1" }, name, " ", h("span.quiet.small", {}, `#${id}`)),
    isPlaced && h("button.button.quiet.small", { type: "button", onClick: () => locate(i) }, t("On the map")),
    h("button.button.quiet.icon", { type: "button", "aria-label": t("Close"), title: t("Close (Esc)"), onClick: close }, "×"));
}

function steps(board, i, said) {
  const { cases, profile } = board;
  const key = cases.dictionaries.state[cases.state[i]];
  const state = profile.states.find((term) => term.key === key);
  const isOpen = board.isOpen[cases.state[i]] === 1;
  const left = isOpen ? remaining(cases.due[i], board.now) : null;
  const done = cases.closed[i];
  const took = done !== NONE ? length(done - cases.reported[i]) : null;
  const inTime = done !== NONE && cases.due[i] !== NONE ? (done <= cases.due[i] ? "good" : "late") : "";
  const items = [
    ["reported", t("Reported"), said(cases.reported[i]), "", ""],
    ["now", named(state?.name) || key, left?.text ?? "", left?.tone ?? "", ""],
    ["due", t("Time limit"), said(cases.due[i]) ?? t("none"), "", ""],
    !isOpen && done !== NONE && ["closed", t("Closed"), said(done), inTime, inTime === "late" ? t("late, after %(time)s", { time: took }) : t("after %(time)s", { time: took })],
  ].filter(Boolean);
  return h("ol.record-steps", {}, items.map(([kind, name, value, tone, note]) =>
    h("li", { class: [`step-${kind}`, tone && `tone-${tone}`].filter(Boolean).join(" ") }, h("span.quiet", {}, name), h("b", {}, value), note && h("span.small", {}, note))));
}

function facts(board, i) {
  const { cases, profile } = board;
  const source = profile.sources.find(({ key }) => key === cases.dictionaries.source[cases.source[i]]);
  return h("dl.facts", {},
    h("dt", {}, t("Source")), h("dd", {}, named(source?.name) || cases.dictionaries.source[cases.source[i]] || "–"),
    h("dt", {}, t("Place")), h("dd", {}, board.placeName(i) || t("outside all areas")));
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
