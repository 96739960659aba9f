"""Defects of grace: whom the old pair leads on, for how long, and to what."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from reference_auth.core import lifetimes, tokens
from reference_auth.core.rows import ROTATED, Row, Tombstone
from reference_auth.core.tokens import Claims, TokenPair
from reference_auth.flow.grace import Grace
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around


@mutant("RACE-08", also="RACE-10", known_as="M62")
def renews_the_session_once_more_for_a_lost_answer(patch: pytest.MonkeyPatch) -> None:
    """Within the window the old pair gets a second successor beside the first."""

    async def successor(original: Any, grace: Grace, tombstone: Any, now: int) -> Any:
        pair = await original(grace, tombstone, now)
        if pair is None:
            return None
        claims = replace(tombstone.successor, exp=tombstone.successor.exp - 1)
        fresh = await grace.derivation.issue(claims)
        await grace.sessions.put(Row.of(claims, fresh.hash))
        return fresh.pair

    around(patch, Grace, "successor", successor)


@mutant("RACE-08")
def names_the_successor_before_it_is_lowered(patch: pytest.MonkeyPatch) -> None:
    """A tombstone names the exp of a successor that is alone in its second."""

    def tombstone(original: Any, grace: Grace, old: Any, successor: Claims, now: int) -> Any:
        exp = lifetimes.access_expiry(now, grace.burn.config.lifetimes)
        return original(grace, old, replace(successor, exp=exp), now)

    around(patch, Grace, "tombstone", tombstone)


@mutant("RACE-08", also="RACE-09 RACE-10")
def closes_the_window_at_once(patch: pytest.MonkeyPatch) -> None:
    """The window is as long as declared, less a minute."""
    around(patch, Tombstone, "is_in_grace", lambda original, self, now: original(self, now + 61))


@mutant("RACE-09", also="RACE-10")
def never_closes_the_window(patch: pytest.MonkeyPatch) -> None:
    """The old pair leads on for as long as the table keeps its tombstone."""
    patch.setattr(Tombstone, "is_in_grace", lambda self, now: self.reason == ROTATED)


@mutant("RACE-09", known_as="M61")
def leads_on_from_a_grandparent(patch: pytest.MonkeyPatch) -> None:
    """Within the window any ancestor leads on to the youngest pair."""

    async def successor(original: Any, grace: Grace, tombstone: Any, now: int) -> Any:
        if tombstone is None or not tombstone.is_in_grace(now):
            return None
        claims = tombstone.successor
        parent = await grace.derivation.issue(claims)
        later = await grace.sessions.tombstone(claims.customer_id, parent.hash)
        if later is not None and later.is_in_grace(now):
            return await grace.successor(later, now)
        return await original(grace, tombstone, now)

    around(patch, Grace, "successor", successor)


@mutant("RACE-10", also="RACE-09", known_as="M63")
def leads_on_to_a_pair_that_has_ended(patch: pytest.MonkeyPatch) -> None:
    """Within the window the successor is handed out without a look at its row."""

    async def successor(self: Grace, tombstone: Tombstone | None, now: int) -> TokenPair | None:
        if tombstone is None or tombstone.successor is None or not tombstone.is_in_grace(now):
            return None
        return (await self.derivation.issue(tombstone.successor)).pair

    patch.setattr(Grace, "successor", successor)


@mutant("RACE-10")
def slides_the_session_at_a_grace_hit(patch: pytest.MonkeyPatch) -> None:
    """The pair that a lost answer is answered with lasts a minute longer."""

    async def successor(original: Any, grace: Grace, tombstone: Any, now: int) -> Any:
        pair: TokenPair | None = await original(grace, tombstone, now)
        if pair is None:
            return None
        claims = tombstone.successor
        longer = replace(claims, refresh_expiry=claims.refresh_expiry + 60)
        return replace(pair, token=tokens.mint(longer, grace.derivation._secret))

    around(patch, Grace, "successor", successor)
