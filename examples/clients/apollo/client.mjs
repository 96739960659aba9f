import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from "@apollo/client";
import { CombinedGraphQLErrors } from "@apollo/client/errors";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { RetryLink } from "@apollo/client/link/retry";
import { OperationTypeNode } from "graphql";
import { from, mergeMap, tap } from "rxjs";
import { AUTHORIZATION, categoryOf, INTERNAL } from "../session.mjs";

export const createClient = (session, url) =>
  new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([
      retry,
      raise,
      refreshFirst(session),
      bearer(session),
      new HttpLink({ uri: url }),
    ]),
  });

const isInternal = (error) =>
  CombinedGraphQLErrors.is(error) && categoryOf(error.errors) === INTERNAL;

const retry = new RetryLink({
  attempts: {
    max: 3,
    retryIf: (error, { operationType }) =>
      operationType === OperationTypeNode.QUERY && isInternal(error),
  },
});

/** The RetryLink sees what is thrown, and a GraphQL error is a result. */
const raise = new ApolloLink((operation, forward) =>
  forward(operation).pipe(
    tap((result) => {
      if (categoryOf(result.errors) === INTERNAL) throw new CombinedGraphQLErrors(result);
    }),
  ),
);

const refreshFirst = (session) =>
  new ErrorLink(({ error, operation, forward }) => {
    if (!CombinedGraphQLErrors.is(error) || categoryOf(error.errors) !== AUTHORIZATION) return;
    const failed = operation.getContext().headers?.Authorization;
    return from(session.refresh(failed)).pipe(mergeMap(() => forward(operation)));
  });

/** Below the ErrorLink, so that what it forwards again takes the newest token. */
const bearer = (session) =>
  new SetContextLink(async ({ headers }) => ({
    headers: { ...headers, ...(await session.headers()) },
  }));

export const ask = async (client, query) =>
  (await client.query({ query: gql(query), fetchPolicy: "network-only" })).data;

export const change = async (client, mutation) =>
  (await client.mutate({ mutation: gql(mutation) })).data;
