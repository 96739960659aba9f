"""Defects that only a table in trouble shows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest

from reference_auth.core.errors import (
    AUTHORIZATION,
    OutcomeUnknown,
    Replayed,
    SessionOver,
    StorageError,
)
from reference_auth.core.judge import Presented
from reference_auth.core.rows import Fence, Row, Tombstone, partition_of
from reference_auth.core.states import Refresh
from reference_auth.core.tokens import IssuedPair, TokenPair
from reference_auth.flow.burn import Burn
from reference_auth.flow.development import Development, partition_for
from reference_auth.flow.flow import Flow
from reference_auth.store import items, retry, storage
from reference_auth.store.items import Item
from reference_auth.store.retry import Busy
from reference_auth.store.sessions import EXISTS, RowGone, Sessions
from reference_auth.store.storage import ConditionFailed, Reason, Storage
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around, rows_of

# -- what is promised and not stored -----------------------------------------------------------


@mutant("FAULT-01", also="FAULT-05 GQL-08 WIRE-12", known_as="M65")
def issues_what_it_could_not_store(patch: pytest.MonkeyPatch) -> None:
    """A login answers its tokens although their row was not written."""
    begin = Sessions.create

    async def careless(self: Sessions, row: Row) -> None:
        try:
            await begin(self, row)
        except StorageError:
            return

    patch.setattr(Sessions, "create", careless)


@mutant("FAULT-01", also="GQL-08")
def hopes_that_a_login_was_stored(patch: pytest.MonkeyPatch) -> None:
    """A login answers its tokens when nobody knows whether their row was written."""
    begin = Sessions.create

    async def careless(self: Sessions, row: Row) -> None:
        try:
            await begin(self, row)
        except OutcomeUnknown:
            return

    patch.setattr(Sessions, "create", careless)


@mutant("FAULT-02", also="FAULT-04 FAULT-05")
def renews_what_it_could_not_store(patch: pytest.MonkeyPatch) -> None:
    """A refresh answers the new pair although its row was not written."""
    rotate = Sessions.rotate

    async def careless(self: Sessions, old: Row, new: Row, tombstone: Tombstone | None) -> None:
        try:
            await rotate(self, old, new, tombstone)
        except StorageError:
            return

    patch.setattr(Sessions, "rotate", careless)


async def delete_existing(sessions: Sessions, row: Row) -> None:
    """Delete one row in a call of its own, or raise RowGone."""
    key = items.key(row.customer_id, row.hash)
    try:
        await sessions.storage.call(
            "delete_item", TableName=sessions.config.table, Key=key, **EXISTS
        )
    except ConditionFailed:
        raise RowGone from None


@mutant(
    "FAULT-02",
    also="FAULT-05 FAULT-06 FAULT-08 HARD-31 RACE-03 RACE-08 RACE-09 RACE-10 RACE-12",
    sometimes="HARD-23",
)
def deletes_before_it_puts(patch: pytest.MonkeyPatch) -> None:
    """A rotation deletes the old row in one call and writes the new one in the next."""

    async def rotate(self: Sessions, old: Row, new: Row, tombstone: Tombstone | None) -> None:
        await delete_existing(self, old)
        await self.put(new)

    patch.setattr(Sessions, "rotate", rotate)


@mutant(
    "FAULT-04",
    also="FAULT-05 HARD-23 HARD-31 RACE-03 RACE-04 RACE-08 RACE-09 RACE-10 RACE-11 RACE-12",
    sometimes="RACE-05",
    known_as="M45",
)
def puts_before_it_deletes(patch: pytest.MonkeyPatch) -> None:
    """A rotation writes the new row in one call and deletes the old one in the next."""

    async def rotate(self: Sessions, old: Row, new: Row, tombstone: Tombstone | None) -> None:
        await self.put(new)
        await delete_existing(self, old)

    patch.setattr(Sessions, "rotate", rotate)


@mutant("FAULT-04", also="FAULT-05")
def renews_beside_a_row_that_it_could_not_delete(patch: pytest.MonkeyPatch) -> None:
    """A rotation goes on when the old row cannot be deleted, so that both pairs are good."""
    rotate = Sessions.rotate

    async def careless(self: Sessions, old: Row, new: Row, tombstone: Tombstone | None) -> None:
        try:
            await rotate(self, old, new, tombstone)
        except StorageError:
            await self.put(new)

    patch.setattr(Sessions, "rotate", careless)


@mutant("FAULT-12", also="FAULT-05 GQL-08")
def revokes_what_it_could_not_delete(patch: pytest.MonkeyPatch) -> None:
    """A revoke answers true although the row is still there."""
    end = Sessions.end

    async def careless(self: Sessions, row: Row, tombstones: Sequence[Tombstone]) -> None:
        try:
            await end(self, row, tombstones)
        except StorageError:
            return

    patch.setattr(Sessions, "end", careless)


@mutant("FAULT-12", also="FAULT-05 GQL-08")
def hopes_that_a_session_was_revoked(patch: pytest.MonkeyPatch) -> None:
    """A revoke answers true when nobody knows whether the row was deleted."""
    end = Sessions.end

    async def careless(self: Sessions, row: Row, tombstones: Sequence[Tombstone]) -> None:
        try:
            await end(self, row, tombstones)
        except OutcomeUnknown:
            return

    patch.setattr(Sessions, "end", careless)


@mutant("FAULT-12")
def hopes_that_a_successor_was_revoked(patch: pytest.MonkeyPatch) -> None:
    """A revoke of a spent pair answers true although its successor's row is still there."""

    async def revoke_successor(original: Any, *given: Any) -> None:
        with suppress(StorageError):
            await original(*given)

    around(patch, Flow, "revoke_successor", revoke_successor)


@mutant("FAULT-12", also="FAULT-05")
def gives_a_session_up_after_one_failure(patch: pytest.MonkeyPatch) -> None:
    """A session that could not be revoked once is not revoked any more, until a restart."""
    end, failed = Sessions.end, "_failed"

    async def weary(self: Sessions, row: Row, tombstones: Sequence[Tombstone]) -> None:
        known: set[str] = vars(self).setdefault(failed, set())
        if row.hash in known:
            raise StorageError
        try:
            await end(self, row, tombstones)
        except StorageError:
            known.add(row.hash)
            raise

    patch.setattr(Sessions, "end", weary)


# -- what a failure is taken for ---------------------------------------------------------------


def when_the_read_fails(patch: pytest.MonkeyPatch, act: Callable[..., Any]) -> None:
    """A refresh whose read fails does this before it is refused."""

    def present(original: Any, flow: Flow, *given: Any) -> Presented:
        presented: Presented = original(flow, *given)
        judge = presented.refresh

        async def refresh() -> Refresh:
            try:
                return await judge()
            except StorageError:
                await act(flow, presented)
                raise

        vars(presented)["refresh"] = refresh
        return presented

    around(patch, Flow, "present", present)


@mutant("FAULT-03", also="FAULT-05")
def deletes_what_it_could_not_read(patch: pytest.MonkeyPatch) -> None:
    """A refresh whose read fails deletes the row, as the module does."""

    async def deleting(flow: Flow, presented: Presented) -> None:
        row = await presented.row()
        await flow.sessions.delete(row.customer_id, row.hash)

    when_the_read_fails(patch, deleting)


@mutant("FAULT-03", also="FAULT-05")
def renews_what_it_could_not_read(patch: pytest.MonkeyPatch) -> None:
    """A refresh whose read fails trusts the tokens, and goes on."""

    async def refresh(original: Any, presented: Presented) -> Refresh:
        try:
            found: Refresh = await original(presented)
        except StorageError:
            return Refresh.MATCHES
        return found

    around(patch, Presented, "refresh", refresh)


@mutant("FAULT-05", known_as="M47")
def ends_the_session_when_the_table_fails(patch: pytest.MonkeyPatch) -> None:
    """A storage failure has the category on which a storefront logs its customer out."""
    patch.setattr(StorageError, "category", AUTHORIZATION)


@mutant("FAULT-05")
def gives_a_storage_failure_no_name(patch: pytest.MonkeyPatch) -> None:
    """A storage failure has the category that a missing one turns into."""
    patch.setattr(StorageError, "category", "graphql-undefined")


@mutant("FAULT-05")
def ends_the_session_when_a_revoke_fails(patch: pytest.MonkeyPatch) -> None:
    """A revoke that the table refuses is answered as if the session were over."""
    end = Sessions.end

    async def blaming(self: Sessions, row: Row, tombstones: Sequence[Tombstone]) -> None:
        try:
            await end(self, row, tombstones)
        except StorageError:
            raise SessionOver from None

    patch.setattr(Sessions, "end", blaming)


@mutant("FAULT-06", also="FAULT-03 FAULT-05")
def takes_an_unread_row_for_a_missing_one(patch: pytest.MonkeyPatch) -> None:
    """A refresh whose read fails is taken for a replay, and burns."""
    when_the_read_fails(patch, Flow.burn_for_reuse)


@mutant("FAULT-06", also="FAULT-02 FAULT-05")
def takes_a_failed_rotation_for_a_replay(patch: pytest.MonkeyPatch) -> None:
    """A refresh whose write has an unknown outcome is taken for a replay, and burns."""
    replace_row = Flow.replace_row

    async def burning(self: Flow, old: Presented, fresh: IssuedPair) -> TokenPair:
        try:
            return await replace_row(self, old, fresh)
        except OutcomeUnknown:
            rows = await rows_of(self.sessions, partition_of(old.claims.customer_id))
            await self.sessions.delete_all(rows)
            raise

    patch.setattr(Flow, "replace_row", burning)


@mutant("FAULT-06")
def takes_an_unread_tombstone_for_none(patch: pytest.MonkeyPatch) -> None:
    """A revoked pair is taken for a spent one where its tombstone alone cannot be read."""

    async def tombstone(original: Any, *given: Any) -> Any:
        with suppress(StorageError):
            return await original(*given)

    around(patch, Sessions, "tombstone", tombstone)


# -- batches -----------------------------------------------------------------------------------


async def write_once(self: Sessions, batch: Sequence[Item]) -> None:
    """Send a batch, and leave alone what the table left."""
    await self.storage.call("batch_write_item", RequestItems={self.config.table: batch})


@mutant("FAULT-07", known_as="M11")
def burns_what_one_batch_takes(patch: pytest.MonkeyPatch) -> None:
    """A burn sends each batch once, looks at no row twice, and says that all are gone."""

    async def sweep(self: Burn, customer_id: str, fence: Fence) -> Fence:
        async for page in self.sessions.pages(customer_id):
            rows = map(items.read_row, page)
            await self.sessions.delete_all(row for row in rows if fence.covers(row.exp))
        return fence

    patch.setattr(Burn, "sweep", sweep)
    patch.setattr(Sessions, "write_batch", write_once)


@mutant("FAULT-07", also="DEV-09", known_as="M11")
def removes_what_one_batch_takes(patch: pytest.MonkeyPatch) -> None:
    """removeAllUserAuthItems sends each batch once, and says that all are gone."""

    async def remove_all(self: Development, user_id: str | None) -> None:
        await self.sweep(partition_for(user_id))

    patch.setattr(Development, "remove_all", remove_all)
    patch.setattr(Sessions, "write_batch", write_once)


# -- lost answers, conflicts, stale reads ------------------------------------------------------


@mutant(
    "FAULT-08",
    also=(
        "FAULT-02 FAULT-05 FAULT-06 HARD-23 HARD-31 RACE-03 RACE-07 RACE-08 RACE-09 RACE-10 RACE-12"
    ),
    known_as="M46",
)
def takes_its_own_second_try_for_a_replay(patch: pytest.MonkeyPatch) -> None:
    """The gate of a rotation is a conditional delete, whose second try finds the row gone."""

    async def rotate(self: Sessions, old: Row, new: Row, tombstone: Tombstone | None) -> None:
        try:
            await delete_existing(self, old)
        except RowGone:
            raise Replayed from None
        await self.put(new)

    patch.setattr(Sessions, "rotate", rotate)


class Conflict(StorageError):
    """A transaction was cancelled, and no condition of it failed."""


def cancels(patch: pytest.MonkeyPatch, conflict: type[Exception]) -> None:
    """A transaction that met another one comes out as this."""
    cancellation_of = storage.cancellation_of

    def renamed(reasons: Sequence[Reason]) -> Exception:
        found = cancellation_of(reasons)
        return conflict() if isinstance(found, Busy) else found

    patch.setattr(storage, "cancellation_of", renamed)


@mutant("FAULT-09", known_as="M44")
def takes_every_cancelled_transaction_for_a_replay(patch: pytest.MonkeyPatch) -> None:
    """A rotation that met another transaction is taken for a replay, and burns."""
    cancels(patch, Conflict)
    replace_row = Flow.replace_row

    async def burning(self: Flow, old: Presented, fresh: IssuedPair) -> TokenPair:
        try:
            return await replace_row(self, old, fresh)
        except Conflict:
            await self.burn_for_reuse(old)
            raise Replayed from None

    patch.setattr(Flow, "replace_row", burning)


@mutant("FAULT-09")
def ends_the_session_on_a_conflict(patch: pytest.MonkeyPatch) -> None:
    """A rotation that met another transaction is answered as if the session were over."""
    cancels(patch, SessionOver)


@mutant("FAULT-09")
def renews_in_spite_of_a_conflict(patch: pytest.MonkeyPatch) -> None:
    """A rotation that met another transaction answers a new pair, and writes nothing."""
    cancels(patch, Conflict)
    rotate = Sessions.rotate

    async def careless(self: Sessions, old: Row, new: Row, tombstone: Tombstone | None) -> None:
        try:
            await rotate(self, old, new, tombstone)
        except Conflict:
            return

    patch.setattr(Sessions, "rotate", careless)


def ends_on(patch: pytest.MonkeyPatch, *codes: str) -> None:
    """A refusal with one of these codes is answered as if the session were over."""
    error_of = storage.error_of

    def renamed(response: Mapping[str, Any]) -> Exception:
        said = response.get("Error", {}).get("Code")
        return SessionOver() if said in codes else error_of(response)

    patch.setattr(storage, "error_of", renamed)


@mutant("FAULT-09")
def ends_the_session_while_a_transaction_runs(patch: pytest.MonkeyPatch) -> None:
    """The same transaction being under way is answered as if the session were over."""
    ends_on(patch, "TransactionInProgressException")


@mutant("FAULT-09")
def ends_the_session_of_whoever_comes_too_often(patch: pytest.MonkeyPatch) -> None:
    """Throttling is answered as if the session were over."""
    ends_on(patch, *storage.BUSY_ERRORS - {"TransactionInProgressException"})


@mutant("FAULT-10", known_as="M64")
def asks_the_table_on_the_event_loop(patch: pytest.MonkeyPatch) -> None:
    """The table is called where every other request waits for its answer."""

    async def at_once(
        self: Storage, operation: str, parameters: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        return self._call_client(operation, parameters)

    patch.setattr(Storage, "_once", at_once)


@mutant("FAULT-10")
def waits_for_the_table_as_long_as_it_takes(patch: pytest.MonkeyPatch) -> None:
    """Neither a call nor a request has an end of its own."""
    patch.setattr(storage, "READ_SECONDS", 60)
    patch.setattr(retry, "LONGEST_REQUEST", 60.0)


@mutant("FAULT-11")
def reads_what_may_be_stale(patch: pytest.MonkeyPatch) -> None:
    """Reads are eventually consistent, as they are by default."""

    async def get(self: Sessions, key: Item) -> Item | None:
        answer = await self.storage.call("get_item", TableName=self.config.table, Key=key)
        return answer.get("Item")

    patch.setattr(Sessions, "get", get)


@mutant("FAULT-11", also="RACE-04 RACE-07 RACE-11")
def trusts_what_it_read(patch: pytest.MonkeyPatch) -> None:
    """A rotation whose old row is gone by then writes its new row all the same."""
    rotate = Sessions.rotate

    async def trusting(self: Sessions, old: Row, new: Row, tombstone: Tombstone | None) -> None:
        try:
            await rotate(self, old, new, tombstone)
        except RowGone:
            await self.put(new)

    patch.setattr(Sessions, "rotate", trusting)
