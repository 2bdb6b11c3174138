// The form that brings the net of a department in from a file.

import { post, remove } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { refused } from "wangge/core/forms.js";
import { count, t } from "wangge/core/words.js";

const SYSTEMS = () => [["", t("as the file says")], ["wgs84", "WGS 84"], ["EPSG:4490", "CGCS2000 (EPSG:4490)"], ["gcj02", "GCJ-02"], ["bd09", "BD-09"], ["other", t("another EPSG code …")]];

/**
 * The form, folded.
 *
 * @param {object} bench
 * @param {() => void} then - called when a net came in
 */
export function bringing(bench, then) {
  const file = h("input.visually-hidden", { type: "file", name: "file", required: true, "aria-label": t("File with the net") });
  const fileName = h("span.small.quiet.net-file", {}, t("Polygons: Shapefile (zip), GeoPackage, GeoJSON, KML …"));
  const name = h("input", { type: "text", name: "name", required: true, maxlength: 60, placeholder: t("such as police, urban management, party") });
  const code = h("input", { type: "text", maxlength: 40, placeholder: "EPSG:4548", "aria-label": t("EPSG code"), hidden: true });
  const system = h("select", { onChange: () => { code.hidden = system.value !== "other"; } }, SYSTEMS().map(([key, words]) => h("option", { value: key }, words)));
  const layer = h("select", {});
  const layerField = h("label.field", { hidden: true }, h("span", {}, t("Layer, sheet or file inside")), layer);
  const source = h("input", { type: "text", name: "attribution", maxlength: 500 });
  const note = h("textarea", { name: "note", maxlength: 500, rows: 2 });
  const told = h("div.told", { role: "alert" });
  const button = h("button.button.main", { type: "submit" }, t("Add the net"));
  const form = h(
    "form.draft-form",
    {},
    h("label.net-choose", {}, file, h("span.button", {}, t("Choose a file")), fileName),
    h("label.field", {}, h("span", {}, t("Department")), name),
    layerField,
    h("label.field", {}, h("span", {}, t("Coordinate system")), system),
    code,
    h("label.field", {}, h("span", {}, t("Source, if it must be named")), source),
    h("label.field", {}, h("span", {}, t("Note, such as its date or who gave it")), note),
    button,
    told,
  );
  const box = h("details.history", { id: "net-add" }, h("summary", {}, t("Add a net from a file")), form);

  file.addEventListener("change", () => {
    layerField.hidden = true;
    fill(layer);
    fill(told);
    const [chosen] = file.files;
    fileName.textContent = chosen?.name ?? "";
    if (chosen && !name.value) name.value = chosen.name.replace(/\.[^.]+$/, "").slice(0, 60);
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });

  /** Ready for the next net; what came of this one stays. */
  function reset() {
    form.reset();
    fileName.textContent = "";
    code.hidden = true;
  }

  async function send(other = null) {
    const data = new FormData();
    const crs = other ?? (system.value === "other" ? code.value.trim() : system.value);
    for (const [key, value] of Object.entries({ file: file.files[0], name: name.value, crs, layer_name: layer.value, attribution: source.value, note: note.value, plan: bench.draft.id })) {
      if (value) data.set(key, value);
    }
    button.disabled = true;
    fill(told, h("p.small.quiet", {}, t("Reading the file …")));
    try {
      const done = await post("/api/v1/nets", data);
      fill(told, came(done));
      if (!done.hint) reset();
      layerField.hidden = true;
      then();
    } catch (error) {
      const { layers, hint } = error.body ?? {};
      if (layers) {
        fill(layer, h("option", { value: "" }, t("Choose …")), layers.map((one) => h("option", { value: one }, one)));
        layerField.hidden = false;
        layer.focus();
        fill(told, h("p.small", {}, t("The file holds %(number)s layers: choose the one with the grids.", { number: count(layers.length) })));
      } else {
        refused(told, error);
        if (hint) told.append(...otherwise(hint, () => send(hint.crs)));
      }
    } finally {
      button.disabled = false;
    }
  }

  function came({ net, skipped, mended, hint }) {
    const again = async () => {
      await remove(`/api/v1/nets/${net.id}`);
      await send(hint.crs);
    };
    return h(
      "div.draft-form",
      {},
      h("p.done", {}, t("The net of %(name)s is in: %(number)s patches.", { name: net.name, number: count(net.patches) })),
      mended > 0 && h("p.small.figures", {}, t("%(number)s broken polygons were mended.", { number: count(mended) })),
      skipped > 0 && h("p.small.figures", {}, t("%(number)s rows without a polygon were left out.", { number: count(skipped) })),
      hint && otherwise(hint, again),
    );
  }

  /** That other coordinates would fit better, and the button that takes them. */
  function otherwise({ crs, before_m: before, after_m: after }, again) {
    const names = { gcj02: "GCJ-02", bd09: "BD-09" };
    const read = h("button.button", { type: "button", onClick: () => { read.disabled = true; again().catch((error) => refused(told, error)); } }, t("Read it as %(crs)s", { crs: names[crs] ?? crs }));
    const words = before == null
      ? t("It would lie on the ground of this draft if its coordinates were %(crs)s.", { crs: names[crs] ?? crs })
      : t("This net lies some %(before)s m off what stands here, but only %(after)s m if its coordinates are %(crs)s.", { before: Math.round(before), after: Math.round(after), crs: names[crs] ?? crs });
    return [h("p.small", {}, "▲ ", words), read];
  }

  return box;
}
