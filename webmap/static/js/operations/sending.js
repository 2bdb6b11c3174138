// The map as one file to send: which layers, whether cases, how large it gets.

import { get, getFile } from "wangge/core/api.js";
import { fill, h, settled, svg } from "wangge/core/dom.js";
import { count, language, t } from "wangge/core/words.js";

const LAYERS = ["areas", "grids", "compounds", "buildings", "facilities", "streets", "gates"];
const LARGE = 8e6; // bytes from which on a mail may not take it

const megabytes = new Intl.NumberFormat(language === "en" ? "en-GB" : "zh-CN", { maximumFractionDigits: 1, minimumFractionDigits: 1 });
const size = (bytes) => (bytes < 50_000 ? t("under 0.1 MB") : t("%(number)s MB", { number: megabytes.format(bytes / 1e6) }));

/**
 * The button with its dialog.
 *
 * @param {object} host
 * @param {() => Promise<string[]>} host.shown - layers that are switched on now
 * @param {() => object} host.asked - `at`, `minutes`, `view` of the map
 * @param {() => string} host.title
 * @param {boolean} [host.withCases] - whether cases go in at first
 * @param {() => object} host.cases - conditions on the cases, as for /api/v1/cases
 * @param {HTMLElement} [host.chooser] - chooses cases; tells by `change`
 * @param {() => string} [host.about] - what the conditions are
 */
export function sendingMenu(host) {
  const names = { areas: t("Areas"), grids: t("Grids"), compounds: t("Compounds"), buildings: t("Buildings"), facilities: t("Facilities"), streets: t("Streets and water"), gates: t("Gates"), cases: t("Cases") };
  const boxes = {};
  const sizes = {};
  const row = (key, name) => {
    boxes[key] = h("input", { type: "checkbox", dataset: { send: key }, onChange: () => (key === "cases" ? weighSoon() : say()) });
    sizes[key] = h("span.quiet");
    return h("label.save-layer", {}, boxes[key], h("span", {}, name), sizes[key]);
  };
  const title = h("input", { type: "text", maxlength: 80 });
  const reach = row("reach", "");
  const amount = h("p.small.quiet.save-note");
  const total = h("p.save-total", { role: "status" });
  const told = h("div", { role: "alert" });
  const button = h("button.button.main", { type: "button", onClick: () => save() }, t("Save the file"));
  const sign = svg("svg", { viewBox: "0 0 16 16", width: 18, height: 18, "aria-hidden": "true" }, svg("path", { d: "M8 2v8M4.5 7 8 10.5 11.5 7M2.500 13.500h11", fill: "none", stroke: "currentColor", "stroke-width": 1.4, "stroke-linejoin": "round", "stroke-linecap": "round" }));
  const menu = h(
    "details.menu.save-menu",
    {},
    h("summary.button.quiet.tool", { title: t("Save as one file"), "aria-label": t("Save as one file") }, sign, h("span", {}, t("Save as one file"))),
    h(
      "div.menu-body",
      {},
      h("label.field", {}, h("span", {}, t("Title")), title),
      h("fieldset.save-layers", {}, h("legend", {}, t("Layers")), LAYERS.map((key) => row(key, names[key])), reach, row("cases", names.cases), host.chooser, amount),
      total,
      h("p.small.quiet", {}, t("The file opens without a network. Personal data and the cases’ texts stay out; of a case it holds place, category, state and time.")),
      told,
      button,
    ),
  );
  menu.addEventListener("toggle", () => menu.open && begin());
  host.chooser?.addEventListener("change", () => weighSoon());
  let weight = null;
  let under = null;

  async function begin() {
    title.value ||= host.title();
    const shown = new Set(await host.shown());
    for (const key of LAYERS) boxes[key].checked = shown.has(key);
    const { minutes } = host.asked();
    reach.hidden = !minutes;
    boxes.reach.checked = Boolean(minutes);
    if (minutes) reach.children[1].textContent = t("%(minutes)s minutes on foot, with coverage", { minutes });
    boxes.cases.checked = Boolean(host.withCases);
    fill(told);
    weigh();
  }

  function query(withCases) {
    const { minutes, ...asked } = host.asked();
    const layers = [...LAYERS.filter((key) => boxes[key].checked), ...(withCases ? ["cases"] : [])];
    return { ...asked, minutes: boxes.reach.checked ? minutes : null, layers: layers.join(","), ...(withCases ? host.cases() : {}) };
  }

  const settle = settled(() => weigh(), 60);

  /** What was weighed no longer holds, from this moment on. */
  function weighSoon() {
    under?.abort();
    weight = null;
    say();
    settle();
  }

  async function weigh() {
    under?.abort();
    const mine = (under = new AbortController());
    weight = null;
    say();
    try {
      const { minutes } = host.asked();
      const asked = { ...query(boxes.cases.checked), minutes, layers: boxes.cases.checked ? "cases" : "areas" };
      weight = await get("/planner/map/weight", asked, { signal: mine.signal });
    } catch (error) {
      if (error.name !== "AbortError") refuse(error);
      return;
    }
    for (const key of LAYERS) {
      const isEmpty = !weight.counts[key];
      boxes[key].disabled = isEmpty;
      if (isEmpty) boxes[key].checked = false;
      sizes[key].textContent = isEmpty ? t("No records") : size(weight.layers[key]);
    }
    sizes.reach.textContent = size(weight.reach);
    say();
  }

  function say() {
    const wantsCases = boxes.cases.checked;
    if (host.chooser) host.chooser.hidden = !wantsCases;
    const chosen = LAYERS.filter((key) => boxes[key].checked);
    button.disabled = !weight || !(chosen.length || (wantsCases && weight.case_count));
    sizes.cases.textContent = wantsCases && weight ? size(weight.cases) : "";
    amount.hidden = !wantsCases;
    if (!weight) {
      total.textContent = t("Weighing …");
      return;
    }
    const numbers = { shown: count(weight.case_count), total: count(weight.case_total), most: count(weight.most) };
    const words = weight.case_total > weight.most ? t("%(total)s cases are more than the %(most)s that a file takes: the newest go in.", numbers) : t("%(shown)s of %(total)s cases have a place on the map and go in.", numbers);
    amount.textContent = [host.about?.(), words].filter(Boolean).join(" ");
    const bytes = chosen.reduce((sum, key) => sum + weight.layers[key], weight.base) + (boxes.reach.checked ? weight.reach : 0) + (wantsCases ? weight.cases : 0);
    fill(total, t("The file becomes about"), " ", h("b", {}, size(bytes)), bytes > LARGE && h("span.quiet", {}, " ", t("(large for a mail: leave layers out)")));
  }

  async function save() {
    button.disabled = true;
    fill(told);
    try {
      const { blob, name } = await getFile("/planner/map.html", { ...query(boxes.cases.checked), title: title.value.trim() });
      const address = URL.createObjectURL(blob);
      h("a", { href: address, download: name ?? "map.html" }).click();
      setTimeout(() => URL.revokeObjectURL(address), 60_000);
      fill(told, h("p.done", {}, t("%(file)s saved, %(size)s.", { file: name, size: size(blob.size) })));
    } catch (error) {
      refuse(error);
    } finally {
      button.disabled = false;
    }
  }

  function refuse(error) {
    total.textContent = "";
    fill(told, h("div.refused", {}, h("p", {}, error.message)));
  }

  return menu;
}

/** Zoom, latitude, longitude of a map, as the address bar holds them. */
export function viewOf(map) {
  const { lat, lng } = map.getCenter();
  return `${Number(map.getZoom().toFixed(2))}/${lat.toFixed(5)}/${lng.toFixed(5)}`;
}

/** A choice of the period that cases were reported in; gives {chooser, query}. */
export function periodChooser() {
  const periods = [[7, t("The last 7 days")], [30, t("The last 30 days")], [365, t("The last 365 days")], [0, t("All")]];
  const choose = h("select.save-period", { "aria-label": t("Period"), dataset: { send: "period" } }, periods.map(([days, name]) => h("option", { value: days, selected: days === 30 }, name)));
  const query = () => {
    const days = Number(choose.value);
    return { from: days ? new Date(Date.now() - days * 86_400_000).toISOString() : null };
  };
  return { chooser: choose, query };
}
