// Photos of a case, before and after: for those on duty in its area; each sight is logged.

import { get, post } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { count, language, t } from "wangge/core/words.js";
import { shrink } from "wangge/report/shrinking.js";
import { masked } from "wangge/command/masking.js";

const LONGEST_SIDE = 2048;

export function section({ id, board, reload }) {
  const element = h("section.record-part.record-photos", { hidden: true });
  const times = new Intl.DateTimeFormat(language === "en" ? "en-GB" : "zh-CN", { timeZone: board.profile.timezone, dateStyle: "short", timeStyle: "short" });
  let revision = null;
  let trouble = "";
  let isBusy = false;
  let seen = null; // the answer, and whether its reader may add

  async function read(found) {
    revision = found.case.revision;
    try {
      seen = { ...(await get(`/api/v1/cases/${id}/photos`, masked(board))), mayAdd: found.may_handle };
      lay();
    } catch {
      element.hidden = true; // the rest of the case is there; the next change asks again
    }
  }

  async function add(phase, files) {
    if (isBusy || !files.length) return;
    [isBusy, trouble] = [true, ""];
    element.setAttribute("aria-busy", "true");
    try {
      const form = new FormData();
      form.set("phase", phase);
      for (const file of files) form.append("photo", (await shrink(file, LONGEST_SIDE)).blob, "photo.jpg");
      await post(`/api/v1/cases/${id}/photos`, form);
    } catch (error) {
      trouble = error.message;
    } finally {
      isBusy = false;
      element.removeAttribute("aria-busy");
    }
    if (trouble) lay();
    else await reload();
  }

  function lay() {
    const { photos, personal, before, after, mayAdd } = seen;
    element.hidden = before + after === 0 && !mayAdd;
    if (!personal) return fill(element, h("h3", {}, t("Photos")), h("p.quiet.small", {}, t("%(n)s photos, seen by those on duty where the case lies.", { n: count(before + after) })));
    return fill(
      element,
      h("h3", {}, t("Photos")),
      before + after === 0 ? h("div.photo-row", {}, adder("before"), adder("after")) : ["before", "after"].map((phase) => group(phase, photos.filter((one) => one.phase === phase), mayAdd)),
      trouble && h("p.tone-late", { role: "alert" }, trouble),
    );
  }

  const adder = (phase) => h("label.button.photo-add", {}, phase === "before" ? t("Add a photo of before") : t("Add a photo of after"),
    h("input.visually-hidden", { type: "file", name: `photo_${phase}`, accept: "image/*", multiple: true, onChange: (event) => add(phase, [...event.target.files]) }));

  function group(phase, photos, mayAdd) {
    const name = phase === "before" ? t("Before the work") : t("After the work");
    if (!photos.length && !mayAdd) return null;
    return h("div.photo-group", {}, h("p.quiet.small", {}, name), h("div.photo-row", {}, photos.map((one) => thumb(one, name)), mayAdd && adder(phase)));
  }

  function thumb(one, name) {
    const path = `/api/v1/cases/${id}/photos/${one.id}`;
    const taken = one.taken_at ?? one.added_at;
    const words = t("%(phase)s, %(time)s", { phase: name, time: times.format(new Date(taken)) });
    return h("a.photo-thumb", { href: path, target: "_blank", rel: "noopener", title: words }, h("img", { src: `${path}/thumb`, alt: words, loading: "lazy" }));
  }

  return {
    element,
    show: (found) => (seen && found.case.revision === revision ? undefined : read(found)),
  };
}
