// Class bounds for choropleths.

/** Ascending bounds of at most `count` classes that hold equally many values. */
export function quantiles(values, count = 5) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  if (!sorted.length) return [];
  const bounds = [sorted[0]];
  for (let i = 1; i < count; i++) bounds.push(sorted[Math.floor((i * sorted.length) / count)]);
  bounds.push(sorted.at(-1));
  return distinct(bounds);
}

/**
 * Jenks natural breaks: bounds that leave the least spread inside the classes
 * (Fisher 1958, doi:10.1080/01621459.1958.10501479, by dynamic programming).
 */
export function jenks(values, count = 5) {
  const sorted = values.filter(Number.isFinite).sort((a, b) => a - b);
  const n = sorted.length;
  if (new Set(sorted).size <= count) return distinct([...sorted, sorted.at(-1)].filter(Number.isFinite));
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
  const bounds = [sorted.at(-1)];
  let j = n;
  for (let k = count - 2; k >= 0; k--) {
    j = cuts[k][j];
    bounds.unshift(sorted[j]);
  }
  bounds.unshift(sorted[0]);
  return distinct(bounds);
}

function distinct(bounds) {
  const last = bounds.at(-1);
  const found = [...new Set(bounds)];
  if (found.length === 1) found.push(last);
  return found;
}

/** The class of a value: 0 … bounds.length − 2; −1 if it has none. */
export function classOf(value, bounds) {
  if (value == null || !Number.isFinite(value) || bounds.length < 2) return -1;
  for (let i = bounds.length - 2; i > 0; i--) if (value >= bounds[i]) return i;
  return 0;
}

/** The steps of the one-hue ramp (--ramp-0 … --ramp-6) for so many classes. */
export function rampSteps(count) {
  if (count <= 1) return [4];
  return Array.from({ length: count }, (_, i) => Math.round((i * 6) / (count - 1)));
}
