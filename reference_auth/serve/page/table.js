/** The table's rows of the customer, the held pair's own row marked. */

import { distance, moment } from "./clock.js";
import { find, make, write } from "./drawing.js";

/** Draw the rows, or say that there are none. */
export function drawRows({ rows, row }) {
  find("rows").tBodies[0].replaceChildren(...rows.map((each) => drawRow(each, row)));
  find("rows").hidden = rows.length === 0;
  const why = row === undefined ? "The table did not answer." : "No row: no session is left.";
  write(find("no-rows"), why);
  find("no-rows").hidden = rows.length > 0;
}

function drawRow({ refresh_token_hash: hash, ttl }, own) {
  const isOwn = hash === own?.refresh_token_hash;
  const short = make("code", {}, `${hash.slice(0, 10)}…${hash.slice(-4)}`);
  const name = make("td", { title: hash }, short);
  if (isOwn) name.append(" ", make("small", {}, "this pair"));
  const left = make("small");
  left.dataset.end = ttl;
  const end = make("td", { title: ttl }, moment(ttl), " ", left);
  return make("tr", { className: isOwn ? "own" : "" }, name, end);
}

/** Draw what changes by the second. */
export function drawRowsLeft(now) {
  for (const left of find("rows").querySelectorAll("[data-end]")) {
    const end = Number(left.dataset.end);
    write(left, end < now ? distance(end, now) : `in ${distance(end, now)}`);
  }
}
