// The letters by which steps are taken on the keyboard: fixed for the common ones, so that hands
// learn them, and the first free letter of its key for a step that a profile adds.

const FIXED = {
  file: "L", dispatch: "D", accept: "A", send_back: "B", feed_back: "R", reject: "X", close: "C", on_spot: "O", reopen: "U", refuse: "N",
};
const TAKEN = "FGHJKPSVWZ"; // what the page itself answers to, see keys.js

/** Step key → letter; a step for which none is free has none. */
export function letters(steps) {
  const found = new Map();
  const used = new Set(TAKEN);
  for (const { key } of steps) {
    if (!FIXED[key]) continue;
    found.set(key, FIXED[key]);
    used.add(FIXED[key]);
  }
  for (const { key } of steps) {
    if (found.has(key)) continue;
    const letter = [...key.toUpperCase()].find((sign) => sign >= "A" && sign <= "Z" && !used.has(sign));
    if (!letter) continue;
    found.set(key, letter);
    used.add(letter);
  }
  return found;
}
