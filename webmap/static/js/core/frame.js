// What works on every page: what fields want, the theme switch, the language link, the folded menus.

import { askInOurWords } from "wangge/core/asking.js";
import { switchTheme } from "wangge/core/theme.js";

/** Make the frame of the page live. */
export function joinFrame() {
  askInOurWords();
  showPages();
  for (const button of document.querySelectorAll("[data-theme-switch]")) button.addEventListener("click", switchTheme);
  for (const link of document.querySelectorAll("[data-language]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const query = new URLSearchParams(location.search);
      query.set("lang", link.lang.startsWith("en") ? "en" : "zh");
      const next = `${location.pathname}?${query}${location.hash}`;
      location.assign(next);
    });
  }
  document.addEventListener("click", (event) => {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
}

/** Where the bar has no room for all pages, they stand in the menu too, and the one that is open is in sight. */
function showPages() {
  const pages = document.querySelector(".bar-pages");
  if (!pages) return;
  const look = () => pages.toggleAttribute("data-cut", pages.scrollWidth > pages.clientWidth + 1);
  new ResizeObserver(look).observe(pages);
  const open = pages.querySelector("[aria-current]");
  if (open) pages.scrollLeft = open.offsetLeft - pages.offsetLeft - 12;
}
