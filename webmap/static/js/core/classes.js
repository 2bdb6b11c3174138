// Classes for choropleths. A classing is the ascending lower bounds of its classes, each once, and
// the greatest value at the end: n classes have n + 1 bounds.

const finite = (values) => values.filter(Number.isFinite).sort((a, b) => a - b);

/** At most `count` classes that hold equally many values. */
export function quantiles(values, count = 5) {
  const sorted = finite(values);
  const bounds = Array.from({ length: count }, (_, i) => sorted[Math.floor((i * sorted.length) / count)]);
  return closed(bounds, sorted);
}

/**
 * Jenks natural breaks: at most `count` classes with the least spread inside
 * (Fisher 1958, doi:10.1080/01621459.1958.10501479, by dynamic programming).
 */
export function jenks(values, count = 5) {
  const sorted = finite(values);
  const different = [...new Set(sorted)];
  if (different.length <= count) return closed(different, sorted);
  const n = sorted.length;
  const sums = [0];
  const squares = [0];
  for (const value of sorted) {
    sums.push(sums.at(-1) + value);
    squares.push(squares.at(-1) + value * value);
  }
  const spread = (i, j) => squares[j] - squares[i] - (sums[j] - sums[i]) ** 2 / (j - i);
  let before = Array.from({ length: n + 1 }, (_, j) => (j ? spread(0, j) : 0));
  const cuts = [];
  for (let k = 2; k <= count; k++) {
    const now = new Array(n + 1).fill(Infinity);
    const cut = new Array(n + 1).fill(0);
    for (let j = k; j <= n; j++) {
      for (let i = k - 1; i < j; i++) {
        const cost = before[i] + spread(i, j);
        if (cost < now[j]) [now[j], cut[j]] = [cost, i];
      }
    }
    cuts.push(cut);
    before = now;
  }
  const bounds = [];
  let j = n;
  for (let k = count - 2; k >= 0; k--) {
    j = cuts[k][j];
    bounds.unshift(sorted[j]);
  }
  return closed([sorted[0], ...bounds], sorted);
}

function closed(lower, sorted) {
  return sorted.length ? [...new Set(lower), sorted.at(-1)] : [];
}

/** The class of a value: 0 … bounds.length − 2; −1 if it has none. */
export function classOf(value, bounds) {
  if (value == null || !Number.isFinite(value)) return -1;
  for (let i = bounds.length - 2; i > 0; i--) if (value >= bounds[i]) return i;
  return bounds.length ? 0 : -1;
}

/** The steps of the one-hue ramp (--ramp-0 … --ramp-6) for so many classes. */
export function rampSteps(count) {
  if (count <= 1) return [4];
  return Array.from({ length: count }, (_, i) => Math.round((i * 6) / (count - 1)));
}
