// A small form over the page: Esc and its own button close it, the focus goes back by itself.

import { fill, h } from "wangge/core/dom.js";
import { refused } from "wangge/core/forms.js";
import { t } from "wangge/core/words.js";

/**
 * Ask in a dialog. `save(values)` sends the form's values; `also` is another button:
 * `{name, work}`. What is refused is told in the dialog, which stays open.
 */
export function ask(title, fields, { save, also = null }) {
  const told = h("div.told", { role: "alert" });
  const buttons = [];
  const work = async (doing) => {
    for (const button of buttons) button.disabled = true;
    fill(told);
    try {
      await doing();
      box.close();
    } catch (error) {
      refused(told, error);
    } finally {
      for (const button of buttons) button.disabled = false;
    }
  };
  buttons.push(h("button.button.main", { type: "submit" }, t("Save")));
  if (also) buttons.push(h("button.button", { type: "button", onClick: () => work(also.work) }, also.name));
  const cancel = h("button.button", { type: "button", onClick: () => box.close() }, t("Cancel"));
  const form = h("form.form", {}, h("h2", {}, title), fields, told, h("div.row.dialog-acts", {}, buttons, cancel));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    work(() => save(Object.fromEntries(new FormData(form))));
  });
  const box = h("dialog.asking.panel", { "aria-label": title }, form);
  box.addEventListener("close", () => box.remove());
  document.body.append(box);
  box.showModal();
  return box;
}
