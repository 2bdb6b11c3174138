// Clusters of points, fast enough to be made anew for every frame of the player.
//
// Two steps. First all points of the view fall into cells of a few pixels, in one pass over typed
// arrays; then the fullest cell takes the cells round it whose means lie within the radius, then
// the next one, as supercluster does with points (greedy, by distance), but on cells. The work is
// O(points + cells), so 100,000 points take milliseconds and no index has to be kept.

const CELLS_IN_RADIUS = 2.2;

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
 * @returns {{count, x, y, size, first, mix, marks, kindCount, west, north, cell, width, height, owner}}
 *   columns of the clusters, largest first; `first` is one point of each (the only one, if size is 1)
 */
export function cluster(points, shown, { kinds, kindCount, unit, radius, box, marked }) {
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
    if (size[at]++ === 0) {
      used.push(at);
      first[at] = i;
    }
    sumX[at] += x[i];
    sumY[at] += y[i];
    mix[at * kindCount + Math.min(kinds[i], kindCount - 1)]++;
    if (marked !== undefined && marked(i)) marks[at]++;
  }
  used.sort((a, b) => size[b] - size[a] || a - b);
  return gathered({ used, size, sumX, sumY, first, mix, marks, kindCount, width, height, cell, left, top });
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
