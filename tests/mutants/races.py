"""Defects under competition: sessions of one second, and several callers with one pair."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any

import pytest

from reference_auth.core import lifetimes
from reference_auth.core.errors import Replayed, Retry, SessionOver
from reference_auth.core.judge import Presented
from reference_auth.core.rows import Row
from reference_auth.core.tokens import Claims, IssuedPair, TokenPair
from reference_auth.flow.flow import Flow
from reference_auth.store import items
from reference_auth.store.items import Item
from reference_auth.store.sessions import ABSENT, KeyTaken, Sessions
from reference_auth.store.storage import ConditionFailed, Storage
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around, is_remembered, note, rows_of

# -- the same second ---------------------------------------------------------------------------


@mutant("RACE-01", also="HARD-31 RACE-02", sometimes="RACE-03", known_as="M40")
def lets_a_login_overwrite_the_last_one(patch: pytest.MonkeyPatch) -> None:
    """A login writes its row whatever is there: two of one second are one session."""
    patch.setattr(Sessions, "create", Sessions.put)


@mutant("RACE-02")
def gives_sessions_of_one_second_one_end(patch: pytest.MonkeyPatch) -> None:
    """A login that shares its second with another one gives both rows its own ttl."""

    async def begin(original: Any, sessions: Sessions, row: Row) -> None:
        await original(sessions, row)
        for other in await rows_of(sessions, row.customer_id):
            if other.exp == (row.exp or 0) + 1:  # this one had to move down beside it
                await note(sessions, other, "ttl", items.number(row.ttl or 0))

    around(patch, Sessions, "create", begin)


@mutant("RACE-02", also="CORE-03", sometimes="CORE-04")
def gives_logins_of_one_second_one_lifetime(patch: pytest.MonkeyPatch) -> None:
    """What a login is promised is kept for its second, whether or not it is remembered."""
    kept: dict[Any, Claims] = {}

    def first_claims(original: Any, id_: Any, remember_me: bool, now: int, config: Any) -> Any:
        return kept.setdefault((id_, now), original(id_, remember_me, now, config))

    around(patch, lifetimes, "first_claims", first_claims)


@mutant("RACE-03")
def lets_a_rotation_overwrite_what_is_there(patch: pytest.MonkeyPatch) -> None:
    """A rotation writes its row whatever is there: two of one second are one session."""
    _in_rotations(
        patch, lambda part: {**part, "Put": _bare(part["Put"])} if "Put" in part else part
    )


@mutant("RACE-03")
def finds_no_place_for_a_fourth_rotation_of_a_second(patch: pytest.MonkeyPatch) -> None:
    """A rotation that meets three others in its second overwrites the last one's row."""

    async def rotate(flow: Flow, old: Presented, tried: Iterator[Claims]) -> TokenPair:
        for claims in islice(tried, 3):
            fresh = await flow.derivation.issue(claims)
            with suppress(KeyTaken):
                return await flow.replace_row(old, fresh)
        row = await old.row()
        await flow.sessions.put(Row.of(fresh.claims, fresh.hash, rotated_from=row.hash))
        await flow.sessions.delete(row.customer_id, row.hash)
        return fresh.pair

    _rotates(patch, rotate)


@mutant("WIRE-10")
def raises_exp_where_rotations_meet(patch: pytest.MonkeyPatch) -> None:
    """Two rotations of one second are kept apart by a later exp, not by an earlier one."""

    async def rotate(flow: Flow, old: Presented, tried: Iterator[Claims]) -> TokenPair:
        first = next(tried)
        for later in range(10):
            fresh = await flow.derivation.issue(replace(first, exp=first.exp + later))
            with suppress(KeyTaken):
                return await flow.replace_row(old, fresh)
        raise Retry

    _rotates(patch, rotate)


def _rotates(patch: pytest.MonkeyPatch, rotate: Any) -> None:
    """A rotation chooses otherwise among the claims that it may try."""

    async def choosing(original: Any, flow: Flow, old: Presented) -> TokenPair:
        successor = lifetimes.next_claims(old.claims, old.now, flow.config)
        pair: TokenPair = await rotate(flow, old, lifetimes.claims_to_try(successor, old.now))
        return pair

    around(patch, Flow, "rotate", choosing)


# -- one pair, several callers -----------------------------------------------------------------


@mutant(
    "CORE-28",
    also="FAULT-02 FAULT-05 FAULT-06 FAULT-11 HARD-31 RACE-04 RACE-07 RACE-11 RACE-12",
)
def rotates_in_two_calls(patch: pytest.MonkeyPatch) -> None:
    """A rotation without grace deletes the spent row on no condition, and then writes a new one."""

    async def rotate(original: Any, self: Sessions, old: Row, new: Row, tombstone: Any) -> None:
        if tombstone:
            await original(self, old, new, tombstone)
            return
        await self.delete(old.customer_id, old.hash)
        try:
            await self.call("put_item", Item=items.row_item(new), **ABSENT)
        except ConditionFailed:
            raise KeyTaken from None

    around(patch, Sessions, "rotate", rotate)


@mutant("RACE-04", also="FAULT-04 FAULT-05 FAULT-08 RACE-07 RACE-11")
def writes_the_new_row_before_it_deletes_the_old_one(patch: pytest.MonkeyPatch) -> None:
    """A rotation without grace writes the new row while the old one is there, and then deletes."""

    async def transact(original: Any, storage: Storage, parts: Sequence[Item]) -> None:
        exchanges = "Delete" in parts[0] and "ConditionCheck" in parts[-1]
        there = [{"ConditionCheck": parts[0].get("Delete")}] if exchanges else [parts[0]]
        await original(storage, [*there, *parts[1:]])
        if exchanges:
            await original(storage, [{"Delete": _bare(parts[0]["Delete"])}])

    around(patch, Storage, "transact", transact)


@mutant(
    "RACE-04",
    also="FAULT-08 FAULT-11 RACE-07 RACE-11",
    sometimes="CORE-28 RACE-08",
    known_as="M43",
)
def deletes_the_spent_row_without_a_condition(patch: pytest.MonkeyPatch) -> None:
    """A rotation looks for its row first, and deletes it then whether or not it is there."""
    _in_rotations(patch, _without_delete_condition)


@mutant("RACE-04", sometimes="RACE-08")
def forks_where_grace_is_on(patch: pytest.MonkeyPatch) -> None:
    """A rotation that leaves a tombstone deletes its row whether or not it is there."""
    _in_rotations(patch, _without_delete_condition, where=lambda parts: "Put" in parts[-1])


@mutant("RACE-04", sometimes="CORE-28 RACE-07 RACE-11")
def forks_a_session_that_was_renewed_before(patch: pytest.MonkeyPatch) -> None:
    """The rotation of a rotation's pair deletes its row whether or not it is there."""

    class Careless(Sessions):
        def delete_existing(self, row: Row) -> Item:
            return _without_delete_condition(super().delete_existing(row))

    async def rotate(original: Any, self: Sessions, old: Row, new: Row, tombstone: Any) -> None:
        if old.session is None:
            await original(self, old, new, tombstone)
            return
        careless = copy.copy(self)
        careless.__class__ = Careless
        await original(careless, old, new, tombstone)

    around(patch, Sessions, "rotate", rotate)


def _without_delete_condition(part: Item) -> Item:
    return {"Delete": _bare(part["Delete"])} if "Delete" in part else part


def _in_rotations(patch: pytest.MonkeyPatch, change: Any, where: Any = lambda parts: True) -> None:
    """Change the parts of the transactions that exchange a row for another."""

    async def transact(original: Any, storage: Storage, parts: Sequence[Item]) -> None:
        exchanges = "Delete" in parts[0] and any("ConditionCheck" in part for part in parts)
        changed = exchanges and where(parts)
        await original(storage, [change(part) if changed else part for part in parts])

    around(patch, Storage, "transact", transact)


def _bare(part: Item) -> Item:
    kept = ("TableName", "Key", "Item")
    return {name: value for name, value in part.items() if name in kept}


@mutant("RACE-04", also="FAULT-11 RACE-11", sometimes="RACE-07")
def knows_rivals_of_its_own_second_only(patch: pytest.MonkeyPatch) -> None:
    """What keeps two rotations of a pair apart is the new key, which a later second changes."""
    _in_rotations(patch, _without_delete_condition)

    async def replaces(original: Any, flow: Flow, old: Presented, fresh: IssuedPair) -> Any:
        try:
            return await original(flow, old, fresh)
        except KeyTaken:
            row = await old.row()
            found = await flow.sessions.read(row.customer_id, fresh.hash)
            if found is None or found.rotated_from != row.hash:
                raise
            return fresh.pair

    around(patch, Flow, "replace_row", replaces)


@mutant("RACE-05", also="FAULT-08", sometimes="RACE-08")
def ends_the_session_over_which_two_compete(patch: pytest.MonkeyPatch) -> None:
    """Whoever loses a race deletes what the winner wrote, and asks to try again."""

    async def answer_lost_race(self: Flow, old: Presented) -> TokenPair:
        row = await old.row()
        winner = await self.sessions.find(
            row.customer_id, lambda found: found.rotated_from == row.hash
        )
        await self.sessions.delete_all([winner] if winner else [])
        raise Retry

    _lose(patch, answer_lost_race)


@mutant("RACE-06", also="FAULT-08 RACE-05 RACE-07", sometimes="RACE-08", known_as="M44")
def takes_a_lost_race_for_a_replay(patch: pytest.MonkeyPatch) -> None:
    """Whoever finds the row gone when it comes to writing burns."""

    async def answer_lost_race(self: Flow, old: Presented) -> TokenPair:
        await self.burn_for_reuse(old)
        raise Replayed

    _lose(patch, answer_lost_race)


@mutant("RACE-07", also="FAULT-08")
def tells_the_loser_that_the_session_is_over(patch: pytest.MonkeyPatch) -> None:
    """Whoever loses a race is logged out."""

    async def answer_lost_race(self: Flow, old: Presented) -> TokenPair:
        raise SessionOver

    _lose(patch, answer_lost_race)


def _lose(patch: pytest.MonkeyPatch, answer_lost_race: Any) -> None:
    """A rotation that meets its own twin has lost."""
    patch.setattr(Flow, "already_committed", lambda flow, new, fresh, found: None)
    patch.setattr(Flow, "answer_lost_race", answer_lost_race)


@mutant("RACE-13", also="CORE-12 RACE-04 RACE-11", sometimes="CORE-28 RACE-07")
def lets_a_remembered_spent_row_run_out_with_its_second(patch: pytest.MonkeyPatch) -> None:
    """The rotation of a remembered session marks the old row as expiring now, and keeps it."""

    async def rotate(original: Any, flow: Flow, old: Presented) -> TokenPair:
        pair: TokenPair = await original(flow, old)
        if is_remembered(old.claims):
            await flow.sessions.put(replace(await old.row(), ttl=old.now))
        return pair

    around(patch, Flow, "rotate", rotate)


# -- a rotation beside an ending ---------------------------------------------------------------


@mutant("RACE-11", also="RACE-15")
def says_true_when_a_rotation_was_faster(patch: pytest.MonkeyPatch) -> None:
    """A revoke that finds its row gone answers true, whatever came of the pair."""

    async def revoke_absent(self: Flow, presented: Presented) -> None:
        pass

    patch.setattr(Flow, "revoke_absent", revoke_absent)


@mutant("RACE-12", also="FAULT-11 HARD-31 RACE-03 RACE-04 RACE-07 RACE-11", sometimes="CORE-19")
def writes_a_renewed_row_behind_a_burn(patch: pytest.MonkeyPatch) -> None:
    """A rotation deletes and writes on no condition, and looks at no fence."""

    async def rotate(self: Sessions, old: Row, new: Row, tombstone: Any) -> None:
        parts = [
            {"Delete": _bare(self.delete_existing(old)["Delete"])},
            self.put_new(items.row_item(new)),
            *self.put_tombstones([tombstone] if tombstone else []),
        ]
        await self.storage.transact(parts)

    patch.setattr(Sessions, "rotate", rotate)
