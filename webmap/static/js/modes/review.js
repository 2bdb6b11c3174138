// The report of a day or week: choosing another one, printing, and what the meeting decides.

import { get, post } from "wangge/core/api.js";
import { pageData } from "wangge/core/elements.js";
import { onSend, refused } from "wangge/core/forms.js";
import { joinFrame } from "wangge/core/frame.js";
import { t } from "wangge/core/words.js";

joinFrame();
const { day } = pageData();
const asked = document.getElementById("asked");
asked.addEventListener("change", () => {
  if (asked.reportValidity()) asked.requestSubmit();
});
document.getElementById("print").addEventListener("click", () => print());
for (const bar of document.querySelectorAll("[data-share]")) bar.style.setProperty("--share", `${bar.dataset.share}%`);

// ── decisions ────────────────────────────────────────────────────────────────────────────────

const form = document.getElementById("decide");
const told = form?.querySelector(".told");

/** The case that a number means: one of the list, or as the source numbered it. */
async function caseOf(number) {
  const listed = [...document.querySelectorAll("#late-numbers option")].find(({ value }) => value === number);
  if (listed) return Number(listed.dataset.id);
  const { cases } = await get("/api/v1/cases", { q: number, limit: 50 });
  const found = cases.find((one) => one.external_id === number || String(one.id) === number.replace(/^#/, ""));
  if (!found) throw new Error(t("There is no case with the number %(number)s; look at it again.", { number }));
  return found.id;
}

if (form) {
  onSend(form, async ({ number, opinion, responsible, until }) => {
    const id = await caseOf(number.trim());
    await post(`/api/v1/cases/${id}/decisions`, { day, opinion, responsible, until: until || null });
    location.reload();
    return t("Entered.");
  });
}
for (const button of document.querySelectorAll("[data-withdraw]")) {
  button.addEventListener("click", async () => {
    if (!button.dataset.sure) {
      button.dataset.sure = "1";
      button.textContent = t("Withdraw for good?");
      return;
    }
    try {
      await post(`/api/v1/decisions/${button.dataset.withdraw}`, {}, { method: "DELETE" });
      location.reload();
    } catch (error) {
      refused(told, error);
    }
  });
}
