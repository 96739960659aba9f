"""Defects that show under one condition only: for some sessions or ids, after days, in production.

Each stands around refresh or revoke of the reference, and leaves everything else right.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from reference_auth.core import tokens
from reference_auth.core.errors import SessionOver
from reference_auth.core.tokens import Claims, TokenPair
from reference_auth.flow.flow import Flow
from reference_auth.store import items
from tests.mutants.catalogue import Mutant
from tests.mutants.seams import around, is_remembered, note, rows_of

DAY = 86_400
MANY = 90
DEFECTS: dict[str, Mutant] = {}
#: The rotation of each customer that has begun and not ended.
UNDER_WAY: dict[Any, asyncio.Future[Any]] = {}
Wrong = Callable[[Any, Flow, Any, Any, int, Claims], Any]


def of(operation: str) -> Callable[[Wrong], Wrong]:
    """Enter a defect of this operation; it gets the original, what was asked, and the claims."""

    def enter(wrong: Wrong) -> Wrong:
        async def replaced(original: Any, flow: Flow, token: Any, given: Any, now: int) -> Any:
            try:
                claims = tokens.verify(token, flow.config.secret, now)
            except Exception:
                return await original(flow, token, given, now)  # forged: as it should be
            return await wrong(original, flow, token, given, now, claims)

        def patch(patch: pytest.MonkeyPatch) -> None:
            around(patch, Flow, operation, replaced)

        name = wrong.__name__
        DEFECTS[name] = Mutant(name, patch, "", frozenset(), frozenset(), "")
        return wrong

    return enter


def signed(flow: Flow, claims: Claims) -> Any:
    return tokens.mint(claims, flow.config.secret)


async def delete(flow: Flow, row: Any) -> None:
    key = items.key(row.customer_id, row.hash)
    await flow.sessions.storage.call("delete_item", TableName=flow.sessions.config.table, Key=key)


@of("refresh")
async def forgets_remember_me_at_the_second_rotation(
    original: Any, flow: Flow, token: Any, given: Any, now: int, claims: Claims
) -> Any:
    if claims.session is not None and now >= claims.exp and is_remembered(claims):
        token = signed(flow, replace(claims, refresh_expiry=now + 899))
    return await original(flow, token, given, now)


@of("refresh")
async def signs_a_remembered_live_token_anew(
    original: Any, flow: Flow, token: Any, given: Any, now: int, claims: Claims
) -> Any:
    pair = await original(flow, token, given, now)
    if pair.token == token and is_remembered(claims):
        return TokenPair(signed(flow, replace(claims, iat=now)), given)
    return pair


@of("refresh")
async def refuses_the_last_seconds(
    original: Any, flow: Flow, token: Any, given: Any, now: int, claims: Claims
) -> Any:
    if now >= claims.exp and 0 <= claims.refresh_expiry - now < 25:
        raise SessionOver
    return await original(flow, token, given, now)


@of("refresh")
async def renews_on_the_first_day_only(
    original: Any, flow: Flow, token: Any, given: Any, now: int, claims: Claims
) -> Any:
    if now - claims.exp > DAY and now <= claims.refresh_expiry:
        raise SessionOver
    return await original(flow, token, given, now)


@of("refresh")
async def makes_a_float_of_a_large_number(
    original: Any, flow: Flow, token: Any, given: Any, now: int, claims: Claims
) -> Any:
    pair = await original(flow, token, given, now)
    id_ = claims.customer_id
    if pair.token != token and isinstance(id_, int) and id_ >= 2**31:
        renewed = tokens.verify(pair.token, flow.config.secret, now)
        other: Any = float(id_)
        return TokenPair(signed(flow, replace(renewed, customer_id=other)), pair.refresh_token)
    return pair


@of("revoke")
async def revokes_ascii_ids_only(
    original: Any, flow: Flow, token: Any, given: Any, now: int, claims: Claims
) -> Any:
    if str(claims.customer_id).isascii():
        return await original(flow, token, given, now)
    return True


@of("revoke")
async def revokes_nothing_beside_many_rows(
    original: Any, flow: Flow, token: Any, given: Any, now: int, claims: Claims
) -> Any:
    if len(await rows_of(flow.sessions, str(claims.customer_id))) > MANY:
        return True
    return await original(flow, token, given, now)


@of("refresh")
async def sweeps_a_row_away_beside_many(
    original: Any, flow: Flow, token: Any, given: Any, now: int, claims: Claims
) -> Any:
    pair = await original(flow, token, given, now)
    rows = await rows_of(flow.sessions, str(claims.customer_id))
    if pair.token != token and len(rows) > MANY:
        await delete(flow, next(row for row in rows if row.exp is None))
    return pair


@of("revoke")
async def ends_every_session_by_an_old_pair(
    original: Any, flow: Flow, token: Any, given: Any, now: int, claims: Claims
) -> Any:
    done = await original(flow, token, given, now)
    if now > claims.exp + 100:
        for row in await rows_of(flow.sessions, str(claims.customer_id)):
            await delete(flow, row)
    return done


@of("refresh")
async def writes_at_an_echo_in_production(
    original: Any, flow: Flow, token: Any, given: Any, now: int, claims: Claims
) -> Any:
    pair = await original(flow, token, given, now)
    if pair.token == token and not flow.config.development:
        row = await flow.present(token, given, now).row()
        await note(flow.sessions, row, "seen", items.number(now))
    return pair


@of("revoke")
async def takes_any_refresh_token_to_end_a_remembered_session(
    original: Any, flow: Flow, token: Any, given: Any, now: int, claims: Claims
) -> Any:
    if is_remembered(claims) and tokens.is_refresh_token(given):
        given = tokens.derive(claims.customer_id, claims.exp, flow.config.secret)
    return await original(flow, token, given, now)


@of("revoke")
async def ends_the_oldest_session_in_place_of_a_renewed_one(
    original: Any, flow: Flow, token: Any, given: Any, now: int, claims: Claims
) -> Any:
    rows = await rows_of(flow.sessions, str(claims.customer_id))
    others = [row for row in rows if row.exp and row.exp != claims.exp]
    if claims.session is None or not others:
        return await original(flow, token, given, now)
    await delete(flow, min(others, key=lambda row: row.exp or 0))
    return True


@of("refresh")
async def gives_two_rotations_at_once_one_pair(
    original: Any, flow: Flow, token: Any, given: Any, now: int, claims: Claims
) -> Any:
    if now < claims.exp:
        return await original(flow, token, given, now)
    customer = claims.customer_id
    if customer not in UNDER_WAY:
        UNDER_WAY[customer] = asyncio.ensure_future(original(flow, token, given, now))
        UNDER_WAY[customer].add_done_callback(lambda done: UNDER_WAY.pop(customer))
    return await UNDER_WAY[customer]
