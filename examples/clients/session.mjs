// One customer's session: both tokens under one key of the storage, one refresh at a time.
// It goes by what the server says and never by this machine's clock, which may be wrong.

import { oneAtATime } from "./lock.mjs";
import { browserStorage } from "./storage.mjs";

export const AUTHORIZATION = "graphql-authorization"; // from a query: refresh first
export const INTERNAL = "graphql-server-internal-error"; // try again in a moment

const LOGIN = `mutation ($email: String!, $password: String!, $remember_me: Boolean) {
  pair: generateCustomerToken(email: $email, password: $password, remember_me: $remember_me) {
    token refresh_token } }`;
const REFRESH = `mutation ($refresh_token: String!) {
  pair: refreshCustomerToken(refresh_token: $refresh_token) { token refresh_token } }`;
const REVOKE = `mutation ($refresh_token: String!) {
  revokeCustomerToken(refresh_token: $refresh_token) { result } }`;

const KEY = "auth-session";
const TIMEOUT = 10_000; // longer than the server's own limit of 8 s, and no lock is held for ever
const WAITS = [300, 900]; // milliseconds before each retry

/** The category of a GraphQL answer's errors; none means that the query itself is wrong. */
export const categoryOf = (errors) =>
  errors?.map((error) => error.extensions?.category).find(Boolean);

/** The server answered, and refused. */
export class Refused extends Error {
  constructor(message, category) {
    super(message);
    this.category = category;
  }
}

/** Log in again. */
export class SessionOver extends Refused {}

/** Whether the same call may succeed in a moment: no answer, or trouble on the server. */
const mayPass = (error) => !(error instanceof Refused) || error.category === INTERNAL;

/** Run until it succeeds, or fails for good, or has failed three times. */
export async function withRetries(run) {
  for (const wait of WAITS) {
    try {
      return await run();
    } catch (error) {
      if (!mayPass(error)) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait * (0.5 + Math.random())));
  }
  return run();
}

/** `onOver` shows the login; `storage` and `lock` are for tests, and for where there is no browser. */
export function createSession(options) {
  const { url, onOver = () => {}, storage = browserStorage, lock = oneAtATime } = options;
  const read = async () => JSON.parse(await storage.getItem(KEY));
  const write = (pair) => storage.setItem(KEY, JSON.stringify(pair)); // both tokens, or neither
  const headersOf = (pair) => (pair ? { Authorization: `Bearer ${pair.token}` } : {});

  async function over() {
    await storage.removeItem(KEY);
    onOver();
    return new SessionOver("Log in again.", AUTHORIZATION);
  }

  async function call(query, variables, headers) {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...headers },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(TIMEOUT),
    });
    const { data, errors } = await response.json();
    if (errors) throw new Refused(errors[0].message, categoryOf(errors));
    return data;
  }

  async function refreshOnce(failed) {
    const pair = await read(); // anew at every try: another tab may have refreshed or logged out
    if (!pair) throw await over();
    if (headersOf(pair).Authorization !== failed) return;
    const { refresh_token } = pair;
    try {
      await write((await call(REFRESH, { refresh_token }, headersOf(pair))).pair);
    } catch (error) {
      throw error.category === AUTHORIZATION ? await over() : error;
    }
  }

  async function revoke(pair) {
    const { refresh_token } = pair;
    try {
      await withRetries(() => call(REVOKE, { refresh_token }, headersOf(pair)));
    } catch (error) {
      if (mayPass(error)) throw error; // not revoked; any other refusal means that it was over
    }
  }

  return {
    call,
    /** What to send now; read each time, because another tab may have changed it. */
    headers: async () => headersOf(await read()),

    logIn: (email, password, remember_me = false) =>
      lock(() =>
        withRetries(async () => write((await call(LOGIN, { email, password, remember_me })).pair)),
      ),

    /** Replace the pair whose access token was refused, unless that has been done already. */
    refresh: (failed) => lock(() => withRetries(() => refreshOnce(failed))),

    /** This device forgets the session, whatever the server says. */
    logOut: () =>
      lock(async () => {
        const pair = await read();
        await storage.removeItem(KEY);
        if (pair) await revoke(pair);
      }),
  };
}
