/** Both tokens: as they are sent, decoded, and with the time that they have left. */

import { distance, moment } from "./clock.js";
import { find, make, terms, write } from "./drawing.js";

/** Draw the pair as it is held. */
export function drawTokens(session) {
  const { header, claims } = session.issued;
  find("access-raw").replaceChildren(...threeParts(session));
  find("access-parts").replaceChildren(
    ...terms([
      ["header", JSON.stringify(header)],
      ...Object.entries(claims).map(([name, value]) => [name, claim(value)]),
      ["signature", session.corrupted.token ? "has a wrong byte" : "as the server made it"],
    ]),
  );
  find("refresh-raw").replaceChildren(
    ...marked(session.held("refresh_token"), session.wrongByte("refresh_token")),
  );
  find("refresh-parts").replaceChildren(
    ...terms([
      ["form", `${session.issued.refresh_token.length / 2} bytes in hex, with nothing to read`],
      ["made from", "customer_id, exp and the server’s secret"],
      ["belongs", session.corrupted.refresh_token ? "to no access token" : "to this access token"],
      ["ends", `${moment(claims.refresh_expiry)}, by refresh_expiry`],
      ["its row", rowInWords(session)],
    ]),
  );
}

/** Draw what changes by the second. */
export function drawTimeLeft({ issued, row, isBurned }, now) {
  const { iat, exp, refresh_expiry } = issued.claims;
  const end = (isOver, isEnded) => (isOver ? "expired" : isEnded ? "ended" : "");
  countDown("access", exp - now, exp - iat, end(now >= exp, isBurned));
  countDown(
    "refresh",
    refresh_expiry - now,
    refresh_expiry - iat,
    end(now > refresh_expiry, isBurned || row === null),
  );
}

/** Show the time left, or how it ended; then nothing is left. */
function countDown(which, left, whole, ended) {
  const end = find(`${which}-left`);
  write(end, ended || distance(left, 0));
  end.classList.toggle("over", ended !== "");
  const share = ended ? 0 : Math.max(0, Math.min(1, left / whole));
  find(`${which}-bar`).style.inlineSize = `${(100 * share).toFixed(1)}%`;
}

function claim(value) {
  const isTime = Number.isInteger(value) && value > 1e9;
  if (!isTime) return JSON.stringify(value);
  return make("span", {}, `${value} `, make("small", {}, moment(value)));
}

function rowInWords({ row }) {
  if (row === undefined) return "the table did not say";
  return row ? "in the table" : "not in the table";
}

function threeParts(session) {
  const text = session.held("token");
  const [header, claims, signature] = text.split(".");
  const before = header.length + claims.length + 2;
  const part = (className, ...children) => make("span", { className }, ...children);
  const signed = marked(signature, session.wrongByte("token") - before);
  return [part("header", header), ".", part("claims", claims), ".", part("signature", ...signed)];
}

/** A text with the byte at one place marked, if there is such a place. */
function marked(text, at) {
  if (at < 0) return [text];
  const mark = make("mark", { title: "the wrong byte" }, text[at]);
  return [text.slice(0, at), mark, text.slice(at + 1)];
}
