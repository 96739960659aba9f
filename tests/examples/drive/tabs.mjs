// What both drivers share: tabs of one browser that take commands, each with an example's client.

/** Storage as a browser's localStorage is, for as many tabs as are given it. */
export function memoryStorage() {
  const kept = new Map();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => kept.set(key, value),
    removeItem: (key) => kept.delete(key),
    clear: () => kept.clear(),
  };
}

/** `recipe` takes the place of an example's session where a library's own way is measured. */
export function createTab({ sessions, library, url, storage, locked }) {
  const tab = { overs: 0 };
  const options = { url, storage, onOver: () => (tab.overs += 1) };
  if (!locked) options.lock = (run) => run();
  const open = library.createTab ?? ((given) => tabOf(sessions.createSession(given)));

  function tabOf(session) {
    const client = library.createClient(session, url);
    const ask = (query) => library.ask(client, query);
    const change = (mutation) => library.change(client, mutation);
    return { ...session, ask, change };
  }

  const commands = {
    open: async () => void Object.assign(tab, open(options), { overs: 0 }),
    log_in: ({ email, password }) => tab.logIn(email, password),
    ask: ({ query }) => tab.ask(query),
    change: ({ mutation }) => tab.change(mutation),
    log_out: () => tab.logOut(),
    kept: async () => JSON.parse(await storage.getItem("auth-session")),
    overs: async () => tab.overs,
  };

  /** Run one command: `{ value }`, or `{ error: { over, category, message } }`. */
  return async function run({ name, after = 0, ...given }) {
    await new Promise((resolve) => setTimeout(resolve, after));
    try {
      return { value: (await commands[name](given)) ?? null };
    } catch (error) {
      const { message, category } = error;
      return { error: { over: error instanceof sessions.SessionOver, category, message } };
    }
  };
}
