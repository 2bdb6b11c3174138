// The elements that Python put on the page's map: promises of layers, by key.

/** The Leaflet map of this page. */
export function pageMap() {
  return globalThis.wangge.map;
}

/** The layer that the element of that key made; undefined if the page has none. */
export function element(key) {
  return globalThis.wangge.elements[key];
}

/** What Python told this page. */
export function pageData() {
  return JSON.parse(document.getElementById("wangge-page")?.textContent ?? "{}");
}
