// Elements made from values, never from markup: text is always text.

/**
 * An element. `attributes` may hold `class`, `on…` listeners, `dataset`, properties such as
 * `checked`, and plain attributes; null and false are left out.
 */
export function h(tag, attributes = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value == null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2).toLowerCase(), value);
    else if (key === "class") element.className = [element.className, value].filter(Boolean).join(" ");
    else if (key === "dataset") Object.assign(element.dataset, value);
    else if (key === "style") for (const [k, v] of Object.entries(value)) element.style.setProperty(k, v);
    else if (["checked", "value", "disabled", "hidden", "selected", "open"].includes(key)) element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child == null || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Replace what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  append(element, children);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/** An SVG element; attributes are plain. */
export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value != null && value !== false) element.setAttribute(key, value);
  }
  append(element, children);
  return element;
}

/** Call `work` once the calls have paused for `milliseconds`. */
export function settled(work, milliseconds) {
  let timer = 0;
  return (...values) => {
    clearTimeout(timer);
    timer = setTimeout(() => work(...values), milliseconds);
  };
}

/**
 * Call `work` as often as it can keep up: one call at a time, and after it the latest that came
 * meanwhile. What is asked steadily, such as by dragging, is so answered steadily and in order.
 */
export function steady(work) {
  let isUnder = false;
  let next = null;
  return async function call(...values) {
    next = values;
    if (isUnder) return;
    isUnder = true;
    try {
      while (next) {
        const now = next;
        next = null;
        await work(...now);
      }
    } finally {
      isUnder = false;
    }
  };
}

/** Fill an element anew; what has the focus by its `data-key` has it again. */
export function refill(element, ...children) {
  const { key } = element.contains(document.activeElement) ? document.activeElement.dataset : {};
  fill(element, ...children);
  if (key) element.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}
