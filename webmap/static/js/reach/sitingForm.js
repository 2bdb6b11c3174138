// What is asked of a siting, as a form; in the address as long as nothing is answered.

import { h } from "wangge/core/dom.js";
import { onSend } from "wangge/core/forms.js";
import { count, t } from "wangge/core/words.js";
import { stackOf } from "wangge/layers/stack.js";
import { UNTIL } from "wangge/reach/sitingLink.js";
import { WEIGHTS } from "wangge/reach/wish.js";

/**
 * @param planner
 * @param {object} question - what it begins with
 * @param {object} does
 * @param {(question) => Promise} does.send - asks
 * @param {(question) => void} does.changed - something of it is another one
 * @param {(on) => void} does.point - points are clicked from now on, or no more
 * @param {() => void} does.clear - no points any more
 */
export function sitingForm(planner, question, { send, changed, point, clear }) {
  const { walkers, facility_kinds: kinds, circle_kinds: usual } = planner.page.profile;
  const counted = { households: t("Households"), residents: t("Residents"), elderly: t("Elderly people") };
  const field = (words, input) => h("label.field", {}, h("span", {}, words), input);
  const choice = (name, options) => h("select", { name }, options.map(([value, words]) => h("option", { value, selected: value === question[name] }, words)));
  const number = (name, max) => h("input", { type: "number", name, value: question[name], min: 1, max, required: true, inputmode: "numeric" });
  const areas = areaField(planner, question.area);
  const how = h("span.small.figures", { "aria-live": "polite" });
  const clicked = h("div.row.sited-points", { hidden: question.candidates !== "points" }, h("button.button", { type: "button", onClick: () => point(true) }, t("Click points on the map")), how, h("button.button.quiet", { type: "button", onClick: clear }, t("Remove all")));
  const told = h("div.told", { role: "alert" });
  const form = h(
    "form.draft-form",
    {},
    field(t("What is wanted"), choice("model", [["cover", t("most people covered")], ["cover_all", t("all covered by the fewest places")], ["walk", t("the shortest walk for all together")]])),
    h("div.row.sited-pair", {}, field(t("How many places"), number("count", 200)), field(t("Minutes on foot"), number("minutes", 120))),
    h("div.row.sited-pair", {}, field(t("Who walks"), choice("walker", Object.entries(walkers))), field(t("Who is counted"), choice("weight", WEIGHTS.map((key) => [key, counted[key]])))),
    field(t("Where places could be"), choice("candidates", [["compounds", t("in compounds")], ["corners", t("at street corners")], ["rooms", t("in empty public rooms")], ["points", t("at points that I click")]])),
    clicked,
    field(t("What serves already"), choice("kinds", [["usual", t("stations and centres")], ["none", t("nothing: all anew")], ...Object.entries(kinds).filter(([key]) => !usual.includes(key))])),
    field(t("Which area"), areas.element),
    field(t("Search until it is"), choice("until", Object.keys(UNTIL).map((key) => [key, { proof: t("proven, 30 seconds at most"), long: t("proven, 2 minutes at most"), near: t("within 1% of the best"), about: t("within 5% of the best") }[key]]))),
    told,
    h("button.button.main", { type: "submit" }, t("Find places")),
  );

  const read = () => ({ ...Object.fromEntries(new FormData(form)), area: areas.read() });
  const fit = () => {
    clicked.hidden = form.elements.candidates.value !== "points";
    form.elements.count.closest("label").hidden = form.elements.model.value === "cover_all";
  };
  form.addEventListener("change", ({ target }) => {
    fit();
    if (target.name === "candidates") point(target.value === "points");
    try {
      changed(read());
    } catch {
      // an area that is not there is told of when it is sent: nothing moves under who is about to press
    }
  });
  onSend(form, () => send(read()));
  fit();
  return {
    form,
    points: (points) => (how.textContent = t("%(count)s points", { count: count(points.length) })),
  };
}

/** An area out of a list that is searched as one types; begins with the one that is selected on the map. */
function areaField(planner, chosen) {
  const { areas, profile } = { areas: planner.page.areas ?? [], profile: planner.page.profile };
  const above = [];
  const times = new Map();
  for (const { name } of areas) times.set(name, (times.get(name) ?? 0) + 1);
  const known = areas.map((one) => {
    above[one.depth] = one.name;
    const parent = above[one.depth - 1];
    const label = times.get(one.name) === 1 ? one.name : `${one.name}（${[parent, one.code].filter(Boolean).join(" ")}）`;
    return { ...one, label, about: [profile.levels[one.level], parent].filter(Boolean).join(" · ") };
  });
  const labelOf = (code) => known.find((one) => one.code === code)?.label ?? "";
  const input = h("input", { type: "search", name: "area", list: "siting-areas", autocomplete: "off", value: labelOf(chosen), placeholder: t("everywhere") });
  let isOwn = Boolean(chosen); // somebody chose it: what is selected on the map changes it no more
  input.addEventListener("input", () => (isOwn = true));
  const follow = () => {
    const { selected } = planner.selecting;
    const label = selected?.layer === "areas" ? labelOf(selected.code) : "";
    if (isOwn || !label || !input.isConnected || input.value === label) return;
    input.value = label;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  };
  stackOf(planner.map).on("pick", follow);
  input.addEventListener("focus", () => input.select());
  queueMicrotask(follow);
  return {
    element: h("span.sited-area", {}, input, h("datalist", { id: "siting-areas" }, known.map((one) => h("option", { value: one.label, label: one.about })))),
    read() {
      const text = input.value.trim();
      if (!text) return "";
      const one = known.find(({ label, name, code }) => label === text || name === text || code === text);
      if (!one) throw new Error(t("There is no area %(name)s: choose one of the list, or leave it empty.", { name: text }));
      return one.code;
    },
  };
}
