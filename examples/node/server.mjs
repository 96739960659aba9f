// A small deployment to test: JWT_PRIVATE_KEY=... PORT=4178 node server.mjs
// With TEST_CLOCK=1, POST /clock {"now": seconds} stops its clock at that second (SPEC.md 24.1).

import { createServer } from "node:http";
import { buildSchema, graphql, GraphQLError } from "graphql";
import { Flow, Refusal } from "./flow.mjs";

const { JWT_PRIVATE_KEY: secret = "", PORT = "4178", TEST_CLOCK } = process.env;
if (Buffer.byteLength(secret) < 32) {
  console.error("Give JWT_PRIVATE_KEY at least 32 bytes.");
  process.exit(1);
}

const CUSTOMERS = {
  "alice@example.com": { id: 23, password: "alice-example" },
  "bob@example.com": { id: "b-7", password: "bob-example" },
};
const schema = buildSchema(`
  type Query { me: Customer }
  type Customer { customer_id: String }
  type Mutation {
    generateCustomerToken(email: String!, password: String!, remember_me: Boolean): CustomerToken
    refreshCustomerToken(refresh_token: String!): CustomerToken
    revokeCustomerToken(refresh_token: String): RevokeCustomerTokenOutput
  }
  type CustomerToken { token: String refresh_token: String }
  type RevokeCustomerTokenOutput { result: Boolean! }
`);
const flow = new Flow(secret, { access: 840, refresh: 900, extended: 2592000 });

// The test clock: the whole program reads the time here.
let stoppedAt = null;
const now = () => stoppedAt ?? Math.floor(Date.now() / 1000);

function bearerOf(authorization) {
  const found = /^bearer +(\S+)$/i.exec(authorization ?? "");
  if (!found) throw new Refusal("Missing or unusable authorization header", "authorization");
  return found[1];
}

function resolvers(authorization, moment) {
  return {
    me: () => ({ customer_id: String(flow.customer(bearerOf(authorization), moment)) }),
    generateCustomerToken({ email, password, remember_me }) {
      const customer = Object.hasOwn(CUSTOMERS, email) ? CUSTOMERS[email] : undefined;
      if (customer?.password !== password) {
        throw new Refusal("Wrong e-mail or password", "authentication");
      }
      return flow.logIn(customer.id, remember_me === true, moment);
    },
    refreshCustomerToken: ({ refresh_token }) =>
      flow.refresh(bearerOf(authorization), refresh_token, moment),
    revokeCustomerToken({ refresh_token }) {
      flow.revoke(bearerOf(authorization), refresh_token, moment);
      return { result: true };
    },
  };
}

async function answer(body, authorization) {
  const { query, variables, operationName } = body;
  if (typeof query !== "string") return [400, { errors: [{ message: "query is a string" }] }];
  const rootValue = resolvers(authorization, now());
  const result = await graphql({ schema, source: query, rootValue, variableValues: variables, operationName });
  return [200, { ...result, ...(result.errors && { errors: result.errors.map(masked) }) }];
}

/** An unexpected error gets a fixed message (15.8). */
function masked(error) {
  const { originalError } = error;
  if (!originalError || originalError instanceof Refusal || originalError instanceof GraphQLError) return error;
  return new GraphQLError("Please try again", {
    path: error.path,
    extensions: { category: "graphql-server-internal-error" },
  });
}

async function handle(request, body) {
  if (request.method !== "POST") return [405, { errors: [{ message: "POST only" }] }];
  if (!/^application\/json\b/i.test(request.headers["content-type"] ?? "")) {
    return [415, { errors: [{ message: "a body is application/json" }] }];
  }
  let read;
  try {
    read = JSON.parse(body);
  } catch {
    return [400, { errors: [{ message: "the body is no JSON" }] }];
  }
  if (request.url === "/clock" && TEST_CLOCK === "1") {
    stoppedAt = read.now ?? null;
    return [200, { now: now() }];
  }
  if (request.url !== "/graphql") return [404, { errors: [{ message: "nothing is here" }] }];
  return answer(read ?? {}, request.headers.authorization);
}

createServer((request, response) => {
  const pieces = [];
  request.on("data", (piece) => pieces.push(piece));
  request.on("end", async () => {
    const [status, content] = await handle(request, Buffer.concat(pieces).toString());
    const headers = { "Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store" };
    response.writeHead(status, headers).end(JSON.stringify(content));
  });
}).listen(Number(PORT), "127.0.0.1", () => console.log(`http://127.0.0.1:${PORT}/graphql`));
