// Login, refresh and revoke of SPEC.md, in the profile `documented`; `now` is an argument.
// The rows are in a Map of one process; a real deployment needs a table and transactions.

import { derive, isRefreshToken, mint, same, stretch, verify } from "./tokens.mjs";

const TIMES_LOWERED = 10; // 6.5
const SKEW = 10; // 7.8

/** An intended refusal, with its category (16.1). */
export class Refusal extends Error {
  constructor(message, category) {
    super(message);
    this.extensions = { category: `graphql-${category}` };
  }
}

const over = () => new Refusal("The session is over", "authorization");
const retry = () => new Refusal("Please try again", "server-internal-error");

export class Flow {
  rows = new Map(); // customer id as text -> Map of hash -> ttl

  constructor(secret, lifetimes) {
    this.secret = secret;
    this.lifetimes = lifetimes;
  }

  /** Section 6, without the platform. */
  logIn(customer_id, remember, now) {
    const life = remember ? this.lifetimes.extended : this.lifetimes.refresh;
    return this.#issue(customer_id, now + life, now);
  }

  /** 19.1: the customer of a live access token. */
  customer(bearer, now) {
    const claims = this.#genuine(bearer, now);
    if (now >= claims.exp) throw over();
    return claims.customer_id;
  }

  /** Section 7, in the same order. */
  refresh(bearer, refreshToken, now) {
    if (!isRefreshToken(refreshToken)) throw over(); // 7.3
    const claims = this.#genuine(bearer, now); // 7.4
    if (!this.#belongs(claims, refreshToken)) throw over(); // 7.5
    const hash = stretch(refreshToken, this.secret);
    const ttl = this.#of(claims.customer_id).get(hash);
    if (now > Math.min(claims.refresh_expiry, ttl ?? Infinity)) {
      this.#of(claims.customer_id).delete(hash); // 7.6, 7.7
      throw over();
    }
    if (ttl === undefined) throw this.#missing(claims, now); // 7.8
    if (now < claims.exp) return { token: bearer, refresh_token: refreshToken }; // 7.9
    const pair = this.#issue(claims.customer_id, this.#rolled(claims, now), now); // 8
    this.#of(claims.customer_id).delete(hash);
    return pair;
  }

  /** Section 9, in the same order. */
  revoke(bearer, refreshToken, now) {
    if (!refreshToken) throw over(); // 9.1
    const claims = this.#genuine(bearer, now); // 9.2
    if (!this.#belongs(claims, refreshToken)) throw new Refusal("Not the pair", "input"); // 9.3
    if (!this.#of(claims.customer_id).delete(stretch(refreshToken, this.secret))) {
      throw new Refusal("No such session", "no-such-entity"); // 9.7
    }
  }

  #genuine(bearer, now) {
    const claims = verify(bearer, this.secret, now);
    if (claims === undefined) throw over();
    return claims;
  }

  #belongs({ customer_id, exp }, refreshToken) {
    return same(refreshToken, derive(customer_id, exp, this.secret));
  }

  #of(customer_id) {
    const key = String(customer_id);
    if (!this.rows.has(key)) this.rows.set(key, new Map());
    return this.rows.get(key);
  }

  /** 7.8, cases 4 to 7; the last one is a replay. */
  #missing({ customer_id, exp, refresh_expiry }, now) {
    if (exp - now > 0 && exp - now <= SKEW) return retry();
    if (now >= exp && refresh_expiry - now > SKEW) this.rows.delete(String(customer_id));
    return over();
  }

  /** 8.2: the refresh_expiry after a rotation. */
  #rolled({ refresh_expiry }, now) {
    const { refresh } = this.lifetimes;
    return refresh_expiry - now >= refresh ? refresh_expiry : now + refresh;
  }

  /** 6.5, 8.5: write the row with the latest `exp` whose key no row has. */
  #issue(customer_id, refresh_expiry, now) {
    const latest = now + this.lifetimes.access;
    for (let exp = latest; exp >= latest - TIMES_LOWERED; exp--) {
      const refresh_token = derive(customer_id, exp, this.secret);
      const hash = stretch(refresh_token, this.secret);
      if (this.#of(customer_id).has(hash)) continue;
      this.#of(customer_id).set(hash, refresh_expiry);
      const token = mint({ customer_id, exp, refresh_expiry, iat: now }, this.secret);
      return { token, refresh_token };
    }
    throw retry();
  }
}
