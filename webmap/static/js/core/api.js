// The way to the server: JSON, problems as errors, a thin bar while something is under way.

import { t } from "wangge/core/words.js";

/** What the server refused (RFC 9457), or the network. */
export class Problem extends Error {
  constructor(status, body) {
    super(body?.detail || body?.title || t("The server does not answer. What you see is kept; try again."));
    this.status = status;
    this.type = body?.type ?? "";
    this.body = body ?? {};
  }
}

const CSRF = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

async function asked(url, options = {}) {
  const headers = { Accept: "application/json", ...options.headers };
  if (options.method && options.method !== "GET") headers["X-CSRF-Token"] = CSRF();
  let response;
  busy(+1);
  try {
    response = await fetch(url, { credentials: "same-origin", ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, null);
  } finally {
    busy(-1);
  }
  if (response.ok) return response;
  if (response.status === 401 && !options.quiet) {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search + location.hash)}`);
  }
  throw new Problem(response.status, await response.json().catch(() => null));
}

/** GET: the JSON answer. `query` entries that are null are left out. */
export async function get(path, query = {}, options = {}) {
  const response = await asked(withQuery(path, query), options);
  return response.json();
}

/** GET a file: {blob, name}, its name being what the server calls it. */
export async function getFile(path, query = {}, options = {}) {
  const response = await asked(withQuery(path, query), options);
  const told = response.headers.get("Content-Disposition") ?? "";
  const [, name] = /filename\*=UTF-8''([^;]+)/.exec(told) ?? [];
  const [, plain] = /filename="([^"]+)"/.exec(told) ?? [];
  return { blob: await response.blob(), name: name ? decodeURIComponent(name) : (plain ?? null) };
}

/** POST JSON (or a FormData as it is): the JSON answer. */
export async function post(path, body, options = {}) {
  const isForm = body instanceof FormData;
  const response = await asked(path, {
    method: "POST",
    body: isForm ? body : JSON.stringify(body ?? {}),
    ...options,
    headers: { ...(isForm ? {} : { "Content-Type": "application/json" }), ...options.headers },
  });
  return response.status === 204 ? null : response.json();
}

export async function remove(path, options = {}) {
  await asked(path, { method: "DELETE", ...options });
}

export function withQuery(path, query) {
  const parameters = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    if (value != null && value !== "") parameters.set(key, value);
  }
  const text = parameters.toString();
  return text ? `${path}${path.includes("?") ? "&" : "?"}${text}` : path;
}

// ── the thin bar: after 100 ms, so that what is quick shows nothing ──────────────────────────
let under = 0;
let timer = 0;

/** Something began (+1) or ended (−1). */
export function busy(change) {
  under += change;
  const bar = document.getElementById("busy");
  if (!bar) return;
  clearTimeout(timer);
  if (under > 0) timer = setTimeout(() => (bar.hidden = false), 100);
  else bar.hidden = true;
}
