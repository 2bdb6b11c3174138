// What came out of a siting: figures, proof, places, the curve, whom nobody reaches.

import { h } from "wangge/core/dom.js";
import { count, metres, share, t } from "wangge/core/words.js";
import { pointLine } from "wangge/core/charts.js";

const LISTED = 20;
export const unitOf = (weight) => ({ households: t("households"), residents: t("residents"), elderly: t("elderly people") })[weight];

/** Who is covered now. */
export function figuresOf(now, weight) {
  const unit = unitOf(weight);
  return [
    h("p.figure.figures", {}, share(now.total ? now.covered / now.total : null)),
    h("p.small.figures", {}, t("%(covered)s of %(all)s %(unit)s within reach, %(more)s more than now", { covered: count(Math.round(now.covered)), all: count(Math.round(now.total)), unit, more: count(Math.round(now.covered - now.before)) })),
    now.walkers !== 0 && h("p.small.quiet.figures", {}, t("On average %(walk)s to the nearest place", { walk: now.walkers ? metres(now.walk_m / now.walkers) : "…" })),
  ];
}

/** What is proven of a choice. */
export function proofOf({ status, gap }) {
  if (status === "optimal") return t("Proven: no other choice is better.");
  return t("Not proven: another choice may be better by %(gap)s at most.", { gap: share(Math.max(gap, 0.001)) });
}

/** The places, each with what it brings. */
export function placesOf(rows, { fly, remove }) {
  return h(
    "ol.sited-places",
    {},
    rows.map((one, i) =>
      h(
        "li",
        {},
        h("button.uncovered-row", { type: "button", dataset: { key: `place-${i}` }, title: t("Show on the map"), onClick: () => fly(i) }, h("span.sited-number", {}, i + 1), h("span.uncovered-name", { class: one.apart ? "tone-near" : null }, one.name), h("span.figures", { title: t("Newly covered") }, one.gain == null ? "" : `+${count(Math.round(one.gain))}`)),
        h("button.button.quiet.icon", { type: "button", dataset: { key: `remove-${i}` }, "aria-label": t("Remove place %(number)s", { number: i + 1 }), title: t("Remove"), onClick: () => remove(i) }, "×"),
      ),
    ),
  );
}

/** What 0, 1, 2 … places cover at best; a point shows its places. */
export function curveOf(report, at, take) {
  const { curve, total, weight } = report;
  if (curve.length < 2 || !total) return null;
  const unit = unitOf(weight);
  const said = ({ count: places, covered, status, gap }, i) =>
    [
      t("%(count)s places: %(share)s", { count: places, share: share(covered / total) }),
      i > 0 && t("%(more)s %(unit)s more than with one place less", { more: count(Math.round(covered - curve[i - 1].covered)), unit }),
      status === "optimal" ? t("proven") : t("not proven, %(gap)s more at most", { gap: share(Math.max(gap, 0.001)) }),
    ].filter(Boolean).join(" · ");
  const usual = at >= 0 ? said(curve[at], at) : t("Choose a point to see its places on the map.");
  const line = h("p.small.figures.sited-said", {}, usual);
  const isOpen = curve.some(({ status }) => status !== "optimal");
  return h(
    "figure.sited-curve",
    {},
    h("figcaption", {}, h("b", {}, t("Covered at best by so many places")), h("span.small.quiet", {}, t("counted by %(unit)s", { unit }))),
    pointLine(
      curve.map((one, i) => ({ x: one.count, y: one.covered / total, hollow: one.status !== "optimal", said: said(one, i) })),
      { at, take, look: (i) => (line.textContent = i >= 0 ? said(curve[i], i) : usual), label: t("Coverage by number of places"), xName: t("number of places"), yText: share },
    ),
    line,
    isOpen && h("p.small.quiet", {}, t("Hollow points are not proven: a little more may be possible.")),
  );
}

/** Whom no candidate reaches, which candidates no street reaches, which were given twice. */
export function leftOf(report, fly) {
  const unit = unitOf(report.weight);
  const { unreachable, apart, repeated } = report;
  const reasons = { far: t("too far from any street"), island: t("near streets that lead nowhere"), walled: t("behind a wall whose gates lead to no street"), nowhere: t("without coordinates") };
  const list = (key, words, rows) => h("details.reach-apart", { dataset: { fold: key } }, h("summary", { dataset: { key } }, words), h("ul", {}, rows));
  const row = (one, more) => h("li.small", {}, h("button.link", { type: "button", onClick: () => fly(one.point) }, one.name || one.code || one.point.map((value) => value.toFixed(5)).join(", ")), ` ${more}`);
  return [
    unreachable.people > 0 && list("unreachable", t("%(number)s %(unit)s can be reached by no candidate", { number: count(Math.round(unreachable.people)), unit }), unreachable.places.slice(0, LISTED).map((one) => row(one, count(Math.round(one.people))))),
    apart.candidates_in_all > 0 && list("apart", t("%(number)s candidates are near no street and were left out", { number: count(apart.candidates_in_all) }), apart.candidates.slice(0, LISTED).map((one) => row(one, reasons[one.reason] ?? ""))),
    apart.homes.people > 0 && list("homes", t("%(number)s %(unit)s live near no street and were left out", { number: count(Math.round(apart.homes.people)), unit }), apart.homes.places.slice(0, LISTED).map((one) => row(one, count(Math.round(one.people))))),
    repeated.length > 0 && h("p.small.quiet", {}, t("%(number)s candidates were given twice and count once", { number: count(repeated.length) })),
  ];
}

/** The places as a file. */
export function save(kind, rows) {
  const cell = (value) => `"${String(/^[=+\-@\t\r]/.test(String(value)) && Number.isNaN(Number(value)) ? `'${value}` : value).replaceAll('"', '""')}"`;
  const text = kind === "csv"
    ? `\ufeff${[[t("Place"), t("Name"), t("Longitude"), t("Latitude"), t("Newly covered")], ...rows.map(Object.values)].map((line) => line.map(cell).join(",")).join("\r\n")}\r\n`
    : JSON.stringify({ type: "FeatureCollection", features: rows.map(({ lon, lat, ...properties }) => ({ type: "Feature", properties, geometry: { type: "Point", coordinates: [lon, lat] } })) });
  const link = h("a", { href: URL.createObjectURL(new Blob([text], { type: kind === "csv" ? "text/csv" : "application/geo+json" })), download: `places.${kind}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
