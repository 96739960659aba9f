/** The dialog that shows every operation as a call for a shell, with the pair that is held now. */

import { clockCall, curl, graphqlCall } from "./calls.js";
import { copier, find, make, write } from "./drawing.js";

/** Open the dialog. */
export function showCurls(login, session, clock) {
  const { issued } = session;
  write(
    find("curls-hint"),
    issued ? "With the current pair." : "Log in first to have the tokens filled in.",
  );
  find("curls-list").replaceChildren(...[login, ...calls(session, clock)].map(draw));
  find("curls").showModal();
}

function calls(session, clock) {
  const has = session.issued !== null;
  const token = has ? session.held("token") : "ACCESS_TOKEN";
  const refresh_token = has ? session.held("refresh_token") : "REFRESH_TOKEN";
  const user_id = has ? session.customer : "CUSTOMER_ID";
  const key = { user_id, refresh_token };
  return [
    graphqlCall("refreshCustomerToken", { refresh_token }, token),
    graphqlCall("revokeCustomerToken", { refresh_token }, token),
    graphqlCall("getUserAuth", key),
    graphqlCall("getAllAuthItemsById", { user_id }),
    graphqlCall("updateUserAuth", key),
    graphqlCall("removeUserAuth", key),
    graphqlCall("removeAllUserAuthItems", { user_id }),
    ...(clock.isMovable ? [clockCall(clock.now() + 60), clockCall(null)] : []),
  ];
}

function draw(call) {
  const line = curl(call);
  return make(
    "section",
    {},
    make("div", { className: "headline" }, make("h3", {}, call.name), copier(line, call.name)),
    make("pre", { tabIndex: 0 }, line),
  );
}
