// The reach of one area on paper: its map, printing, other questions.

import { get } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { element, pageData, pageMap } from "wangge/core/elements.js";
import { joinFrame } from "wangge/core/frame.js";
import { printPage } from "wangge/core/paper.js";
import { token } from "wangge/core/theme.js";
import { t } from "wangge/core/words.js";
import { fit } from "wangge/layers/fitting.js";
import { Sheet, stackOf } from "wangge/layers/stack.js";
import { joinAsking } from "wangge/reach/paper.js";

const L = globalThis.L;

joinFrame();
joinAsking();
const page = pageData();
const map = pageMap();
await element("furniture");
const [areas] = await Promise.all(["areas"].map(element));
const told = document.getElementById("map-told");
let around = null;

function see() {
  map.invalidateSize({ animate: false });
  if (around) fit(map, around, { padding: [28, 28], animate: false });
}

async function draw() {
  const at = page.at || null;
  const [record, found] = await Promise.all([
    get(`/api/v1/places/areas/${encodeURIComponent(page.code)}`, { at }),
    get("/api/v1/service-areas", { minutes: page.minutes.join(","), together: "merged", walker: page.walker || null, ...(page.hour && { hour: page.hour, day: page.day }), at }),
  ]);
  const [west, south, east, north] = record.current.box;
  around = L.latLngBounds([south, west], [north, east]);
  areas.select(page.code);
  const most = Math.max(...page.minutes);
  const data = { type: "FeatureCollection", features: [...found.features].sort((a, b) => b.properties.minutes - a.properties.minutes) };
  const style = ({ minutes }) => ({ fill: token("--map-circle"), alpha: 0.13, line: token("--map-circle"), width: minutes === most ? 2.2 : 1.4, dash: minutes === most ? null : [5, 4] });
  stackOf(map).add(new Sheet("reach", { layer: "reach", data, pickable: false, unnamed: true, order: 48, style }));
  const way = found.way === "circle" ? t("as the crow flies") : t("along the streets");
  fill(
    document.getElementById("legend"),
    [...page.minutes].map((minutes) => h("li", {}, h(`i.reach-band${minutes === most ? "" : ".inner"}`), t("%(minutes)s minutes on foot", { minutes }), minutes === most && `, ${way}`)),
    h("li", {}, h("i.reach-border"), t("border of the area")),
  );
  see();
}

document.getElementById("print").addEventListener("click", () => printPage(see));

try {
  await draw();
} catch (error) {
  fill(told, t("The map could not be drawn: %(why)s", { why: error.message }));
} finally {
  document.body.dataset.ready = "yes";
}
