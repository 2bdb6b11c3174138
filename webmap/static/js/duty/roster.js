// The duty calendar: a row for each area, a column for each day of a week.

import { get, post, remove } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { refused, worked } from "wangge/core/forms.js";
import { count, language, t } from "wangge/core/words.js";
import { ask } from "wangge/duty/dialog.js";
import { placePicker } from "wangge/duty/picking.js";

const MINUTE = 60_000;
const NOON = 720;

export function joinRoster(data, calendar) {
  const form = document.getElementById("week");
  const table = document.getElementById("roster");
  const told = document.getElementById("roster-told");
  const keeps = data.may.keep;
  const weekdays = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { weekday: "short", month: "numeric", day: "numeric", timeZone: "UTC" });
  let people = null;
  let asked = 0;

  // The address bar holds what is shown, so that a week can be sent as a link.
  const query = new URLSearchParams(location.search);
  const today = () => calendar.day(calendar.now());
  const mondayOf = (day) => day - ((((day + 3) % 7) + 7) % 7);
  let monday = mondayOf(calendar.parse(query.get("week")));
  if (Number.isNaN(monday)) monday = mondayOf(today());
  form.elements.area.value = query.get("area") ?? "";
  if (form.elements.area.selectedIndex < 0) form.elements.area.value = "";
  form.elements.grids.checked = query.has("grids");

  const minuteOf = (text) => Date.parse(text) / MINUTE;
  const instant = (minute) => new Date(minute * MINUTE).toISOString();
  const clock = (minute) => {
    const local = minute + calendar.ahead(minute);
    const of = ((local % 1440) + 1440) % 1440;
    return `${String(Math.floor(of / 60)).padStart(2, "0")}:${String(of % 60).padStart(2, "0")}`;
  };
  const period = () => ({ since: instant(calendar.start(monday)), until: instant(calendar.start(monday + 7)) });
  const nameOf = (person) => person.display_name || person.name;
  const placeName = (place) => (place.code == null ? t("Everywhere") : place.name || place.code);

  async function show() {
    const mine = ++asked;
    table.inert = true; // until the week that is named above it stands in it
    const area = form.elements.area.value;
    const grids = form.elements.grids.checked;
    const kept = { week: calendar.iso(monday), ...(area && { area }), ...(grids && { grids: "1" }) };
    history.replaceState(null, "", `?${new URLSearchParams(kept)}`);
    document.getElementById("week-title").textContent = `${calendar.iso(monday)} – ${calendar.iso(monday + 6)}`;
    try {
      const found = await get("/api/v1/duty/roster", { ...period(), area, grids });
      if (mine === asked) draw(found);
    } catch (error) {
      if (mine === asked) refused(told, error);
    } finally {
      if (mine === asked) table.inert = false;
    }
  }

  function draw(found) {
    const days = Array.from({ length: 7 }, (_, i) => monday + i);
    const head = h("tr", {}, h("th", { scope: "col" }, t("Area")), days.map((day) => h(day === today() ? "th.today" : "th", { scope: "col" }, dayName(day))));
    fill(table, h("thead", {}, head), h("tbody", {}, found.places.map((place) => h("tr", { dataset: { place: place.code ?? "" } }, h("th", { scope: "row" }, placeName(place)), days.map((day) => cell(found, place, day))))));
    const note = [];
    if (found.shifts.length === 0) note.push(keeps ? t("Nobody is entered for this week. Add a shift, or copy the week before.") : t("Nobody is entered for this week."));
    if (found.grids > 0) note.push(t("%(count)s grids have a calendar of their own: choose an area and show grids.", { count: count(found.grids) }));
    note.push(t("A time without anybody is marked where a shift was entered within four weeks."));
    document.getElementById("roster-note").textContent = note.join(" ");
  }

  const dayName = (day) => weekdays.format(new Date(day * 86_400_000));

  function cell(found, place, day) {
    const begin = calendar.start(day);
    const end = calendar.start(day + 1);
    const here = (one) => one.area_code === place.code && minuteOf(one.since) < end && minuteOf(one.until) > begin;
    // a night that goes on until the morning stands in the day on which it began
    const stands = (one) => minuteOf(one.since) >= begin || day === monday || minuteOf(one.until) > begin + NOON;
    const shifts = found.shifts.filter((one) => here(one) && stands(one));
    const gaps = found.gaps.filter(here);
    return h(day === today() ? "td.today" : "td", { dataset: { day: dayName(day) } },
      shifts.map((one) => shiftOf(one, day, place)),
      gaps.map((gap) => h(gap.above ? "p.gap.above" : "p.gap", {}, `${gap.above ? t("Only people of an area above") : t("Nobody")} ${during(Math.max(minuteOf(gap.since), begin), Math.min(minuteOf(gap.until), end), day)}`)),
      keeps && h("button.button.quiet.add", { type: "button", "aria-label": t("Add a shift for %(place)s on %(day)s", { place: placeName(place), day: dayName(day) }), onClick: () => edit({ area_code: place.code, place, day }) }, "+"));
  }

  /** 08:30–17:30, or with the day on which it ends. */
  function during(since, until, day) {
    const begin = calendar.start(day);
    const end = calendar.start(day + 1);
    if (since <= begin && until >= end) return t("all day");
    let to = clock(until);
    if (until === end) to = "24:00";
    else if (until > end) to = calendar.day(until) === day + 1 ? t("%(time)s next day", { time: to }) : `${calendar.iso(calendar.day(until)).slice(5)} ${to}`;
    return `${since < begin ? "…" : clock(since)}–${to}`;
  }

  function shiftOf(one, day, place) {
    const now = calendar.now();
    const isNow = minuteOf(one.since) <= now && now < minuteOf(one.until);
    const words = [h("b", {}, nameOf(one)), h("span.small", {}, during(minuteOf(one.since), minuteOf(one.until), day)), one.post && h("span.small.quiet", {}, one.post), !one.counts && h("span.small.lost", {}, t("account switched off"))];
    const name = one.counts ? (isNow ? "shift.now" : "shift") : "shift.off";
    const inside = keeps ? h("button.shift-words", { type: "button", onClick: () => edit({ ...one, place }) }, words) : h("div.shift-words", {}, words);
    return h(`div.${name}`, { dataset: { shift: one.id } }, inside, isNow && one.telephone && day === today() && h("a.small", { href: `tel:${one.telephone}` }, one.telephone));
  }

  async function edit(one) {
    try {
      people ??= (await get("/api/v1/duty/people")).people;
    } catch (error) {
      refused(told, error);
      return;
    }
    const since = one.since ? minuteOf(one.since) : calendar.start(one.day) + 510;
    const until = one.until ? minuteOf(one.until) : calendar.start(one.day) + 1050;
    const picker = placePicker({ layers: ["areas", "grids"], label: t("Area or grid (empty: everywhere)"), chosen: one.area_code == null ? null : { code: one.area_code, name: placeName(one.place) } });
    const moment = (name, words, minute) => h("div.row", {},
      h("label.field", {}, h("span", {}, words), h("input", { type: "date", name: `${name}_day`, required: true, value: calendar.iso(calendar.day(minute)) })),
      h("label.field", {}, h("span", {}, t("Time")), h("input", { type: "time", name: `${name}_time`, required: true, value: clock(minute) })));
    const gone = one.user_id != null && !people.some(({ id }) => id === one.user_id);
    const fields = [
      h("label.field", {}, h("span", {}, t("Person on duty")), h("select", { name: "user_id", required: true },
        h("option", { value: "" }, gone ? nameOf(one) : ""), people.map((person) => h("option", { value: person.id, selected: person.id === one.user_id }, [nameOf(person), person.name !== nameOf(person) && person.name].filter(Boolean).join(" · "))))),
      picker.box,
      h("label.field", {}, h("span", {}, t("As what")), h("input", { type: "text", name: "post", maxlength: 40, autocomplete: "off", value: one.post ?? "" })),
      moment("since", t("Begins"), since), moment("until", t("Ends"), until),
    ];
    const save = async (values) => {
      const at = (name) => {
        const [hours, minutes] = values[`${name}_time`].split(":").map(Number);
        const wall = calendar.parse(values[`${name}_day`]) * 1440 + hours * 60 + minutes;
        return instant(wall - calendar.ahead(wall - calendar.ahead(wall)));
      };
      const body = { user_id: Number(values.user_id), area_code: picker.value()?.code ?? null, post: values.post, since: at("since"), until: at("until") };
      if (one.id == null) await post("/api/v1/duty", { shifts: [body] });
      else await post(`/api/v1/duty/${one.id}`, body, { method: "PUT" });
      worked(told, one.id == null ? t("The shift is entered.") : t("The shift is changed."));
      await show();
    };
    const takeOut = async () => {
      await remove(`/api/v1/duty/${one.id}`);
      worked(told, t("The shift is taken out."));
      await show();
    };
    ask(one.id == null ? t("Add a shift") : t("Change a shift"), fields, { save, also: one.id == null ? null : { name: t("Take out"), work: takeOut } });
  }

  async function copy(event) {
    const button = event.currentTarget;
    button.disabled = true;
    try {
      const { ids, left } = await post("/api/v1/duty/copy", { ...period(), days: 7 });
      worked(told, t("%(count)s shifts are copied to the next week; %(left)s were left: they stand there already, go on by themselves, or are not yours to keep.", { count: count(ids.length), left: count(left) }));
      monday += 7;
      await show();
    } catch (error) {
      refused(told, error);
    } finally {
      button.disabled = false;
    }
  }

  const step = (to) => () => {
    monday = to();
    fill(told);
    show();
  };
  document.getElementById("earlier").addEventListener("click", step(() => monday - 7));
  document.getElementById("later").addEventListener("click", step(() => monday + 7));
  document.getElementById("today").addEventListener("click", step(() => mondayOf(today())));
  document.getElementById("add")?.addEventListener("click", () => edit({ area_code: null, day: Math.max(monday, Math.min(today(), monday + 6)) }));
  document.getElementById("copy")?.addEventListener("click", copy);
  form.addEventListener("change", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  show();
}
