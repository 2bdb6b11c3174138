// The photos of a report: taken or chosen, made small, looked at, taken out again.

import { fill, h, svg } from "wangge/core/dom.js";
import { t } from "wangge/core/words.js";
import { shrink } from "wangge/report/shrinking.js";

/**
 * Photos in `box`, at most `most`. `name` is what the inputs are called; `onPlace` hears where the
 * first photo with a place was taken. Gives {blobs(), clear(), ready()}.
 */
export function photoBox(box, { name, most, side, onPlace = () => {}, onChange = () => {} }) {
  let photos = [];
  let working = Promise.resolve();

  async function take(files) {
    for (const file of [...files].slice(0, most - photos.length)) {
      const { blob, place } = await shrink(file, side);
      photos.push({ blob, url: URL.createObjectURL(blob) });
      if (place) onPlace(place);
      show();
    }
    onChange();
  }

  function remove(photo) {
    URL.revokeObjectURL(photo.url);
    photos = photos.filter((one) => one !== photo);
    show();
    onChange();
  }

  function adder(words, icon, more) {
    const input = h("input", {
      type: "file", name, accept: "image/*", "aria-label": words, ...more,
      onChange: (event) => {
        const files = [...event.target.files];
        event.target.value = "";
        working = working.then(() => take(files));
      },
    });
    return h("label.report-add", { hidden: photos.length >= most }, svg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", fill: "none", stroke: "currentColor", "stroke-width": 1.6 }, icon.map((d) => svg("path", { d }))), h("span", {}, words), input);
  }

  function show() {
    fill(
      box,
      photos.map((photo, k) =>
        h("div.report-photo", {},
          h("img", { src: photo.url, alt: t("Photo %(k)s", { k: k + 1 }) }),
          h("button.button", { type: "button", "aria-label": t("Remove photo %(k)s", { k: k + 1 }), onClick: () => remove(photo) }, "×")),
      ),
      adder(t("Take a photo"), ["M4 8h3l2-3h6l2 3h3v11H4z", "M12 10a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7z"], { capture: "environment" }),
      adder(t("Choose photos"), ["M4 5h16v14H4z", "M4 16l5-5 4 4 3-3 4 4", "M9 9h.01"], { multiple: true }),
    );
  }

  show();
  return {
    blobs: () => photos.map((photo) => photo.blob),
    clear() {
      for (const photo of photos) URL.revokeObjectURL(photo.url);
      photos = [];
      show();
    },
    /** Resolves when what was chosen has been made small. */
    ready: () => working,
  };
}
