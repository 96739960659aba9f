"""Bodies that are no request, or one that names nobody: recorded ones, and good ones spoiled."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator

from conformance_tests.deployment.http.documents import OPERATIONS
from tests.chaos.raw import Request

DEEP = 100_000
LARGE = 10_000_000
NOBODY = "0" * 128
# Credentials that let nobody in, so that no spoiling can make them good.
ARGUMENTS: dict[str, object] = {
    "email": "nobody@anyone",
    "password": "wrong",
    "remember_me": True,
    "refresh_token": NOBODY,
    "user_id": "nobody",
}
QUERY = b'{"query": "{ __typename }", '
LOGIN = (
    b'{"query": "mutation { generateCustomerToken(email: \\"%s\\", password: \\"x\\") { token } }"}'
)

RECORDED: dict[str, bytes] = {
    "nothing": b"",
    "cut": b'{"query": "{ me',
    "a number": b"3",
    "null": b"null",
    "a text": b'"text"',
    "a list": b"[]",
    "a batch": b'[{"query": "{ __typename }"}]',
    "no UTF-8": b'{"query": "\xff\xfe"}',
    "a byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"query": "{ __typename }"}'.encode("utf-16"),
    "deep lists": b"[" * DEEP,
    "deep objects": b'{"a":' * DEEP,
    "deep and closed": b'{"query":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep variables": QUERY + b'"variables": {"a":' + b"[" * DEEP + b"]" * DEEP + b"}}",
    "a deep document": b'{"query": "' + b"{a" * 20_000 + b'"}',
    "a deep type": b'{"query": "query ($a: ' + b"[" * 20_000 + b'"}',
    "a long number": QUERY + b'"variables": {"a": ' + b"1" * 5000 + b"}}",
    "a huge exponent": QUERY + b'"variables": {"a": 1e999999}}',
    "NaN": QUERY + b'"variables": {"a": NaN}}',
    "a query that is a number": b'{"query": 3}',
    "a query that is an object": b'{"query": {}}',
    "variables that are a list": QUERY + b'"variables": []}',
    "a name that is a number": QUERY + b'"operationName": 3}',
    "an unknown name": QUERY + b'"operationName": "B"}',
    "a lone surrogate": LOGIN % b"\\\\ud800",
    "a surrogate in JSON": LOGIN % b"\\ud800",
    "NUL": LOGIN % b"\\u0000",
    "a raw NUL": LOGIN % b"\0",
    "an astral character": LOGIN % "😀".encode(),
    "a circle of fragments": b'{"query": "{ ...A } fragment A on Query { ...B } '
    b'fragment B on Query { ...A }"}',
    "many aliases": b'{"query": "{ '
    + b" ".join(b"a%d: __typename" % n for n in range(5000))
    + b'}"}',
    "many directives": b'{"query": "{ __typename ' + b"@skip(if: false) " * 5000 + b'}"}',
    "a persisted query": b'{"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "a"}}}',
}
TOO_LARGE: dict[str, bytes] = {
    "10 MB of blanks": b'{"query": "' + b" " * LARGE + b'"}',
    "10 MB of digits": b"1" * LARGE,
    "10 MB deep": b"[" * LARGE,
}


def recorded() -> Iterator[Request]:
    """Each recorded body once."""
    for what, body in (RECORDED | TOO_LARGE).items():
        yield Request.post(f"body: {what}", body)


def spoiled(choose: random.Random, count: int) -> Iterator[Request]:
    """Good requests, each spoiled in one of a few ways."""
    names = list(OPERATIONS)
    for _ in range(count):
        name, way = choose.choice(names), choose.choice(list(WAYS))
        body = WAYS[way](choose, good(name))
        yield Request.post(f"{name}, {way}", body, b"Authorization: Bearer a.b.c")


def good(name: str) -> bytes:
    """A request with every argument."""
    operation = OPERATIONS[name]
    given = {argument: ARGUMENTS[argument] for argument in operation.arguments}
    return json.dumps({"query": operation.document(given), "variables": given}).encode()


def cut(choose: random.Random, body: bytes) -> bytes:
    return body[: choose.randrange(len(body))]


def flipped(choose: random.Random, body: bytes) -> bytes:
    spoilt = bytearray(body)
    for _ in range(choose.randint(1, 4)):
        spoilt[choose.randrange(len(spoilt))] = choose.randrange(256)
    return bytes(spoilt)


def stuffed(choose: random.Random, body: bytes) -> bytes:
    at = choose.randrange(len(body))
    return body[:at] + choose.choice(STUFFING) + body[at:]


def retyped(choose: random.Random, body: bytes) -> bytes:
    """Another JSON value in the place of one member or variable."""
    request = json.loads(body)
    place = choose.choice([request, request["variables"]])
    place[choose.choice(list(place))] = choose.choice(VALUES)
    return json.dumps(request).encode()


STUFFING = (
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",  # a surrogate in what would be UTF-8
    b"\\ud83d",
    b"\\u0000",
    b"{" * 50,
    b"[" * 50,
    b'"',
    b"\\",
    b"...",
    b"#",
    b"\xc2\xa0",
    b"$",
    b'"""',
)
VALUES: tuple[object, ...] = (
    None,
    True,
    0,
    -1.5,
    1e308,
    2**70,
    "",
    "\0",
    "\ud800",
    "😀" * 500,
    [],
    [[[[]]]],
    {},
    {"a": {"a": {}}},
    "x" * 5000,
)
WAYS: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "cut": cut,
    "flipped": flipped,
    "stuffed": stuffed,
    "retyped": retyped,
}
