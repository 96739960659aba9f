// A session from its login to its end against `reference-auth serve`: node start.mjs LIBRARY

import { createSession, SessionOver } from "./session.mjs";

const url = process.env.GRAPHQL_URL ?? "http://127.0.0.1:8000/graphql";
const { ask, createClient } = await import(`./${process.argv[2]}/client.mjs`);

const kept = new Map(); // a browser has its own storage: see storage.mjs
const storage = {
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => kept.set(key, value),
  removeItem: (key) => kept.delete(key),
};
const session = createSession({ url, storage, onOver: () => console.log("show the login") });

let refreshes = 0;
const { fetch } = globalThis;
globalThis.fetch = (address, options) => {
  if (options.body.includes("refreshCustomerToken")) refreshes += 1;
  return fetch(address, options);
};

const setClock = (now) =>
  fetch(new URL("/clock", url), {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ now }),
  });

try {
  await session.logIn("alice@example.com", "alice-demo-password");
  const client = createClient(session, url);
  console.log("logged in as", (await ask(client, "query Me { me { email } }")).me.email);

  await setClock(Date.now() / 1000 + 850);
  const five = [1, 2, 3, 4, 5].map((n) => ask(client, `query Q${n} { me { email } }`));
  const answers = await Promise.all(five);
  console.log(`850 seconds later: ${answers.length} answers, ${refreshes} refresh`);

  await session.logOut();
  await ask(client, "query Me { me { email } }").catch((error) =>
    console.log(error instanceof SessionOver ? "logged out" : error),
  );
} finally {
  await setClock(null);
}
