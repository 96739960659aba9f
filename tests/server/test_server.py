"""GraphQL over HTTP, on a real server: what it answers, what it refuses, and what it never says."""

from __future__ import annotations

import json
import re
import socket
import time
from urllib.parse import urlsplit

import httpx
import pytest

from conformance_tests.embedded.odd_platform import ODD_IDS, ODD_PASSWORD, odd_email
from reference_auth.serve.demo import ALICE, BOB
from tests.server.serving import (
    LOGIN,
    REFRESH,
    REVOKE,
    SECRET,
    Caller,
    as_body,
    bearer,
)

AUTHORIZATION = "graphql-authorization"
AUTHENTICATION = "graphql-authentication"
UNKNOWN_TOKEN = "0" * 128
DEVELOPMENT_OPERATIONS = {
    "getUserAuth": "{ getUserAuth%s { ttl } }",
    "getAllAuthItemsById": "{ getAllAuthItemsById%s { ttl } }",
    "updateUserAuth": "mutation { updateUserAuth%s { success } }",
    "removeUserAuth": "mutation { removeUserAuth%s { success } }",
    "removeAllUserAuthItems": "mutation { removeAllUserAuthItems%s { success } }",
}


def revokes(count: int, prefix: str = "a") -> str:
    """So many mutations, each under an alias of its own."""
    return " ".join(f"{prefix}{n}: revokeCustomerToken {{ result }}" for n in range(count))


def test_the_flow(production: Caller) -> None:
    """A pair is echoed while it lives, revoked once, and over from then on."""
    pair = production.log_in()
    token, refresh_token = pair["token"], pair["refresh_token"]
    assert production.data(REFRESH, token, refresh_token=refresh_token) == pair
    assert production.data(REVOKE, token, refresh_token=refresh_token) == {"result": True}
    assert production.category(REFRESH, token, refresh_token=refresh_token) == AUTHORIZATION


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer "])
def test_the_scheme_is_case_insensitive(production: Caller, scheme: str) -> None:
    """`Authorization: bearer …` is as good as `Bearer …` (CORE-19)."""
    pair = production.log_in()
    answer = production.http.post(
        "/graphql",
        json={"query": REFRESH, "variables": {"refresh_token": pair["refresh_token"]}},
        headers={"Authorization": f"{scheme} {pair['token']}"},
    )
    assert answer.json()["data"]["refreshCustomerToken"] == pair


@pytest.mark.parametrize(
    "authorization",
    ["Basic {}", "{}", "Bearer", "Bearer{}", "Bearer, {}", "Token {}", "Bearer {}=", ""],
)
def test_other_headers_are_refused(production: Caller, authorization: str) -> None:
    """A genuine token under any other scheme or form opens nothing (CORE-18)."""
    pair = production.log_in()
    answer = production.http.post(
        "/graphql",
        json={"query": REFRESH, "variables": {"refresh_token": pair["refresh_token"]}},
        headers={"Authorization": authorization.format(pair["token"])},
    )
    assert answer.json()["data"] == {"refreshCustomerToken": None}
    assert answer.json()["errors"][0]["extensions"]["category"] == AUTHORIZATION


def test_two_headers_name_nobody(production: Caller) -> None:
    """A second Authorization header makes the request ambiguous, so it is refused."""
    pair = production.log_in()
    one = ("Authorization", f"Bearer {pair['token']}")
    body = {"query": REFRESH, "variables": {"refresh_token": pair["refresh_token"]}}
    assert production.http.post("/graphql", json=body, headers=[one]).json()["data"] is not None
    answer = production.http.post("/graphql", json=body, headers=[one, one])
    assert answer.json()["data"] == {"refreshCustomerToken": None}


@pytest.mark.parametrize("query", [REFRESH, REVOKE])
def test_a_missing_header_is_named(production: Caller, query: str) -> None:
    """Without the header the answer says so, with the category that ends a session (CORE-17)."""
    body = production.post(query, refresh_token=UNKNOWN_TOKEN).json()
    assert body["errors"][0]["message"] == "Missing authorization header"
    assert body["errors"][0]["extensions"]["category"] == AUTHORIZATION


@pytest.mark.parametrize("variables", [{}, {"refresh_token": None}, {"refresh_token": ""}])
def test_revoke_without_a_refresh_token(production: Caller, variables: dict[str, str]) -> None:
    """revoke names a missing, null or empty refresh token, and deletes nothing (CORE-23)."""
    pair = production.log_in()
    body = production.post(REVOKE, pair["token"], **variables).json()
    assert body["errors"][0]["message"] == "Missing refresh token"
    assert body["errors"][0]["extensions"]["category"] == AUTHORIZATION
    assert production.data(REFRESH, pair["token"], refresh_token=pair["refresh_token"]) == pair


@pytest.mark.parametrize(
    "email, password",
    [
        (ALICE.email, "wrong"),
        (ALICE.email, BOB.password),
        ("nobody@example.com", ALICE.password),
        ("", ""),
        (ALICE.email, "\ud800"),
        ("\udfff@example.com", ALICE.password),
        (ALICE.email, ALICE.password + "\0"),
        ("\U0001f600@example.com", "\U0001f600"),
    ],
)
def test_wrong_credentials(production: Caller, email: str, password: str) -> None:
    """Wrong credentials of any text are an ordinary refusal (CORE-02, GQL-06)."""
    answer = production.post_bytes(as_body(LOGIN, email=email, password=password))
    assert answer.status_code == 200
    assert answer.json()["data"] == {"generateCustomerToken": None}
    assert answer.json()["errors"][0]["extensions"]["category"] == AUTHENTICATION


@pytest.mark.parametrize(
    "refresh_token",
    ["\ud800", "\0", "\U0001f600" * 64, "0" * 127 + "\n"],
    ids=["surrogate", "NUL", "astral", "newline"],
)
def test_odd_text_as_refresh_token(production: Caller, refresh_token: str) -> None:
    """A refresh token of any text is an ordinary refusal (GQL-06)."""
    token = production.log_in()["token"]
    body = as_body(REFRESH, refresh_token=refresh_token)
    headers = {"Content-Type": "application/json", **bearer(token)}
    answer = production.http.post("/graphql", content=body, headers=headers)
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"]["category"] == AUTHORIZATION


def test_a_surrogate_in_the_document(production: Caller) -> None:
    """A document with a lone surrogate is an ordinary syntax error (GQL-06)."""
    answer = production.post_bytes(as_body("{ \ud800 }"))
    assert answer.status_code == 200
    assert answer.json()["errors"]


@pytest.mark.parametrize("kind", ODD_IDS)
def test_a_platform_without_an_id(production: Caller, kind: str) -> None:
    """A platform that answers no usable id logs nobody in (HARD-18)."""
    category = production.category(LOGIN, email=odd_email(kind), password=ODD_PASSWORD)
    assert category == AUTHENTICATION


@pytest.mark.parametrize("operation", DEVELOPMENT_OPERATIONS)
@pytest.mark.parametrize("arguments", ["", '(user_id: "")', '(user_id: "23")', "(user_id: null)"])
def test_development_operations_are_closed(
    production: Caller, operation: str, arguments: str
) -> None:
    """In production each is refused in the same words whatever its arguments (DEV-01, DEV-02)."""
    body = production.post(DEVELOPMENT_OPERATIONS[operation] % arguments).json()
    assert body["data"] == {operation: None}
    assert body["errors"][0]["message"] == "Unauthorised access"
    assert body["errors"][0]["extensions"]["category"] == AUTHORIZATION


def test_development_operations_are_open(development: Caller) -> None:
    """In development they list, read, write and remove sessions by hand."""
    pair = development.data(LOGIN, email=BOB.email, password=BOB.password)
    key = {"user_id": str(BOB.customer_id), "refresh_token": pair["refresh_token"]}
    read = "query ($user_id: String, $refresh_token: String) { getUserAuth(user_id: $user_id, "
    read += "refresh_token: $refresh_token) { customer_id refresh_token_hash ttl } }"
    found = development.data(read, **key)
    assert found["customer_id"] == key["user_id"]
    listed = development.data(
        "query ($id: String) { getAllAuthItemsById(user_id: $id) { refresh_token_hash } }",
        id=key["user_id"],
    )
    assert {"refresh_token_hash": found["refresh_token_hash"]} in listed
    update = read.replace("query", "mutation").replace("getUserAuth", "updateUserAuth")
    update = update.replace("customer_id refresh_token_hash ttl", "success")
    assert development.data(update, **key) == {"success": True}
    remove = read.replace("query", "mutation").replace("getUserAuth", "removeUserAuth")
    assert development.data(remove, **key)["refresh_token_hash"] == found["refresh_token_hash"]
    clear = "mutation ($id: String) { removeAllUserAuthItems(user_id: $id) { success } }"
    assert development.data(clear, id=key["user_id"]) == {"success": True}


def test_introspection_is_for_development(development: Caller, production: Caller) -> None:
    """Outside development the schema does not describe itself (GQL-09, DEV-10)."""
    query = "{ __schema { queryType { fields { name } } } }"
    names = [f["name"] for f in development.data(query)["queryType"]["fields"]]
    assert "getUserAuth" in names
    body = production.post(query).json()
    assert body["data"] is None
    assert "getUserAuth" not in json.dumps(body)


def test_a_full_introspection_query_fits_the_limits(development: Caller) -> None:
    """The query that tools send to learn a schema is within the limits."""
    from graphql import get_introspection_query

    assert development.data(get_introspection_query(input_value_deprecation=True))["types"]


@pytest.mark.parametrize(
    "query",
    [
        "{ getUserAut { ttl } }",
        "{ getUserAuth { tt } }",
        '{ getUserAuth(user_i: "1") { ttl } }',
        "query ($x: Strin) { getUserAuth(user_id: $x) { ttl } }",
    ],
)
def test_hints_are_for_development(development: Caller, production: Caller, query: str) -> None:
    """Outside development no answer suggests a name (GQL-09)."""
    assert "Did you mean" in development.post(query).text
    assert "Did you mean" not in production.post(query).text
    assert production.post(query).json()["errors"][0]["message"]


@pytest.mark.parametrize("value", ['["hunter2"]', '{"a": "hunter2"}', "7.25", '{"hunter2": 1}'])
def test_a_value_of_the_wrong_kind_is_not_repeated(production: Caller, value: str) -> None:
    """HARD-37: whether as a variable or in the document; what is wrong with it is still said."""
    field = "generateCustomerToken(email: %s, password: %s) { token }"
    query = f"mutation ($p: String!) {{ {field % ('$p', '$p')} }}"
    literal = f"mutation {{ {field % ('7.25', '[7.25]')} }}"
    for answer in (
        production.post(query, p=json.loads(value)),
        production.post(literal),
    ):
        assert not re.search(r"hunter2|7\.25", answer.text)
        assert "non string value." in answer.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "query",
    [
        'mutation { generateCustomerToken(email: "a@b", "hunter2") { token } }',
        'mutation { generateCustomerToken(email: "a@b", password "hun\'ter2") { token } }',
        'mutation { revokeCustomerToken("""hunter2""") { result } }',
        "mutation { revokeCustomerToken(refresh_token hunter2) { result } }",
        "hunter2",
        'mutation { revokeCustomerToken(refresh_token: "\\user2") { result } }',
    ],
)
def test_a_value_in_a_document_that_cannot_be_read_is_not_repeated(
    production: Caller, query: str
) -> None:
    """HARD-37: where it stands is still said, and of what kind it is."""
    [error] = production.post(query).json()["errors"]
    assert not re.search("hun.?ter2|user2", error["message"])
    assert re.search(r"(found|Unexpected) (Block)?(String|Name)\.$|sequence\.$", error["message"])
    assert error["locations"]


@pytest.mark.parametrize("path", ["/", "/graphql", "/graphiql", "/playground"])
def test_no_page_is_served(development: Caller, path: str) -> None:
    """A browser that asks for a page gets none."""
    answer = development.http.get(path, headers={"Accept": "text/html"})
    assert 400 <= answer.status_code < 500
    assert "<" not in answer.text


def test_a_mutation_by_get_does_not_run(production: Caller) -> None:
    """GET is refused with 405 whatever it carries (GQL-03, GQL-10)."""
    answer = production.http.get(
        "/graphql", params={"query": "mutation { revokeCustomerToken { result } }"}
    )
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/jsonp",
        "",
    ],
)
def test_other_bodies_are_refused(production: Caller, content_type: str) -> None:
    """Only JSON in UTF-8 is read, so that a browser asks first (GQL-04)."""
    body = as_body(LOGIN, email=ALICE.email, password=ALICE.password)
    assert production.post_bytes(body, "application/json; charset=UTF-8").status_code == 200
    answer = production.post_bytes(body, content_type)
    assert answer.status_code == 415
    assert "token" not in answer.text


@pytest.mark.parametrize(
    "body, status",
    [
        (b"", 400),
        (b'{"query": "{ me', 400),
        (b"3", 400),
        (b"null", 400),
        (b'"text"', 400),
        (b"[]", 400),
        (b'[{"query": "{ me { email } }"}]', 400),
        (b"\xff\xfe", 400),
        (b'{"query": "\xff"}', 400),
        (b"\xef\xbb\xbf{}", 400),
        ('{"query": "{ me { email } }"}'.encode("utf-16"), 400),
        (b"[" * 100_000, 400),
        (b'{"query":' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400),
        (b'{"query": 3}', 400),
        (b'{"query": null}', 400),
        (b'{"query": ""}', 400),
        (b"{}", 400),
        (b'{"query": "{ me { email } }", "variables": []}', 400),
        (b'{"query": "{ me { email } }", "operationName": 3}', 400),
        (b'{"query": "query A { me { email } }", "operationName": "B"}', 400),
        (b'{"query": "{ me { email } }", "variables": {"x": NaN}}', 400),
        (b'{"query": "{ me { email } }", "variables": {"x": ' + b"1" * 5000 + b"}}", 400),
        (b'{"query": "' + b" " * 10_000_000 + b'"}', 413),
    ],
    ids=lambda value: repr(value)[:30] if isinstance(value, bytes) else None,
)
def test_malformed_bodies(production: Caller, body: bytes, status: int) -> None:
    """A body that is no request is refused with 4xx in JSON, and the server goes on (GQL-05)."""
    answer = production.post_bytes(body)
    assert answer.status_code == status
    assert answer.json()["errors"][0]["message"]
    assert production.http.get("/healthz").json() == {"status": "ok"}


@pytest.mark.parametrize(
    "query",
    ["{a" * 400 + "}" * 400, "{" * 400, "query ($x: " + "[" * 400, "{ a(b: " + "[" * 400],
)
def test_deep_documents(production: Caller, query: str) -> None:
    """A document nested hundreds of levels deep is an ordinary error."""
    answer = production.post(query)
    assert answer.status_code == 200
    assert answer.json()["data"] is None


@pytest.mark.parametrize(
    "query",
    [
        f"mutation {{ {revokes(11)} }}",
        f"mutation {{ ...F }} fragment F on Mutation {{ {revokes(11)} }}",
        f"mutation {{ ...F ...G }} fragment F on Mutation {{ {revokes(6)} }} "
        f"fragment G on Mutation {{ {revokes(6, 'b')} }}",
        f"mutation {{ {revokes(6)} }} mutation B {{ {revokes(6)} }}",
        f"{{ {' '.join(f'a{n}: __typename' for n in range(21))} }}",
        f"{{ {'a ' * 1000} }}",
    ],
    ids=["aliases", "fragment", "fragments", "operations", "query aliases", "tokens"],
)
def test_large_documents(production: Caller, query: str) -> None:
    """One request runs at most ten mutations, and no large document at all (GQL-07)."""
    body = production.post(query).json()
    assert body["data"] is None
    assert body["errors"]


def test_ten_mutations_run(production: Caller) -> None:
    """As many mutations as are allowed do run, each with an answer of its own."""
    assert len(production.post(f"mutation {{ {revokes(10)} }}").json()["errors"]) == 10


def test_two_aliases_refresh_one_pair(production: Caller) -> None:
    """Two refreshes of one pair in one document run one after the other (RACE-13)."""
    pair = production.log_in()
    query = """mutation ($t: String!) {
      a: refreshCustomerToken(refresh_token: $t) { token refresh_token }
      b: refreshCustomerToken(refresh_token: $t) { token refresh_token } }"""
    data = production.post(query, pair["token"], t=pair["refresh_token"]).json()["data"]
    assert data == {"a": pair, "b": pair}


@pytest.mark.parametrize(
    "accept, content_type",
    [
        ("*/*", "application/json; charset=utf-8"),
        ("application/json", "application/json; charset=utf-8"),
        ("application/graphql-response+json", "application/graphql-response+json; charset=utf-8"),
        (
            "text/html, Application/GraphQL-Response+JSON;q=0.9, */*;q=0.1",
            "application/graphql-response+json; charset=utf-8",
        ),
        ("application/graphql-response+json;q=0", "application/json; charset=utf-8"),
    ],
)
def test_media_types(production: Caller, accept: str, content_type: str) -> None:
    """GraphQL's own media type is used where it is accepted (GQL-01, GQL-02)."""
    answer = production.http.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"Accept": accept}
    )
    assert answer.headers["content-type"] == content_type
    assert answer.json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("query, status", [("{ nothing }", 400), ("{ me { email } }", 200)])
def test_statuses_of_graphqls_own_type(production: Caller, query: str, status: int) -> None:
    """In it a document that cannot run is 400, and a field's refusal 200 (GQL-02)."""
    own = {"Accept": "application/graphql-response+json"}
    assert (
        production.http.post("/graphql", json={"query": query}, headers=own).status_code == status
    )
    assert production.post(query).status_code == 200


@pytest.mark.parametrize(
    "method, path",
    [
        ("GET", "/healthz"),
        ("POST", "/graphql"),
        ("GET", "/graphql"),
        ("GET", "/nowhere"),
        ("POST", "/graphql/"),
    ],
)
def test_every_answer_stays_out_of_caches(production: Caller, method: str, path: str) -> None:
    """Every answer says no-store, sets no cookie and leads nowhere else (HARD-22, GQL-10)."""
    answer = production.http.request(method, path)
    assert answer.headers["cache-control"] == "no-store"
    assert "set-cookie" not in answer.headers
    assert "location" not in answer.headers
    assert "server" not in answer.headers or "uvicorn" in answer.headers["server"]


def test_credentials_elsewhere_are_not_read(production: Caller) -> None:
    """A token in the URL, a cookie or `extensions` counts as none (GQL-10)."""
    pair = production.log_in()
    answer = production.http.post(
        "/graphql",
        params={"access_token": pair["token"], "authorization": f"Bearer {pair['token']}"},
        headers={"Cookie": f"authorization={pair['token']}; token={pair['token']}"},
        json={
            "query": REFRESH,
            "variables": {"refresh_token": pair["refresh_token"]},
            "extensions": {"authorization": f"Bearer {pair['token']}"},
        },
    )
    assert answer.json()["errors"][0]["message"] == "Missing authorization header"


def test_no_websocket(production: Caller) -> None:
    """A WebSocket handshake is not accepted (GQL-11)."""
    address = urlsplit(str(production.http.base_url))
    handshake = (
        f"GET /graphql HTTP/1.1\r\nHost: {address.netloc}\r\nConnection: Upgrade\r\n"
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: graphql-transport-ws\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    with socket.create_connection((str(address.hostname), address.port)) as connection:
        connection.sendall(handshake.encode())
        status = connection.recv(100).split(b"\r\n")[0]
    assert re.match(rb"HTTP/1.1 4\d\d", status)


def test_me(production: Caller) -> None:
    """The demo's own query answers the signed-in customer (API-01)."""
    query = "{ me { customer_id email } }"
    for customer in (ALICE, BOB):
        credentials = {"email": customer.email, "password": customer.password}
        token = production.data(LOGIN, **credentials)["token"]
        me = {"customer_id": str(customer.customer_id), "email": customer.email}
        assert production.data(query, token) == me
    assert production.category(query) == AUTHORIZATION


def test_logs_hold_no_secret(production: Caller, caplog: pytest.LogCaptureFixture) -> None:
    """Neither good nor bad requests leave a password, token, secret or query in the log."""
    from reference_auth.serve.logs import JsonLines

    with caplog.at_level("DEBUG", logger="reference_auth"):
        pair = production.data(LOGIN, email=ALICE.email, password=ALICE.password)
        production.post(REFRESH, pair["token"], refresh_token=pair["refresh_token"])
        production.post(
            f'mutation {{ generateCustomerToken(email: 3, password: "{ALICE.password}") }}'
        )
        production.http.post(f"/{pair['token']}?token={pair['refresh_token']}")
        production.http.request("ODD-METHOD", "/graphql")
        wait_for_lines(caplog, 5)  # each is written when its answer is already out
    lines = "\n".join(JsonLines().format(record) for record in caplog.records)
    assert lines.count('"request"') >= 5  # an earlier test's last line may be late
    for hidden in (*pair.values(), ALICE.password, ALICE.email, SECRET, "mutation", "ODD"):
        assert hidden not in lines
    assert all(isinstance(json.loads(line), dict) for line in lines.splitlines())


def wait_for_lines(caplog: pytest.LogCaptureFixture, count: int) -> None:
    deadline = time.monotonic() + 5
    while sum(r.msg == "request" for r in caplog.records) < count and time.monotonic() < deadline:
        time.sleep(0.01)


def test_the_host_is_free_in_production(production: Caller) -> None:
    """Outside development a server answers under any name, as behind a proxy."""
    answer = production.http.get("/healthz", headers={"Host": "shop.example.com"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "host, status",
    [
        ("localhost", 200),
        ("LOCALHOST:8000", 200),
        ("127.0.0.1:1", 200),
        ("127.9.9.9", 200),
        ("[::1]:8000", 200),
        ("shop.example.com", 421),
        ("localhost.example.com", 421),
        ("127.0.0.1.example.com", 421),
        ("0.0.0.0", 421),
        ("10.0.0.1:8000", 421),
        ("localhost:80:80", 421),
    ],
)
@pytest.mark.parametrize("path", ["/healthz", "/graphql", "/clock"])
def test_the_host_is_loopback_in_development(
    development: Caller, host: str, status: int, path: str
) -> None:
    """In development only this machine's own names are answered, on every path."""
    answer = development.http.get(path, headers={"Host": host})
    assert (answer.status_code == 421) == (status == 421)


LOOPBACK = ["http://localhost:3000", "http://127.0.0.1", "https://localhost", "http://[::1]:5173"]
STRANGE = ["http://example.com", "http://localhost.example.com", "null", "http://127.0.0.10"]


@pytest.mark.parametrize("origin", LOOPBACK + STRANGE)
def test_origins_in_development(development: Caller, origin: str) -> None:
    """A page on this machine may call a development server, preflight included; no other may."""
    allowed = origin in LOOPBACK
    preflight = ask_first(development, origin)
    assert preflight.is_success == allowed
    answer = development.http.post(
        "/graphql", json={"query": "{ __typename }"}, headers={"Origin": origin}
    )
    for response in (preflight, answer):
        shown = response.headers.get("access-control-allow-origin")
        assert shown == (origin if allowed else None)
        assert "access-control-allow-credentials" not in response.headers


def test_origins_in_production(production: Caller) -> None:
    """Outside development no page of another origin is let in unless it is named."""
    assert "access-control-allow-origin" not in ask_first(production, LOOPBACK[0]).headers


def ask_first(caller: Caller, origin: str) -> httpx.Response:
    """A browser's preflight for an authorised call."""
    return caller.http.options(
        "/graphql",
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    )
