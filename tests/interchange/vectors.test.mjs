// A stranger's unit tests in another language: nothing but Node, the vectors and SPEC.md.
// node --test vectors.test.mjs, with VECTORS naming interchange.json.

import assert from "node:assert/strict";
import { createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";

const vectors = JSON.parse(readFileSync(process.env.VECTORS, "utf8"));
const LARGEST = Number.MAX_SAFE_INTEGER;
const NO_IDS = ["", "undefined", "None", "null"];

const stretch = (text, secret) => pbkdf2Sync(text, secret, 10000, 64, "sha512").toString("hex");
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const sign = (text, secret) => createHmac("sha256", secret).update(text).digest("base64url");

function mint(claims, secret) {
  const start = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${start}.${sign(start, secret)}`;
}

const isSecond = (value) => Number.isInteger(value) && value > 0 && value <= LARGEST;

function isCustomerId(value) {
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) <= LARGEST;
  if (typeof value !== "string") return false;
  return !NO_IDS.includes(value) && !value.startsWith("ended#") && Buffer.byteLength(value) <= 2000;
}

/** The claims of a genuine access token, expired or not; undefined for any other text. */
function verify(token, secret, now) {
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined;
  const [head, payload, signature] = token.split(".");
  const expected = Buffer.from(sign(`${head}.${payload}`, secret));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  try {
    const header = JSON.parse(Buffer.from(head, "base64url"));
    const claims = JSON.parse(Buffer.from(payload, "base64url"));
    if (header.alg !== "HS256" || "crit" in header) return undefined;
    const { customer_id, exp, refresh_expiry, nbf = now } = claims;
    if (typeof nbf !== "number" || nbf > now) return undefined;
    if (!isCustomerId(customer_id) || !isSecond(exp) || !isSecond(refresh_expiry)) return undefined;
    return { customer_id, exp, refresh_expiry };
  } catch {
    return undefined;
  }
}

describe("issued", () => {
  for (const { name, secret, claims, token, derived_from, refresh_token, hash, row } of vectors.issued) {
    it(name, () => {
      assert.equal(mint(claims, secret), token);
      assert.equal(`${claims.customer_id}${claims.exp}`, derived_from);
      assert.equal(stretch(derived_from, secret), refresh_token);
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
    it(JSON.stringify(text), () => assert.equal(/^[0-9a-f]{128}$/.test(text), well_formed));
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
