// What was written of a case, and who reported it: for those on duty in its area only.

import { fill, h } from "wangge/core/dom.js";
import { named, t } from "wangge/core/words.js";

export function section({ board }) {
  const element = h("section.record-part.record-texts", { "aria-live": "polite" });
  return { element, show: (found) => fill(element, written(found, board)) };
}

function written({ case: one, personal, reporters }, { profile, isMasked }) {
  if (!personal) {
    return [
      h("p.quiet.small", {}, isMasked ? t("Title, description and reporter are not shown on a screen that others see, too.") : t("Title, description and reporter are shown to those on duty in this area.")),
      reporters.length > 1 && h("p.quiet.small", {}, t("Reported %(count)s times", { count: reporters.length })),
    ];
  }
  const sourceOf = (key) => named(profile.sources.find((source) => source.key === key)?.name) || key;
  const people = reporters.filter(({ name, telephone, email }) => name || telephone || email);
  const told = people.length
    ? people.map((one_) => h("span.reporter", {}, [one_.name, one_.telephone, one_.email].filter(Boolean).join(" "), people.length > 1 && h("span.quiet.small", {}, ` ${sourceOf(one_.source)}`)))
    : [one.reporter_name, one.reporter_telephone].filter(Boolean).join(" ");
  const rows = [
    [t("Title"), isSaidBelow(one) ? "" : one.title], [t("Description"), one.description], [t("Address"), one.address],
    [t("Reporter"), told], [t("Number at the source"), one.external_id],
  ].filter(([, value]) => value?.length);
  return [
    h("dl.facts", {}, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
    h("p.quiet.small", {}, t("This reading is kept in the audit trail.")),
  ];
}

/** Whether the title is only how the description begins, as with reports of one line. */
function isSaidBelow({ title, description }) {
  return Boolean(title) && (description ?? "").startsWith(title.replace(/…$/, ""));
}
