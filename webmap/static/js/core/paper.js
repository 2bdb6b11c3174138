// A page with a map onto A4: laid out and drawn at its size before the browser prints.

import { onPaper } from "wangge/core/theme.js";

const SETTLED = 900; // milliseconds until a map's tiles are drawn at their new size

/** Print the page; `see` fits its map to the size that it has. */
export async function printPage(see) {
  document.body.dataset.print = "a4-tall";
  onPaper();
  see();
  await new Promise((done) => setTimeout(done, SETTLED));
  addEventListener("afterprint", () => { delete document.body.dataset.print; see(); }, { once: true });
  globalThis.print();
}
