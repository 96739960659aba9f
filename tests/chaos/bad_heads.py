"""Heads that are wrong: methods, paths, versions, types, and the header that holds a token."""

from __future__ import annotations

import random
from collections.abc import Iterator

from tests.chaos.bad_bodies import good
from tests.chaos.raw import Request

TYPENAME = b'{"query": "{ __typename }"}'
LINES = (
    b"GET /graphql HTTP/1.1",
    b"GET /graphql?query=mutation%7B__typename%7D HTTP/1.1",
    b"PUT /graphql HTTP/1.1",
    b"DELETE /graphql HTTP/1.1",
    b"TRACE /graphql HTTP/1.1",
    b"OPTIONS * HTTP/1.1",
    b"CONNECT 127.0.0.1:1 HTTP/1.1",
    b"BREW /graphql HTTP/1.1",
    b"POST /graphql/../graphql HTTP/1.1",
    b"POST /%00 HTTP/1.1",
    b"POST /" + b"a" * 5000 + b" HTTP/1.1",
    b"POST http://elsewhere.invalid/graphql HTTP/1.1",
    b"POST /graphql HTTP/9.9",
    b"POST /graphql",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # a TLS greeting
    b"\0\0\0\0",
)
TYPES = (
    b"",
    b"text/plain",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"multipart/form-data",
    b"application/json; charset=utf-16",
    b"application/json; charset=\xff",
    b"application/json, text/plain",
    b"application/graphql",
    b"\xff\xfe",
    b"a" * 5000,
)
HEADERS = (
    b"Content-Length: 5",
    b"Content-Length: -1",
    b"Content-Length: 99999999999999999999",
    b"Transfer-Encoding: gzip",
    b"Transfer-Encoding: chunked",
    b"Expect: 100-continue, 200-never",
    b"Host: elsewhere.invalid",
    b"Upgrade: websocket\r\nSec-WebSocket-Key: a\r\nSec-WebSocket-Version: 13",
    b"Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__",
    b"Accept: \xff",
    b"Accept: " + b"a/b;q=0.1," * 500,
    b"Accept-Encoding: " + b"x," * 500,
    b"Cookie: " + b"a=b;" * 500,
    b"Origin: null",
    b"Origin: http://" + b"a" * 3000,
    b"X: " + b"y" * 100_000,
    b"\xff: x",
    b"a b: c",
    b": nameless",
    b"folded: a\r\n b",
    b"X-Forwarded-For: " + b"1.1.1.1," * 300,
    b"Content-Encoding: gzip",
)
SCHEMES = (b"Bearer", b"bearer", b"Basic", b"Digest", b"Token", b"", b"\xff", b"Bearer Bearer")
REST = (b"", b" ", b".", b"..", b"...", b"a.b.c", b"=", b"\xff", b"\x01", b"%00", b"null", b"{}")


def recorded() -> Iterator[Request]:
    """Each wrong head once."""
    for line in LINES:
        yield Request.post(f"line: {line[:30]!r}", TYPENAME, line=line)
    for kind in TYPES:
        yield Request.post(f"type: {kind[:30]!r}", TYPENAME, content_type=kind)
    for header in HEADERS:
        yield Request.post(f"header: {header[:30]!r}", TYPENAME, header)


def bearers(choose: random.Random, count: int) -> Iterator[Request]:
    """Authorization headers that hold no token, one or several."""
    for _ in range(count):
        headers = [_authorization(choose) for _ in range(choose.choice([0, 1, 1, 1, 2]))]
        operation = choose.choice(["refreshCustomerToken", "revokeCustomerToken"])
        yield Request.post(f"{operation}: {headers!r}"[:80], good(operation), *headers)


def _authorization(choose: random.Random) -> bytes:
    blank = choose.choice([b" ", b"  ", b"\t", b""])
    return (
        b"Authorization: "
        + choose.choice(SCHEMES)
        + blank
        + choose.choice(REST) * choose.choice([1, 1, 40])
    )
