"""Logins, refreshes, revokes and burns in every order that a seed thinks of, call by call."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from reference_auth.core.judge import Presented
from reference_auth.core.rows import Row, Tombstone
from reference_auth.core.tokens import TokenPair
from reference_auth.flow.flow import Flow
from reference_auth.store.sessions import Sessions
from tests.reference.interleaving import Violation, World, cheap_stretching, run_all

pytestmark = pytest.mark.usefixtures("quiet")

SCHEDULES = 400
ENOUGH = 2000  # schedules within which a dropped check must be seen


@pytest.fixture
def quiet() -> Iterator[None]:
    """The burns of a few thousand schedules would fill a failure's report."""
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


def test_what_the_flow_promises_holds_in_every_order() -> None:
    """No session forks, no ended pair comes back, no burn leaves anything, no revoke is undone."""
    run_all(range(SCHEDULES))


def test_the_schedules_reach_what_they_are_for() -> None:
    """Across the schedules there are rotations, burns, revocations and graces, not only logins."""
    seen = {"successors": 0, "revoked": 0, "fences": 0, "graced": 0}
    with cheap_stretching():
        for seed in range(150):
            world = World(seed)
            asyncio.run(world.play())
            seen["successors"] += len(world.successors)
            seen["revoked"] += len(world.revoked)
            seen["fences"] += ("ended#7", "burn") in world.table.items
            seen["graced"] += any("until" in item for item in world.table.items.values())
    assert min(seen.values()) >= 20, seen


class NoTombstoneAtLogin(Sessions):
    async def create(self, row: Row) -> None:
        await Sessions.create(without(self, "check_no_tombstone"), row)


class NoTombstones(Sessions):
    def check_no_tombstone(self, new: Row) -> Any:
        return nothing(self)


class NoFenceAtLogin(Sessions):
    async def create(self, row: Row) -> None:
        await Sessions.create(without(self, "check_no_fence"), row)


class NoFenceAtRotation(Sessions):
    async def rotate(self, old: Row, new: Row, tombstone: Tombstone | None) -> None:
        await Sessions.rotate(without(self, "check_no_fence"), old, new, tombstone)


class OldRowStays(Sessions):
    def delete_existing(self, row: Row) -> Any:
        return nothing(self)


class RevokeKeepsNothing(Sessions):
    async def end(self, row: Row, tombstones: Any) -> None:
        await super().end(row, [])


class OneSuccessorOnly(Flow):
    """Revoking an already rotated pair looks no further than the pair itself."""

    async def revoke_absent(self, presented: Presented) -> None:
        return


class BlindPut(Sessions):
    def put_new(self, item: Any) -> Any:
        return {"Put": {"TableName": self.config.table, "Item": item}}


class GraceForks(Flow):
    """A lost race is answered with a pair of its own."""

    async def answer_lost_race(self, old: Presented) -> TokenPair:
        return await self.start_session(old.claims.customer_id, False, old.now)


def without(sessions: Sessions, check: str) -> Sessions:
    """The same table, one check of its transactions left out."""
    other = copy.copy(sessions)
    setattr(other, check, lambda *_: nothing(sessions))
    return other


def nothing(sessions: Sessions) -> Any:
    """A part of a transaction that never stands in the way."""
    key = {"customer_id": {"S": "nobody"}, "refresh_token_hash": {"S": "nothing"}}
    return {
        "ConditionCheck": {
            "TableName": sessions.config.table,
            "Key": key,
            "ConditionExpression": "attribute_not_exists(customer_id)",
        }
    }


@pytest.mark.parametrize(
    "parts",
    [
        {"sessions_class": NoTombstones},
        {"sessions_class": NoTombstoneAtLogin},
        {"sessions_class": NoFenceAtLogin},
        {"sessions_class": NoFenceAtRotation},
        {"sessions_class": OldRowStays},
        {"sessions_class": RevokeKeepsNothing},
        {"sessions_class": BlindPut},
        {"flow_class": OneSuccessorOnly},
        {"flow_class": GraceForks},
    ],
    ids=lambda parts: next(iter(parts.values())).__name__,
)
def test_a_dropped_check_is_seen(parts: dict[str, Any]) -> None:
    """Each single check that is left out breaks a promise within a bounded number of schedules."""
    with pytest.raises(Violation):
        run_all(range(ENOUGH), **parts)
