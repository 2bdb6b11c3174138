// A file of polygons that a draft is opened from: sent, looked at on the map, read another way.

import { post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { refused } from "wangge/core/forms.js";
import { count, share, t } from "wangge/core/words.js";
import { watch } from "wangge/drafting/proposing.js";
import { add as addPreview } from "wangge/layers/preview.js";

const L = globalThis.L;
const systems = () => [["", t("as the file says")], ["wgs84", "WGS 84"], ["EPSG:4490", "CGCS2000 (EPSG:4490)"], ["gcj02", "GCJ-02"], ["bd09", "BD-09"], ["other", t("another EPSG code …")]];

export class Filing {
  /** `choose(area)` is called with the area that the file lies in. */
  constructor(planner, choose) {
    Object.assign(this, { planner, choose });
    this.seen = null;
    this.input = h("input", { type: "file", id: "draft-file", "aria-label": t("File of polygons"), onChange: () => this.take() });
    this.name = h("span.quiet");
    this.system = h("select", { id: "draft-crs", onChange: () => this.declare() }, systems().map(([key, name]) => h("option", { value: key }, name)));
    this.code = h("input", { type: "text", maxlength: 40, placeholder: "EPSG:4548", "aria-label": t("EPSG code"), hidden: true, onChange: () => this.look() });
    this.layer = h("select", { onChange: () => this.look() });
    this.layerField = h("label.field", { hidden: true }, h("span", {}, t("Layer, sheet or file inside")), this.layer);
    this.told = h("div.draft-file-told", { "aria-live": "polite" });
    this.element = h(
      "div.draft-file",
      { hidden: true },
      h("div.field", {}, h("span", {}, t("File: polygons as Shapefile (zip), GeoPackage, GeoJSON, KML …")), h("div.row.draft-file-choose", {}, h("label.button", {}, t("Choose a file"), this.input), this.name)),
      this.layerField,
      h("label.field", {}, h("span", {}, t("Coordinate system")), this.system),
      this.code,
      this.told,
    );
  }

  show(shows) {
    this.element.hidden = !shows;
    if (!shows) this.sheet?.change({ data: { features: [] } });
  }

  /** Another file was chosen. */
  take() {
    this.seen = null;
    this.system.value = "";
    this.code.hidden = true;
    this.layerField.hidden = true;
    fill(this.layer);
    fill(this.name, this.input.files[0]?.name ?? "");
    return this.input.files[0] ? this.look() : fill(this.told);
  }

  declare() {
    this.code.hidden = this.system.value !== "other";
    if (this.code.hidden) return this.look();
    return this.code.focus();
  }

  get crs() {
    return this.system.value === "other" ? this.code.value.trim() : this.system.value;
  }

  form(more = {}) {
    const data = new FormData();
    const of = this.seen ? { upload: this.seen.upload, filename: this.seen.filename } : { file: this.input.files[0] };
    for (const [key, value] of Object.entries({ ...of, crs: this.crs, layer_name: this.layer.value, ...more })) if (value) data.set(key, value);
    return data;
  }

  async look() {
    if (!this.input.files[0]) return;
    const turn = (this.turn = (this.turn ?? 0) + 1);
    this.read = null;
    fill(this.told, h("p.small.quiet", {}, t("Reading the file …")));
    try {
      const seen = await post("/api/v1/plans/files", this.form());
      if (turn !== this.turn) return;
      this.seen = this.read = seen;
      this.tell(seen);
    } catch (error) {
      if (turn !== this.turn) return;
      this.seen = null; // what was refused is thrown away by the server
      this.sheet?.change({ data: { features: [] } });
      const { layers } = error.body ?? {};
      if (!layers) return refused(this.told, error);
      fill(this.layer, h("option", { value: "" }, t("Choose …")), layers.map((one) => h("option", { value: one }, one)));
      this.layerField.hidden = false;
      this.layer.focus();
      fill(this.told, h("p.small", {}, t("The file holds %(number)s layers: choose the one with the grids.", { number: count(layers.length) })));
    }
  }

  /** A menu closes on a click at what is gone from it: what is pressed here goes a moment later. */
  tell(seen) {
    const { map } = this.planner;
    this.sheet ??= addPreview(map);
    this.sheet.change({ data: seen.features });
    const box = L.geoJSON(seen.features).getBounds();
    if (box.isValid()) this.planner.flyTo(null, [box.getWest(), box.getSouth(), box.getEast(), box.getNorth()]);
    const name = systems().find(([key]) => key === seen.crs)?.[1] ?? (seen.crs === "EPSG:4326" ? "WGS 84" : seen.crs);
    const [first] = seen.areas;
    fill(
      this.told,
      h("p.figures", { id: "draft-file-seen" }, t("%(number)s polygons, read as %(crs)s.", { number: count(seen.polygons), crs: name })),
      seen.skipped > 0 && h("p.small.figures", {}, t("%(number)s rows without a polygon are left out.", { number: count(seen.skipped) })),
      seen.broken > 0 && h("p.small.figures", {}, t("%(number)s borders cross themselves; they are mended.", { number: count(seen.broken) })),
      seen.guess && h("p.small", {}, "▲ ", seen.guess.message, " ", h("button.button", { type: "button", onClick: () => { this.system.value = seen.guess.crs; setTimeout(() => this.look(), 0); } }, t("Read it so"))),
      h("p.small.quiet", {}, t("It lies in:")),
      h("ul", {}, seen.areas.slice(0, 5).map((area) => h("li", {}, h("button.draft-row", { type: "button", dataset: { lies: area.code }, onClick: () => this.choose(area) }, h("span", {}, area.name), h("span.small.quiet.figures", {}, t("%(number)s polygons, %(share)s of the ground", { number: count(area.polygons), share: share(area.share) })))))),
    );
    if (first) this.choose(first);
  }

  /** Open the draft; gives what the server tells of it. */
  async open({ name, area }) {
    if (!this.read) {
      this.input.focus();
      throw new Error(t("Choose a file that can be read."));
    }
    const answer = await post("/api/v1/plans/from_file", this.form({ name, area }));
    const plan = answer.state && answer.kind ? await this.follow(answer) : answer;
    this.show(false);
    return plan;
  }

  /** A large file is opened by a job, which can be stopped; gives the draft. */
  async follow(job) {
    const place = h("div", { id: "draft-file-job" });
    this.told.append(place);
    try {
      const watched = watch(job, place);
      place.scrollIntoView({ block: "nearest" }); // the form is long
      const done = await watched;
      this.seen = this.read = null; // the job threw the upload away
      if (done.state === "cancelled") throw new Error(t("Stopped. No draft was opened; choose the file again if you want it."));
      if (done.problem) throw new Error(done.problem.detail);
      return { id: done.report.plan };
    } finally {
      place.remove();
    }
  }
}
