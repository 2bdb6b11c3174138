// The shapes of categories: who cannot tell the colours tells the shapes.

const cache = new Map();

const SHAPES = [
  polygon(40), // a circle
  polygon(4, Math.PI / 4), // a square
  polygon(3, 0, 1.2), // a triangle
  polygon(4, 0, 1.12), // a diamond
  cross(),
  polygon(3, Math.PI, 1.2), // a triangle on its point
  polygon(6),
  star(),
  polygon(5),
];

function polygon(corners, turn = 0, size = 1) {
  return Array.from({ length: corners }, (_, i) => {
    const angle = (2 * Math.PI * i) / corners + turn - Math.PI / 2;
    return [Math.cos(angle) * size, Math.sin(angle) * size];
  });
}

function cross() {
  const a = 0.38;
  return [[-a, -1], [a, -1], [a, -a], [1, -a], [1, a], [a, a], [a, 1], [-a, 1], [-a, a], [-1, a], [-1, -a], [-a, -a]];
}

function star() {
  return Array.from({ length: 10 }, (_, i) => {
    const size = i % 2 ? 0.5 : 1.15;
    const angle = (Math.PI * i) / 5 - Math.PI / 2;
    return [Math.cos(angle) * size, Math.sin(angle) * size];
  });
}

/** The outline of a category's shape as an SVG path round 0, 0. */
export function outline(position, radius) {
  const corners = SHAPES[position % SHAPES.length];
  return `M${corners.map(([x, y]) => `${(x * radius).toFixed(2)},${(y * radius).toFixed(2)}`).join("L")}Z`;
}

/** A category's mark as a small canvas: {canvas, half}, `half` being half its side in pixels. */
export function glyph(position, color, { radius, open, halo, sharp = 1 }) {
  const key = `${position}|${color}|${radius}|${open}|${halo}|${sharp}`;
  if (!cache.has(key)) {
    if (cache.size > 300) cache.clear();
    cache.set(key, drawn(position, color, radius, open, halo, sharp));
  }
  return cache.get(key);
}

function drawn(position, color, radius, open, halo, sharp) {
  const half = radius * 1.3 + 3;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = Math.ceil(half * 2 * sharp);
  const context = canvas.getContext("2d");
  context.scale(sharp, sharp);
  context.translate(half, half);
  const path = new Path2D(outline(position, radius));
  context.lineJoin = "round";
  context.strokeStyle = halo;
  context.lineWidth = open ? 3 : 5;
  context.stroke(path);
  if (open) {
    context.fillStyle = color;
    context.fill(path);
  } else {
    context.globalAlpha = 0.35;
    context.fillStyle = color;
    context.fill(path);
    context.globalAlpha = 1;
    context.strokeStyle = color;
    context.lineWidth = 2;
    context.stroke(path);
  }
  return { canvas, half };
}
