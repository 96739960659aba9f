// Where the tabs of one browser keep the session: IndexedDB.
// Not localStorage: what one tab has written there, another may read some milliseconds later, also
// under the lock. It would refresh the old pair once more, and that ends the session.

const NAME = "auth-session";

const open = () =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(NAME);
    request.onupgradeneeded = () => request.result.createObjectStore(NAME);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

let database;

/** Run one request; it is done when its transaction is. */
async function run(mode, begin) {
  database ??= open();
  const transaction = (await database).transaction(NAME, mode);
  const request = begin(transaction.objectStore(NAME));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

/** As localStorage, but each answer is a promise; React Native's AsyncStorage may take its place. */
export const browserStorage = {
  getItem: async (key) => (await run("readonly", (store) => store.get(key))) ?? null,
  setItem: (key, value) => run("readwrite", (store) => store.put(value, key)),
  removeItem: (key) => run("readwrite", (store) => store.delete(key)),
};
