// Words at a place of a draft: pins on the map, a list beside it, a form where one clicks.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { onSend } from "wangge/core/forms.js";
import { count, t } from "wangge/core/words.js";
import { moment } from "wangge/drafting/moments.js";
import { stackOf } from "wangge/layers/stack.js";

const L = globalThis.L;
const LONGEST = 2000; // characters
const isWall = () => innerWidth >= 2600;
const AROUND = 0.0006; // degrees around a remark that is flown to

export class Remarks {
  constructor(planner, bench) {
    Object.assign(this, { planner, bench });
    this.list = [];
    this.pins = L.layerGroup();
    this.number = h("span.figures", { id: "draft-remarks" });
    this.body = h("div.draft-form");
    this.element = h("details.history", {}, h("summary", {}, t("Remarks"), " ", this.number), this.body);
    this.element.addEventListener("toggle", () => this.element.open && this.bench.draft && this.load());
    planner.map.on("click", ({ latlng }) => this.aims && this.ask(latlng));
  }

  get path() {
    return `/api/v1/plans/${this.bench.draft.id}/comments`;
  }

  /** A draft was opened: its remarks. */
  async open() {
    this.clear();
    this.pins.addTo(this.planner.map);
    await this.load();
  }

  /** Ask for the remarks, others' too. */
  async load() {
    const { draft } = this.bench;
    try {
      const { comments } = await get(this.path);
      if (draft === this.bench.draft && said(comments) !== said(this.list)) this.show(comments);
    } catch (error) {
      this.planner.refuse(error, () => this.bench.draft === draft && this.load());
    }
  }

  /** The draft is put away. */
  clear() {
    this.stop();
    this.asked?.remove();
    this.pins.clearLayers();
    this.pins.remove();
    this.element.open = false;
    this.show([]);
  }

  show(list) {
    this.list = list;
    this.pins.clearLayers();
    list.forEach((remark, i) => this.pins.addLayer(this.pin(remark, i + 1)));
    fill(this.number, list.length ? `(${count(list.length)})` : "");
    fill(
      this.body,
      h("button.button", { type: "button", onClick: () => this.begin() }, `${t("Remark at a place")} (C)`),
      list.length
        ? h("ol.remarks", {}, list.map((remark, i) => h("li.remark-row", {}, h("button.draft-row", { type: "button", dataset: { remark: remark.id }, onClick: () => this.goTo(remark) }, this.said(remark, i + 1)), this.changing(remark))))
        : h("p.small.quiet", {}, t("Nobody has remarked on this draft yet.")),
    );
  }

  /** Take the tool; on a phone the map comes to light. */
  begin() {
    this.planner.openSheet?.(null);
    this.bench.tools.hold("remark");
  }

  said(remark, number) {
    return [
      h("span.remark-words", {}, h("span.remark-number.figures", {}, number), remark.words),
      h("span.quiet.small.figures", {}, `${remark.actor} · ${moment(remark.at)} · v${remark.revision}`, remark.edited_at && ` · ${t("changed %(when)s", { when: moment(remark.edited_at) })}`),
    ];
  }

  /** The button that changes one's own words. */
  changing(remark) {
    return remark.own && h("button.button.quiet.remark-change", { type: "button", onClick: () => this.change(remark) }, t("Change"));
  }

  pin(remark, number) {
    const title = `${remark.actor} · ${moment(remark.at)}`;
    const marker = L.marker([remark.lat, remark.lon], { icon: icon(number), title, keyboard: true, riseOnHover: true });
    marker.bindPopup(() => h("div.remark", {}, this.said(remark, number), this.changing(remark)), { maxWidth: isWall() ? 640 : 320, autoPanPadding: [40, 60] });
    marker.on("click", () => this.tellChosen(remark));
    remark.marker = marker;
    return marker;
  }

  tellChosen({ id }) {
    for (const row of this.body.querySelectorAll("[data-remark]")) row.toggleAttribute("aria-current", row.dataset.remark === String(id));
  }

  goTo(remark) {
    const { lon, lat } = remark;
    this.planner.openSheet?.(null);
    this.planner.flyTo([lon, lat], [lon - AROUND, lat - AROUND, lon + AROUND, lat + AROUND]);
    remark.marker.openPopup();
    this.tellChosen(remark);
  }

  // ── a new one ──────────────────────────────────────────────────────────────────────────────

  /** The next click on the map is the place of a new remark. */
  aim() {
    this.aims = true;
    stackOf(this.planner.map).paused = true;
    this.planner.map.getContainer().classList.add("drafting-aims");
  }

  stop() {
    this.aims = false;
  }

  /** Write one's own remark anew. */
  change(remark) {
    this.planner.openSheet?.(null);
    this.planner.map.closePopup();
    this.ask(L.latLng(remark.lat, remark.lon), remark);
  }

  /** Ask for the words at a place, or for other words of a remark. */
  ask(latlng, remark = null) {
    const { map } = this.planner;
    this.bench.tools.hold("choose");
    this.asked?.remove();
    const words = h("textarea", { name: "words", required: true, maxlength: LONGEST, rows: 4, "aria-label": t("Remark") });
    words.value = remark?.words ?? "";
    let version = remark?.version;
    const form = h(
      "form.draft-form.remark-form",
      {},
      words,
      h("div.told", { role: "alert" }),
      h("div.row", {}, h("button.button.main", { type: "submit" }, t("Keep the remark")), h("button.button", { type: "button", onClick: () => this.asked.remove() }, t("Cancel"))),
    );
    const { path } = this;
    const send = async (said) => {
      if (!remark) return post(path, { words: said, lon: latlng.wrap().lng, lat: latlng.lat });
      try {
        return await post(`${path}/${remark.id}`, { words: said }, { method: "PATCH", headers: { "If-Match": `"${version}"` } });
      } catch (error) {
        const { remark: now } = error.body ?? {};
        if (!now) throw error;
        version = now.version; // who has read what it says now may replace it
        throw Object.assign(new Error(`${error.message} ${t("Now it says: %(words)s", { words: now.words })}`), { body: {} });
      }
    };
    onSend(form, async (values) => {
      const { comments } = await send(values.words);
      this.asked.remove();
      if (path === this.path) this.show(comments);
    });
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && words.value.trim() === (remark?.words ?? "")) this.asked.remove();
    });
    const popup = L.popup({ closeOnClick: false, closeOnEscapeKey: false, closeButton: false, autoClose: false, minWidth: isWall() ? 520 : 240, maxWidth: isWall() ? 640 : 320, offset: [0, isWall() ? -58 : -26], autoPanPadding: [40, 60] }).setContent(form);
    const pins = remark ? [] : [L.marker(latlng, { icon: icon("+"), keyboard: false })];
    this.asked = L.layerGroup(pins).addTo(map);
    this.asked.on("remove", () => popup.remove());
    popup.setLatLng(latlng).openOn(map);
    focusSoon(words);
  }
}

const icon = (words) => L.divIcon({ className: "remark-pin", iconSize: [26, 26], iconAnchor: [13, 32], popupAnchor: [0, -30], html: h("i", {}, h("b", {}, words)) });

/** What a list of remarks says, to know whether another one says something else. */
const said = (list) => list.map(({ id, version }) => `${id}.${version}`).join();

/** Focus a field once it is seen: a popup is hidden while it is laid out. */
function focusSoon(field, frames = 30) {
  field.focus();
  if (document.activeElement !== field && frames > 0) requestAnimationFrame(() => focusSoon(field, frames - 1));
}
