// Every key of the command centre, in one place: what it does, and what ? says of it.

import { h } from "wangge/core/dom.js";
import { named, t } from "wangge/core/words.js";
import { letters } from "wangge/command/letters.js";

/**
 * Listen to keys. `does` are the acts by name; `take(step key)` takes a step with the open case, or
 * with those that are chosen.
 */
export function joinKeys(board, { steps, does, take, inMap }) {
  const byLetter = new Map([...letters(steps)].map(([key, letter]) => [letter.toLowerCase(), key]));
  const help = overlay(board, steps);
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const inField = event.target.closest?.("input, select, textarea");
    if (event.key === "Escape") {
      if (help.open) help.close();
      else if (inField) event.target.blur();
      else does.escape();
      return;
    }
    if (inField || help.open) return;
    const inList = event.target.closest?.(".case-scroll");
    const act = {
      j: () => does.step(1, event.shiftKey), k: () => does.step(-1, event.shiftKey), f: does.wall, p: does.play, 0: does.showAll,
      "/": does.search, "?": () => help.showModal(), v: does.choosing, s: does.sound, h: () => help.showModal(),
    }[event.key.toLowerCase()];
    const step = byLetter.get(event.key.toLowerCase());
    if (act) act();
    else if (event.key === "ArrowDown" && inList) does.step(1, event.shiftKey);
    else if (event.key === "ArrowUp" && inList) does.step(-1, event.shiftKey);
    else if (event.key === " " && inList) does.choose();
    else if (event.key === "Enter" && event.target.matches?.(".case-scroll") && !inMap(event.target)) does.open();
    else if (!step || event.shiftKey || inMap(event.target) || !take(step)) return;
    event.preventDefault();
  });
  return { help: () => help.showModal() };
}

/** What ? shows: all keys in a table. */
function overlay(board, steps) {
  const lines = () => [
    ["J K", t("Next and previous case of the list")], ["Enter", t("Open the case")], ["/", t("Search cases")],
    ["V", t("Choose several cases")], [t("Space"), t("Choose or leave out the case")], ["Shift+J K", t("Choose on, up or down")],
    ["0", t("Show all that match")], ["P", t("Play or pause")], ["F", t("Wall: larger type, no controls")], ["S", t("Sound on or off")],
    ["Esc", t("Close, or leave the choice")], ["?", t("This help")],
  ];
  const row = ([key, what]) => h("tr", {}, h("th", { scope: "row" }, key.split(" ").map((one) => h("kbd", {}, one))), h("td", {}, what));
  const stepLines = [...letters(steps)].map(([key, letter]) => [letter, named(steps.find((step) => step.key === key).name)]);
  const close = h("button.button.main", { type: "button", onClick: () => box.close() }, t("Close"));
  const box = h("dialog.keys.panel", { "aria-label": t("Keys") }, h("h2", {}, t("Keys")),
    h("div.keys-tables", {}, h("table", {}, lines().map(row)),
      stepLines.length > 0 && h("table", {}, h("caption", {}, t("Steps with the open case, or with all that are chosen")), stepLines.map(row))), close);
  box.addEventListener("click", (event) => event.target === box && box.close());
  document.body.append(box);
  return box;
}
