// Writing along a line: where there is room, and how the letters stand.

const STEEP = (55 * Math.PI) / 180; // steeper than this, Chinese is written downwards, letters upright
const CHINESE = /^[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+$/;

/**
 * The stretch of a line in whose middle something as long as `room` pixels can be written.
 *
 * @param {ArrayLike<number>} corners - x, y, x, y … in pixels
 * @param {number} room - pixels
 * @param {number} bend - pixels that the line may leave the chord of the stretch
 * @returns {{x, y, angle, length}|null} middle, direction (radians, upright) and the whole line's length
 */
export function along(corners, room, bend) {
  const ends = [0];
  for (let i = 2; i < corners.length; i += 2) ends.push(ends.at(-1) + Math.hypot(corners[i] - corners[i - 2], corners[i + 1] - corners[i - 1]));
  const length = ends.at(-1);
  if (!(length >= room)) return null;
  for (const share of [0.5, 0.35, 0.65]) {
    const middle = Math.min(length - room / 2, Math.max(room / 2, length * share));
    const from = pointAt(corners, ends, middle - room / 2);
    const to = pointAt(corners, ends, middle + room / 2);
    const chord = Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (chord < room * 0.94) continue;
    let off = 0;
    for (let i = 0; i < ends.length; i++) {
      if (Math.abs(ends[i] - middle) > room / 2) continue;
      const across = (corners[2 * i] - from[0]) * (to[1] - from[1]) - (corners[2 * i + 1] - from[1]) * (to[0] - from[0]);
      off = Math.max(off, Math.abs(across) / chord);
    }
    if (off > bend) continue;
    let angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
    if (angle > Math.PI / 2) angle -= Math.PI;
    if (angle <= -Math.PI / 2) angle += Math.PI;
    return { x: (from[0] + to[0]) / 2, y: (from[1] + to[1]) / 2, angle, length };
  }
  return null;
}

function pointAt(corners, ends, at) {
  let i = 1;
  while (i < ends.length - 1 && ends[i] < at) i++;
  const span = ends[i] - ends[i - 1] || 1;
  const share = (at - ends[i - 1]) / span;
  return [0, 1].map((k) => corners[2 * i - 2 + k] + share * (corners[2 * i + k] - corners[2 * i - 2 + k]));
}

/** The letters at a place: the box they take, and `write(context, put)` that puts them there. */
export function lettered(text, { x, y, angle }, { width, pixels }) {
  if (Math.abs(angle) > STEEP && CHINESE.test(text)) return stacked(text, { x, y, angle }, pixels);
  const wide = (Math.abs(Math.cos(angle)) * width + Math.abs(Math.sin(angle)) * pixels) / 2 + 3;
  const high = (Math.abs(Math.sin(angle)) * width + Math.abs(Math.cos(angle)) * pixels) / 2 + 3;
  return {
    box: [x - wide, y - high, x + wide, y + high],
    write(context, put) {
      context.save();
      context.translate(x, y);
      context.rotate(angle);
      put(text, 0, 0);
      context.restore();
    },
  };
}

/** Letters upright, one below the other along a steep line. */
function stacked(text, { x, y, angle }, pixels) {
  const signs = [...text];
  const step = pixels * 1.15;
  const [right, down] = angle > 0 ? [Math.cos(angle), Math.sin(angle)] : [-Math.cos(angle), -Math.sin(angle)];
  const places = signs.map((sign, i) => [sign, x + (i - (signs.length - 1) / 2) * step * right, y + (i - (signs.length - 1) / 2) * step * down]);
  const half = pixels / 2 + 3;
  const xs = places.map(([, at]) => at);
  const ys = places.map(([, , at]) => at);
  return {
    box: [Math.min(...xs) - half, Math.min(...ys) - half, Math.max(...xs) + half, Math.max(...ys) + half],
    write(context, put) {
      for (const [sign, left, top] of places) put(sign, left, top);
    },
  };
}
