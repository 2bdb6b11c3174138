// Lengths and areas on the WGS 84 ellipsoid, from longitude and latitude in degrees.

const A = 6378137;
const F = 1 / 298.257223563;
const B = A * (1 - F);
const E = Math.sqrt(F * (2 - F));
const RAD = Math.PI / 180;

/**
 * Metres between two positions along the ellipsoid.
 * Vincenty 1975, doi:10.1179/sre.1975.23.176.88; to a millimetre within any city.
 */
export function distance([lng1, lat1], [lng2, lat2]) {
  const u1 = Math.atan((1 - F) * Math.tan(lat1 * RAD));
  const u2 = Math.atan((1 - F) * Math.tan(lat2 * RAD));
  const l = (lng2 - lng1) * RAD;
  let lambda = l;
  for (let turn = 0; turn < 100; turn++) {
    const [sinL, cosL] = [Math.sin(lambda), Math.cos(lambda)];
    const sinS = Math.hypot(Math.cos(u2) * sinL, Math.cos(u1) * Math.sin(u2) - Math.sin(u1) * Math.cos(u2) * cosL);
    if (sinS === 0) return 0;
    const cosS = Math.sin(u1) * Math.sin(u2) + Math.cos(u1) * Math.cos(u2) * cosL;
    const s = Math.atan2(sinS, cosS);
    const sinA = (Math.cos(u1) * Math.cos(u2) * sinL) / sinS;
    const cos2A = 1 - sinA * sinA;
    const cosM = cos2A ? cosS - (2 * Math.sin(u1) * Math.sin(u2)) / cos2A : 0;
    const c = (F / 16) * cos2A * (4 + F * (4 - 3 * cos2A));
    const before = lambda;
    lambda = l + (1 - c) * F * sinA * (s + c * sinS * (cosM + c * cosS * (2 * cosM * cosM - 1)));
    if (Math.abs(lambda - before) > 1e-12) continue;
    const uu = (cos2A * (A * A - B * B)) / (B * B);
    const ka = 1 + (uu / 16384) * (4096 + uu * (-768 + uu * (320 - 175 * uu)));
    const kb = (uu / 1024) * (256 + uu * (-128 + uu * (74 - 47 * uu)));
    const ds = kb * sinS * (cosM + (kb / 4) * (cosS * (2 * cosM * cosM - 1) - (kb / 6) * cosM * (4 * sinS * sinS - 3) * (4 * cosM * cosM - 3)));
    return B * ka * (s - ds);
  }
  return NaN;
}

/** Metres along a line of positions. */
export function length(positions) {
  return positions.slice(1).reduce((sum, position, i) => sum + distance(positions[i], position), 0);
}

/**
 * Square metres inside a ring of positions, by the equal-area cylindrical projection of the
 * ellipsoid (Snyder 1987, USGS Professional Paper 1395, eq. 3-12). Its sides are lines of that
 * projection, not geodesics: with sides of 5 km the difference is 3 parts in 100,000.
 */
export function area(ring) {
  const q = (lat) => {
    const sine = Math.sin(lat * RAD);
    return (1 - E * E) * (sine / (1 - E * E * sine * sine) - Math.log((1 - E * sine) / (1 + E * sine)) / (2 * E));
  };
  let twice = 0;
  ring.forEach(([lng, lat], i) => {
    const [nextLng, nextLat] = ring[(i + 1) % ring.length];
    twice += (lng - ring[0][0]) * RAD * q(nextLat) - (nextLng - ring[0][0]) * RAD * q(lat);
  });
  return Math.abs((twice * A * A) / 4);
}
