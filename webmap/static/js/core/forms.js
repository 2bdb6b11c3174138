// Small forms: send, say what came of it beside the button.

import { fill, h } from "wangge/core/dom.js";
import { t } from "wangge/core/words.js";

/** Say what went wrong, with the fields that are wrong. */
export function refused(place, error) {
  const fields = Object.entries(error.body?.fields ?? {});
  fill(
    place,
    h("div.refused", {}, h("p", {}, error.message), fields.map(([name, words]) => h("p.small", {}, `${name}: ${words.join(" ")}`))),
  );
}

/** Say that it worked. */
export function worked(place, sentence) {
  fill(place, h("p.done", {}, sentence));
}

/**
 * Call `work(values, form)` with a form's values when it is sent; its answer is a sentence, a node
 * to show, or nothing. A refusal is shown in the form's `.told`.
 */
export function onSend(form, work) {
  const told = form.querySelector(".told");
  const button = form.querySelector("[type=submit]");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    fill(told);
    try {
      const answer = await work(Object.fromEntries(new FormData(form)), form);
      if (answer instanceof Node) fill(told, answer);
      else worked(told, answer ?? t("Done."));
    } catch (error) {
      refused(told, error);
    } finally {
      button.disabled = false;
    }
  });
}
