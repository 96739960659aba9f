"""Defects of the burn: what a spent pair that comes back brings about, and for whom."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import pytest

from reference_auth.core import lifetimes
from reference_auth.core.errors import SessionOver
from reference_auth.core.judge import Presented
from reference_auth.core.rows import Fence, Row, partition_of
from reference_auth.core.tokens import Claims, TokenPair
from reference_auth.flow.burn import Burn
from reference_auth.flow.flow import Flow
from reference_auth.store import items
from reference_auth.store.sessions import BATCH, Fenced, KeyTaken
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around, rows_of


@mutant("CORE-12", also="CORE-14 HARD-28 RACE-12", known_as="M06")
def refuses_a_replay_and_burns_nothing(patch: pytest.MonkeyPatch) -> None:
    """A spent pair that comes back is refused, and nothing else happens."""

    async def begin(self: Burn, reused: Claims, now: int) -> None:
        pass

    patch.setattr(Burn, "begin", begin)


@mutant("CORE-12", also="HARD-28 HARD-30 HARD-31 RACE-12", known_as="M07")
def burns_only_the_session_that_was_replayed(patch: pytest.MonkeyPatch) -> None:
    """A replay ends what was rotated from the spent pair, and no other session."""

    async def begin(self: Burn, reused: Claims, now: int) -> None:
        rows = await rows_of(self.sessions, partition_of(reused.customer_id))
        await self.sessions.delete_all(row for row in rows if row.rotated_from)

    patch.setattr(Burn, "begin", begin)


@mutant("CORE-12")
def burns_no_session_that_is_remembered(patch: pytest.MonkeyPatch) -> None:
    """A replay spares the sessions that last longer than a normal one."""

    def is_to_delete(original: Any, burn: Burn, row: Row, fence: Fence, reach: Fence) -> bool:
        lifetimes = burn.config.lifetimes
        longest = fence.before - lifetimes.access + lifetimes.refresh
        return (row.ttl is None or row.ttl <= longest) and original(burn, row, fence, reach)

    around(patch, Burn, "is_to_delete", is_to_delete)


@mutant("CORE-12")
def burns_for_the_last_spent_pair_only(patch: pytest.MonkeyPatch) -> None:
    """A spent pair is a replay while what it was renewed into is in the table; later it is over."""

    async def burn_for_reuse(original: Any, flow: Flow, presented: Presented) -> None:
        spent = await presented.row()
        rows = await rows_of(flow.sessions, spent.customer_id)
        if any(row.rotated_from == spent.hash for row in rows):
            await original(flow, presented)

    around(patch, Flow, "burn_for_reuse", burn_for_reuse)


@mutant("CORE-14", also="CORE-12 HARD-28 HARD-30 RACE-12")
def burns_all_but_the_successor(patch: pytest.MonkeyPatch) -> None:
    """A replay ends the customer's other sessions, and what came of the spent pair goes on."""

    async def begin(self: Burn, reused: Claims, now: int) -> None:
        rows = await rows_of(self.sessions, partition_of(reused.customer_id))
        await self.sessions.delete_all(row for row in rows if not row.rotated_from)

    patch.setattr(Burn, "begin", begin)


@mutant("CORE-13", known_as="M08")
def burns_whoever_has_an_id_that_begins_alike(patch: pytest.MonkeyPatch) -> None:
    """A burn takes every row whose customer_id begins with the customer's."""
    around(patch, Burn, "begin", _and_every_row_that_begins_with(lambda customer_id: customer_id))


@mutant("CORE-13", also="CORE-14")
def burns_every_customer(patch: pytest.MonkeyPatch) -> None:
    """A burn takes every row of the table, and leaves the bookkeeping alone."""
    around(patch, Burn, "begin", _and_every_row_that_begins_with(lambda customer_id: ""))


def _and_every_row_that_begins_with(beginning: Any) -> Any:
    async def begin(original: Any, burn: Burn, reused: Claims, *args: Any) -> None:
        await original(burn, reused, *args)
        customer_id = partition_of(reused.customer_id)
        page = await burn.sessions.storage.call("scan", TableName=burn.config.table)
        rows = (items.read_row(item) for item in page["Items"])
        own = [row for row in rows if row.customer_id.startswith(beginning(customer_id))]
        await burn.sessions.delete_all(r for r in own if not r.customer_id.startswith("ended#"))

    return begin


@mutant("STORE-09", also="FAULT-07", known_as="M09")
def burns_one_batch_of_rows(patch: pytest.MonkeyPatch) -> None:
    """A burn ends 25 sessions, and calls that all."""

    async def sweep(self: Burn, customer_id: str, fence: Fence) -> Fence:
        rows = await rows_of(self.sessions, customer_id)
        await self.sessions.delete_all(rows[:BATCH])
        return fence

    patch.setattr(Burn, "sweep", sweep)


@mutant("STORE-09", known_as="M10")
def burns_one_page_of_rows(patch: pytest.MonkeyPatch) -> None:
    """A burn ends the sessions of a query's first page, and calls that all."""

    async def sweep(self: Burn, customer_id: str, fence: Fence) -> Fence:
        page = await anext(self.sessions.pages(customer_id))
        await self.sessions.delete_all(map(items.read_row, page))
        return fence

    patch.setattr(Burn, "sweep", sweep)


@mutant("RACE-14", known_as="M60")
def remembers_in_the_process_what_was_spent(patch: pytest.MonkeyPatch) -> None:
    """A pair counts as spent where this process has renewed it, and elsewhere as unknown."""
    spent: set[str] = set()

    async def replace(original: Any, flow: Flow, old: Presented, *args: Any) -> TokenPair:
        pair: TokenPair = await original(flow, old, *args)
        spent.add((await old.row()).hash)
        return pair

    async def successor_within_grace(original: Any, flow: Flow, presented: Presented) -> Any:
        if (await presented.row()).hash not in spent:
            raise SessionOver
        return await original(flow, presented)

    around(patch, Flow, "replace_row", replace)
    around(patch, Flow, "successor_within_grace", successor_within_grace)


@mutant("WIRE-10")
def logs_in_past_the_fence(patch: pytest.MonkeyPatch) -> None:
    """A login in the second of a burn does not wait: its exp is later than all that is burned."""

    async def start_session(original: Any, flow: Flow, *given: Any) -> TokenPair:
        try:
            return cast(TokenPair, await original(flow, *given))
        except Fenced as fenced:
            customer_id, remember_me, now = given
            await flow.burn.finish(partition_of(customer_id), fenced.fence)
            claims = lifetimes.first_claims(customer_id, remember_me, now, flow.config)
            for later in range(60, 70):
                fresh = await flow.derivation.issue(replace(claims, exp=claims.exp + later))
                with suppress(KeyTaken):
                    await flow.sessions.create(Row.of(fresh.claims, fresh.hash))
                    return fresh.pair
            raise

    around(patch, Flow, "start_session", start_session)
