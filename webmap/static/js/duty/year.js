// A year of workdays: holidays, weekends worked instead, and the days that are set here.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { refused, worked } from "wangge/core/forms.js";
import { count, day as dayWords, language, t } from "wangge/core/words.js";
import { ask } from "wangge/duty/dialog.js";

const DAY = 86_400_000;
const STEPS = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -7, ArrowDown: 7 };
const locale = language === "en" ? "en-GB" : "zh-CN";
const monthNames = new Intl.DateTimeFormat(locale, { month: "long", timeZone: "UTC" });
const weekdays = new Intl.DateTimeFormat(locale, { weekday: "narrow", timeZone: "UTC" });
const longDays = new Intl.DateTimeFormat(locale, { dateStyle: "full", timeZone: "UTC" });

export function joinYear(data, calendar) {
  const box = document.getElementById("year");
  const told = document.getElementById("year-told");
  const sets = data.may.set_days;
  const today = calendar.iso(calendar.day(calendar.now()));
  let year = Number(today.slice(0, 4));
  let at = today;
  let said = new Map();

  async function show(focus = false) {
    try {
      const found = await get(`/api/v1/calendar/${year}`);
      said = new Map(found.days.map((one) => [one.day, one]));
      document.getElementById("year-name").textContent = String(found.year);
      const base = [t("%(count)s workdays.", { count: count(found.worked_days) })];
      if (!found.announced) base.push(t("The days off of %(year)s are not announced yet; these are those of the law.", { year: String(found.year) }));
      if (sets) base.push(t("Choose a day to set it yourself; open cases are reckoned anew."));
      document.getElementById("year-base").textContent = base.join(" ");
      if (!at.startsWith(String(year))) at = `${year}-01-01`;
      fill(box, Array.from({ length: 12 }, (_, month) => monthOf(month)));
      drawOwn(found.days.filter(({ own }) => own));
      if (focus) box.querySelector(`[data-day="${at}"]`)?.focus();
    } catch (error) {
      refused(told, error);
    }
  }

  function monthOf(month) {
    const first = Date.UTC(year, month, 1);
    const last = Date.UTC(year, month + 1, 0);
    const weeks = [];
    // 1970-01-05 was a Monday
    for (let monday = first - ((((first / DAY - 4) % 7) + 7) % 7) * DAY; monday <= last; monday += 7 * DAY) {
      weeks.push(h("tr", {}, Array.from({ length: 7 }, (_, i) => monday + i * DAY).map((moment) => h("td", {}, moment >= first && moment <= last && dayOf(moment)))));
    }
    const head = Array.from({ length: 7 }, (_, i) => h("th", { scope: "col" }, weekdays.format(new Date((4 + i) * DAY))));
    return h("table.month", {}, h("caption", {}, monthNames.format(new Date(first))), h("thead", {}, h("tr", {}, head)), h("tbody", {}, weeks));
  }

  function dayOf(moment) {
    const iso = new Date(moment).toISOString().slice(0, 10);
    const one = said.get(iso);
    const isWeekend = (moment / DAY + 3) % 7 >= 5;
    const works = one ? one.works : !isWeekend;
    const kind = [!works && "free", one?.feast && !works && "feast", one && works && isWeekend && "instead", one?.own && "own", iso === today && "today"].filter(Boolean);
    const words = [longDays.format(new Date(moment)), works ? t("workday") : t("free"), whyOf(one)].filter(Boolean).join(" · ");
    const mark = one && (works ? t("W") : t("O"));
    const inside = [String(new Date(moment).getUTCDate()), mark && h("sup", { "aria-hidden": "true" }, mark)];
    const plain = { class: ["day", ...kind].join(" "), title: words, "aria-label": words, dataset: { day: iso } };
    if (!sets) return h("span", { ...plain, role: "img" }, inside);
    return h("button", { ...plain, type: "button", tabindex: iso === at ? "0" : "-1", onClick: () => edit(iso, works) }, inside);
  }

  const whyOf = (one) => one && [one.own ? one.name || t("set here") : "", one.feast && (data.feasts[one.feast] ?? one.feast)].filter(Boolean).join(" · ");

  function drawOwn(days) {
    fill(document.getElementById("own-days"), days.length === 0
      ? h("li.quiet", {}, t("No day of this year is set here."))
      : days.map((one) => h("li", {}, h("b", {}, one.day), ` ${one.works ? t("workday") : t("free")} ${one.name} `, h("span.small.quiet", {}, t("by %(name)s, %(day)s", { name: one.set_by, day: dayWords(one.set_at) })), sets && h("button.button", { type: "button", "aria-label": t("Remove %(day)s", { day: one.day }), onClick: () => takeBack(one.day).catch((error) => refused(told, error)) }, t("Remove")))));
  }

  async function takeBack(day) {
    await post(`/api/v1/calendar/days/${day}`, null, { method: "DELETE" });
    worked(told, t("%(day)s is again what it is by the calendar.", { day }));
    await show(true);
  }

  function edit(day, works) {
    at = day;
    const one = said.get(day);
    const choice = (value, words, checked) => h("label.check", {}, h("input", { type: "radio", name: "works", value, checked }), words);
    const fields = [
      h("p.quiet", {}, [longDays.format(new Date(`${day}T00:00:00Z`)), whyOf(one)].filter(Boolean).join(" · ")),
      // who opens a day wants it changed
      h("fieldset.choices", {}, h("legend", {}, t("On this day people")), choice("1", t("work"), one?.own ? works : !works), choice("", t("do not work"), one?.own ? !works : works)),
      h("label.field", {}, h("span", {}, t("Why")), h("input", { type: "text", name: "name", maxlength: 60, autocomplete: "off", value: one?.own ? one.name : "" })),
    ];
    const save = async (values) => {
      await post(`/api/v1/calendar/days/${day}`, { works: values.works === "1", name: values.name }, { method: "PUT" });
      worked(told, t("%(day)s is set. Open cases are being reckoned anew.", { day }));
      await show(true);
    };
    ask(t("Set %(day)s", { day }), fields, { save, also: one?.own ? { name: t("As by the calendar"), work: () => takeBack(day) } : null });
  }

  box.addEventListener("keydown", (event) => {
    const from = event.target.closest?.("button[data-day]");
    const step = STEPS[event.key];
    if (!from || !step) return;
    const to = new Date(Date.parse(`${from.dataset.day}T00:00:00Z`) + step * DAY).toISOString().slice(0, 10);
    const next = box.querySelector(`[data-day="${to}"]`);
    if (!next) return;
    event.preventDefault();
    from.tabIndex = -1;
    next.tabIndex = 0;
    at = to;
    next.focus();
  });
  const turn = (by) => () => {
    year += by;
    fill(told);
    show();
  };
  document.getElementById("year-earlier").addEventListener("click", turn(-1));
  document.getElementById("year-later").addEventListener("click", turn(1));
  show();
}
