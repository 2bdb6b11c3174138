// Web Mercator as units of the world: 0…1 from west to east and from north to south.

const LIMIT = 85.0511287798066;

/** Latitude (degrees) as y, 0 in the north. */
export function toWorld(lat) {
  const sine = Math.sin((Math.max(-LIMIT, Math.min(LIMIT, lat)) * Math.PI) / 180);
  return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
}

/** y as latitude (degrees). */
export function toLatitude(y) {
  return (360 / Math.PI) * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - 90;
}

/** x as longitude (degrees). */
export function toLongitude(x) {
  return (x - 0.5) * 360;
}

/** Metres on the ground for one unit of the world at y. */
export function metresPerUnit(y) {
  return 40075016.686 * Math.cos((toLatitude(y) * Math.PI) / 180);
}
