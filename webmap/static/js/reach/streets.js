// What became of the streets: in which system the layers seem to be, what was mended, what leads nowhere.

import { get } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { count, metres, t } from "wangge/core/words.js";

export class Streets {
  /** @param planner the page; its map flies to what leads nowhere */
  constructor(planner) {
    this.planner = planner;
    this.box = h("div.reach-streets", {});
    this.answers = new Map(); // by day
  }

  /** Show those of the day that is seen; they are asked once. */
  async refresh() {
    const { at } = this.planner;
    if (!this.answers.has(at)) this.answers.set(at, get("/api/v1/reach/network", { at }));
    try {
      const answer = await this.answers.get(at);
      if (at === this.planner.at) this.draw(answer);
    } catch (error) {
      this.answers.delete(at);
      this.planner.refuse(error, () => this.refresh());
    }
  }

  draw({ edges, metres: length, islands, largest_apart: parts, shifted, remarks }) {
    if (!edges) return fill(this.box);
    const said = remarks.map(({ text }) => text).filter(Boolean);
    const leap = ({ metres: long, point }) => h("li.small", {}, h("button.uncovered-row", { type: "button", onClick: () => this.planner.flyTo(point) }, h("span.uncovered-name", {}, t("a part that leads to no other")), h("span.figures.quiet", {}, metres(long))));
    return fill(
      this.box,
      shifted.map(({ text }) => h("p.small.lost", { role: "alert" }, text)),
      h(
        "details.reach-apart",
        {},
        h("summary", {}, t("The streets: %(metres)s, %(parts)s of them joined to no other", { metres: metres(length), parts: count(Math.max(islands - 1, 0)) })),
        said.length > 0 && h("ul", {}, said.map((text) => h("li.small", {}, text))),
        parts.length > 0 && h("ul.streets-apart", {}, parts.map(leap)),
      ),
    );
  }
}
