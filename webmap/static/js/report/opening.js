// Let the page open without a line from the next time on.

/** Register the page's worker and tell it what was loaded so far; quietly where there are none. */
export async function keepForLater() {
  if (!navigator.serviceWorker) return; // an old browser, or a line without TLS
  try {
    const registration = await navigator.serviceWorker.register("/report/worker.js", { scope: "/report", updateViaCache: "none" });
    const worker = registration.installing ?? registration.waiting ?? registration.active;
    const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
    worker.postMessage({ keep: [...new Set(loaded)] });
  } catch {
    // the page works all the same, as long as the line stands
  }
}
