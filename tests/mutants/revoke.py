"""Defects of the revocation: which session ends, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from reference_auth.api.error_messages import AuthSchema
from reference_auth.api.request import AuthRequest, bearer
from reference_auth.core import tokens
from reference_auth.core.errors import (
    INPUT,
    SERVER,
    AccessExpired,
    MissingRefreshToken,
    PairMismatch,
    SessionOver,
)
from reference_auth.core.rows import CLOCK_SKEW, partition_of
from reference_auth.core.tokens import AccessToken, RefreshToken
from reference_auth.flow.flow import Flow
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around, rows_of


@mutant("CORE-20", also="CORE-25 HARD-31 WIRE-08", known_as="M50")
def logs_the_customer_out_everywhere(patch: pytest.MonkeyPatch) -> None:
    """A revoke deletes every row of the customer."""

    async def revoke(original: Any, flow: Flow, *given: Any) -> bool:
        ended: bool = await original(flow, *given)
        customer_id = partition_of(flow.present(*given).claims.customer_id)
        await flow.sessions.delete_all(await rows_of(flow.sessions, customer_id))
        return ended

    around(patch, Flow, "revoke", revoke)


@mutant("CORE-20", also="GQL-08 RACE-11", known_as="M53")
def says_true_and_ends_nothing(patch: pytest.MonkeyPatch) -> None:
    """A revoke judges the pair, answers true, and leaves its row."""

    async def revoke(self: Flow, *given: Any) -> bool:
        presented = self.present(*given)
        presented.verify()
        if not await presented.belongs():
            raise PairMismatch
        return True

    patch.setattr(Flow, "revoke", revoke)


@mutant("CORE-20", also="RACE-11 WIRE-03")
def says_false_while_another_session_is_left(patch: pytest.MonkeyPatch) -> None:
    """A revoke ends the session, and answers whether the customer has none left."""

    async def revoke(original: Any, flow: Flow, token: AccessToken, *args: Any) -> bool:
        await original(flow, token, *args)
        claims = tokens.verify(token, flow.config.secret, 0)
        return not await rows_of(flow.sessions, str(claims.customer_id))

    around(patch, Flow, "revoke", revoke)


@mutant("CORE-21")
def leaves_what_is_nearly_over(patch: pytest.MonkeyPatch) -> None:
    """A revoke in the last seconds of a session says true, and leaves its row to the table."""

    async def revoke(
        original: Any, flow: Flow, token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> bool:
        presented = flow.present(token, refresh_token, now)
        left = presented.verify().refresh_expiry - now
        if 0 <= left <= CLOCK_SKEW and await presented.belongs():
            return True
        ended: bool = await original(flow, token, refresh_token, now)
        return ended

    around(patch, Flow, "revoke", revoke)


@mutant("CORE-24", also="CORE-21")
def leaves_a_session_that_is_nearly_over(patch: pytest.MonkeyPatch) -> None:
    """A revoke in the last minutes of a session that was renewed says true, and leaves its row."""

    async def revoke(original: Any, flow: Flow, *given: Any) -> bool:
        presented, now = flow.present(*given), given[2]
        left = presented.verify().refresh_expiry - now
        if not 0 <= left <= flow.config.lifetimes.access or not await presented.belongs():
            ended: bool = await original(flow, *given)
            return ended
        expected = await presented.row()
        row = await flow.sessions.read(expected.customer_id, expected.hash)
        if row is not None and row.rotated_from is not None:
            return True
        return bool(await original(flow, *given))

    around(patch, Flow, "revoke", revoke)


@mutant("CORE-21", also="CORE-22", known_as="M51")
def asks_for_a_live_access_token_to_log_out(patch: pytest.MonkeyPatch) -> None:
    """A revoke with an expired access token is refused."""

    async def revoke(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        if not tokens.is_live(tokens.verify(access_token, flow.config.secret, now), now):
            raise AccessExpired
        return await original(flow, access_token, refresh_token, now)

    around(patch, Flow, "revoke", revoke)


@mutant("CORE-21")
def asks_for_a_live_refresh_token_to_log_out(patch: pytest.MonkeyPatch) -> None:
    """A revoke of a session that has run out by itself is refused."""

    async def revoke(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        claims = tokens.verify(access_token, flow.config.secret, now)
        if tokens.is_refresh_expired(claims, now):
            raise SessionOver
        return await original(flow, access_token, refresh_token, now)

    around(patch, Flow, "revoke", revoke)


@mutant("CORE-21", also="HARD-10")
def leaves_the_row_of_a_session_that_ran_out(patch: pytest.MonkeyPatch) -> None:
    """A revoke of an expired session answers true and leaves its row."""

    async def revoke(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        claims = tokens.verify(access_token, flow.config.secret, now)
        if tokens.is_refresh_expired(claims, now):
            return True
        return await original(flow, access_token, refresh_token, now)

    around(patch, Flow, "revoke", revoke)


@mutant("CORE-22", also="GQL-06 HARD-10 HARD-11 HARD-24 HARD-25 WIRE-12", known_as="M52")
def ends_the_session_of_the_access_token_alone(patch: pytest.MonkeyPatch) -> None:
    """A revoke does not compare the refresh token: whatever was sent, the session ends."""

    async def revoke(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        claims = tokens.verify(access_token, flow.config.secret, now)
        derived = await flow.derivation.derive(claims.customer_id, claims.exp)
        return await original(flow, access_token, derived, now)

    around(patch, Flow, "revoke", revoke)


@mutant("CORE-22")
def calls_an_input_error_its_own_in_production(patch: pytest.MonkeyPatch) -> None:
    """Outside development whatever is wrong with a request is an error of the server."""

    def shown(original: Any, schema: AuthSchema, error: Any) -> Any:
        told = original(schema, error)
        if not schema._suggests_names and told.extensions.get("category") == INPUT:
            told.extensions.update(category=SERVER)
        return told

    around(patch, AuthSchema, "_shown", shown)


@mutant("CORE-22")
def calls_a_mismatch_the_end_of_the_session(patch: pytest.MonkeyPatch) -> None:
    """A revoke with another refresh token is refused with `graphql-authorization`."""
    patch.setattr(PairMismatch, "category", "graphql-authorization")


@mutant("CORE-22", also="HARD-24 HARD-25")
def ends_the_session_that_a_mismatch_names(patch: pytest.MonkeyPatch) -> None:
    """A revoke with another refresh token is refused, and deletes the access token's row."""

    async def revoke(original: Any, flow: Flow, *given: Any) -> Any:
        try:
            return await original(flow, *given)
        except PairMismatch:
            claims = tokens.verify(given[0], flow.config.secret, given[2])
            issue = await flow.derivation.issue(claims)
            await flow.sessions.delete(str(claims.customer_id), issue.hash)
            raise

    around(patch, Flow, "revoke", revoke)


@mutant("CORE-22", also="HARD-11")
def ends_whichever_session_the_refresh_token_names(patch: pytest.MonkeyPatch) -> None:
    """A revoke ends the session of the refresh token, if it is one of the same customer's."""

    async def revoke(
        original: Any, flow: Flow, access_token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        try:
            return await original(flow, access_token, refresh_token, now)
        except PairMismatch:
            claims = tokens.verify(access_token, flow.config.secret, now)
            if not tokens.is_refresh_token(refresh_token):
                raise
            hash_ = await flow.derivation.hash_of(refresh_token)
            if await flow.sessions.delete(str(claims.customer_id), hash_) is None:
                raise
            return True

    around(patch, Flow, "revoke", revoke)


@mutant("CORE-23", also="GQL-10")
def calls_a_missing_refresh_token_bad_input(patch: pytest.MonkeyPatch) -> None:
    """A revoke without a refresh token is refused with `graphql-input`."""
    patch.setattr(MissingRefreshToken, "category", "graphql-input")


@mutant("CORE-23", also="GQL-08 STORE-12 WIRE-12")
def says_true_to_a_logout_without_a_header(patch: pytest.MonkeyPatch) -> None:
    """A revoke without an Authorization header has nothing to end, and says that it is done."""

    async def revoke(original: Any, flow: Flow, access_token: str, *given: Any) -> bool:
        return not access_token or await original(flow, access_token, *given)

    def access_token(auth: AuthRequest) -> str:
        return bearer(auth.authorization) if auth.authorization else ""

    patch.setattr(AuthRequest, "access_token", property(access_token))
    around(patch, Flow, "revoke", revoke)
