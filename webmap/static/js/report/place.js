// Where it is: by the phone's own position, or by a tap on the map. Both are WGS 84.

import { get } from "wangge/core/api.js";
import { h, settled } from "wangge/core/dom.js";
import { element, pageMap } from "wangge/core/elements.js";
import { t } from "wangge/core/words.js";

const L = globalThis.L;
const PIN = '<svg class="report-pin" viewBox="0 0 34 44" aria-hidden="true"><path d="M17 43C11 33 3 25 3 16a14 14 0 0 1 28 0c0 9-8 17-14 27z" fill="currentColor" stroke="#fff" stroke-width="2"/><circle cx="17" cy="16" r="5" fill="#fff"/></svg>';
const NEAR_ZOOM = 17;

/** The place of a report; gives {place(), clear(), offer(place)}. */
export async function placePicker({ button, words }) {
  const map = pageMap();
  await element("furniture");
  const first = { center: map.getCenter(), zoom: map.getZoom() };
  let place = null;
  let pin = null;
  let asked = 0;
  let isUnasked = false; // the phone told it by itself, nobody has pointed at it

  function set(lon, lat, { move = false, accuracy = null, unasked = false } = {}) {
    place = { lon, lat };
    isUnasked = unasked;
    if (!pin) {
      pin = L.marker([lat, lon], { icon: L.divIcon({ html: PIN, className: "", iconSize: [34, 44], iconAnchor: [17, 43] }), draggable: true, keyboard: false, alt: t("The place of the report") }).addTo(map);
      pin.on("dragend", () => set(pin.getLatLng().lng, pin.getLatLng().lat));
    }
    pin.setLatLng([lat, lon]);
    if (move) map.setView([lat, lon], Math.max(map.getZoom(), NEAR_ZOOM), { animate: false });
    delete words.dataset.outside;
    say(t("Looking up where this is …"));
    look(accuracy);
  }

  const look = settled(async (accuracy) => {
    const mine = ++asked;
    const rough = accuracy > 100 ? t("Your phone knows its place to %(m)s m only: correct it by a tap.", { m: Math.round(accuracy) }) : "";
    let told;
    try {
      const spot = await get("/api/v1/reports/spot", place, { quiet: true });
      if (mine !== asked) return;
      words.toggleAttribute("data-outside", !spot.inside);
      const parts = [spot.area, spot.compound, spot.building, spot.street, spot.grid].filter(Boolean);
      told = spot.inside ? parts.join(" · ") || t("This place is taken.") : t("This lies outside our area. You may send it; we will pass it on, which takes longer.");
    } catch {
      if (mine !== asked) return;
      told = t("The place is set.");
    }
    say([told, rough].filter(Boolean).join(" "));
  }, 150);

  function say(...parts) {
    words.replaceChildren(...parts);
  }

  function locate({ unasked = false } = {}) {
    if (!globalThis.isSecureContext || !navigator.geolocation) {
      say(t("This browser gives no place here. Tap on the map where it is."));
      return;
    }
    button.disabled = true;
    say(t("Finding your place …"));
    navigator.geolocation.getCurrentPosition(
      ({ coords }) => {
        button.disabled = false;
        if (unasked && place) return; // somebody was faster with a tap
        set(coords.longitude, coords.latitude, { move: true, accuracy: coords.accuracy, unasked });
      },
      (error) => {
        button.disabled = false;
        if (unasked && place) return;
        say(error.code === error.PERMISSION_DENIED
          ? t("The phone does not tell its place: it was refused. Tap on the map where it is.")
          : t("The phone does not know its place right now. Tap on the map where it is."));
      },
      { enableHighAccuracy: true, timeout: 15_000, maximumAge: 30_000 },
    );
  }

  /** Where the phone was allowed to tell its place before, it tells it without a tap. */
  async function locateUnasked() {
    const right = await navigator.permissions?.query({ name: "geolocation" }).catch(() => null);
    if (right?.state === "granted" && !place) locate({ unasked: true });
  }

  button.addEventListener("click", () => locate());
  locateUnasked();
  // A tap on the map of the whole city is rough: come near, so that the next one is exact.
  map.on("click", ({ latlng }) => set(latlng.wrap().lng, latlng.lat, { move: map.getZoom() < NEAR_ZOOM - 1 }));

  return {
    place: () => place,
    clear() {
      pin?.remove();
      [place, pin] = [null, null];
      asked++;
      delete words.dataset.outside;
      map.setView(first.center, first.zoom, { animate: false });
      say(t("Tap on the map where it is."));
      locateUnasked();
    },
    /** Offer the place where a photo was taken; it is not taken unasked. */
    offer(found) {
      if (place && !isUnasked) return;
      say(h("button.button", { type: "button", onClick: () => set(found.lon, found.lat, { move: true }) }, t("Use the place where the photo was taken")));
    },
  };
}
