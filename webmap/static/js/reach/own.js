// The service area of the one facility that is selected, in bands, with what lies in it.

import { get } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { token } from "wangge/core/theme.js";
import { count, metres, share, squareMetres, t } from "wangge/core/words.js";
import { Sheet, stackOf } from "wangge/layers/stack.js";

export class OwnArea {
  /** @param planner the page; @param wish who walks */
  constructor(planner, wish) {
    this.planner = planner;
    this.wish = wish;
    const most = Math.max(...planner.page.profile.minutes);
    this.sheet = stackOf(planner.map).add(
      new Sheet("own-area", {
        layer: "own-area",
        visible: false,
        pickable: false,
        order: 48,
        style: ({ minutes }) => ({ fill: token("--map-circle"), alpha: 0.1, line: token("--map-circle"), width: minutes === most ? 2.4 : 1.4 }),
      }),
    );
  }

  /** Show it, and say in `box` how far it reaches. */
  async show(code, box) {
    this.code = code;
    const { at, page } = this.planner;
    const minutes = [...page.profile.minutes].sort((a, b) => b - a);
    try {
      const data = await get("/api/v1/service-areas", { place: code, minutes: minutes.join(","), walker: this.wish.walker, people: true, at });
      if (this.code !== code || !box.isConnected) return;
      data.features.sort((a, b) => b.properties.minutes - a.properties.minutes);
      this.sheet.change({ data });
      this.sheet.show(true);
      fill(box, data.apart?.length ? h("p.small.lost", {}, t("This place could not be joined to the streets.")) : this.table(data));
    } catch (error) {
      if (box.isConnected) fill(box, h("p.small.quiet", {}, error.message));
    }
  }

  table({ features, way }) {
    const people = { households: t("households"), residents: t("residents"), elderly: t("elderly people") }[this.wish.weight];
    const lives = (number) => number != null && `${count(Math.round(number))} ${people}`;
    return [
      h("h3", {}, t("Service areas on foot")),
      h("table.own-area", {}, h("tbody", {}, features.map(({ properties: p }) => h("tr", {}, h("th", { scope: "row" }, t("%(minutes)s minutes", { minutes: p.minutes })), h("td.figures", {}, lives(p[this.wish.weight])), h("td.figures.small.quiet", {}, squareMetres(p.area_m2)), h("td.figures.small.quiet", {}, way === "circle" ? t("%(radius)s as the crow flies", { radius: metres(p.radius_m) }) : t("differs from the circle by %(share)s", { share: share(p.differs) })))))),
    ];
  }

  clear() {
    this.code = null;
    this.sheet.show(false);
  }
}
