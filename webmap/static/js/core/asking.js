// What a form's field wants, said in the page's language: a browser says it in its own.

import { t } from "wangge/core/words.js";

const CHOSEN = new Set(["checkbox", "file", "radio", "select-one", "select-multiple"]);
const worded = new Set();

/** Say what fields want in our words, from now on. */
export function askInOurWords() {
  document.addEventListener("invalid", ({ target }) => word(target), true);
  for (const kind of ["input", "change"]) document.addEventListener(kind, ({ target }) => forget(target), true);
  // a field that was filled by the page itself is looked at anew
  document.addEventListener("click", ({ target }) => target.closest?.("button") && [...worded].forEach(forget), true);
}

function forget(field) {
  if (worded.delete(field)) field.setCustomValidity("");
}

function word(field) {
  forget(field);
  if (field.validity.valid || field.validity.customError) return; // a page's own words stay
  field.setCustomValidity(wanted(field));
  worded.add(field);
}

function wanted(field) {
  const { validity } = field;
  if (validity.valueMissing) return CHOSEN.has(field.type) ? t("Please choose.") : t("Please fill this in.");
  if (validity.rangeUnderflow) return t("No less than %(limit)s.", { limit: field.min });
  if (validity.rangeOverflow) return t("No more than %(limit)s.", { limit: field.max });
  if (validity.tooShort) return t("At least %(number)s characters.", { number: field.minLength });
  if (validity.tooLong) return t("At most %(number)s characters.", { number: field.maxLength });
  return t("This is not written as it should be.");
}
