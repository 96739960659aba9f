"""Defects of the rows: what a login and a rotation write, and what is read again."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from reference_auth.core import tokens
from reference_auth.core.judge import Presented
from reference_auth.core.rows import FENCE, Row, ended_partition_of, partition_of
from reference_auth.core.tokens import (
    AccessToken,
    CustomerId,
    RefreshToken,
    RefreshTokenHash,
    TokenPair,
)
from reference_auth.flow.flow import Flow
from reference_auth.store import items
from reference_auth.store.items import Item
from reference_auth.store.sessions import Sessions
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around, note, rows_of

# -- a login's row -----------------------------------------------------------------------------


@mutant("STORE-01", sometimes="RACE-01")
def keeps_a_row_of_the_last_login(patch: pytest.MonkeyPatch) -> None:
    """A login writes, beside the session, when it was."""

    async def begin(original: Any, sessions: Sessions, row: Row) -> None:
        await original(sessions, row)
        await sessions.put(Row(row.customer_id, RefreshTokenHash("last-login"), row.ttl))

    around(patch, Sessions, "create", begin)


@mutant("STORE-01", also="CORE-20 CORE-25", sometimes="RACE-01 RACE-03")
def allows_one_session_a_customer(patch: pytest.MonkeyPatch) -> None:
    """A login ends the customer's other sessions."""

    async def begin(original: Any, sessions: Sessions, row: Row) -> None:
        await original(sessions, row)
        rows = await rows_of(sessions, row.customer_id)
        await sessions.delete_all(other for other in rows if other.hash != row.hash)

    around(patch, Sessions, "create", begin)


@mutant("STORE-01")
def marks_the_older_sessions_at_a_login(patch: pytest.MonkeyPatch) -> None:
    """A login writes into the customer's other rows that there is a newer one."""

    async def begin(original: Any, sessions: Sessions, row: Row) -> None:
        older = await rows_of(sessions, row.customer_id)
        await original(sessions, row)
        for other in older:
            await note(sessions, other, "newer", items.text(row.hash))

    around(patch, Sessions, "create", begin)


@mutant("CORE-25", also="WIRE-10", sometimes="RACE-01")
def tidies_up_at_a_login(patch: pytest.MonkeyPatch) -> None:
    """A login deletes the customer's rows that have no more than a minute left."""

    async def begin(original: Any, flow: Flow, customer_id: CustomerId, *more: Any) -> Any:
        now = more[-1]
        rows = await rows_of(flow.sessions, str(customer_id))
        await flow.sessions.delete_all(row for row in rows if row.ttl and row.ttl <= now + 60)
        return await original(flow, customer_id, *more)

    around(patch, Flow, "start_session", begin)


# -- what opens a session ----------------------------------------------------------------------


@mutant("STORE-03", also="DEV-05 STORE-02", known_as="M32")
def stores_the_refresh_token_as_it_is(patch: pytest.MonkeyPatch) -> None:
    """The row's sort key is the refresh token."""
    patch.setattr(tokens, "hash_of", lambda refresh_token, secret: refresh_token)


@mutant("STORE-03")
def keeps_the_access_token_in_the_row(patch: pytest.MonkeyPatch) -> None:
    """A login's row holds its access token."""
    _keep_at_login(patch, lambda pair, given: pair.token)


@mutant("STORE-03")
def keeps_the_refresh_token_beside_its_hash(patch: pytest.MonkeyPatch) -> None:
    """A login's row holds its refresh token."""
    _keep_at_login(patch, lambda pair, given: pair.refresh_token)


@mutant("STORE-03")
def keeps_what_was_replayed(patch: pytest.MonkeyPatch) -> None:
    """A burn leaves the access token that came back, as a proof."""

    async def burn_for_reuse(original: Any, flow: Flow, presented: Presented) -> None:
        await original(flow, presented)
        ended = ended_partition_of(partition_of(presented.claims.customer_id))
        fence = Row(ended, RefreshTokenHash(FENCE), None)
        await note(flow.sessions, fence, "proof", items.text(presented.pair.token))

    around(patch, Flow, "burn_for_reuse", burn_for_reuse)


@mutant("STORE-03")
def keeps_the_token_of_a_spent_pair_that_is_revoked(patch: pytest.MonkeyPatch) -> None:
    """A logout by a spent pair leaves its access token in the row of what ended."""

    async def revoke_successor(original: Any, flow: Flow, presented: Presented, row: Row) -> None:
        await original(flow, presented, row)
        spent = await presented.row()
        ended = Row(ended_partition_of(spent.customer_id), spent.hash, None)
        await note(flow.sessions, ended, "proof", items.text(presented.pair.token))

    around(patch, Flow, "revoke_successor", revoke_successor)


@mutant("STORE-03")
def keeps_the_email_in_the_row(patch: pytest.MonkeyPatch) -> None:
    """A login's row holds the e-mail that was given."""
    _keep_at_login(patch, lambda pair, given: given[0])


@mutant("STORE-03")
def keeps_the_password_in_the_row(patch: pytest.MonkeyPatch) -> None:
    """A login's row holds the password that was given, in base64."""
    _keep_at_login(patch, lambda pair, given: base64.b64encode(given[1].encode()).decode())


def _keep_at_login(patch: pytest.MonkeyPatch, what: Any) -> None:
    async def log_in(original: Any, flow: Flow, *given: Any) -> TokenPair:
        pair: TokenPair = await original(flow, *given)
        await note(flow.sessions, await _row_of(flow, pair), "note", items.text(what(pair, given)))
        return pair

    around(patch, Flow, "log_in", log_in)


@mutant("STORE-03")
def keeps_the_spent_refresh_token_in_the_new_row(patch: pytest.MonkeyPatch) -> None:
    """A rotation's row holds the refresh token that it replaced."""

    async def refresh(
        original: Any, flow: Flow, token: AccessToken, refresh_token: RefreshToken, now: int
    ) -> Any:
        pair: TokenPair = await original(flow, token, refresh_token, now)
        if pair.token != token:
            await note(flow.sessions, await _row_of(flow, pair), "was", items.text(refresh_token))
        return pair

    around(patch, Flow, "refresh", refresh)


async def _row_of(flow: Flow, pair: TokenPair) -> Row:
    claims = tokens.verify(pair.token, flow.config.secret, 0)
    return Row.of(claims, await flow.derivation.hash_of(pair.refresh_token))


# -- ttl ---------------------------------------------------------------------------------------


@mutant("STORE-04", also="RACE-02 STORE-07", known_as="M26")
def writes_ttl_in_milliseconds(patch: pytest.MonkeyPatch) -> None:
    """A row's ttl is a thousand times its session's end."""
    _change_rows(patch, lambda row, claims: replace(row, ttl=(row.ttl or 0) * 1000))


@mutant("STORE-04", also="HARD-23 RACE-02 RACE-03 STORE-07", known_as="M28")
def lets_a_row_live_as_long_as_its_access_token(patch: pytest.MonkeyPatch) -> None:
    """A row's ttl is the access token's end."""
    _change_rows(patch, lambda row, claims: replace(row, ttl=claims.exp))


@mutant("STORE-04", also="HARD-23 RACE-02")
def forgets_remember_me_in_the_row(patch: pytest.MonkeyPatch) -> None:
    """A row's ttl is the normal lifetime from now, of a long session too."""

    def normal(row: Row, claims: tokens.Claims) -> Row:
        return replace(row, ttl=min(claims.refresh_expiry, (claims.iat or 0) + 900))

    _change_rows(patch, normal)


def _change_rows(patch: pytest.MonkeyPatch, change: Any) -> None:
    def of(original: Any, claims: tokens.Claims, *args: Any, **named: Any) -> Row:
        row: Row = change(original(claims, *args, **named), claims)
        return row

    around(patch, Row, "of", of)


@mutant("STORE-05", known_as="M27")
def writes_ttl_as_a_string(patch: pytest.MonkeyPatch) -> None:
    """A row's ttl is a text, which the table never acts on."""
    _write_ttl_as_a_string(patch, lambda row: True)


@mutant("STORE-05")
def writes_a_renewed_ttl_as_a_string(patch: pytest.MonkeyPatch) -> None:
    """A rotation's ttl is a text, a login's a number."""
    _write_ttl_as_a_string(patch, lambda row: row.rotated_from is not None)


@mutant("STORE-05")
def keeps_the_type_of_an_older_ttl(patch: pytest.MonkeyPatch) -> None:
    """Where an older node wrote a ttl as a text, a rotation does so too."""

    async def rotate(original: Any, sessions: Sessions, old: Row, new: Row, kept: Any) -> None:
        item = await sessions.get(items.key(old.customer_id, old.hash)) or {}
        await original(sessions, old, new, kept)
        if "S" in item.get("ttl", {}):
            await note(sessions, new, "ttl", items.text(str(new.ttl)))

    around(patch, Sessions, "rotate", rotate)


def _write_ttl_as_a_string(patch: pytest.MonkeyPatch, concerns: Any) -> None:
    def row_item(original: Any, row: Row) -> Item:
        item: Item = original(row)
        return {**item, "ttl": items.text(str(row.ttl))} if concerns(row) else item

    around(patch, items, "row_item", row_item)


@mutant("STORE-08", known_as="M30")
def takes_a_row_that_is_there_for_a_good_one(patch: pytest.MonkeyPatch) -> None:
    """A row past its ttl, which the table has not deleted yet, is honoured."""
    patch.setattr(Row, "is_expired", lambda row, now: False)


@mutant("STORE-08")
def cannot_read_a_ttl_that_is_a_string(patch: pytest.MonkeyPatch) -> None:
    """A ttl that is a text counts as none, and its row as good for ever."""

    def read_number(original: Any, attribute: Item | None) -> int | None:
        is_number = attribute is not None and "N" in attribute
        number: int | None = original(attribute if is_number else None)
        return number

    around(patch, items, "read_number", read_number)


# -- a rotation's rows -------------------------------------------------------------------------


@mutant("STORE-07", also="CORE-12 RACE-07 RACE-13", known_as="M01")
def leaves_the_spent_row_beside_other_sessions(patch: pytest.MonkeyPatch) -> None:
    """A rotation writes the new row, and deletes the old one only if it was the customer's last."""

    async def rotate(original: Any, self: Sessions, old: Row, new: Row, *args: Any) -> None:
        if len(await rows_of(self, old.customer_id)) > 1:
            await self.create(new)
        else:
            await original(self, old, new, *args)

    around(patch, Sessions, "rotate", rotate)


@mutant("STORE-07", also="CORE-07 STORE-04", sometimes="RACE-07", known_as="M29")
def keeps_the_old_ttl_in_the_renewed_row(patch: pytest.MonkeyPatch) -> None:
    """A rotation that extends a session leaves its row's ttl as it was."""

    async def rotate(original: Any, self: Sessions, old: Row, new: Row, *args: Any) -> None:
        await original(self, old, replace(new, ttl=old.ttl), *args)

    around(patch, Sessions, "rotate", rotate)


@mutant("STORE-07", also="RACE-10 STORE-02 STORE-03 STORE-05")
def leaves_a_mark_among_the_sessions(patch: pytest.MonkeyPatch) -> None:
    """A rotation writes into the customer's own partition what was spent."""

    async def rotate(original: Any, self: Sessions, old: Row, new: Row, *args: Any) -> None:
        await original(self, old, new, *args)
        await self.put(Row(old.customer_id, RefreshTokenHash(f"spent#{old.hash}"), old.ttl))

    around(patch, Sessions, "rotate", rotate)
