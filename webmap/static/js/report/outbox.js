// Reports that wait for the network, kept in this browser until the server has answered.

const NAME = "wangge-reports";
const STORE = "waiting";

function opened() {
  return new Promise((done, fail) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "key" });
    request.onsuccess = () => done(request.result);
    request.onerror = () => fail(request.error);
  });
}

async function within(mode, work) {
  const base = await opened();
  try {
    return await new Promise((done, fail) => {
      const transaction = base.transaction(STORE, mode, mode === "readwrite" ? { durability: "strict" } : {});
      const request = work(transaction.objectStore(STORE));
      transaction.oncomplete = () => done(request.result);
      transaction.onabort = () => fail(transaction.error);
      transaction.onerror = () => fail(transaction.error);
    });
  } finally {
    base.close();
  }
}

/** Keep a report: {key, fields, photo, photo_after, madeAt}. */
export const keep = (report) => within("readwrite", (store) => store.put(report));

/** Forget a report that has been answered. */
export const forget = (key) => within("readwrite", (store) => store.delete(key));

/** All that wait, the first first. */
export async function waiting() {
  const found = await within("readonly", (store) => store.getAll());
  return found.sort((a, b) => a.madeAt - b.madeAt);
}
