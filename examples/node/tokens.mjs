// The formats of SPEC.md section 3, with Node alone; vectors.test.mjs checks them with the vectors.

import { createHmac, pbkdf2Sync, timingSafeEqual } from "node:crypto";

const LARGEST = Number.MAX_SAFE_INTEGER;
const NO_IDS = ["", "undefined", "None", "null"];

/** PBKDF2 of a text, with the secret as salt: 128 lower-case hex characters (3.8). */
export function stretch(text, secret) {
  return pbkdf2Sync(text, secret, 10000, 64, "sha512").toString("hex");
}

/** The refresh token that belongs to a customer's `exp` (3.7). */
export function derive(customer_id, exp, secret) {
  return stretch(`${customer_id}${exp}`, secret);
}

/** Compare in constant time. */
export function same(one, other) {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Sign claims as a compact JWT (3.1). */
export function mint(claims, secret) {
  const start = `${part({ alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${start}.${sign(start, secret)}`;
}

/** The claims of a genuine access token, expired or not; undefined for any other text (3.4). */
export function verify(token, secret, now) {
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)) return undefined;
  const [head, payload, signature] = token.split(".");
  if (!same(signature, sign(`${head}.${payload}`, secret))) return undefined;
  try {
    const header = parse(head);
    const { customer_id, exp, refresh_expiry, nbf = now } = parse(payload);
    if (header.alg !== "HS256" || "crit" in header) return undefined;
    if (typeof nbf !== "number" || nbf > now) return undefined;
    if (!isCustomerId(customer_id) || !isSecond(exp) || !isSecond(refresh_expiry)) return undefined;
    return { customer_id, exp, refresh_expiry };
  } catch {
    return undefined;
  }
}

/** Whether a text has the format of a refresh token (7.3). */
export function isRefreshToken(text) {
  return /^[0-9a-f]{128}$/.test(text);
}

/** A part of a token as JSON in which no name stands twice: `JSON.parse` would keep the last. */
function parse(part) {
  const text = Buffer.from(part, "base64url").toString();
  const value = JSON.parse(text);
  const written = text.match(/"(?:[^"\\]|\\.)*"(\s*:)?/g)?.filter((found) => found.endsWith(":")) ?? [];
  if (written.length !== countNames(value)) throw new SyntaxError("a name stands twice");
  return value;
}

function countNames(value) {
  if (typeof value !== "object" || value === null) return 0;
  const own = Array.isArray(value) ? 0 : Object.keys(value).length;
  return Object.values(value).reduce((count, inner) => count + countNames(inner), own);
}

function part(value) {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

function sign(text, secret) {
  return createHmac("sha256", secret).update(text).digest("base64url");
}

function isSecond(value) {
  return Number.isInteger(value) && value > 0 && value <= LARGEST;
}

function isCustomerId(value) {
  if (typeof value === "number") return Number.isInteger(value) && Math.abs(value) <= LARGEST;
  if (typeof value !== "string") return false;
  return !NO_IDS.includes(value) && !value.startsWith("ended#") && Buffer.byteLength(value) <= 2000;
}
