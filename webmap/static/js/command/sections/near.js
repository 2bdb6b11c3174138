// Cases of about that place and those days.

import { fill, h } from "wangge/core/dom.js";
import { count, language, named, t } from "wangge/core/words.js";
import { mark } from "wangge/command/charts.js";

export function section({ board, open }) {
  const element = h("section.record-part", {});
  return { element, show: (found) => lay(element, found, board.profile, open) };
}

function lay(element, { near }, profile, open) {
  element.hidden = near.length === 0;
  const days = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { timeZone: profile.timezone, month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });
  fill(element, h("h3", {}, t("Near, in the same days")), h("p.quiet.small", {}, t("Within 150 m and 7 days")),
    h("ul.near", {}, near.map((one) => {
      const position = profile.categories.findIndex(({ key }) => key === one.category);
      const state = profile.states.find(({ key }) => key === one.state);
      const term = profile.categories[position];
      return h("li", {}, h("button.near-case", { type: "button", dataset: { case: one.id }, onClick: () => open(one.id) },
        mark(position < 0 ? 255 : position, term?.color ?? "var(--map-unknown)", { open: state?.open === true }),
        h("b", {}, named(term?.name) || one.category), h("span", {}, named(state?.name) || one.state),
        h("time.quiet", {}, days.format(new Date(one.reported_at))), h("span.quiet", {}, `${count(Math.round(one.metres))} m`)));
    })));
}
