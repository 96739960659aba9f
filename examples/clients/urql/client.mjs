import { cacheExchange, Client, fetchExchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { retryExchange } from "@urql/exchange-retry";
import { AUTHORIZATION, categoryOf, INTERNAL } from "../session.mjs";

export function createClient(session, url) {
  const sentWith = new WeakMap(); // the token of each response

  /** The token is attached here, because addAuthToOperation cannot wait for the storage. */
  async function fetchWithToken(address, options) {
    const token = await session.headers();
    const response = await fetch(address, { ...options, headers: { ...options.headers, ...token } });
    sentWith.set(response, token.Authorization);
    return response;
  }

  const authentication = authExchange(async () => {
    let failed;
    return {
      addAuthToOperation: (operation) => operation,
      didAuthError({ graphQLErrors, response }) {
        if (categoryOf(graphQLErrors) !== AUTHORIZATION) return false;
        failed = sentWith.get(response);
        return true;
      },
      refreshAuth: () => session.refresh(failed),
    };
  });

  return new Client({
    url,
    fetch: fetchWithToken,
    preferGetMethod: false,
    exchanges: [cacheExchange, retry, authentication, fetchExchange],
  });
}

const retry = retryExchange({
  initialDelayMs: 300,
  maxNumberAttempts: 3,
  retryIf: ({ graphQLErrors }, { kind }) =>
    kind === "query" && categoryOf(graphQLErrors) === INTERNAL,
});

/** A SessionOver, and any other failed refresh, arrives as the `networkError`. */
function unwrap({ data, error }) {
  if (error) throw error.networkError ?? error;
  return data;
}

export const ask = async (client, query) =>
  unwrap(await client.query(query, {}, { requestPolicy: "network-only" }));

export const change = async (client, mutation) => unwrap(await client.mutation(mutation, {}));
