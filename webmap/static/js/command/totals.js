// All cases as totals by cell, from the server's tiles: for more cases than the page can hold.

import { token } from "wangge/core/theme.js";
import { Sheet, stackOf } from "wangge/layers/stack.js";

/** Put the totals on the map; gives their sheet, hidden. */
export function addTotals(map, tiles) {
  const sheet = new Sheet("cases", {
    layer: "totals", tiles, visible: false, order: 95, pickable: false,
    style: (props) => {
      const number = Number(props.count ?? props.point_count ?? 1);
      return { radius: 1.5 + Math.min(14, Math.sqrt(number) * 0.6), fill: token("--accent"), alpha: 0.35, line: token("--accent"), width: 0.6 };
    },
  });
  return stackOf(map).add(sheet);
}
