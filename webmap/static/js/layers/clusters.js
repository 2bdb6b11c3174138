// Clusters of points, fast enough to be made anew for every frame of the player.
//
// Two steps. First all points of the view fall into cells of a few pixels, in one pass over typed
// arrays; then the fullest cell takes the cells round it whose means lie within the radius, then
// the next one, as supercluster does with points (greedy, by distance), but on cells. The work is
// O(points + cells), so 100,000 points take milliseconds and no index has to be kept.

const CELLS_IN_RADIUS = 2.2;
const SLIVER = 2; // pixels that two drawings may share

/**
 * @param {{x: Float64Array, y: Float64Array}} points - units of the Web Mercator world
 * @param {Uint32Array} shown - positions of the points to take
 * @param {object} options
 * @param {Uint8Array} options.kinds - a kind of each point, for the mix
 * @param {number} options.kindCount - how many kinds there are; higher kinds count as the last
 * @param {number} options.unit - pixels of the whole world at this zoom
 * @param {number} options.radius - pixels
 * @param {{west, north, east, south}} options.box - world units
 * @param {(i: number) => boolean} [options.marked] - counted apart (cases past their time)
 * @param {Uint32Array} [options.weights] - how many a point stands for; absent: one
 * @param {(size: number) => number} [options.radiusOf] - pixels that a cluster of that size is drawn
 *   with: those whose drawings would overlap become one (two single points may)
 * @returns {{count, x, y, size, first, mix, marks, kindCount, west, north, cell, width, height, owner}}
 *   columns of the clusters, largest first; `first` is one point of each (the only one, if size is 1)
 */
export function cluster(points, shown, { kinds, kindCount, unit, radius, box, marked, weights, radiusOf }) {
  const cell = radius / CELLS_IN_RADIUS / unit;
  const left = Math.floor(box.west / cell) - 1;
  const top = Math.floor(box.north / cell) - 1;
  const width = Math.max(1, Math.floor(box.east / cell) + 2 - left);
  const height = Math.max(1, Math.floor(box.south / cell) + 2 - top);
  const cells = width * height;
  const size = new Uint32Array(cells);
  const sumX = new Float64Array(cells);
  const sumY = new Float64Array(cells);
  const first = new Uint32Array(cells);
  const mix = new Uint32Array(cells * kindCount);
  const marks = new Uint32Array(cells);
  const used = [];
  const { x, y } = points;
  for (let n = 0; n < shown.length; n++) {
    const i = shown[n];
    const column = Math.floor(x[i] / cell) - left;
    const row = Math.floor(y[i] / cell) - top;
    if (!(column >= 0 && row >= 0 && column < width && row < height)) continue;
    const at = row * width + column;
    const weight = weights === undefined ? 1 : weights[i];
    if (size[at] === 0) {
      used.push(at);
      first[at] = i;
    }
    size[at] += weight;
    sumX[at] += x[i] * weight;
    sumY[at] += y[i] * weight;
    mix[at * kindCount + Math.min(kinds[i], kindCount - 1)] += weight;
    if (marked !== undefined && marked(i)) marks[at]++;
  }
  used.sort((a, b) => size[b] - size[a] || a - b);
  const found = gathered({ used, size, sumX, sumY, first, mix, marks, kindCount, width, height, cell, left, top });
  return radiusOf ? apart(found, (number) => radiusOf(number) / unit, SLIVER / unit) : found;
}

/**
 * Clusters that would be drawn over each other made one, until none are.
 *
 * Each pass places them largest first, in a grid of cells as wide as two of them; one that would lie
 * over a placed one is added to it. What has grown is looked at again in the next pass, so the last
 * pass has found nothing.
 */
function apart(found, radiusOf, sliver) {
  const { x, y, size, mix, marks, kindCount, count } = found;
  const into = Int32Array.from({ length: count }, (_, k) => k);
  const radii = Float64Array.from({ length: count }, (_, k) => radiusOf(size[k]));
  let alive = Array.from(into);
  for (let changed = true; changed; ) {
    changed = false;
    const side = 2 * alive.reduce((most, k) => Math.max(most, radii[k]), 0);
    const grid = new Map();
    const kept = [];
    for (const k of alive) {
      const j = under(k, grid, side);
      if (j < 0) {
        const at = key(x[k], y[k], side);
        if (!grid.has(at)) grid.set(at, []);
        grid.get(at).push(k);
        kept.push(k);
      } else {
        add(k, j);
        changed = true;
      }
    }
    alive = kept.sort((a, b) => size[b] - size[a] || a - b);
  }
  return only(found, alive, into);

  function under(k, grid, side) {
    for (let r = -1; r <= 1; r++) {
      for (let c = -1; c <= 1; c++) {
        for (const j of grid.get(key(x[k] + c * side, y[k] + r * side, side)) ?? []) {
          if (size[k] === 1 && size[j] === 1) continue;
          if (Math.hypot(x[k] - x[j], y[k] - y[j]) < radii[k] + radii[j] - sliver) return j;
        }
      }
    }
    return -1;
  }

  function add(k, j) {
    const whole = size[k] + size[j];
    x[j] = (x[j] * size[j] + x[k] * size[k]) / whole;
    y[j] = (y[j] * size[j] + y[k] * size[k]) / whole;
    size[j] = whole;
    marks[j] += marks[k];
    for (let c = 0; c < kindCount; c++) mix[j * kindCount + c] += mix[k * kindCount + c];
    radii[j] = radiusOf(whole);
    into[k] = j;
  }
}

const key = (x, y, side) => Math.floor(x / side) * 67108864 + Math.floor(y / side);

/** The clusters `alive` of those found; `into` says where each of the others went. */
function only(found, alive, into) {
  const { kindCount, owner } = found;
  const place = new Int32Array(into.length).fill(-1);
  alive.forEach((k, n) => (place[k] = n));
  const last = (k) => (into[k] === k ? k : last(into[k]));
  for (let at = 0; at < owner.length; at++) if (owner[at] >= 0) owner[at] = place[last(owner[at])];
  const taken = { mix: new Uint32Array(alive.length * kindCount) };
  for (const name of ["x", "y", "size", "first", "marks"]) taken[name] = found[name].constructor.from(alive, (k) => found[name][k]);
  alive.forEach((k, n) => taken.mix.set(found.mix.subarray(k * kindCount, (k + 1) * kindCount), n * kindCount));
  return { ...found, ...taken, count: alive.length };
}

function gathered({ used, size, sumX, sumY, first, mix, marks, kindCount, width, height, cell, left, top }) {
  const owner = new Int32Array(width * height).fill(-1);
  const near = (CELLS_IN_RADIUS * cell) ** 2;
  const steps = Math.ceil(CELLS_IN_RADIUS);
  const found = {
    x: new Float64Array(used.length), y: new Float64Array(used.length), size: new Uint32Array(used.length),
    first: new Uint32Array(used.length), mix: new Uint32Array(used.length * kindCount), marks: new Uint32Array(used.length),
  };
  let count = 0;
  for (const at of used) {
    if (owner[at] >= 0) continue;
    const column = at % width;
    const row = (at - column) / width;
    const middleX = sumX[at] / size[at];
    const middleY = sumY[at] / size[at];
    let totalX = 0;
    let totalY = 0;
    for (let r = Math.max(0, row - steps); r <= Math.min(height - 1, row + steps); r++) {
      for (let c = Math.max(0, column - steps); c <= Math.min(width - 1, column + steps); c++) {
        const other = r * width + c;
        if (size[other] === 0 || owner[other] >= 0) continue;
        const dx = sumX[other] / size[other] - middleX;
        const dy = sumY[other] / size[other] - middleY;
        if (dx * dx + dy * dy > near) continue;
        owner[other] = count;
        found.size[count] += size[other];
        found.marks[count] += marks[other];
        totalX += sumX[other];
        totalY += sumY[other];
        for (let k = 0; k < kindCount; k++) found.mix[count * kindCount + k] += mix[other * kindCount + k];
      }
    }
    found.first[count] = first[at];
    found.x[count] = totalX / found.size[count];
    found.y[count] = totalY / found.size[count];
    count++;
  }
  return { ...found, count, kindCount, cell, left, top, width, height, owner };
}

/** The points of one cluster. */
export function members(points, shown, clusters, which) {
  const { cell, left, top, width, height, owner } = clusters;
  const found = [];
  for (let n = 0; n < shown.length; n++) {
    const i = shown[n];
    const column = Math.floor(points.x[i] / cell) - left;
    const row = Math.floor(points.y[i] / cell) - top;
    if (column >= 0 && row >= 0 && column < width && row < height && owner[row * width + column] === which) found.push(i);
  }
  return found;
}
