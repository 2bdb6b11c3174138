// One's own account: the password, and tokens for programs.

import { get, post, remove } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { onSend } from "wangge/core/forms.js";
import { joinFrame } from "wangge/core/frame.js";
import { day, t } from "wangge/core/words.js";

joinFrame();
const list = document.getElementById("tokens");

async function show() {
  const { tokens } = await get("/api/v1/tokens");
  if (!tokens.length) {
    fill(list, h("tr", {}, h("td.quiet", { colspan: 5 }, t("No tokens yet."))));
    return;
  }
  fill(
    list,
    tokens.map((token) =>
      h("tr", {}, h("td", {}, token.name || "–"), h("td", {}, day(token.created_at)), h("td", {}, token.expires_at ? day(token.expires_at) : t("until it is revoked")), h("td", {}, token.last_used_at ? day(token.last_used_at) : t("never")), h("td", {}, h("button.button", { type: "button", onClick: () => revoke(token) }, t("Revoke")))),
    ),
  );
}

async function revoke(token) {
  await remove(`/api/v1/tokens/${token.id}`);
  await show();
}

onSend(document.getElementById("password"), async (values, form) => {
  await post("/api/v1/me/password", { current: values.current, new: values.new }, { method: "PUT" });
  form.reset();
  return t("The password is changed; your other sessions have ended.");
});

onSend(document.getElementById("make"), async (values, form) => {
  const made = await post("/api/v1/tokens", { name: values.name, days: values.days ? Number(values.days) : null });
  form.reset();
  await show();
  return h("div.secret", {}, h("p", {}, t("Copy the token now; it is not shown again.")), h("code", {}, made.token), h("div", {}, h("button.button", { type: "button", onClick: () => navigator.clipboard?.writeText(made.token) }, t("Copy"))));
});

await show();
