// What must not be overlooked: urgent cases that just came in and cases whose time just ran out.
// Said in words over the map, and by a short sound where somebody switched that on.

import { fill, h } from "wangge/core/dom.js";
import { count, t } from "wangge/core/words.js";
import { sound as soundIn } from "wangge/command/tones.js";

const SHOWN = 20_000; // milliseconds that the words stay
const KEPT = "wangge-command-sound";

/** The words in `box` and the switch `button`; `show(positions, words)` lists the cases. */
export function joinNews(box, button, board, { show }) {
  let isOn = localStorage.getItem(KEPT) === "on";
  let context = null;
  let timer = 0;

  /** A page that nobody has touched may not sound; the first touch lets it. */
  function wake() {
    if (!isOn) return;
    context ??= new AudioContext();
    if (context.state !== "running") context.resume().then(sayButton, () => {});
  }

  function sayButton() {
    const name = isOn ? t("Sound is on (S)") : t("Sound is off (S)");
    button.setAttribute("aria-pressed", String(isOn));
    button.setAttribute("aria-label", name);
    button.title = isOn && context?.state !== "running" ? t("Sound is on; it begins once somebody has clicked on this page") : name;
    button.dataset.sound = isOn ? "on" : "off";
  }

  function toggle() {
    isOn = !isOn;
    localStorage.setItem(KEPT, isOn ? "on" : "off");
    wake();
    if (isOn) sound("late");
    else context?.suspend();
    sayButton();
  }

  function sound(kind) {
    // A page that nobody has touched yet keeps silent, and does not sound later of what was then.
    if (!isOn || (context?.state !== "running" && navigator.userActivation?.hasBeenActive === false)) return;
    wake();
    soundIn(context, kind);
    box.dataset.sounded = kind;
  }

  function say(kind, words, positions) {
    clearTimeout(timer);
    box.hidden = false;
    box.className = `command-news panel news-${kind}`;
    fill(box, h("b", {}, kind === "urgent" ? "‼ " : "▲ ", words),
      h("button.button.small", { type: "button", onClick: () => show(positions(), words) }, t("Show them")),
      h("button.button.quiet.icon", { type: "button", "aria-label": t("Close"), onClick: () => (box.hidden = true) }, "×"));
    timer = setTimeout(() => (box.hidden = true), SHOWN);
    sound(kind);
  }

  let looked = board.now;
  board.on((what) => {
    if (what !== "minute" || !board.cases) return;
    const { now } = board;
    const late = now - looked > 60 ? [] : board.lateBetween(looked, now); // a machine that slept is not news
    looked = now;
    const ids = late.map((i) => board.cases.id[i]);
    if (ids.length) say("late", t("%(count)s cases have just become overdue", { count: count(ids.length) }), () => ids.map((id) => board.positionOf(id)).filter((i) => i >= 0));
  });
  button.addEventListener("click", toggle);
  addEventListener("pointerdown", wake, { capture: true });
  addEventListener("keydown", wake, { capture: true });
  sayButton();
  return {
    toggle,
    urgent: (ids) => say("urgent", t("%(count)s urgent cases have just come in", { count: count(ids.length) }), () => ids.map((id) => board.positionOf(id)).filter((i) => i >= 0)),
  };
}
