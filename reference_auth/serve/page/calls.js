/** Every call of the page: what is sent, how, and the same as curl. */

const PAIR = "{ token refresh_token }";
const ROW = "{ customer_id refresh_token_hash ttl }";
const KEY = { user_id: "String", refresh_token: "String" };

/** Each operation: its kind, the types of its arguments, what is asked of it. */
export const OPERATIONS = {
  generateCustomerToken: [
    "mutation", { email: "String!", password: "String!", remember_me: "Boolean" }, PAIR,
  ],
  refreshCustomerToken: ["mutation", { refresh_token: "String!" }, PAIR],
  revokeCustomerToken: ["mutation", { refresh_token: "String" }, "{ result }"],
  me: ["query", {}, "{ customer_id email }"],
  getUserAuth: ["query", KEY, ROW],
  getAllAuthItemsById: ["query", { user_id: "String" }, ROW],
  updateUserAuth: ["mutation", KEY, "{ success }"],
  removeUserAuth: ["mutation", KEY, "{ customer_id refresh_token_hash ttl success }"],
  removeAllUserAuthItems: ["mutation", { user_id: "String" }, "{ success }"],
};

/** A call of one operation, with the access token where the operation reads it. */
export function graphqlCall(name, variables, token) {
  const [kind, types, selection] = OPERATIONS[name];
  const names = Object.keys(variables);
  const list = (words) => (words.length ? `(${words.join(", ")})` : "");
  const declared = list(names.map((each) => `$${each}: ${types[each]}`));
  const passed = list(names.map((each) => `${each}: $${each}`));
  const query = `${kind} ${declared} { ${name}${passed} ${selection} }`;
  const bearer = token === undefined ? {} : { Authorization: `Bearer ${token}` };
  const headers = { ...JSON_BODY, ...bearer };
  return { name, path: "/graphql", headers, body: { query, variables } };
}

const JSON_BODY = { "Content-Type": "application/json" };

/** A call that reads the test clock, or sets it: to a second, or to real time by null. */
export function clockCall(now) {
  const call = { name: "clock", path: "/clock", headers: {} };
  return now === undefined ? call : { ...call, headers: JSON_BODY, body: { now } };
}

/** Send a call; an answer comes back whatever happens. */
export async function send({ path, headers, body }) {
  const method = body ? "POST" : "GET";
  try {
    const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) });
    return { status: response.status, answer: await response.json() };
  } catch {
    return { status: 0, answer: { errors: [{ message: "The server gave no answer." }] } };
  }
}

/** A call as a line for a shell. */
export function curl({ path, headers, body }) {
  const lines = Object.entries(headers).map((header) => `-H ${quoted(header.join(": "))}`);
  if (body) lines.push(`-d ${quoted(JSON.stringify(body))}`);
  return [`curl -s ${location.origin}${path}`, ...lines].join(" \\\n  ");
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
