/** The last requests and their answers, newest first, each with its curl. */

import { curl } from "./calls.js";
import { copier, find, make, write } from "./drawing.js";

const KEPT = 20;

/** Add one call and what came of it; the result is announced. */
export function note({ title, call, status, answer, outcome, at }) {
  write(find("result"), `${title}: ${outcome.sentence}`);
  find("result").dataset.good = outcome.isGood;
  const entry = make(
    "details",
    { open: true },
    make(
      "summary",
      {},
      make("time", {}, at.slice(11)), " ", make("b", {}, title), " ",
      make("span", { className: outcome.isGood ? "good" : "over" }, outcome.word),
    ),
    make("div", { className: "headline" }, make("h4", {}, "Request"), copier(curl(call), title)),
    make("pre", { tabIndex: 0 }, asked(call)),
    make("h4", {}, `Answer ${status || "none"}`),
    make("pre", { tabIndex: 0 }, JSON.stringify(answer, null, 2)),
  );
  for (const open of find("log").querySelectorAll("[open]")) open.open = false;
  find("log").prepend(make("li", {}, entry));
  while (find("log").children.length > KEPT) find("log").lastChild.remove();
}

function asked({ path, headers, body }) {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const { query, variables } = body;
  const sent = query ? [query, JSON.stringify(variables, null, 2)] : [JSON.stringify(body)];
  return [`POST ${path}`, ...lines, "", ...sent].join("\n");
}
