/** What a client of the flow holds: its pair, the one before, and what the pair is worth. */

export class Session {
  /** The pair as the server gave it, its access token decoded; null before the login. */
  issued = null;
  /** The pair that a rotation spent. */
  previous = null;
  /** Which of the two tokens have a wrong byte. */
  corrupted = { token: false, refresh_token: false };
  /** The row of the issued refresh token: null when gone, undefined when nobody could look. */
  row = undefined;
  /** All rows of the customer. */
  rows = [];
  /** Whether a spent pair was used again, which ended every session of the customer. */
  isBurned = false;

  /** Hold the pair of a login. */
  begin(pair) {
    this.previous = null;
    this.#hold(pair);
  }

  /** Hold the pair that a refresh gave; true when it is a new one. */
  renew(pair) {
    const isNew = pair.token !== this.issued.token;
    if (isNew) this.previous = this.issued;
    this.#hold(pair);
    return isNew;
  }

  #hold({ token, refresh_token }) {
    this.issued = { token, refresh_token, ...decoded(token) };
    this.corrupted = { token: false, refresh_token: false };
    this.isBurned = false;
  }

  /** Whether a refused refresh was a burn: nothing is left of what was there before. */
  sawBurn(category) {
    const wasValid = !this.corrupted.token && !this.corrupted.refresh_token;
    if (category === "graphql-authorization" && wasValid && this.previous && this.row === null) {
      this.isBurned = this.rows.length === 0;
    }
    return this.isBurned;
  }

  /** The token as it would be sent now: as it was issued, or with its wrong byte. */
  held(which) {
    const token = this.issued[which];
    return this.corrupted[which] ? withWrongByte(token) : token;
  }

  /** Where in the held token the wrong byte is; -1 when there is none. */
  wrongByte(which) {
    return this.corrupted[which] ? corruptedAt(this.issued[which]) : -1;
  }

  /** The customer, as the development operations name him. */
  get customer() {
    return String(this.issued.claims.customer_id);
  }

  /** The cell of the pair as it is held: an access verdict and a refresh verdict. */
  cell(now) {
    if (!this.issued || this.row === undefined) return null;
    return { access: this.#access(now), refresh: this.#refresh(now) };
  }

  #access(now) {
    if (this.corrupted.token) return "forged";
    return now < this.issued.claims.exp ? "live" : "expired";
  }

  #refresh(now) {
    if (now > this.issued.claims.refresh_expiry) return "expired";
    if (this.corrupted.refresh_token) return "mismatch";
    if (now > Number(this.row?.ttl ?? Infinity)) return "expired";
    return this.row ? "matches" : "absent";
  }
}

/** The header and claims of an access token; whether its signature holds, only a server knows. */
function decoded(token) {
  const [header, claims] = token.split(".").slice(0, 2).map((part) => JSON.parse(fromBase64(part)));
  return { header, claims };
}

function fromBase64(part) {
  const bytes = atob(part.replaceAll("-", "+").replaceAll("_", "/"));
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
}

/** Where the wrong byte is: within the signature, or within the hex text. */
function corruptedAt(token) {
  return token.lastIndexOf(".") + 12;
}

function withWrongByte(token) {
  const at = corruptedAt(token);
  return token.slice(0, at) + (token[at] === "0" ? "1" : "0") + token.slice(at + 1);
}
