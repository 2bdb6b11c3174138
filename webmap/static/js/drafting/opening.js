// The list of drafts, and the form for a new one.

import { get } from "wangge/core/api.js";
import { fill, h, settled } from "wangge/core/dom.js";
import { onSend } from "wangge/core/forms.js";
import { count, day, t } from "wangge/core/words.js";
import { begin, drafts } from "wangge/drafting/draft.js";
import { Filing } from "wangge/drafting/filing.js";

/** Names of what a draft may start from. */
export const starts = () => ({
  current: t("the net in force"),
  compounds: t("one grid for each compound"),
  proposal: t("no grids yet, for a proposal"),
  file: t("a file"),
  copy: t("another draft"),
});

/** Names of the states of a draft. */
export const states = () => ({
  draft: t("draft"),
  submitted: t("submitted"),
  approved: t("approved"),
  published: t("published"),
  withdrawn: t("withdrawn"),
});

/**
 * The menu in the bar.
 *
 * @param {object} planner
 * @param {(id: number) => void} open
 */
export function joinOpening(planner, open) {
  const menu = document.getElementById("drafts-menu");
  const body = menu.querySelector(".menu-body");
  menu.hidden = false;
  menu.addEventListener("toggle", () => menu.open && show());

  async function show() {
    fill(body, h("p.quiet", {}, t("Loading …")));
    try {
      list(await drafts());
    } catch (error) {
      fill(body, h("div.refused", {}, h("p", {}, error.message), h("button.button", { type: "button", onClick: show }, t("Try again"))));
    }
  }

  function list(found) {
    fill(
      body,
      h("h2", {}, t("Drafts"), " ", h("span.quiet.figures", {}, count(found.length))),
      found.length
        ? h("ul.drafts", {}, found.map((one) => h("li", {}, row(one))))
        : h("p.quiet", {}, planner.page.may.draw ? t("No draft yet. Open one below: what is in force stays as it is until a draft is published.") : t("No draft is shared with you.")),
      planner.page.may.draw && form(),
    );
  }

  function row(one) {
    const words = [states()[one.state] ?? one.state, starts()[one.start], `v${one.revision}`, one.made_by, day(one.changed_at)];
    return h(
      "button.draft-row",
      { type: "button", dataset: { draft: one.id }, "aria-current": planner.draft?.id === one.id ? "true" : null, onClick: () => { menu.open = false; open(one.id); } },
      h("span.draft-name", {}, one.name),
      h("span.quiet.small.figures", {}, words.filter(Boolean).join(" · ")),
    );
  }

  function form() {
    let area = placeOf(planner.selecting.selected && planner.selecting.record);
    const chosen = h("p.draft-area", { role: "status" });
    const found = h("ul.draft-areas", { hidden: true });
    const input = h("input", { type: "search", id: "draft-area", autocomplete: "off", placeholder: t("Find a community, street office or district …") });
    const name = h("input", { type: "text", name: "name", required: true, maxlength: 100 });
    const choose = (place) => {
      area = place;
      found.hidden = true;
      fill(chosen, area ? [h("b", {}, area.name), " ", h("span.quiet.small.figures", {}, area.code)] : h("span.quiet", {}, t("Choose the area whose net is drawn.")));
      if (area && !name.value) name.value = t("%(area)s, draft", { area: area.name });
    };
    const ask = settled(async () => {
      const q = input.value.trim();
      if (!q) return (found.hidden = true);
      const { places } = await get("/api/v1/places/search", { q, limit: 50 }).catch(() => ({ places: [] }));
      const areas = places.filter(({ layer }) => layer === "areas").slice(0, 8);
      found.hidden = false;
      return fill(
        found,
        areas.length
          ? areas.map((place) => h("li", {}, h("button.draft-row", { type: "button", dataset: { area: place.code }, onClick: () => choose(place) }, place.name, " ", h("span.quiet.small", {}, planner.page.profile.levels[place.kind] ?? ""))))
          : h("li.quiet.small", {}, t("Nothing is called so.")),
      );
    }, 120);
    input.addEventListener("input", ask);
    const filing = new Filing(planner, (place) => choose(place));
    menu.addEventListener("toggle", () => !menu.open && filing.show(false), { once: true });
    const { low, high } = planner.page.profile.band;
    const made = h(
      "form.draft-form",
      {},
      h("h2", {}, t("New draft")),
      h("label.field", { for: "draft-area" }, h("span", {}, t("Area")), input),
      found,
      chosen,
      h("label.field", {}, h("span", {}, t("Name")), name),
      h(
        "fieldset.draft-start",
        {},
        h("legend", {}, t("Starts from")),
        ["current", "compounds", "proposal", "file"].map((key, i) => h("label", {}, h("input", { type: "radio", name: "start", value: key, checked: i === 0, onChange: () => filing.show(key === "file") }), starts()[key])),
      ),
      filing.element,
      h("p.small.quiet.figures", {}, t("Wanted are %(low)s–%(high)s households a grid.", { low, high })),
      h("div.told", { role: "alert" }),
      h("button.button.main", { type: "submit" }, t("Open the draft")),
    );
    choose(area);
    onSend(made, async (values) => {
      if (!area) {
        input.focus();
        throw new Error(t("Choose the area whose net is drawn."));
      }
      const wanted = { name: values.name, area: area.code };
      const plan = values.start === "file" ? await filing.open(wanted) : await begin({ ...wanted, start: values.start });
      menu.open = false;
      open(plan.id);
      return t("Done.");
    });
    return made;
  }
}

/** The area that a record is of, or lies in. */
function placeOf(record) {
  if (!record) return null;
  if (record.layer === "areas") return { code: record.code, name: record.current.properties.name || record.code };
  const last = record.above.filter(({ layer }) => layer === "areas").at(-1);
  return last ? { code: last.code, name: last.name || last.code } : null;
}
