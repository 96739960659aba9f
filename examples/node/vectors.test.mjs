// Unit tests of an implementation with the test vectors: node --test
// VECTORS names another interchange.json than the one in this clone.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { derive, isRefreshToken, mint, stretch, verify } from "./tokens.mjs";

const here = new URL("../../conformance_tests/vectors/interchange.json", import.meta.url);
const vectors = JSON.parse(readFileSync(process.env.VECTORS ?? here, "utf8"));

describe("issued", () => {
  for (const { name, secret, claims, token, derived_from, refresh_token, hash, row } of vectors.issued) {
    it(name, () => {
      assert.equal(mint(claims, secret), token);
      assert.equal(`${claims.customer_id}${claims.exp}`, derived_from);
      assert.equal(stretch(derived_from, secret), refresh_token);
      assert.equal(derive(claims.customer_id, claims.exp, secret), refresh_token);
      assert.equal(stretch(refresh_token, secret), hash);
      assert.deepEqual(row, {
        customer_id: { S: String(claims.customer_id) },
        refresh_token_hash: { S: hash },
        ttl: { N: String(claims.refresh_expiry) },
        exp: { N: String(claims.exp) },
      });
    });
  }
});

describe("verified", () => {
  for (const { name, requirement = "", secret, now, token, genuine, claims } of vectors.verified) {
    it(`${requirement} ${name}`, () => {
      assert.deepEqual(verify(token, secret, now), genuine ? claims : undefined);
    });
  }
});

describe("presented", () => {
  for (const { text, well_formed } of vectors.presented) {
    it(JSON.stringify(text), () => assert.equal(isRefreshToken(text), well_formed));
  }
});

describe("time", () => {
  it("runs out", () => {
    for (const { exp, refresh_expiry, now, access_live, refresh_good } of vectors.expiry) {
      assert.equal(now < exp, access_live);
      assert.equal(now <= refresh_expiry, refresh_good);
    }
  });
  it("is promised by a login", () => {
    for (const { lifetimes, remember_me, now, exp, refresh_expiry } of vectors.logged_in) {
      assert.equal(now + lifetimes.access, exp);
      const life = remember_me === true ? lifetimes.extended : lifetimes.refresh;
      assert.equal(now + life, refresh_expiry);
    }
  });
  it("rolls on", () => {
    for (const { lifetimes, old_refresh_expiry, now, exp, refresh_expiry } of vectors.rotated) {
      const enough = old_refresh_expiry - now >= lifetimes.refresh;
      assert.equal(now + lifetimes.access, exp);
      assert.equal(enough ? old_refresh_expiry : now + lifetimes.refresh, refresh_expiry);
    }
  });
  it("is lowered while a key is taken", () => {
    for (const { now, exp, tries } of vectors.lowered) {
      const all = Array.from({ length: 11 }, (_, times) => exp - times);
      assert.deepEqual(all.filter((each) => each > now), tries);
    }
  });
});

describe("cells", () => {
  for (const { access, refresh, state } of vectors.cells) {
    it(`${access}, ${refresh}`, () => {
      const valid = (yes) => (yes ? "VALID" : "INVALID");
      const both = access !== "forged" && refresh === "matches";
      assert.equal(`ACCESS_${valid(access === "live")}_REFRESH_${valid(both)}`, state);
    });
  }
});
