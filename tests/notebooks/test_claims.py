"""What the lessons claim and have no room to show: tried on the same server as theirs."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, replace
from importlib import resources
from typing import Any

import jwt
import pytest

from conformance_tests.embedded.odd_platform import ODD_PASSWORD, WithOddLogins, odd_email
from lessons import SECRET, Pair, Server, take_apart
from lessons.server import REFRESH
from lessons.signing import signed
from reference_auth.core import tokens
from reference_auth.core.config import ConfigError, Lifetimes
from reference_auth.core.tokens import AccessToken
from reference_auth.serve.demo import DIRECTORY

OVER = "graphql-authorization"


@pytest.fixture
def server() -> Server:
    return Server()


def log_in(server: Server, count: int = 1, **how: Any) -> list[Pair]:
    return [server.log_in("alice@example.com", **how).pair for _ in range(count)]


def rotated(server: Server) -> tuple[Pair, Pair]:
    """A spent pair and its successor."""
    (old,) = log_in(server)
    return old, server.at(old.claims.exp).refresh(old).pair


def rows(server: Server, customer_id: int = 23) -> int:
    return len(server.table().of_customer(customer_id))


# 01: a login returns two tokens


def test_a_login_gives_a_jwt_that_any_library_reads(server: Server) -> None:
    """HS256, with the claims of the flow and no others (CORE-01, WIRE-01, WIRE-02, WIRE-04)."""
    login = server.log_in()
    assert (login.status, login.category) == (200, None)
    parts = take_apart(login.pair.token)
    assert parts.header == {"alg": "HS256", "typ": "JWT"}
    asked: Any = {"algorithms": ["HS256"], "options": {"verify_exp": False, "verify_iat": False}}
    assert jwt.decode(login.pair.token, SECRET, **asked)["customer_id"] == 23
    assert set(parts.payload) <= set(asdict(login.pair.claims))


def test_unknown_claims_and_an_early_iat_are_ignored(server: Server) -> None:
    """A token that the secret signed may say more than the flow asks (WIRE-03)."""
    payload = take_apart(server.log_in().pair.token).payload
    ahead = jwt.encode({**payload, "iat": server.now + 60, "shop": "nz"}, SECRET)
    assert tokens.verify(AccessToken(ahead), SECRET, server.now).customer_id == 23


def test_a_refresh_token_is_128_hex_digits_and_lasts_longer(server: Server) -> None:
    """It has no other form, and ends after the access token (WIRE-05, WIRE-07, WIRE-10)."""
    pair = server.log_in().pair
    assert re.fullmatch("[0-9a-f]{128}", pair.refresh_token)
    assert pair.refresh_token == tokens.derive(23, pair.claims.exp, SECRET)
    assert pair.claims.exp < pair.claims.refresh_expiry


def test_a_platform_that_names_nobody_logs_nobody_in() -> None:
    """`null` where an id should be issues nothing (HARD-18)."""
    server = Server(platform=WithOddLogins(DIRECTORY))
    nobody = server.log_in(odd_email("null"), ODD_PASSWORD)
    assert (nobody.data, len(server.table())) == (None, 0)


# 03: the rotation


def test_each_new_pair_is_as_good_as_the_first(server: Server) -> None:
    """Three rotations in a row: each pair is returned while it is live (CORE-07)."""
    pair = server.log_in("bob@example.com").pair
    for _ in range(3):
        new = server.at(pair.claims.exp).refresh(pair).pair
        assert server.refresh(new).pair == new != pair
        assert new.claims.customer_id == "bob-7"
        pair = new


def test_a_pair_of_the_module_rotates_as_it_does_there() -> None:
    """The TypeScript module recorded a login and a rotation: equal but for `session` (WIRE-08)."""
    vectors = resources.files("conformance_tests").joinpath("vectors", "module_tokens.json")
    recorded = json.loads(vectors.read_text())
    login, rotation = (recorded["cases"][0][name] for name in ("login", "rotation"))
    server = Server(secret=recorded["secret"], start=rotation["claims"]["iat"])
    server.put_item(login["rows"][0])  # its `ttl` is a String
    answered = server.refresh(Pair(login["token"], login["refresh_token"])).pair
    assert answered.refresh_token == rotation["refresh_token"]
    kept = {name: value for name, value in answered.parts.payload.items() if name != "session"}
    assert kept == take_apart(rotation["token"]).payload


# 04 and 05: refused


@pytest.mark.parametrize("refresh", [840, 800])
def test_lifetimes_in_another_order_are_refused(refresh: int) -> None:
    """A refresh token must outlive its access token."""
    with pytest.raises(ConfigError, match="out of order"):
        Lifetimes(access=840, refresh=refresh, extended=2_592_000)


def test_a_request_without_a_bearer_token_is_refused(server: Server) -> None:
    """No header, or one of another scheme (CORE-17, CORE-18)."""
    pair = server.log_in().pair
    silent = server.ask(REFRESH, refresh_token=pair.refresh_token)
    basic = server.ask(REFRESH, token="YWxpY2U6cGFzcw==", scheme="Basic", refresh_token="0" * 128)
    assert [(answer.category, answer.data) for answer in (silent, basic)] == [(OVER, None)] * 2


def test_a_key_id_in_the_header_is_ignored(server: Server) -> None:
    """The token is genuine, and its pair is returned (HARD-07)."""
    pair = server.log_in().pair
    named = replace(pair, token=AccessToken(signed(take_apart(pair.token).payload, kid="other")))
    assert server.refresh(named).category is None


# 06: a stolen pair


def test_a_burn_finds_every_page_of_a_customer_s_rows(server: Server) -> None:
    """Another server knows too; an id that begins alike is spared (STORE-09, RACE-14, CORE-13)."""
    spent, _ = rotated(server)
    for number, customer in enumerate(["23"] * 30 + ["230"]):
        hash, note = {"S": f"{number:0128x}"}, {"S": "." * 40_000}
        server.put_item({"customer_id": {"S": customer}, "refresh_token_hash": hash, "note": note})
    just_started = Server(same_table_as=server.later(1))
    assert just_started.refresh(spent).category == OVER
    assert (rows(server), rows(server, 230)) == (0, 1)


def test_a_revoked_pair_burns_nothing_and_is_never_issued_again(server: Server) -> None:
    """A tab that missed the logout is no thief (HARD-13, HARD-31)."""
    (ended,) = log_in(server)
    server.revoke(ended)
    assert ended not in log_in(server, 3)
    assert server.at(ended.claims.exp + 20).refresh(ended).category == OVER
    assert (rows(server), server.security_events) == (3, [])


# 07: two requests at once


def test_logins_of_one_second_are_sessions_of_their_own(server: Server) -> None:
    """Three logins make three pairs, each with its own end (RACE-01, RACE-02)."""
    pairs = [*log_in(server, 2), *log_in(server, remember_me=True)]
    assert len({pair.refresh_token for pair in pairs}) == 3
    left = [row["ttl"] - server.now for row in server.table().of_customer(23)]
    assert sorted(left) == [900, 900, 2_592_000]
    server.revoke(pairs[0])
    assert server.refresh(pairs[2]).pair == pairs[2]


def test_a_rotation_and_two_logins_of_one_second_make_three_sessions(server: Server) -> None:
    """A login never gets the pair of a rotation (RACE-03)."""
    _, new = rotated(server)
    assert new not in log_in(server, 2)
    assert rows(server) == 3


def test_a_successor_that_was_revoked_is_not_returned_by_grace() -> None:
    """A logout within the grace is final, and burns nothing (RACE-10)."""
    server = Server(grace_seconds=30)
    old, new = rotated(server)
    server.revoke(new)
    assert (server.refresh(old).category, server.security_events) == (OVER, [])


def test_a_document_that_refreshes_one_pair_twice_leaves_one_session(server: Server) -> None:
    """Two aliases are two requests (RACE-13)."""
    twice = "mutation ($it: String!) { a: refreshCustomerToken(refresh_token: $it) { token }\n"
    twice += "b: refreshCustomerToken(refresh_token: $it) { token } }"
    (pair,) = log_in(server)
    server.at(pair.claims.exp).ask(twice, token=pair.token, it=pair.refresh_token)
    assert rows(server) <= 1


# 09: the lifetimes window


def test_no_visit_brings_a_session_back(server: Server) -> None:
    """One second after refresh_expiry the session is over."""
    (pair,) = log_in(server)
    assert server.at(pair.claims.refresh_expiry + 1).refresh(pair).category == OVER
