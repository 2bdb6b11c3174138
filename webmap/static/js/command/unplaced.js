// How many cases wait for a place, and the door to placing them; what places them is fetched then.

import { get } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { count, t } from "wangge/core/words.js";

const SELDOM = 60_000; // milliseconds between two counts
const SOON = 3000; // and after cases came in

/** The button in `button`, the queue in `box`; `open(id)` opens a case. */
export function joinUnplaced(button, box, { map, board, open }) {
  let timer = 0;
  let queue = null;

  async function look() {
    clearTimeout(timer);
    timer = setTimeout(look, SELDOM);
    if (document.hidden) return;
    const counts = await get("/api/v1/cases/unplaced/count").catch(() => null);
    if (counts) show(counts);
  }

  function show(counts) {
    button.hidden = counts.all === 0 || !box.hidden;
    fill(button, h("span", {}, t("Waiting for a place")), h("b", {}, count(counts.all)), counts.doubtful > 0 && h("span.quiet.small", {}, t("%(count)s with candidates", { count: count(counts.doubtful) })));
  }

  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      const { Placing } = await import("wangge/command/placing.js");
      queue ??= new Placing(box, { map, board, open, closed: () => (look(), button.focus()), counted: show });
      button.hidden = true;
      await queue.show();
    } finally {
      button.disabled = false;
    }
  });
  board.on((what) => {
    if (what !== "live" || !box.hidden) return;
    clearTimeout(timer);
    timer = setTimeout(look, SOON);
  });
  look();
}
