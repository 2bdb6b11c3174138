// Classes of values: few, with bounds that people can read.

/** Rising upper bounds of up to `count` classes with about equally many values each. */
export function quantiles(values, count) {
  const sorted = Float64Array.from(values).sort();
  if (!sorted.length) return [];
  const bounds = [];
  for (let k = 1; k <= count; k++) {
    const place = Math.ceil((k * sorted.length) / count) - 1;
    bounds.push(sorted[place]);
  }
  return distinct(bounds);
}

/**
 * Natural breaks: the classes with the smallest sum of squared distances to their means
 * (Fisher 1958, On Grouping for Maximum Homogeneity; exact, O(count · n²)).
 * Of more than 600 values every n-th is taken, and always the highest.
 */
export function naturalBreaks(values, count) {
  let sorted = Float64Array.from(values).sort();
  if (sorted.length > 600) {
    const step = sorted.length / 600;
    sorted = Float64Array.from({ length: 600 }, (_, i) => sorted[Math.min(sorted.length - 1, Math.ceil((i + 1) * step) - 1)]);
  }
  const n = sorted.length;
  const k = Math.min(count, new Set(sorted).size);
  if (!n) return [];
  const sum = new Float64Array(n + 1);
  const squares = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    sum[i + 1] = sum[i] + sorted[i];
    squares[i + 1] = squares[i] + sorted[i] ** 2;
  }
  const spread = (i, j) => squares[j] - squares[i] - (sum[j] - sum[i]) ** 2 / (j - i);
  let best = Float64Array.from({ length: n + 1 }, (_, j) => (j ? spread(0, j) : 0));
  const cuts = [];
  for (let c = 2; c <= k; c++) {
    const next = new Float64Array(n + 1).fill(Infinity);
    const cut = new Int32Array(n + 1);
    for (let j = c; j <= n; j++) {
      for (let i = c - 1; i < j; i++) {
        const cost = best[i] + spread(i, j);
        if (cost < next[j]) {
          next[j] = cost;
          cut[j] = i;
        }
      }
    }
    cuts.push(cut);
    best = next;
  }
  const bounds = [sorted[n - 1]];
  let end = n;
  for (let c = k - 2; c >= 0; c--) {
    end = cuts[c][end];
    bounds.unshift(sorted[end - 1]);
  }
  return distinct(bounds);
}

function distinct(bounds) {
  return bounds.filter((bound, i) => i === 0 || bound > bounds[i - 1]);
}

/** The class of a value: the first whose upper bound is not below it. */
export function classOf(value, bounds) {
  for (let i = 0; i < bounds.length; i++) if (value <= bounds[i]) return i;
  return bounds.length - 1;
}

/** 1, 2 or 5 times a power of ten, the nearest above. */
export function niceAbove(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((n) => n * power).find((n) => n >= value * 0.999999);
}
