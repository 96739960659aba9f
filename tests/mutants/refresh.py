"""Defects of the refresh: what is repeated, what is renewed, and what has ended."""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter
from contextvars import ContextVar
from dataclasses import replace
from typing import Any
from weakref import WeakKeyDictionary, WeakSet

import pytest

from reference_auth.api import request
from reference_auth.api.error_messages import AuthSchema
from reference_auth.core import lifetimes, states, tokens
from reference_auth.core.errors import (
    BadAccessToken,
    BadRefreshToken,
    MissingHeader,
    NoSuchSession,
    SessionOver,
)
from reference_auth.core.judge import Presented
from reference_auth.core.rows import Row
from reference_auth.core.states import Access, Refresh
from reference_auth.core.tokens import AccessToken, Claims, RefreshToken, TokenPair
from reference_auth.flow import flow
from reference_auth.flow.flow import Flow
from reference_auth.store import items
from reference_auth.store.sessions import RowGone, Sessions
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around, is_remembered, note, rows_of

Cell = tuple[Access, Refresh]

# -- ACCESS_VALID_REFRESH_VALID ----------------------------------------------------------------


@mutant("CORE-05", known_as="M04")
def renews_a_live_pair_that_comes_again(patch: pytest.MonkeyPatch) -> None:
    """A live pair is repeated once; a second refresh rotates it."""
    seen: set[str] = set()

    async def refresh(
        original: Any, flow: Flow, token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        pair: TokenPair = await original(flow, token, refresh_token, now)
        if pair.token == token and token in seen:
            return await flow.rotate(flow.present(token, refresh_token, now))
        seen.add(token)
        return pair

    around(patch, Flow, "refresh", refresh)


@mutant("CORE-12")
def swaps_the_states_of_ended_pairs(patch: pytest.MonkeyPatch) -> None:
    """An ended pair is judged as expired while it is live, and as live once it has expired."""
    one, other = (Access.LIVE, Refresh.ABSENT), (Access.EXPIRED, Refresh.ABSENT)
    swapped = {one: states.CELLS[other], other: states.CELLS[one]}
    around(patch, states, "state_of", lambda original, *cell: swapped.get(cell) or original(*cell))


@mutant("CORE-05", also="WIRE-03", known_as="M05")
def signs_a_live_token_anew(patch: pytest.MonkeyPatch) -> None:
    """A live pair comes back with an access token of the same end and a new `iat`."""

    async def refresh(
        original: Any, flow: Flow, token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        pair: TokenPair = await original(flow, token, refresh_token, now)
        if pair.token != token:
            return pair
        secret = flow.config.secret
        claims = replace(tokens.verify(token, secret, now), iat=now)
        return TokenPair(tokens.mint(claims, secret), refresh_token)

    around(patch, Flow, "refresh", refresh)


@mutant("CORE-05")
def notes_when_a_session_was_last_seen(patch: pytest.MonkeyPatch) -> None:
    """A refresh of a live pair writes the hour into its row."""

    async def refresh(
        original: Any, flow: Flow, token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        pair: TokenPair = await original(flow, token, refresh_token, now)
        if pair.token == token:
            row = await flow.present(token, refresh_token, now).row()
            await note(flow.sessions, row, "seen", items.number(now))
        return pair

    around(patch, Flow, "refresh", refresh)


@mutant("CORE-05")
def repeats_the_pair_that_came_last(patch: pytest.MonkeyPatch) -> None:
    """What is presented is kept in one place for all requests, and repeated from there."""
    latest: list[TokenPair] = []

    def present(original: Any, flow: Flow, *given: Any) -> Presented:
        presented: Presented = original(flow, *given)
        latest[:] = [presented.pair]
        return presented

    around(patch, Flow, "present", present)
    patch.setattr(Flow, "return_same_pair", lambda flow, presented: latest[0])


# -- ACCESS_INVALID_REFRESH_VALID --------------------------------------------------------------


@mutant("CORE-06", also="FAULT-08 FAULT-09 RACE-03 RACE-05 RACE-08 WIRE-03", known_as="M03")
def hands_the_old_refresh_token_out_again(patch: pytest.MonkeyPatch) -> None:
    """A rotation answers a new access token beside the old refresh token."""

    async def refresh(
        original: Any, flow: Flow, token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        pair: TokenPair = await original(flow, token, refresh_token, now)
        return TokenPair(pair.token, refresh_token)

    around(patch, Flow, "refresh", refresh)


@mutant("CORE-07", also="RACE-09 STORE-03 STORE-04 STORE-05 STORE-07", known_as="M02")
def writes_no_row_for_a_pair_that_is_renewed_again(patch: pytest.MonkeyPatch) -> None:
    """The second rotation of a session deletes the old row and does not write the new one."""

    async def rotate(original: Any, self: Sessions, old: Row, new: Row, *args: Any) -> None:
        before = await self.read(old.customer_id, old.hash)
        if before is not None and before.rotated_from is not None:
            await self.end(old, [])
        else:
            await original(self, old, new, *args)

    around(patch, Sessions, "rotate", rotate)


@mutant("CORE-07")
def renews_a_session_once_only(patch: pytest.MonkeyPatch) -> None:
    """A pair that came from a rotation is repeated while it is live, and never renewed."""

    async def rotate(original: Any, flow: Flow, old: Presented) -> Any:
        expected = await old.row()
        row = await flow.sessions.read(expected.customer_id, expected.hash)
        if row is not None and row.rotated_from is not None:
            raise SessionOver
        return await original(flow, old)

    around(patch, Flow, "rotate", rotate)


@mutant("CORE-25", also="CORE-19 STORE-07")
def ends_the_other_sessions_when_it_renews_one(patch: pytest.MonkeyPatch) -> None:
    """A rotation deletes every other row of the customer."""

    async def rotate(original: Any, self: Sessions, old: Row, new: Row, tombstone: Any) -> None:
        await original(self, old, new, tombstone)
        rows = await rows_of(self, new.customer_id)
        await self.delete_all(row for row in rows if row.hash != new.hash)

    around(patch, Sessions, "rotate", rotate)


@mutant("CORE-26", also="WIRE-08", known_as="M38")
def makes_a_text_of_the_id_in_a_renewed_token(patch: pytest.MonkeyPatch) -> None:
    """A rotation writes the customer's number as a text."""

    def next_claims(original: Any, *args: Any) -> Claims:
        claims: Claims = original(*args)
        return replace(claims, customer_id=str(claims.customer_id))

    around(patch, lifetimes, "next_claims", next_claims)


@mutant("CORE-26", also="WIRE-08")
def makes_a_number_of_digits_in_a_renewed_token(patch: pytest.MonkeyPatch) -> None:
    """A rotation writes an id that is a text of digits as a number."""

    def next_claims(original: Any, *args: Any) -> Claims:
        claims: Claims = original(*args)
        is_number = str(claims.customer_id).isdecimal()
        return replace(claims, customer_id=int(claims.customer_id)) if is_number else claims

    around(patch, lifetimes, "next_claims", next_claims)


# -- the very second ---------------------------------------------------------------------------


@mutant("CORE-10", also="RACE-03", known_as="M17")
def gives_remembered_access_tokens_a_minute_of_leeway(patch: pytest.MonkeyPatch) -> None:
    """The access token of a remembered session counts as live for a minute after `exp`."""
    around(
        patch,
        tokens,
        "is_live",
        lambda original, claims, now: original(claims, now - 60 * is_remembered(claims)),
    )


@mutant("CORE-10")
def gives_back_what_an_exp_was_lowered_by(patch: pytest.MonkeyPatch) -> None:
    """Of two pairs of one second the one that ends earlier counts as live as long as the other."""

    def is_live(original: Any, claims: Claims, now: int) -> bool:
        full = (claims.iat or 0) + 840
        lowered = 0 < full - claims.exp <= lifetimes.MOST_LOWERINGS
        return bool(original(claims, now)) or (lowered and now < full)

    around(patch, tokens, "is_live", is_live)


@mutant("CORE-10", known_as="M18")
def ends_remembered_access_tokens_one_second_late(patch: pytest.MonkeyPatch) -> None:
    """The access expiry of a remembered session is compared with "greater than"."""
    around(
        patch,
        tokens,
        "is_live",
        lambda original, claims, now: original(claims, now - is_remembered(claims)),
    )


@mutant("CORE-10", also="API-03")
def ends_the_access_token_one_second_early(patch: pytest.MonkeyPatch) -> None:
    """An access token counts as expired one second before `exp`."""
    patch.setattr(tokens, "is_live", lambda claims, now: now < claims.exp - 1)


@mutant("CORE-11", known_as="M19")
def ends_the_refresh_token_one_second_early(patch: pytest.MonkeyPatch) -> None:
    """The refresh expiry is compared with "less or equal"."""
    patch.setattr(tokens, "is_refresh_expired", lambda claims, now: now >= claims.refresh_expiry)


@mutant("CORE-11", also="CORE-15")
def ends_the_refresh_token_one_second_late(patch: pytest.MonkeyPatch) -> None:
    """A session is renewed at the second after `refresh_expiry` too, by its token and its row."""
    patch.setattr(tokens, "is_refresh_expired", lambda claims, now: now > claims.refresh_expiry + 1)
    around(patch, Row, "is_expired", lambda original, row, now: original(row, now - 1))


@mutant("CORE-11", also="CORE-05")
def cuts_a_remembered_session_when_it_is_repeated(patch: pytest.MonkeyPatch) -> None:
    """The row of a live pair is written anew, to end after the normal lifetime."""

    async def refresh(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> TokenPair:
        pair: TokenPair = await original(flow, access_token, refresh_token, now)
        if pair.token == access_token:
            row = await flow.present(access_token, refresh_token, now).row()
            ttl = now + flow.config.lifetimes.refresh
            await flow.sessions.put(replace(row, ttl=ttl))
        return pair

    around(patch, Flow, "refresh", refresh)


# -- what has ended ----------------------------------------------------------------------------


@mutant("CORE-15", also="CORE-11", known_as="M20")
def never_looks_at_the_refresh_expiry(patch: pytest.MonkeyPatch) -> None:
    """A session is renewed whatever its token and its row say of its end."""
    patch.setattr(tokens, "is_refresh_expired", lambda claims, now: False)
    patch.setattr(Row, "is_expired", lambda row, now: False)


@mutant("CORE-15")
def trusts_the_ttl_alone(patch: pytest.MonkeyPatch) -> None:
    """The row says when a session ends, and one without a ttl never does."""
    patch.setattr(lifetimes, "is_session_over", lifetimes.is_past_absolute_end)


@mutant("CORE-15")
def leaves_the_row_of_an_expired_session(patch: pytest.MonkeyPatch) -> None:
    """An expired pair is refused, and its row stays for the table to delete."""

    async def delete_expired(self: Flow, presented: Presented) -> None:
        pass

    patch.setattr(Flow, "delete_expired", delete_expired)


@mutant("CORE-24", also="HARD-30 RACE-08 RACE-10 RACE-13")
def begins_a_session_anew_for_a_missing_row(patch: pytest.MonkeyPatch) -> None:
    """A genuine pair with an expired access token and no row is renewed: the table lost the row."""

    async def refuse_or_burn(original: Any, flow: Flow, presented: Presented) -> Any:
        if await presented.cell() != (Access.EXPIRED, Refresh.ABSENT):
            return await original(flow, presented)
        return await flow.start_session(presented.claims.customer_id, False, presented.now)

    around(patch, Flow, "refuse_or_burn", refuse_or_burn)


@mutant("CORE-27", also="CORE-11 CORE-14 CORE-15 CORE-24")
def asks_the_holder_of_an_ended_pair_for_credentials(patch: pytest.MonkeyPatch) -> None:
    """A pair whose session has ended is refused with `graphql-authentication`."""
    patch.setattr(SessionOver, "category", "graphql-authentication")
    for refusal in SessionOver.__subclasses__():
        patch.setattr(refusal, "category", "graphql-authorization")


@mutant("CORE-27", also="HARD-11")
def finds_no_such_session_for_an_expired_pair(patch: pytest.MonkeyPatch) -> None:
    """An expired pair whose row is gone is refused with `graphql-no-such-entity`."""

    async def delete_expired(self: Flow, presented: Presented) -> None:
        try:
            await self.sessions.end(await presented.row(), [])
        except RowGone:
            raise NoSuchSession from None

    patch.setattr(Flow, "delete_expired", delete_expired)


# -- no session at all -------------------------------------------------------------------------


@mutant("CORE-16", also="GQL-06 HARD-09 HARD-10 HARD-11 HARD-14 HARD-15 HARD-24 HARD-25 WIRE-12")
def echoes_a_live_access_token_unseen(patch: pytest.MonkeyPatch) -> None:
    """While its access token is live a pair is repeated, without a look at the refresh token."""

    async def refresh(
        original: Any, flow: Flow, token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        claims = tokens.verify(token, flow.config.secret, now)
        if tokens.is_live(claims, now):
            return TokenPair(token, refresh_token)
        return await original(flow, token, refresh_token, now)

    around(patch, Flow, "refresh", refresh)


@mutant("CORE-16", also="FAULT-10 GQL-06 HARD-09 HARD-10 HARD-11 HARD-24 HARD-25 WIRE-12")
def finds_the_session_by_the_access_token_alone(patch: pytest.MonkeyPatch) -> None:
    """The refresh token is derived, and the one that was sent is not compared with it."""

    async def refresh(
        original: Any, flow: Flow, token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        claims = tokens.verify(token, flow.config.secret, now)
        derived = await flow.derivation.derive(claims.customer_id, claims.exp)
        return await original(flow, token, derived, now)

    around(patch, Flow, "refresh", refresh)


@mutant("CORE-16")
def looks_at_the_first_refresh_of_a_document_alone(patch: pytest.MonkeyPatch) -> None:
    """A live pair is repeated unseen where its request has refreshed something before."""
    asked = WeakSet[Any]()

    async def refresh(
        original: Any, flow: Flow, token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        request = asyncio.current_task()
        if request in asked and tokens.is_live(tokens.verify(token, flow.config.secret, now), now):
            return TokenPair(token, refresh_token)
        asked.add(request)
        return await original(flow, token, refresh_token, now)

    around(patch, Flow, "refresh", refresh)


@mutant("CORE-16")
def answers_for_a_request_what_it_answered_before(patch: pytest.MonkeyPatch) -> None:
    """What an access token was answered is kept for the rest of its request."""
    kept = WeakKeyDictionary[Any, dict[str, Any]]()

    async def refresh(
        original: Any, flow: Flow, token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        answers = kept.setdefault(asyncio.current_task(), {})
        if token not in answers:
            answers[token] = await original(flow, token, refresh_token, now)
        return answers[token]

    around(patch, Flow, "refresh", refresh)


@mutant("CORE-16", also="FAULT-10 HARD-11")
def takes_the_refresh_token_of_any_session_of_the_customer(patch: pytest.MonkeyPatch) -> None:
    """A live access token is repeated beside whichever refresh token has a row of its customer."""

    async def refresh(
        original: Any, flow: Flow, token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        try:
            return await original(flow, token, refresh_token, now)
        except BadRefreshToken:
            claims = tokens.verify(token, flow.config.secret, now)
            if not (tokens.is_live(claims, now) and tokens.is_refresh_token(refresh_token)):
                raise
            hash_ = await flow.derivation.hash_of(refresh_token)
            if await flow.sessions.read(str(claims.customer_id), hash_) is None:
                raise
            return TokenPair(token, refresh_token)

    around(patch, Flow, "refresh", refresh)


@mutant("CORE-29")
def ends_a_session_at_its_sixth_rotation(patch: pytest.MonkeyPatch) -> None:
    """A session may be renewed five times."""
    renewals: Counter[tuple[object, int]] = Counter()

    async def rotate(original: Any, flow: Flow, presented: Presented) -> TokenPair:
        session = presented.claims.customer_id, presented.claims.session_id
        renewals[session] += 1
        if renewals[session] > 5:
            raise SessionOver
        pair: TokenPair = await original(flow, presented)
        return pair

    around(patch, Flow, "rotate", rotate)


@mutant("HARD-38")
def trusts_every_clock_to_the_second(patch: pytest.MonkeyPatch) -> None:
    """A row that is missing is a replay, however little time the pair has left."""
    patch.setattr(flow, "CLOCK_SKEW", -1)


@mutant("CORE-17", also="CORE-23 CORE-27 GQL-10")
def calls_a_missing_header_bad_input(patch: pytest.MonkeyPatch) -> None:
    """A request without an Authorization header is refused with `graphql-input`."""
    patch.setattr(MissingHeader, "category", "graphql-input")


@mutant("CORE-17")
def signs_the_fields_after_a_login_in(patch: pytest.MonkeyPatch) -> None:
    """A refresh without a header takes the access token of a login in its document."""
    issued: ContextVar[list[Any]] = ContextVar("issued")

    async def execute(original: Any, *args: Any, **kwargs: Any) -> Any:
        issued.set([])
        return await original(*args, **kwargs)

    async def log_in(original: Any, flow: Flow, *given: Any) -> Any:
        pair = await original(flow, *given)
        issued.get().append(pair.token)
        return pair

    def bearer(original: Any, authorization: list[str]) -> Any:
        if not authorization and issued.get([]):
            return issued.get()[-1]
        return original(authorization)

    around(patch, AuthSchema, "execute", execute)
    around(patch, Flow, "log_in", log_in)
    around(patch, request, "bearer", bearer)


@mutant("CORE-18", also="STORE-12")
def takes_any_scheme(patch: pytest.MonkeyPatch) -> None:
    """Whatever stands before the token in the Authorization header will do."""

    def bearer(original: Any, authorization: list[str]) -> Any:
        last_words = (value.split(" ")[-1] for value in authorization)
        return original([f"Bearer {token}" for token in last_words])

    around(patch, request, "bearer", bearer)


@mutant("CORE-18")
def takes_a_token_without_a_scheme(patch: pytest.MonkeyPatch) -> None:
    """An Authorization header that is a token and nothing else is taken for `Bearer` and that."""

    def bearer(original: Any, authorization: list[str]) -> Any:
        return original([v if " " in v else f"Bearer {v}" for v in authorization])

    around(patch, request, "bearer", bearer)


@mutant("GQL-13", also="HARD-29")
def takes_what_follows_the_first_space(patch: pytest.MonkeyPatch) -> None:
    """The Authorization header is split at each space: after two of them there is no token."""

    def bearer(original: Any, authorization: list[str]) -> Any:
        return original([" ".join(value.split(" ")[:2]) for value in authorization])

    around(patch, request, "bearer", bearer)


@mutant("HARD-29")
def overlooks_what_follows_the_token(patch: pytest.MonkeyPatch) -> None:
    """The second word of the Authorization header is the token, whatever comes after it."""

    def bearer(original: Any, authorization: list[str]) -> Any:
        return original([" ".join(value.split()[:2]).rstrip(",") for value in authorization])

    around(patch, request, "bearer", bearer)


@mutant("CORE-18", also="HARD-08")
def fails_over_a_signed_payload_that_is_no_json(patch: pytest.MonkeyPatch) -> None:
    """A signed token whose payload cannot be parsed is told as a failure of the server."""

    def parse_members(original: Any, payload: bytes) -> Any:
        json.loads(payload)
        return original(payload)

    around(patch, tokens, "parse_members", parse_members)


@mutant("WIRE-12", also="HARD-08 HARD-32")
def has_no_word_for_a_signed_payload_that_is_no_json(patch: pytest.MonkeyPatch) -> None:
    """A signed token whose payload cannot be parsed is refused without a category of GraphQL's."""

    class Unparsed(BadAccessToken):
        category = "jwt-malformed"

    def parse_members(original: Any, payload: bytes) -> Any:
        try:
            return original(payload)
        except BadAccessToken:
            raise Unparsed("payload") from None

    around(patch, tokens, "parse_members", parse_members)


@mutant("CORE-18", also="HARD-29")
def looks_for_bearer_anywhere_in_the_header(patch: pytest.MonkeyPatch) -> None:
    """The Authorization header is searched for the scheme and a token, whatever stands around."""

    def bearer(original: Any, authorization: list[str]) -> Any:
        found = [re.search(r"bearer +[\w.-]+", value, re.IGNORECASE) for value in authorization]
        return original([match[0] if match else "" for match in found])

    around(patch, request, "bearer", bearer)


@mutant("CORE-18", also="API-04 API-05 HARD-01 HARD-02 HARD-17 HARD-29")
def fails_over_a_token_that_it_cannot_decode(patch: pytest.MonkeyPatch) -> None:
    """An undecodable bearer token is told as a failure of the server."""

    def is_compact(original: Any, token: str) -> bool:
        if not original(token):
            raise ValueError("not enough segments")
        return True

    around(patch, tokens, "is_compact", is_compact)


@mutant("CORE-19", known_as="M57")
def insists_on_the_capital_of_bearer(patch: pytest.MonkeyPatch) -> None:
    """The scheme is compared with its case."""

    def bearer(original: Any, authorization: list[str]) -> Any:
        return original([value for value in authorization if value.startswith("Bearer ")])

    around(patch, request, "bearer", bearer)


@mutant("CORE-19")
def does_not_know_bearer_in_capitals(patch: pytest.MonkeyPatch) -> None:
    """The scheme may be written `Bearer` or `bearer`, and in no other way."""

    def bearer(original: Any, authorization: list[str]) -> Any:
        known = ("Bearer ", "bearer ")
        return original([value for value in authorization if value.startswith(known)])

    around(patch, request, "bearer", bearer)
