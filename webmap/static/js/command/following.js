// Several screens that follow one operator: one leads, the others show the same map, the same
// filters and the same open case. By the server, so that the screens may be of other machines; by
// the account, or by six digits.

import { get, post, Problem, remove } from "wangge/core/api.js";
import { fill, h } from "wangge/core/dom.js";
import { state } from "wangge/core/state.js";
import { t } from "wangge/core/words.js";
import { Feed } from "wangge/command/feed.js";

const ADDRESS = "/api/v1/screens";
const EVERY = 250; // milliseconds between two looks at what the leader looks at
const HEARTBEAT = 120_000; // after so long a leader who does not move tells that it is still there
const KEPT = "wangge-following"; // of this screen, over a reload
const OWN = ["wall"]; // each screen's own affair

/** The menu in `menu`, and the line in `box` that says what is going on; `changed(isFollowing)` is told. */
export function joinFollowing(menu, box, { changed = () => {} } = {}) {
  const memory = (value) => (value === undefined ? JSON.parse(sessionStorage.getItem(KEPT) ?? "null") : value ? sessionStorage.setItem(KEPT, JSON.stringify(value)) : sessionStorage.removeItem(KEPT));
  let leading = null; // {code, timer, sent, at}
  let following = null; // {code, feed, leader}

  // ── leading ─────────────────────────────────────────────────────────────────────────────────
  async function lead(code = null) {
    leave();
    const found = code ?? (await post(ADDRESS)).code;
    leading = { code: found, sent: null, at: 0, isSending: false, timer: setInterval(look, EVERY) };
    memory({ lead: found });
    say();
    look();
  }

  async function look() {
    const mine = leading;
    if (!mine || mine.isSending) return;
    const view = viewOf();
    if (view === mine.sent && Date.now() - mine.at < HEARTBEAT) return;
    mine.isSending = true;
    try {
      await put(`${ADDRESS}/${mine.code}`, { view });
      Object.assign(mine, { sent: view, at: Date.now() });
    } catch (error) {
      if (error.status === 404 && leading === mine) leave(t("Another of your screens leads now.")); // the line may be dead, too: then again
    } finally {
      mine.isSending = false;
    }
  }

  // ── following ───────────────────────────────────────────────────────────────────────────────
  function follow(code) {
    leave();
    const feed = new Feed({
      address: `${ADDRESS}/${code}/stream`, event: "view", refused: [404],
      told: ({ data }) => show(JSON.parse(data)),
      over: () => leave(t("The leader has ended it.")),
      said: (status) => {
        if (status === "out") return leave(t("Nobody leads screens by these digits."));
        if (following) following.isLost = status === "lost";
        say();
        return undefined;
      },
    });
    following = { code, feed, leader: "", isLost: false };
    changed(true);
    memory({ follow: code });
    feed.start(-1);
    say();
  }

  function show({ view, leader }) {
    if (!following) return;
    following.leader = leader;
    say();
    const wanted = new URLSearchParams(view);
    const own = state();
    for (const key of OWN) if (own[key]) wanted.set(key, own[key]);
    wanted.sort();
    const hash = `#${wanted}`;
    if (hash !== location.hash) location.replace(hash);
  }

  // ── both ────────────────────────────────────────────────────────────────────────────────────
  function leave(why = "") {
    clearInterval(leading?.timer);
    following?.feed.stop();
    leading = following = null;
    changed(false);
    memory(null);
    say(why);
  }

  function end() {
    const wasLeading = leading;
    leave();
    if (wasLeading) remove(ADDRESS).catch(() => {}); // forgotten anyway after a while
  }

  function say(why = "") {
    box.hidden = !leading && !following && !why;
    const words = leading ? [t("Leading other screens"), " ", h("b.follow-code", {}, leading.code)]
      : following ? [following.leader ? t("Following %(name)s", { name: following.leader }) : t("Following"), following.isLost && h("span.tone-near", {}, ` ${t("(line lost)")}`)]
        : [why];
    fill(box, h("span", {}, words), h("button.button.small", { type: "button", onClick: () => (leading || following ? end() : (box.hidden = true)) }, leading || following ? t("End") : t("Close")));
    layMenu();
  }

  function layMenu() {
    if (!menu.open) return;
    const digits = h("input", { inputmode: "numeric", pattern: "[0-9]{6}", maxlength: "6", required: true, placeholder: "000000", "aria-label": t("Six digits of the leader"), autocomplete: "off" });
    const trouble = h("p.tone-late", { role: "alert", hidden: true });
    const tried = async (act) => {
      try {
        await act();
        menu.open = false;
      } catch (error) {
        trouble.hidden = false;
        fill(trouble, error.message);
      }
    };
    const mine = h("div", {});
    fill(menu.querySelector(".menu-body"),
      h("p.quiet.small", {}, t("One screen leads; the others show the same map, filters and case.")),
      h("button.button", { type: "button", disabled: Boolean(leading), onClick: () => tried(() => lead()) }, t("Lead other screens")), mine,
      h("form.row", { onSubmit: (event) => (event.preventDefault(), tried(() => follow(digits.value))) }, digits, h("button.button", { type: "submit" }, t("Follow"))), trouble);
    if (!leading && !following) get(ADDRESS).then(({ code }) => code && fill(mine, h("button.button.main", { type: "button", onClick: () => tried(() => follow(code)) }, t("Follow the screen that leads by this account")))).catch(() => {});
  }

  menu.addEventListener("toggle", layMenu);
  const kept = memory();
  const asked = new URLSearchParams(location.search).get("follow");
  if (/^\d{6}$/.test(asked ?? "")) follow(asked);
  else if (kept?.lead) lead(kept.lead);
  else if (kept?.follow) follow(kept.follow);
}

/** What the leader looks at, without what is each screen's own. */
function viewOf() {
  const view = new URLSearchParams(location.hash.slice(1));
  for (const key of OWN) view.delete(key);
  view.sort();
  return view.toString();
}

async function put(path, body) {
  const headers = { "Content-Type": "application/json", "X-CSRF-Token": document.querySelector('meta[name="csrf-token"]').content };
  let response;
  try {
    response = await fetch(path, { method: "PUT", credentials: "same-origin", headers, body: JSON.stringify(body) });
  } catch {
    throw new Problem(0, null);
  }
  if (!response.ok) throw new Problem(response.status, await response.json().catch(() => null));
}
