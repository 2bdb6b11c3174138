// Light or dark: the page's own default, the user's choice kept in this browser, and what the
// canvases need to know of it.

const KEY = `wangge-theme-${document.documentElement.dataset.page ?? "map"}`;
const root = document.documentElement;
const listeners = new Set();
let tokens = null;

function apply(theme) {
  root.dataset.theme = theme;
  tokens = null;
  for (const listener of listeners) listener(theme);
}

export function theme() {
  return root.dataset.theme === "dark" ? "dark" : "light";
}

/** The other theme, kept for next time. */
export function switchTheme() {
  const next = theme() === "dark" ? "light" : "dark";
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // a browser that keeps nothing still shows it
  }
  apply(next);
}

// ── paper is white: while the page is printed it is light, and canvases draw at once ──────────
let onScreen = null;

/** Whether the page is being printed, so that nothing can wait for the next frame. */
export function isPrinting() {
  return onScreen !== null;
}

/** The page becomes light for paper; to be called in time before `print`, see below. */
export function onPaper() {
  onScreen ??= theme();
  // what is drawn while the browser prints is printed without transparency: a canvas of names
  // would hide the map below it, so a page that is light already is not drawn again
  if (theme() !== "light") apply("light");
}

addEventListener("beforeprint", onPaper);
addEventListener("afterprint", () => {
  const before = onScreen;
  onScreen = null;
  if (before) apply(before);
});

/** Call `listener` whenever the theme changes. */
export function onTheme(listener) {
  listeners.add(listener);
}

/** A colour or length of the stylesheet: `token("--map-street")`. */
export function token(name) {
  tokens ??= new Map();
  if (!tokens.has(name)) tokens.set(name, getComputedStyle(root).getPropertyValue(name).trim());
  return tokens.get(name);
}

let kept = null;
try {
  kept = localStorage.getItem(KEY);
} catch {
  // as above
}
if (kept) apply(kept);
