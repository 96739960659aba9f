/** The page: a client of the endpoint like any other, that shows what it holds. */

import { clockCall, graphqlCall, send } from "./calls.js";
import { Clock, duration, moment } from "./clock.js";
import { showCurls } from "./curls.js";
import { find, make, write } from "./drawing.js";
import { Grid } from "./grid.js";
import { note } from "./log.js";
import { Session } from "./session.js";
import { drawRows, drawRowsLeft } from "./table.js";
import { drawTimeLeft, drawTokens } from "./tokens.js";

const ADVICE = {
  "graphql-authorization": "Your app should log the customer out here.",
  "graphql-authentication": "No session was started.",
  "graphql-input": "Nothing was changed.",
  "graphql-no-such-entity": "There was no session to end.",
  "graphql-server-internal-error": "Retry shortly; if the clock is stopped, move it ahead first.",
};
const BURNED = "A spent pair was used again, so all sessions of this customer have ended.";
const NEED_A_PAIR = ["refresh", "revoke", "me", "race", "corrupt-access", "corrupt-refresh", "look"];
const UNKNOWN = { state: "Unknown", sentence: "The table did not answer." };
const NOTHING = { state: "No pair yet", sentence: "Log in to get two tokens." };

const facts = (await send({ path: "/page/facts.json", headers: {} })).answer;
const clock = new Clock(facts.test_clock);
const grid = new Grid(facts);
const session = new Session();

// What happens when a button is pressed.

const ACTIONS = {
  refresh: () => refresh("Refresh", held()),
  revoke: () => revoke(held()),
  me: () => ask("Me", graphqlCall("me", {}, held().token), ({ email }) => `you are ${email}.`),
  race: () => Promise.all([refresh("This tab", held()), refresh("Second tab", held())]),
  replay: () => refresh("Replay", session.previous),
  "corrupt-access": () => corrupt("token"),
  "corrupt-refresh": () => corrupt("refresh_token"),
  "past-access": () => moveClock(session.issued.claims.exp),
  "past-refresh": () => moveClock(session.issued.claims.refresh_expiry + 1),
  minute: () => moveClock(clock.now() + 60),
  "real-time": () => moveClock(null),
  look: () => undefined,
};

function logIn() {
  return ask("Log in", graphqlCall("generateCustomerToken", credentials()), (pair) => {
    session.begin(pair);
    return "a new pair.";
  });
}

function refresh(title, { token, refresh_token }) {
  return ask(title, graphqlCall("refreshCustomerToken", { refresh_token }, token), (pair) =>
    session.renew(pair)
      ? "a new pair; the old one is spent."
      : token === pair.token
        ? "the same pair; there is nothing to renew yet."
        : "the same new pair once more, within the grace window.");
}

function revoke({ token, refresh_token }) {
  return ask("Revoke", graphqlCall("revokeCustomerToken", { refresh_token }, token), () =>
    "revoked; this session is over.");
}

function corrupt(which) {
  session.corrupted[which] = !session.corrupted[which];
}

function moveClock(now) {
  return ask("Clock", clockCall(now), () =>
    now === null ? "real time again." : `stopped at ${moment(now)}.`);
}

/** Send a call and note what came of it; `accept` takes a good answer and says what it means. */
async function ask(title, call, accept) {
  const { status, answer } = await send(call);
  if (session.issued) await look();
  const [refusal] = answer.errors ?? (answer.error ? [{ message: answer.error }] : []);
  const [good] = Object.values(answer.data ?? {});
  const outcome = refusal ? refused(refusal, call) : accepted(accept(good));
  note({ title, call: withoutPassword(call), status, answer, outcome, at: moment(clock.now()) });
}

function accepted(sentence) {
  return { isGood: true, word: "done", sentence };
}

function refused({ message, extensions }, call) {
  const category = extensions?.category ?? "";
  const wasReused = call.name === "refreshCustomerToken" && session.sawBurn(category);
  const sentence = `${message}. ${wasReused ? BURNED : ADVICE[category] ?? ""}`;
  return { isGood: false, word: category || "refused", sentence };
}

/** A call as it may be shown: only the demo's own passwords are public. */
function withoutPassword(call) {
  const { variables } = call.body;
  const isPublic = facts.customers.some(({ password }) => password === variables?.password);
  if (variables?.password === undefined || isPublic) return call;
  return { ...call, body: { ...call.body, variables: { ...variables, password: "…" } } };
}

function held() {
  return { token: session.held("token"), refresh_token: session.held("refresh_token") };
}

function credentials() {
  const email = find("email").value;
  const password = find("password").value;
  return { email, password, remember_me: find("remember").checked };
}

// What is seen afterwards.

/** Look at the clock and at the table, as anyone may in development. */
async function look() {
  await clock.read();
  if (!session.issued) return;
  const user_id = session.customer;
  const key = { user_id, refresh_token: session.issued.refresh_token };
  const [row, rows] = await Promise.all([
    send(graphqlCall("getUserAuth", key)),
    send(graphqlCall("getAllAuthItemsById", { user_id })),
  ]);
  const found = row.answer.data?.getUserAuth;
  session.row = found?.refresh_token_hash ? found : found && null;
  session.rows = rows.answer.data?.getAllAuthItemsById ?? [];
}

function draw() {
  const has = session.issued !== null;
  for (const id of NEED_A_PAIR) find(id).disabled = !has;
  find("me").hidden = facts.customers.length === 0;
  find("replay").disabled = session.previous === null;
  find("corrupt-access").ariaPressed = session.corrupted.token;
  find("corrupt-refresh").ariaPressed = session.corrupted.refresh_token;
  if (has) drawTokens(session);
  if (has) drawRows(session);
  drawTime();
}

function drawTime() {
  const now = clock.now();
  write(find("clock-now"), moment(now));
  write(find("clock-kind"), clock.isStopped ? "Clock stopped at" : "Server time");
  find("clock").classList.toggle("stopped", clock.isStopped);
  const claims = session.issued?.claims;
  find("past-access").disabled = !claims || now >= claims.exp;
  find("past-refresh").disabled = !claims || now > claims.refresh_expiry;
  find("real-time").disabled = !clock.isStopped;
  if (claims) drawTimeLeft(session, now);
  drawRowsLeft(now);
  grid.light(session.cell(now), claims ? UNKNOWN : NOTHING);
}

// How it begins.

let last = Promise.resolve();
let waiting = 0;

/** One thing after the other: act, look, draw. */
function act(action) {
  document.body.dataset.busy = ++waiting;
  last = last
    .then(action)
    .then(look)
    .then(draw)
    .catch((problem) => write(find("result"), `The page failed: ${problem.message}`))
    .finally(() => {
      document.body.dataset.busy = --waiting;
    });
}

function offerCustomers() {
  const option = (value, text) => make("option", { value }, text);
  const known = facts.customers.map(({ email }, index) => option(index, email));
  find("customer").append(...known, option("", "someone else"));
  find("customer-field").hidden = facts.customers.length === 0;
  find("customer").addEventListener("change", chooseCustomer);
  chooseCustomer();
}

function chooseCustomer() {
  const chosen = facts.customers[find("customer").value];
  find("email").value = chosen?.email ?? "";
  find("password").value = chosen?.password ?? "";
  find("credentials").hidden = chosen !== undefined;
}

offerCustomers();
const { refresh: short, extended } = facts.lifetimes;
write(find("remember-hint"), `${duration(extended)} instead of ${duration(short)}`);
find("no-clock").hidden = clock.isMovable;
find("clock-buttons").hidden = !clock.isMovable;
find("login").addEventListener("submit", (event) => {
  event.preventDefault();
  act(logIn);
});
for (const [id, action] of Object.entries(ACTIONS)) {
  find(id).addEventListener("click", () => act(action));
}
find("show-curls").addEventListener("click", () => {
  const login = withoutPassword(graphqlCall("generateCustomerToken", credentials()));
  showCurls(login, session, clock);
});
addEventListener("focus", () => act(() => undefined));
setInterval(drawTime, 250);
act(() => undefined);
