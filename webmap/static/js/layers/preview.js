// The shapes of a file that is not stored yet.

import { token } from "wangge/core/theme.js";
import { Sheet, stackOf } from "wangge/layers/stack.js";

/** Put an empty preview on the map; `sheet.change({data})` shows a FeatureCollection. */
export function add(map) {
  const sheet = new Sheet("preview", {
    layer: "preview",
    data: { features: [] },
    order: 95,
    pickable: false,
    style: () => ({ fill: token("--accent"), alpha: 0.25, line: token("--accent"), width: 1.8, radius: 5 }),
  });
  return stackOf(map).add(sheet);
}
