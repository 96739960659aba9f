"""Minting, verifying and deriving: the formats byte by byte, and every claim that is refused."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import jwt
import pytest
from freezegun import freeze_time

from reference_auth.core import tokens
from reference_auth.core.config import Secret
from reference_auth.core.errors import BadAccessToken
from reference_auth.core.tokens import AccessToken, Claims, RefreshToken, TokenPair
from tests.reference.issued import issue
from tests.reference.shop import SECRET

pytestmark = pytest.mark.usefixtures("zone")

ROOT = Path(__file__).parents[3]
RECORDED = json.loads((ROOT / "conformance_tests/vectors/module_tokens.json").read_text())
ISSUES = [
    case[kind] for case in RECORDED["cases"] for kind in ("login", "rotation") if kind in case
]
NOW = 1_709_284_560  # 2024-03-01T09:16:00Z
GOOD: dict[str, Any] = {"customer_id": 7, "exp": NOW + 840, "refresh_expiry": NOW + 900}


def sign(payload: Any, *, header: Any = None, secret: str = SECRET, digest: str = "sha256") -> str:
    """Sign by hand, so that nothing of the library under the core is taken for granted."""
    parts = [header or {"alg": "HS256", "typ": "JWT"}, payload]
    texts = [part if isinstance(part, str) else json.dumps(part) for part in parts]
    signed = ".".join(encode(text.encode()) for text in texts)
    mac = hmac.digest(secret.encode(), signed.encode(), digest)
    return f"{signed}.{encode(mac)}"


def encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def verify(token: str) -> Claims:
    return tokens.verify(AccessToken(token), SECRET, NOW)


@pytest.mark.parametrize("recorded", ISSUES)
def test_what_the_module_issued_comes_out_byte_for_byte(recorded: dict[str, Any]) -> None:
    """WIRE-01, WIRE-06, WIRE-08, STORE-02: token, refresh token and hash are those it recorded."""
    made = issue(Claims(**recorded["claims"]), RECORDED["secret"])
    assert made.pair == TokenPair(recorded["token"], recorded["refresh_token"])
    assert made.hash in {row["refresh_token_hash"]["S"] for row in recorded["rows"]}


@pytest.mark.parametrize(
    "check, token",
    [
        ("form", "a.b"),
        ("signature", sign(GOOD, secret="another secret, as long as the real one")),
        ("payload", sign([])),
        ("payload", sign("no JSON")),
        ("nbf", sign({**GOOD, "nbf": NOW + 1})),
        ("customer_id", sign({**GOOD, "customer_id": None})),
        ("exp", sign({**GOOD, "exp": "soon"})),
        ("refresh_expiry", sign({**GOOD, "refresh_expiry": None})),
    ],
)
def test_a_refusal_says_which_check_failed(check: str, token: str) -> None:
    """HARD-01: for logs and tests; what the client is told is the same for all of them."""
    with pytest.raises(BadAccessToken, match=r"^The access token is not valid$") as refusal:
        verify(token)
    assert refusal.value.check == check


@pytest.mark.parametrize("issue", ISSUES)
def test_what_the_module_issued_is_genuine(issue: dict[str, Any]) -> None:
    """WIRE-08: its tokens verify, and their claims come out with value and type."""
    claims = tokens.verify(issue["token"], RECORDED["secret"], NOW)
    assert claims == Claims(**issue["claims"])


def test_the_written_vector() -> None:
    """WIRE-06: id 23 and exp 1710905708 under `token_secret` give the token and hash we publish."""
    token = tokens.derive(23, 1710905708, Secret("token_secret"))
    assert token.startswith("a2aa1675985a46ab0bcca5672d312153252b886b377f89d3038b02b6e4daa574")
    assert token.endswith("633e1bfd89a13880b53dbb69c72eca48a4e6b69f2bf883190511360b6c0b60a1")
    hashed = tokens.hash_of(token, Secret("token_secret"))
    assert hashed.startswith("88f1cd629b8fe63ca3a0e848b7379b1148832d3d710b85cd7a94128939b3c927")
    assert hashed.endswith("de4dc1b4184b382accfd3472729e18ab6efa0748797b762e9a0185580a39cbd4")


@pytest.mark.parametrize("customer_id", [23, "23", "münchen-☂", "😀"])
def test_the_derivation_is_that_of_hashlib(customer_id: Any) -> None:
    """WIRE-06, WIRE-09: text goes in as UTF-8, whichever library does the stretching."""
    password = f"{customer_id}{NOW}".encode()
    expected = hashlib.pbkdf2_hmac("sha512", password, SECRET.encode(), 10_000, 64).hex()
    assert tokens.derive(customer_id, NOW, SECRET) == expected
    again = hashlib.pbkdf2_hmac("sha512", expected.encode(), SECRET.encode(), 10_000, 64).hex()
    assert tokens.hash_of(RefreshToken(expected), SECRET) == again


def test_a_token_holds_its_claims_and_nothing_else() -> None:
    """WIRE-02, WIRE-04: the header names HS256, and `auth_time` is there only when it is set."""
    claims = Claims("7", NOW + 840, NOW + 900, iat=NOW)
    header, payload, _ = tokens.mint(claims, SECRET).split(".")
    assert decode(header) == {"alg": "HS256", "typ": "JWT"}
    assert decode(payload) == GOOD | {"customer_id": "7", "iat": NOW}
    bounded = Claims(7, NOW + 840, NOW + 900, iat=NOW, auth_time=NOW)
    assert decode(tokens.mint(bounded, SECRET).split(".")[1])["auth_time"] == NOW


def decode(part: str) -> Any:
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


@pytest.mark.parametrize("secret", ["short", "☂" * 11, '{"kty":"oct","k":"AAAA"}', " padded "])
def test_any_text_can_be_a_secret(secret: str) -> None:
    """WIRE-01: its UTF-8 bytes are the key as they are, whatever they look like."""
    claims = Claims(7, NOW + 840, NOW + 900, iat=NOW)
    token = tokens.mint(claims, Secret(secret))
    header, payload, mac = token.split(".")
    assert mac == encode(hmac.digest(secret.encode(), f"{header}.{payload}".encode(), "sha256"))
    assert tokens.verify(token, Secret(secret), NOW) == claims
    with pytest.raises(BadAccessToken):
        tokens.verify(token, Secret(secret + "x"), NOW)


def test_an_expired_token_is_genuine() -> None:
    """WIRE-03: neither expiry nor a future `iat` nor a stranger's claim makes it less so."""
    members = GOOD | {"exp": 1, "iat": NOW + 60, "aud": ["x"], "sub": 5, "iss": {}, "jti": None}
    assert verify(sign(members)) == Claims(7, 1, NOW + 900, iat=NOW + 60)


@pytest.mark.parametrize("when", ["1971-01-01", "2106-02-07"])
def test_nothing_here_reads_a_clock(when: str) -> None:
    """`now` is an argument: the process may live in any year."""
    with freeze_time(when):
        assert verify(sign(GOOD | {"iat": NOW, "nbf": NOW})).exp == GOOD["exp"]
        with pytest.raises(BadAccessToken):
            verify(sign(GOOD | {"nbf": NOW + 1}))


def test_the_second_of_expiry_belongs_to_the_one_and_not_to_the_other() -> None:
    """CORE-10, CORE-11: access is over at `exp`, refresh after `refresh_expiry`."""
    claims = Claims(7, NOW + 5, NOW + 9)
    assert [tokens.is_live(claims, NOW + n) for n in (4, 5)] == [True, False]
    assert [tokens.is_refresh_expired(claims, NOW + n) for n in (9, 10)] == [False, True]


@pytest.mark.parametrize(
    "alg", ["none", "None", "NONE", "", "HS384", "HS512", "RS256", None, 5, ["HS256"]]
)
def test_only_hs256_is_taken(alg: Any) -> None:
    """HARD-02, HARD-03: any other name is refused, even with a MAC that is right under it."""
    header = {"alg": alg, "typ": "JWT"}
    for digest in ("sha256", "sha384", "sha512"):
        with pytest.raises(BadAccessToken):
            verify(sign(GOOD, header=header, digest=digest))


def test_unsigned_and_resigned_tokens_are_refused() -> None:
    """HARD-01: a stripped signature, a swapped payload and another key are all forged."""
    good, other = sign(GOOD), sign(GOOD | {"customer_id": 8})
    assert verify(good)
    header, payload, mac = good.split(".")
    forged = [
        f"{header}.{payload}.",
        f"{header}.{payload}",
        f"{header}.{other.split('.')[1]}.{mac}",
        sign(GOOD, secret="another secret, as long as the first"),
        f"{encode(b'{}')}.{payload}.{mac}",
    ]
    for token in forged:
        with pytest.raises(BadAccessToken):
            verify(token)


def test_a_token_is_written_one_way_only() -> None:
    """HARD-29: padding, blanks, a fourth part, and unused bits set in a signature are refused."""
    good = sign(GOOD)
    header, payload, mac = good.split(".")
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    same_bytes = mac[:-1] + last[last.index(mac[-1]) ^ 1]
    written = [
        good + "=",
        f"{header}.{payload}.{mac}=",
        f" {good}",
        f"{good} ",
        f"{good}\n",
        good + ".",
    ]
    written += [f"{header}.{payload}.{same_bytes}", good.replace(".", ". "), f"{header}={good}"]
    for token in written:
        with pytest.raises(BadAccessToken):
            verify(token)


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "..",
        "a.b.c",
        "undefined",
        "\x00",
        "\ud800",
        "☂.☂.☂",
        "é" * 10,
        "." * 1000,
        "a" * 10_000,
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    """CORE-18, GQL-06: nothing that can be sent in a header raises anything else."""
    with pytest.raises(BadAccessToken):
        verify(token)


@pytest.mark.parametrize(
    "header",
    [
        "[" * 50_000,
        "[]",
        "not json",
        '{"alg":"HS256","crit":["exp"]}',
        '{"alg":"HS256","crit":["b64"],"b64":false}',
        '{"alg":"HS256","crit":"exp"}',
        '{"alg":"HS256","crit":[]}',
    ],
    ids=lambda header: header[:40],
)
def test_a_header_that_asks_too_much_is_refused(header: str) -> None:
    """HARD-06: so is an extension that must be understood, and a header that is no object."""
    with pytest.raises(BadAccessToken):
        verify(sign(GOOD, header=header))


def test_a_header_cannot_choose_the_key() -> None:
    """HARD-07: `kid`, `jku`, `jwk` and `x5u` are ignored."""
    header = {"alg": "HS256", "kid": "x", "jku": "http://127.0.0.1:1", "jwk": {}, "x5u": "x"}
    assert verify(sign(GOOD, header=header))


@pytest.mark.parametrize(
    "nbf, good",
    [(NOW, True), (NOW - 0.5, True), (NOW + 1, False), ("x", False), (None, False), (True, False)],
)
def test_a_token_is_not_good_before_its_time(nbf: Any, good: bool) -> None:
    """HARD-07: `nbf` is honoured against the `now` of the request."""
    token = sign(GOOD | {"nbf": nbf})
    if good:
        assert verify(token)
    else:
        with pytest.raises(BadAccessToken):
            verify(token)


NO_TIMES: list[Any] = [
    "absent",
    None,
    True,
    "5",
    "",
    5.0,
    5.5,
    -1,
    0,
    2**53,
    10**400,
    [],
    {},
    "NaN",
    "1e400",
]


@pytest.mark.parametrize("claim", ["exp", "refresh_expiry"])
@pytest.mark.parametrize("value", NO_TIMES, ids=lambda v: str(v)[:12])
def test_a_time_is_an_integer_of_this_world(claim: str, value: Any) -> None:
    """HARD-04, HARD-05: anything else in its place, or nothing there, is refused."""
    members = {name: kept for name, kept in GOOD.items() if name != claim}
    text = json.dumps(members if value == "absent" else members | {claim: value})
    for raw in ("NaN", "1e400"):
        text = text.replace(f'"{raw}"', raw)
    with pytest.raises(BadAccessToken):
        verify(sign(text))


@pytest.mark.parametrize("raw", ["NaN", "Infinity", "-Infinity", "9" * 5000])
def test_numbers_that_are_none_are_refused_anywhere(raw: str) -> None:
    """HARD-04: in an extra claim too, for nobody can say what they were meant to be."""
    with pytest.raises(BadAccessToken):
        verify(sign(json.dumps(GOOD)[:-1] + f', "x": {raw}}}'))


@pytest.mark.parametrize("payload", ["[]", "7", '"x"', "null", "{", "[" * 50_000, "\ufeff{}", ""])
def test_a_payload_is_one_object(payload: str) -> None:
    """HARD-08: signed or not, anything else is no access token."""
    with pytest.raises(BadAccessToken):
        verify(sign(payload))


def test_a_name_stands_once() -> None:
    """HARD-32: two readers could disagree about a claim, or a header, that is there twice."""
    with pytest.raises(BadAccessToken):
        verify(sign(json.dumps(GOOD)[:-1] + f', "exp": {NOW + 9}}}'))
    with pytest.raises(BadAccessToken):
        verify(sign(GOOD, header='{"alg":"HS256","typ":"JWT","alg":"HS256"}'))


def test_a_siblings_token_is_refused() -> None:
    """HARD-08: what the same key signed for another purpose names no customer here."""
    with pytest.raises(BadAccessToken):
        verify(sign({"bc_customer_id": 7, "exp": NOW + 840}))


NOBODY: list[Any] = [
    "",
    "undefined",
    "None",
    "null",
    "ended#7",
    "ended#",
    None,
    True,
    False,
    7.0,
    float("nan"),
]
NOBODY += [[], {}, {"id": 7}, 2**53, -(2**53), "\ud800", "x\udfff", "é" * 1001, b"7"]


@pytest.mark.parametrize("value", NOBODY, ids=lambda v: ascii(v)[:20])
def test_an_id_that_names_nobody_is_refused(value: Any) -> None:
    """HARD-08, HARD-18, STORE-11: by the one rule that logins and tokens share."""
    assert not tokens.is_customer_id(value)


@pytest.mark.parametrize(
    "value", [0, 7, -7, 2**53 - 1, "7", "Null", "none", "a#b", "x" * 2000, "\x00", "😀"]
)
def test_an_id_that_names_somebody_is_taken(value: Any) -> None:
    """CORE-26: integers and texts, unusual ones too."""
    assert tokens.is_customer_id(value)
    assert verify(sign(GOOD | {"customer_id": value})).customer_id == value


@pytest.mark.parametrize("auth_time", ["x", True, None, -1, 5.5])
def test_an_unreadable_auth_time_is_none(auth_time: Any) -> None:
    """HARD-23: a stranger's claim of that name does not stop a token."""
    assert verify(sign(GOOD | {"auth_time": auth_time})).auth_time is None


def test_a_pair_does_not_show_itself() -> None:
    """HARD-28: no token is in the repr of a pair or an issue."""
    issued = issue(Claims(7, NOW + 840, NOW + 900), SECRET)
    for secret in (issued.pair.token, issued.pair.refresh_token, issued.hash):
        assert secret not in repr(issued) + repr(issued.pair) + str(issued.pair)


def test_the_library_reads_what_we_mint() -> None:
    """WIRE-01: PyJWT, used as anyone would, verifies the token with the secret's UTF-8 bytes."""
    token = tokens.mint(Claims(7, 9_999_999_998, 9_999_999_999, iat=NOW), SECRET)
    assert jwt.decode(token, SECRET.encode(), algorithms=["HS256"])["customer_id"] == 7
