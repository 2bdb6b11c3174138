// Density of points as bands of one hue, in cases per square kilometre.
//
// Points fall into cells of a few pixels; three box filters one after another are near a Gaussian
// (Wells 1986, doi:10.1109/TPAMI.1986.4767776). The radius is in metres, so the picture means the
// same at every zoom; when that is less than a few pixels, these are the radius.

import { onTheme, token } from "wangge/core/theme.js";
import { Surface } from "wangge/layers/surface.js";

const CLASSES = 6;
const LEAST_PIXELS = 8;
const MOST_PIXELS = 400;

/** Fires `legend` {bounds, colours, metres} after drawing. */
export const HeatLayer = Surface.extend({
  /** @param {{metres?: number}} options - the radius: two standard deviations */
  initialize(options) {
    Surface.prototype.initialize.call(this, { padding: 0.1, metres: 300, ...options });
    this.cases = null;
    this.shown = new Uint32Array(0);
    onTheme(() => this.redrawSoon());
  },

  set(cases, shown) {
    Object.assign(this, { cases, shown });
    this.redrawSoon();
  },

  setRadius(metres) {
    this.options.metres = metres;
    this.redrawSoon();
  },

  paint(context, frame) {
    if (!this.cases) return;
    const middle = (frame.box.north + frame.box.south) / 2;
    const metresPerPixel = (40075016.686 * Math.cos(latitude(middle))) / frame.unit;
    const pixels = Math.max(LEAST_PIXELS, Math.min(MOST_PIXELS, this.options.metres / metresPerPixel));
    const found = density(this.cases, this.shown, frame, pixels / 2);
    const perSquareKilometre = 1e6 / (found.cell * metresPerPixel) ** 2;
    const bounds = levels(found.values, perSquareKilometre);
    const colours = Array.from({ length: bounds.length }, (_, i) => token(`--heat-${i + 1 + CLASSES - bounds.length}`) || token(`--ramp-${i + 1}`));
    drawBands(context, found, bounds.map((bound) => bound / perSquareKilometre), colours);
    this.fire("legend", { bounds, colours, metres: pixels * metresPerPixel });
  },
});

function latitude(y) {
  return 2 * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - Math.PI / 2;
}

/** Smoothed counts per cell over the frame; points outside it, but near, count too. */
export function density({ x, y }, shown, frame, sigma) {
  const cell = Math.max(2, Math.min(8, Math.round(sigma / 4)));
  const margin = Math.ceil((sigma * 3) / cell);
  const width = Math.ceil(frame.width / cell) + 2 * margin;
  const height = Math.ceil(frame.height / cell) + 2 * margin;
  const values = new Float32Array(width * height);
  const left = frame.west - margin * cell;
  const top = frame.north - margin * cell;
  for (let n = 0; n < shown.length; n++) {
    const i = shown[n];
    const column = Math.floor((x[i] * frame.unit - left) / cell);
    const row = Math.floor((y[i] * frame.unit - top) / cell);
    if (column >= 0 && row >= 0 && column < width && row < height) values[row * width + column]++;
  }
  const spare = new Float32Array(values.length);
  for (const radius of boxes(sigma / cell)) {
    blurRows(values, spare, width, height, radius);
    blurColumns(spare, values, width, height, radius);
  }
  return { values, width, height, margin, cell };
}

/** Radii of three boxes whose variances sum to sigma². */
function boxes(sigma) {
  const ideal = Math.sqrt((12 * sigma * sigma) / 3 + 1);
  let low = Math.floor(ideal);
  if (low % 2 === 0) low--;
  low = Math.max(1, low);
  const many = Math.round((12 * sigma * sigma - 3 * low * low - 12 * low - 9) / (-4 * low - 4));
  return [0, 1, 2].map((i) => ((i < many ? low : low + 2) - 1) / 2);
}

function blurRows(from, to, width, height, radius) {
  const share = 1 / (2 * radius + 1);
  for (let row = 0; row < height; row++) {
    const start = row * width;
    let sum = 0;
    for (let column = -radius; column < width; column++) {
      if (column + radius < width) sum += from[start + column + radius];
      if (column - radius - 1 >= 0) sum -= from[start + column - radius - 1];
      if (column >= 0) to[start + column] = sum * share;
    }
  }
}

function blurColumns(from, to, width, height, radius) {
  const share = 1 / (2 * radius + 1);
  const sums = new Float32Array(width);
  for (let row = -radius; row < height; row++) {
    const enters = row + radius < height ? (row + radius) * width : -1;
    const leaves = row - radius - 1 >= 0 ? (row - radius - 1) * width : -1;
    for (let column = 0; column < width; column++) {
      if (enters >= 0) sums[column] += from[enters + column];
      if (leaves >= 0) sums[column] -= from[leaves + column];
      if (row >= 0) to[row * width + column] = sums[column] * share;
    }
  }
}

/** Readable rising lower bounds of the bands, in cases per km². */
function levels(values, factor) {
  let most = 0;
  for (const value of values) if (value > most) most = value;
  if (most * factor < 1e-6) return [];
  let exponent = Math.floor(Math.log10(most * factor * 0.8));
  let digit = [5, 2, 1].find((n) => n * 10 ** exponent <= most * factor * 0.8) ?? 1;
  const bounds = [];
  while (bounds.length < CLASSES) {
    bounds.unshift(Number(`${digit}e${exponent}`));
    digit = { 5: 2, 2: 1, 1: 5 }[digit];
    if (digit === 5) exponent--;
  }
  return bounds;
}

function drawBands(context, { values, width, height, margin, cell }, bounds, colours) {
  if (!bounds.length) return;
  // The picture is finer than the cells, so that the bands' edges are smooth.
  const finer = Math.max(1, Math.round(cell / 2));
  const wide = (width - 1) * finer;
  const high = (height - 1) * finer;
  const small = document.createElement("canvas");
  small.width = wide;
  small.height = high;
  const image = new ImageData(wide, high);
  const table = colours.map(channels);
  const alphas = colours.map((_, i) => 95 + (i * 130) / Math.max(1, colours.length - 1));
  const pixels = image.data;
  for (let i = 0, row = 0; row < high; row++) {
    const upper = Math.floor(row / finer) * width;
    const down = (row % finer) / finer;
    for (let column = 0; column < wide; column++, i++) {
      const at = upper + Math.floor(column / finer);
      const right = (column % finer) / finer;
      const above = values[at] + (values[at + 1] - values[at]) * right;
      const below = values[at + width] + (values[at + width + 1] - values[at + width]) * right;
      const value = above + (below - above) * down;
      if (value < bounds[0]) continue;
      let band = bounds.length - 1;
      while (band > 0 && value < bounds[band]) band--;
      const next = bounds[band + 1];
      const along = next === undefined ? 0 : (value - bounds[band]) / (next - bounds[band]);
      const [red, green, blue] = table[band];
      pixels[i * 4] = red;
      pixels[i * 4 + 1] = green;
      pixels[i * 4 + 2] = blue;
      pixels[i * 4 + 3] = alphas[band] + along * 8;
    }
  }
  small.getContext("2d").putImageData(image, 0, 0);
  context.imageSmoothingEnabled = true;
  context.imageSmoothingQuality = "high";
  context.drawImage(small, (0.5 - margin) * cell, (0.5 - margin) * cell, (width - 1) * cell, (height - 1) * cell);
}

function channels(colour) {
  const text = colour.replace("#", "");
  return [0, 2, 4].map((at) => parseInt(text.slice(at, at + 2), 16));
}

/** Put embedded points on a plain Folium map: `options.data` has `lon` and `lat`. */
export function add(map, { data, metres }) {
  const x = Float64Array.from(data.lon, (value) => value / 360 + 0.5);
  const y = Float64Array.from(data.lat, (value) => {
    const sine = Math.sin((value * Math.PI) / 180);
    return 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI);
  });
  const layer = new HeatLayer(metres ? { metres } : {});
  layer.set({ x, y }, Uint32Array.from(x.keys()));
  return layer.addTo(map);
}
