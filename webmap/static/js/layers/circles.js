// Service circles as one shape: a light ground and one line around, however many overlap.
//
//   data   a GeoJSON FeatureCollection of polygons, or none until `sheet.change({data})`
//   strong drawn with the stronger line (the inner circle)
//   beside drawn as a dashed line alone: what is compared with
//
// With `sheet.outlined` only the line is drawn, so that what is filled below keeps its colours.

import { token } from "wangge/core/theme.js";
import { Sheet, stackOf } from "wangge/layers/stack.js";

export function add(map, { key, data, strong = false, beside = false, visible = true }) {
  const sheet = new Sheet(key ?? "circles", {
    layer: "circles",
    data,
    visible,
    union: true,
    pickable: false,
    order: beside ? 47 : strong ? 46 : 45,
    style: () => beside ? { line: token("--map-circle"), width: 1.2, dash: [5, 4], alpha: 0 } : ({ fill: token("--map-circle"), alpha: sheet.outlined ? 0 : strong ? 0.13 : 0.09, line: token("--map-circle"), width: strong ? 1.6 : 1 }),
  });
  return stackOf(map).add(sheet);
}
