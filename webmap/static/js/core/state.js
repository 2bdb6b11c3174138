// What is seen, in the address bar, so that a view can be sent as a link.

import { place } from "wangge/layers/fitting.js";

const listeners = new Set();

/** The state of the address: plain strings. The day (`at`) stands before the hash, as in the API. */
export function state() {
  const at = new URLSearchParams(location.search).get("at");
  return { ...(at ? { at } : {}), ...Object.fromEntries(new URLSearchParams(location.hash.slice(1))) };
}

/** Change some entries; null removes one. Does not reload. */
export function setState(changes) {
  const query = new URLSearchParams(location.search);
  const hash = new URLSearchParams(location.hash.slice(1));
  query.delete("lang");
  for (const [key, value] of Object.entries(changes)) {
    const part = key === "at" ? query : hash;
    if (value == null || value === "") part.delete(key);
    else part.set(key, value);
  }
  hash.sort();
  const readable = (part) => part.toString().replaceAll("%2C", ",").replaceAll("%2F", "/").replaceAll("%3A", ":");
  const before = readable(query);
  const after = readable(hash);
  history.replaceState(
    null,
    "",
    `${location.pathname}${before ? `?${before}` : ""}${after ? `#${after}` : ""}`,
  );
}

/** Call `listener` when a link within the page or the back button changes the state. */
export function onState(listener) {
  listeners.add(listener);
}

addEventListener("hashchange", () => {
  for (const listener of listeners) listener(state());
});

/** Begin with the view that the state holds. True if it holds one. */
export function beginView(map) {
  return placeView(map, state().map);
}

/** An address of tiles or of the API for the day of the state. */
export function onDay(address) {
  const { at } = state();
  const plain = address.replace(/[?&]at=[^&]*/, "");
  if (!at) return plain;
  return `${plain}${plain.includes("?") ? "&" : "?"}at=${encodeURIComponent(at)}`;
}

/** Keep the map's view in the state. */
export function keepView(map) {
  map.on("moveend", () => {
    const centre = map.getCenter();
    setState({ map: `${Number(map.getZoom().toFixed(2))}/${centre.lat.toFixed(5)}/${centre.lng.toFixed(5)}` });
  });
  onState((now) => placeView(map, now.map));
}

function placeView(map, view) {
  const [zoom, lat, lng] = (view ?? "").split("/").map(Number);
  if (![zoom, lat, lng].every(Number.isFinite) || view === undefined) return false;
  place(map, [zoom, lat, lng]);
  return true;
}
