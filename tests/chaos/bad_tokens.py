"""Forged tokens: the suite's own vectors, and every claim and header with every wrong value."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

from conformance_tests.actors import forged_tokens
from conformance_tests.deployment.forge import Forge, encoded
from conformance_tests.deployment.http.documents import OPERATIONS
from tests.chaos.arena import SECRET
from tests.chaos.callers import Pair
from tests.chaos.raw import Request

OPERATION_NAMES = ("refreshCustomerToken", "revokeCustomerToken")
WRONG_TIMES = (
    b"null", b"true", b"false", b'""', b'"1900000000"', b"-1", b"0", b"1.5", b"1900000000.0",
    b"1e9", b"1e999", b"NaN", b"Infinity", b"-Infinity", b"9007199254740992", b"[]", b"{}",
    b"[1900000000]", b"1" * 5000,
)  # fmt: skip
WRONG_IDS = (
    b"null", b"true", b"1.5", b'""', b'"undefined"', b'"None"', b'"null"', b'"ended#x"',
    b"[]", b"{}", b"9007199254740993", b'"\\ud800"', b'"' + b"x" * 3000 + b'"',
)  # fmt: skip
WRONG_NBF = (b"null", b'"0"', b"true", b"99999999999", b"[]", b"NaN")
HEADERS = (
    b'{"alg":"none"}', b'{"alg":"None"}', b'{"alg":"HS384"}', b'{"alg":"HS512"}',
    b'{"alg":"RS256"}', b'{"alg":"ES256"}', b'{"alg":""}', b'{"alg":null}',
    b'{"alg":["HS256"]}', b'{"alg":{}}', b"{}", b"[]", b"null", b'"HS256"', b"", b"\xff",
    b'{"alg":"HS256","crit":["x"]}', b'{"alg":"HS256","crit":[]}', b'{"alg":"HS256","crit":"x"}',
    b'{"alg":"HS256","crit":[1]}', b'{"alg":"HS256","b64":false,"crit":["b64"]}',
    b'{"alg":"HS256","alg":"none"}', b'{"a":' * 2000, b"[" * 20_000,
)  # fmt: skip
PAYLOADS = (b"", b"{}", b"[]", b"null", b"3", b'"x"', b"\xff", b"{", b"[" * 20_000, b'{"a":' * 2000)


def recorded(pairs: list[Pair]) -> Iterator[Request]:
    """Each vector beside each pair's refresh token, to be refreshed and to be revoked."""
    rows = {vector.requirement for vector in forged_tokens._all()}
    vectors = [
        vector
        for row in sorted(rows)
        for vector in forged_tokens.vectors(row)
        if "{soon}" not in vector.claims.values()  # it would be good before its turn comes
    ]
    for pair in pairs:
        for vector in vectors:
            token = forged_tokens.token(cast(Any, _session(pair)), vector).token
            yield from _both(f"vector: {vector.what}", token, pair)


def wrong_claims(pairs: list[Pair]) -> Iterator[Request]:
    """Genuine signatures over every claim with every wrong value, and every name twice."""
    for pair in pairs:
        for name, values in {
            "exp": WRONG_TIMES,
            "refresh_expiry": WRONG_TIMES,
            "customer_id": WRONG_IDS,
            "nbf": WRONG_NBF,
        }.items():
            for value in values:
                members = {**_members(pair), name: value}
                yield from _both(f"{name}: {value[:20]!r}", _signed(_object(members)), pair)
        for name, value in _members(pair).items():
            twice = _object(_members(pair))[:-1] + b',"%s":%s}' % (name.encode(), value)
            yield from _both(f"{name} twice", _signed(twice), pair)
        for payload in PAYLOADS:
            yield from _both(f"payload: {payload[:20]!r}", _signed(payload), pair)
        for header in HEADERS:
            token = _signed(_object(_members(pair)), header)
            yield from _both(f"header: {header[:30]!r}", token, pair)
        for size in (10_000, 60_000, 300_000):
            members = {**_members(pair), "exp": b"null", "x": b'"%s"' % (b"x" * size)}
            yield from _both(f"{size} bytes", _signed(_object(members)), pair)


def flipped(choose: random.Random, pairs: list[Pair], count: int) -> Iterator[Request]:
    """A genuine token with a few characters exchanged, left out or added."""
    alphabet = "abcXYZ019-_=+/. \t"
    for _ in range(count):
        pair = choose.choice(pairs)
        at = choose.randrange(len(pair.token))
        width = choose.choice([0, 1, 1, 2])
        put = "".join(choose.choices(alphabet, k=choose.choice([0, 1, 1, 2])))
        token = pair.token[:at] + put + pair.token[at + width :]
        if token.strip() != pair.token:
            operation = choose.choice(OPERATION_NAMES)
            yield _request(f"{operation}: flipped", operation, token, pair.refresh_token)


def _both(what: str, token: str, pair: Pair) -> Iterator[Request]:
    for operation in OPERATION_NAMES:
        yield _request(f"{operation}: {what}", operation, token, pair.refresh_token)


def _request(what: str, operation: str, token: str, refresh_token: str) -> Request:
    given: dict[str, object] = {"refresh_token": refresh_token}
    body = json.dumps({"query": OPERATIONS[operation].document(given), "variables": given})
    header = b"Authorization: Bearer " + token.encode("utf-8", "surrogatepass")
    return Request.post(what, body.encode(), header)


def _session(pair: Pair) -> SimpleNamespace:
    """As much of the suite's session as a vector is made from."""
    claims = pair.claims
    deployment = SimpleNamespace(
        nobody="conformance-0bad00-nobody",
        clock=SimpleNamespace(now=lambda: claims["iat"]),
        need_forge=lambda: Forge(SECRET),
        add_access_token=lambda token: token,
        can_hash=False,
    )
    return SimpleNamespace(
        token=pair.token,
        header={"alg": "HS256", "typ": "JWT"},
        claims=claims,
        exp=claims["exp"],
        customer=SimpleNamespace(deployment=deployment),
        altered=lambda token: SimpleNamespace(token=token),
    )


def _members(pair: Pair) -> dict[str, bytes]:
    return {name: json.dumps(value).encode() for name, value in pair.claims.items()}


def _object(members: dict[str, bytes]) -> bytes:
    inside = (b'"%s":%s' % (name.encode(), value) for name, value in members.items())
    return b"{" + b",".join(inside) + b"}"


def _signed(payload: bytes, header: bytes = b'{"alg":"HS256","typ":"JWT"}') -> str:
    start = f"{encoded(header)}.{encoded(payload)}"
    return f"{start}.{Forge(SECRET).signature(start)}"
