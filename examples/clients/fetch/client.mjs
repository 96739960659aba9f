import { AUTHORIZATION, withRetries } from "../session.mjs";

/** `request(query, variables)` gives the data, or throws what is left to tell the customer. */
export function createClient(session) {
  const send = (query, variables, headers) => {
    const call = () => session.call(query, variables, headers);
    return /^\s*mutation\b/.test(query) ? call() : withRetries(call); // a mutation may have been done
  };

  return async function request(query, variables) {
    const headers = await session.headers();
    try {
      return await send(query, variables, headers);
    } catch (error) {
      if (error.category !== AUTHORIZATION) throw error;
      await session.refresh(headers.Authorization);
      return send(query, variables, await session.headers());
    }
  };
}

export const ask = (request, query) => request(query);

export const change = (request, mutation) => request(mutation);
