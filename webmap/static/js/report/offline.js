// The page for reporting opens without a line, too: what it is made of is kept here, once it was
// opened. A service worker, served at /report/worker.js with VERSION and BASE before this text.
//
// Kept is the page as strangers see it, never a signed-in person's: several may use one phone. All
// else goes to the server as ever. Another version of the page is another worker with another
// cache; the old one is removed when it begins.

/* global VERSION, BASE */
const CACHE = `wangge-report-${VERSION}`;
const OURS = /^wangge-report-/;
const PAGE = "/report";

/** Keep the page of this version as a stranger gets it; forget it where reporting was closed. */
async function keepPage() {
  const answer = await fetch(PAGE, { credentials: "omit", cache: "no-store" });
  const text = await answer.clone().text();
  if (!text.includes(BASE)) return; // already another version: its own worker keeps it
  const cache = await caches.open(CACHE);
  if (answer.ok && text.includes('data-part="form"')) await cache.put(PAGE, answer);
  else await cache.delete(PAGE);
}

/** The page from the server; the kept one where no line is. */
async function page(event) {
  try {
    const answer = await fetch(event.request);
    event.waitUntil(keepPage().catch(() => {}));
    return answer;
  } catch (error) {
    const kept = await (await caches.open(CACHE)).match(PAGE);
    if (kept) return kept;
    throw error;
  }
}

/** One of our files, which never change under their address. */
async function file(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request, { ignoreVary: true });
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}

addEventListener("install", (event) => {
  globalThis.skipWaiting();
  event.waitUntil(keepPage());
});

addEventListener("activate", (event) => {
  const others = async () => {
    for (const name of await caches.keys()) if (OURS.test(name) && name !== CACHE) await caches.delete(name);
    await globalThis.clients.claim();
  };
  event.waitUntil(others());
});

addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate" && pathname === PAGE) event.respondWith(page(event));
  else if (pathname.startsWith(BASE)) event.respondWith(file(request));
});

/** What the first opening loaded before there was a worker: {keep: addresses}. */
addEventListener("message", (event) => {
  const addresses = (event.data?.keep ?? []).filter((address) => new URL(address, location).pathname.startsWith(BASE));
  event.waitUntil(Promise.all(addresses.map((address) => file(new Request(address)).catch(() => {}))));
});
