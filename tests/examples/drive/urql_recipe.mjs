// urql as the README of @urql/exchange-auth has it, with our mutations and our category: each tab
// keeps its tokens in variables, reads the storage when it is opened, and logs out on any failure.

import { cacheExchange, Client, fetchExchange } from "@urql/core";
import { authExchange } from "@urql/exchange-auth";
import { categoryOf } from "../session.mjs";

const PAIR = "{ token refresh_token }";
const LOGIN = `mutation ($email: String!, $password: String!) {
  pair: generateCustomerToken(email: $email, password: $password) ${PAIR} }`;
const REFRESH = `mutation ($refresh_token: String!) {
  pair: refreshCustomerToken(refresh_token: $refresh_token) ${PAIR} }`;

export function createTab({ url, storage, onOver }) {
  const authentication = authExchange(async (utils) => {
    let token = storage.getItem("token");
    let refreshToken = storage.getItem("refreshToken");
    return {
      addAuthToOperation: (operation) =>
        token ? utils.appendHeaders(operation, { Authorization: `Bearer ${token}` }) : operation,
      didAuthError: ({ graphQLErrors }) => categoryOf(graphQLErrors) === "graphql-authorization",
      async refreshAuth() {
        const result = await utils.mutate(REFRESH, { refresh_token: refreshToken });
        if (result.data?.pair) {
          ({ token, refresh_token: refreshToken } = result.data.pair);
          storage.setItem("token", token);
          storage.setItem("refreshToken", refreshToken);
        } else {
          storage.clear();
          onOver();
        }
      },
    };
  });
  const exchanges = [cacheExchange, authentication, fetchExchange];
  const client = new Client({ url, preferGetMethod: false, exchanges });

  return {
    async logIn(email, password) {
      const { data } = await client.mutation(LOGIN, { email, password });
      storage.setItem("token", data.pair.token);
      storage.setItem("refreshToken", data.pair.refresh_token);
    },
    async ask(query) {
      const { data, error } = await client.query(query, {}, { requestPolicy: "network-only" });
      if (error) throw error;
      return data;
    },
  };
}
