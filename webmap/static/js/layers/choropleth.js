// Areas filled by a figure, in five classes of one hue.
//
//   data | tiles   as in places.js
//   property       the property that holds the figure in embedded data
//   classing       "jenks" (default) or "quantiles"
//   level          only areas of this level

import { classOf, jenks, quantiles, rampSteps } from "wangge/core/classes.js";
import { onDay } from "wangge/core/state.js";
import { token } from "wangge/core/theme.js";
import { Sheet, stackOf } from "wangge/layers/stack.js";

export function add(map, options) {
  const { key, tiles, data, property = "share", classing = "jenks", visible = true } = options;
  let { level } = options;
  let values = new Map((data?.features ?? []).map(({ properties: p }) => [p.code, p[property]]));
  let bounds = [];
  let steps = [];
  const class_ = () => {
    bounds = (classing === "quantiles" ? quantiles : jenks)([...values.values()], 5);
    steps = rampSteps(bounds.length - 1);
  };
  class_();
  const sheet = new Sheet(key ?? "choropleth", {
    layer: "choropleth",
    tiles: tiles && onDay(tiles),
    data,
    visible,
    order: 12,
    pickable: false,
    style: (props) => {
      if (level && props.level !== level) return null;
      const at = classOf(values.get(props.code), bounds);
      if (at < 0) return { fill: token("--map-unknown"), alpha: 0.35, line: token("--surface"), width: 0.8 };
      return { fill: token(`--ramp-${steps[at]}`), alpha: 0.88, line: token("--surface"), width: 1 };
    },
  });
  /** Fill by other figures: a Map from code to number. */
  sheet.setValues = (next) => {
    values = next;
    class_();
    sheet.stack?.redrawSoon();
  };
  /** Fill other shapes: those of these tiles, of this level if they have levels. */
  sheet.setUnits = (address, wanted) => {
    level = wanted;
    if (sheet.tiles !== onDay(address)) sheet.change({ tiles: onDay(address) });
  };
  /** The classes with the least and greatest value in each: [{from, to, token, count}], the lowest first. */
  sheet.legend = () =>
    steps.map((step, i) => {
      const inside = [...values.values()].filter((value) => classOf(value, bounds) === i);
      return { from: Math.min(...inside), to: Math.max(...inside), token: `--ramp-${step}`, count: inside.length };
    });
  return stackOf(map).add(sheet);
}
