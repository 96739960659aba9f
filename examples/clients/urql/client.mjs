import { cacheExchange, Client, fetchExchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { retryExchange } from "@urql/exchange-retry";
import { AUTHORIZATION, categoryOf, INTERNAL } from "../session.mjs";

export const createClient = (session, url) =>
  new Client({
    url,
    preferGetMethod: false,
    exchanges: [cacheExchange, retry, authentication(session), fetchExchange],
  });

/** Before the authExchange, so that a retry takes the newest token; queries only. */
const retry = retryExchange({
  initialDelayMs: 300,
  maxNumberAttempts: 3,
  retryIf: (error, operation) =>
    operation.kind === "query" && categoryOf(error.graphQLErrors) === INTERNAL,
});

/** Keeps no token of its own: two tabs would each have theirs. */
function authentication(session) {
  let failed;
  return authExchange(async (utils) => ({
    addAuthToOperation: (operation) => utils.appendHeaders(operation, session.headers()),
    didAuthError(error, operation) {
      if (categoryOf(error.graphQLErrors) !== AUTHORIZATION) return false;
      failed = operation.context.fetchOptions?.headers?.Authorization;
      return true;
    },
    refreshAuth: () => session.refresh(failed),
  }));
}

/** A SessionOver, and any other failed refresh, arrives as the `networkError`. */
function unwrap({ data, error }) {
  if (error) throw error.networkError ?? error;
  return data;
}

export const ask = async (client, query) =>
  unwrap(await client.query(query, {}, { requestPolicy: "network-only" }));

export const change = async (client, mutation) => unwrap(await client.mutation(mutation, {}));
