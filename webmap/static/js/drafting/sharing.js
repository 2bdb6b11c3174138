// Who else may read a draft and remark on it.

import { get, post, remove } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { onSend, refused } from "wangge/core/forms.js";
import { count, t } from "wangge/core/words.js";

const roles = () => ({ admin: t("Administrator"), planner: t("Planner"), commander: t("Commander"), worker: t("Grid worker"), viewer: t("Viewer") });

/** The part of the panel about readers; only for those who may draw on the draft. */
export function sharing(bench) {
  const number = h("span.figures", { id: "draft-readers" });
  const list = h("ul.readers");
  const choose = h("select", { name: "user", required: true, "aria-label": t("Account") });
  const told = h("div.told", { role: "alert" });
  const form = h("form.row.draft-title", {}, choose, h("button.button", { type: "submit" }, t("Share the draft")), told);
  const box = h(
    "details.history",
    { id: "draft-sharing" },
    h("summary", {}, t("Share for reading"), " ", number),
    h("div.draft-form", {}, h("p.small.quiet", {}, t("Readers see the draft and may remark on it; they cannot change it. They find it under Drafts.")), list, form),
  );
  const path = `/api/v1/plans/${bench.draft.id}/shares`;

  async function show() {
    try {
      const [{ users }, possible] = await Promise.all([get(path), box.open ? get(`${path}/possible`) : null]);
      fill(number, users.length ? `(${count(users.length)})` : "");
      fill(list, users.length ? users.map(row) : h("li.small.quiet", {}, t("The draft is not shared with anybody.")));
      if (possible) offer(possible.users);
    } catch (error) {
      refused(told, error);
    }
  }

  function offer(users) {
    fill(choose, h("option", { value: "" }, t("Choose an account …")), users.map(({ name, display_name: shown, role }) => h("option", { value: name }, [shown && shown !== name ? `${shown}（${name}）` : name, roles()[role]].join(" · "))));
    form.querySelector("button").disabled = users.length === 0;
  }

  function row(name) {
    const stop = async () => {
      fill(told);
      await remove(`${path}/${encodeURIComponent(name)}`).catch((error) => refused(told, error));
      await show();
    };
    return h("li.row", {}, h("span", {}, name), h("button.button.quiet", { type: "button", dataset: { unshare: name }, onClick: stop }, t("Stop sharing")));
  }

  box.addEventListener("toggle", () => box.open && show());
  onSend(form, async ({ user }) => {
    await post(path, { user });
    await show();
    return t("Shared with %(user)s.", { user });
  });
  show();
  return box;
}
