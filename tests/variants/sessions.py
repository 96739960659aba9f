"""What a deployment may write otherwise: tokens, ids, rows and lifetimes."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace
from typing import Any

import pytest

from conformance_tests.embedded import boot
from conformance_tests.target.parts import Lifetimes
from reference_auth.core import tokens
from reference_auth.core.judge import Presented
from reference_auth.core.rows import Row
from reference_auth.core.states import Access, Refresh
from reference_auth.core.tokens import AccessToken, Claims, IssuedPair, RefreshToken, TokenPair
from reference_auth.flow.derivation import Derivation
from reference_auth.flow.flow import Flow
from reference_auth.store import items
from reference_auth.store.items import Item
from tests.mutants.seams import around
from tests.variants.catalogue import variant

#: Rows that look at what a pair says, and hand it back.
OF_TOKENS = "CORE-01 CORE-05 CORE-06 CORE-07 CORE-20 CORE-26 WIRE"
#: Rows that look at the table, or that a look at the table decides.
OF_ROWS = "CORE-05 CORE-07 CORE-12 CORE-15 CORE-20 CORE-21 CORE-24 STORE DEV-05 DEV-08"
#: Rows that look at the end of a session.
OF_ENDS = "CORE-06 CORE-08 CORE-09 CORE-11 CORE-15 WIRE-08 WIRE-10 STORE-04 STORE-07"
#: Rows in which time goes by.
OF_LIFETIMES = f"{OF_ENDS} CORE-03 CORE-04 CORE-07 CORE-10 CORE-12 CORE-14 CORE-21 CORE-24 WIRE-02"
#: Rows in which a live pair comes back.
OF_ECHOES = (
    "CORE-05 CORE-07 CORE-10 CORE-16 CORE-24 CORE-26 WIRE-03 WIRE-08 WIRE-09 STORE-10 DEV-01"
)

# -- refresh tokens ----------------------------------------------------------------------------


def draw_refresh_tokens(patch: pytest.MonkeyPatch) -> None:
    """Refresh tokens are drawn, and only their hash says whose they are."""

    async def issue(original: Any, self: Derivation, claims: Claims) -> IssuedPair:
        drawn = secrets.token_urlsafe(48)
        pair = TokenPair(tokens.mint(claims, self._secret), RefreshToken(drawn))
        return IssuedPair(claims, pair, await self.hash_of(RefreshToken(drawn)))

    async def hash_of(original: Any, self: Derivation, refresh_token: str) -> str:
        return hashlib.sha256(refresh_token.encode("utf-8", "surrogatepass")).hexdigest()

    around(patch, Derivation, "issue", issue)
    around(patch, Derivation, "hash_of", hash_of)
    patch.setattr(tokens, "is_refresh_token", bool)
    patch.setattr(tokens, "matches", lambda presented, derived: True)
    # Only a row, or its successor, shows that a drawn refresh token was ever issued.
    patch.setattr(Row, "continues", lambda row, pair, claims: row.rotated_from == pair.hash)


@variant(without="WIRE", rows="CORE STORE DEV-05 DEV-08 GQL", partly="CORE-13")
def draws_its_refresh_tokens(patch: pytest.MonkeyPatch) -> None:
    """Refresh tokens are random."""
    draw_refresh_tokens(patch)


@variant(without="WIRE", rows=f"{OF_ENDS} CORE-03 CORE-04 CORE-05 CORE-07 CORE-20 CORE-21 DEV-08")
def keeps_the_end_of_a_session_to_itself(patch: pytest.MonkeyPatch) -> None:
    """Refresh tokens are random, and only the row knows when the session ends."""
    draw_refresh_tokens(patch)

    def payload_of(original: Any, claims: Claims) -> dict[str, Any]:
        members: dict[str, Any] = original(claims)
        del members["refresh_expiry"]
        return members

    def read_claims(original: Any, members: Any) -> Claims:
        claims: Claims = original({"refresh_expiry": tokens.EXACT_LIMIT - 1, **members})
        return claims

    around(patch, tokens, "payload_of", payload_of)
    around(patch, tokens, "read_claims", read_claims)
    read_the_expiry_from_the_row(patch)


# -- what the table says -----------------------------------------------------------------------


def read_the_expiry_from_the_row(patch: pytest.MonkeyPatch) -> None:
    """A rotation rolls on from what the row says."""

    async def rotate(original: Any, flow: Flow, old: Presented) -> TokenPair:
        expected = await old.row()
        row = await flow.sessions.read(expected.customer_id, expected.hash)
        if row is not None and row.ttl is not None:
            vars(old)["claims"] = replace(old.claims, refresh_expiry=row.ttl)
        pair: TokenPair = await original(flow, old)
        return pair

    around(patch, Flow, "rotate", rotate)


@variant(rows=OF_ENDS)
def rolls_the_expiry_that_the_table_keeps(patch: pytest.MonkeyPatch) -> None:
    """The new end of a session follows from its row, not from its token."""
    read_the_expiry_from_the_row(patch)


@variant(rows=OF_ECHOES)
def repeats_what_the_table_says(patch: pytest.MonkeyPatch) -> None:
    """A live pair that comes back is made anew from its row, where that is one of its own."""

    async def refresh(
        original: Any, flow: Flow, token: AccessToken, given: RefreshToken, now: int
    ) -> TokenPair:
        pair: TokenPair = await original(flow, token, given, now)
        if pair.token != token:
            return pair
        claims = tokens.verify(token, flow.config.secret, now)
        row = await flow.sessions.read(
            str(claims.customer_id), await flow.derivation.hash_of(given)
        )
        if row is None or row.exp is None or row.ttl is None:
            return pair
        promised = replace(claims, exp=row.exp, refresh_expiry=row.ttl)
        return replace(pair, token=tokens.mint(promised, flow.config.secret))

    around(patch, Flow, "refresh", refresh)


@variant(rows=OF_ECHOES)
def repeats_without_a_look_at_the_table(patch: pytest.MonkeyPatch) -> None:
    """A live pair that belongs together is repeated, as the module does."""

    async def refresh(original: Any, given: Presented) -> Refresh:
        if given.access is Access.LIVE and await given.belongs():
            return Refresh.MATCHES
        found: Refresh = await original(given)
        return found

    around(patch, Presented, "refresh", refresh)


def write_rows(patch: pytest.MonkeyPatch, **attributes: Any) -> None:
    """Every row that is written has these attributes, or these functions of the row's own ones."""

    def row_item(original: Any, row: Row) -> Item:
        item = dict(original(row))
        for name, value in attributes.items():
            item[name] = value(item) if callable(value) else value
        return item

    around(patch, items, "row_item", row_item)


@variant(rows=OF_ROWS)
def writes_ttl_as_a_string(patch: pytest.MonkeyPatch) -> None:
    """A row's ttl is a String, as the module writes it."""
    write_rows(patch, ttl=lambda item: {"S": item["ttl"]["N"]})


@variant(rows=OF_ROWS)
def writes_more_into_its_rows(patch: pytest.MonkeyPatch) -> None:
    """A row tells the device, the time and a few things more."""
    device = {"M": {"name": {"S": "Firefox"}, "seen": {"L": [{"N": "1"}, {"BOOL": False}]}}}
    write_rows(patch, device=device, version={"N": "3"}, tags={"SS": ["web", "ch"]})


# -- access tokens -----------------------------------------------------------------------------


@variant(rows=OF_TOKENS)
def promises_more(patch: pytest.MonkeyPatch) -> None:
    """An access token has further claims: an id of its own, an issuer, an audience, roles."""
    more = {"iss": "shop", "aud": ["web", "app"], "roles": [{"of": 7}], "nbf": 1, "sub": None}

    def payload_of(original: Any, claims: Claims) -> dict[str, Any]:
        return {**original(claims), **more, "jti": f"{claims.exp}-{claims.customer_id}"}

    around(patch, tokens, "payload_of", payload_of)


@variant(rows=OF_TOKENS)
def promises_in_another_order(patch: pytest.MonkeyPatch) -> None:
    """An access token's claims stand the other way round, and without iat."""

    def payload_of(original: Any, claims: Claims) -> dict[str, Any]:
        members: dict[str, Any] = original(replace(claims, iat=None))
        return dict(reversed(members.items()))

    around(patch, tokens, "payload_of", payload_of)


@variant(rows=f"{OF_TOKENS} {OF_ROWS} CORE-13 CORE-22")
def names_customers_by_text(patch: pytest.MonkeyPatch) -> None:
    """Every customer's id is text, and one is an e-mail address."""
    ids = ("alice@example.com", "bob-7")
    named = [replace(c, customer_id=id_) for c, id_ in zip(boot.CUSTOMERS, ids, strict=True)]
    patch.setattr(boot, "CUSTOMERS", tuple(named))
    patch.setattr(boot, "TABLE", "auth-by-text")  # others in this process look for an e-mail


# -- lifetimes ---------------------------------------------------------------------------------


@variant(rows=OF_LIFETIMES, lifetimes=Lifetimes(60, 120, 600))
def lets_sessions_live_briefly(patch: pytest.MonkeyPatch) -> None:
    """Access tokens live for a minute, sessions for two, remembered ones for ten."""


@variant(rows=OF_LIFETIMES, lifetimes=Lifetimes(86_400, 30 * 86_400, 400 * 86_400))
def lets_sessions_live_long(patch: pytest.MonkeyPatch) -> None:
    """Access tokens live for a day, sessions for thirty, remembered ones for more than a year."""
