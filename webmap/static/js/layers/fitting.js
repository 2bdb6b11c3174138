// The view that shows a box as large as the screen allows, between whole zooms if need be.
//
// The buttons and the wheel go in whole zooms; only what is fitted, and a link to such a view, lies
// between. Over a basemap of pictures zooms stay whole: pictures would blur.

const L = globalThis.L;

/**
 * Show a box.
 *
 * @param {L.Map} map
 * @param {[[number, number], [number, number]]|L.LatLng[]} corners - latitude, longitude of two
 * @param {object} options - of Leaflet's fitBounds
 */
export function fit(map, corners, options = {}) {
  if (hasPictures(map)) map.fitBounds(corners, options);
  else between(map, () => map.fitBounds(corners, options));
}

/** Set the view to a zoom that may lie between whole ones. */
export function place(map, [zoom, lat, lng]) {
  between(map, () => map.setView([lat, lng], zoom, { animate: false }));
}

function between(map, act) {
  const { zoomSnap } = map.options;
  map.options.zoomSnap = 0;
  try {
    act();
  } finally {
    map.options.zoomSnap = zoomSnap;
  }
}

function hasPictures(map) {
  let found = false;
  map.eachLayer((layer) => (found ||= layer instanceof L.TileLayer));
  return found;
}
