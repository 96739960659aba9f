"""The table: each step of the flow is one call here, which changes all of its rows or none.

A condition that fails is raised as `KeyTaken`, `RowGone` or `Fenced`. Any other failure is an error
of `storage`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

from reference_auth.core.config import Config
from reference_auth.core.rows import FENCE, Fence, Row, Tombstone, ended_partition_of, partition_of
from reference_auth.core.tokens import CustomerId, RefreshTokenHash
from reference_auth.store import items
from reference_auth.store.items import Item
from reference_auth.store.retry import Backoff
from reference_auth.store.storage import Cancelled, Client, ConditionFailed, Reason, Storage

BATCH = 25  # BatchWriteItem takes no more

NO_LATER_FENCE = "attribute_not_exists(#before) OR (#before < :exp AND NOT #ttl > :ttl)"
EXISTS = {"ConditionExpression": "attribute_exists(customer_id)"}
ABSENT = {"ConditionExpression": "attribute_not_exists(customer_id)"}
RETURN_OLD = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


class KeyTaken(Exception):
    """The new key belongs to another session, or to an ended one."""


class RowGone(Exception):
    """The old row is gone; `found` is the row at the new key, if there is one."""

    def __init__(self, found: Row | None = None) -> None:
        super().__init__()
        self.found = found


class Fenced(Exception):
    """A burn covers the pair."""

    def __init__(self, fence: Fence) -> None:
        super().__init__()
        self.fence = fence


class Sessions:
    def __init__(self, client: Client, config: Config) -> None:
        self.config = config
        self.storage = Storage(client)

    async def read(self, customer_id: str, hash: RefreshTokenHash) -> Row | None:
        """Read one row as it is now (FAULT-11)."""
        item = await self.get(items.key(customer_id, hash))
        return items.read_row(item) if item else None

    async def create(self, row: Row) -> None:
        """Write a login's row: its key is free, its pair has not ended, and no fence covers it."""
        # Departs: HARD-31 the module's login can issue an ended pair again.
        parts = [
            self.put_new(items.row_item(row)),  # RACE-01, RACE-02
            self.check_no_tombstone(row),  # HARD-31
            self.check_no_fence(row.customer_id, row.exp),
        ]
        try:
            await self.storage.transact(parts)
        except Cancelled as cancelled:
            await self.refuse_if_fenced(row.customer_id, cancelled.at(2))
            raise KeyTaken from None

    async def rotate(self, old: Row, new: Row, tombstone: Tombstone | None) -> None:
        """Replace a row by its successor; with grace, leave a tombstone that names it."""
        # Departs: RACE-04, RACE-12, FAULT-02, FAULT-04 the module deletes first and writes after.
        parts = [
            self.delete_existing(old),  # RACE-04, FAULT-02, FAULT-04
            self.put_new(items.row_item(new)),  # RACE-03
            self.check_no_tombstone(new),  # HARD-31
            self.check_no_fence(old.customer_id, old.exp),  # RACE-12
            *self.put_tombstones([tombstone] if tombstone else []),
        ]
        try:
            await self.storage.transact(parts)
        except Cancelled as cancelled:
            await self.refuse_if_fenced(old.customer_id, cancelled.at(3))
            if cancelled.at(0).failed:
                raise RowGone(await self.row_at(new, cancelled.at(1))) from None
            raise KeyTaken from None

    async def row_at(self, new: Row, taken: Reason) -> Row | None:
        """The row at the new key; some engines say that there is one, but not which."""
        if taken.item:
            return items.read_row(taken.item)
        return await self.read(new.customer_id, new.hash) if taken.failed else None

    async def end(self, row: Row, tombstones: Sequence[Tombstone]) -> None:
        """Delete a row, and leave tombstones so that it stays ended."""
        parts = [self.delete_existing(row), *self.put_tombstones(tombstones)]
        try:
            await self.storage.transact(parts)
        except Cancelled:
            raise RowGone from None

    async def delete(self, customer_id: str, hash: RefreshTokenHash) -> Item | None:
        """Delete one row, and return it if it was there."""
        key = items.key(customer_id, hash)
        answer = await self.call("delete_item", Key=key, ReturnValues="ALL_OLD")
        return answer.get("Attributes")

    async def put(self, row: Row) -> None:
        await self.call("put_item", Item=items.row_item(row))

    async def tombstone(self, customer_id: CustomerId, hash: RefreshTokenHash) -> Tombstone | None:
        item = await self.get(items.key(ended_partition_of(partition_of(customer_id)), hash))
        return items.read_tombstone(item, customer_id) if item else None

    async def fence(self, customer_id: str) -> Fence | None:
        item = await self.get(items.key(ended_partition_of(customer_id), FENCE))
        return items.read_fence(item) if item else None

    async def put_fence(self, customer_id: str, fence: Fence, over: int) -> tuple[Fence, bool]:
        """Put the fence unless one covers `over` already; return the fence in force, and if it is
        new.

        One that is lower but lasts longer is replaced by one that lasts as long.
        """
        condition = self.not_fenced(over)
        condition["ConditionExpression"] = NO_LATER_FENCE
        condition["ExpressionAttributeNames"]["#ttl"] = "ttl"
        while True:
            condition["ExpressionAttributeValues"][":ttl"] = items.number(fence.ttl)
            try:
                item = items.fence_item(customer_id, fence)
                await self.call("put_item", Item=item, **condition)
                return fence, True
            except ConditionFailed as failed:
                found = await self.fence_in_force(customer_id, failed.item)
            if found.covers(over) or found.ttl <= fence.ttl:
                return found, False
            fence = replace(fence, ttl=found.ttl)

    async def mark_done(self, customer_id: str, fence: Fence) -> bool:
        """Mark the burn as done; False if its fence was raised meanwhile."""
        try:
            await self.call(
                "update_item",
                Key=items.key(ended_partition_of(customer_id), FENCE),
                UpdateExpression="SET #done = :true",
                ConditionExpression="#before = :before",
                ExpressionAttributeNames={"#done": "done", "#before": "before"},
                ExpressionAttributeValues={
                    ":true": {"BOOL": True},
                    ":before": items.number(fence.before),
                },
            )
        except ConditionFailed:
            return False
        return True

    async def pages(self, customer_id: str) -> AsyncIterator[list[Item]]:
        """All items of a customer as they are now, page by page (STORE-09)."""
        # Departs: STORE-09, DEV-07, DEV-09 the module reads one page.
        start: dict[str, Any] = {}
        while True:
            page = await self.call(
                "query",
                KeyConditionExpression="customer_id = :customer_id",
                ExpressionAttributeValues={":customer_id": items.text(customer_id)},
                ConsistentRead=True,
                **start,
            )
            yield list(page.get("Items", ()))
            if not page.get("LastEvaluatedKey"):
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    async def rows(self, customer_id: str) -> AsyncIterator[Row]:
        async for page in self.pages(customer_id):
            for item in page:
                yield items.read_row(item)

    async def find(self, customer_id: str, wanted: Callable[[Row], bool]) -> Row | None:
        """Return the first of a customer's rows that is wanted, as the table is now."""
        async for row in self.rows(customer_id):
            if wanted(row):
                return row
        return None

    async def delete_all(self, rows: Iterable[Row]) -> None:
        """Delete these rows, 25 at a time, until the table has accepted all of them."""
        keys = [items.key(row.customer_id, row.hash) for row in rows]
        requests = [{"DeleteRequest": {"Key": key}} for key in keys]
        for start in range(0, len(requests), BATCH):
            await self.write_batch(requests[start : start + BATCH])

    async def write_batch(self, batch: Sequence[Item]) -> None:
        """Send a batch, and send again what the table left unprocessed (FAULT-07)."""
        # Departs: FAULT-07 the module never looks at what was left.
        left, backoff = batch, Backoff()
        while True:
            answer = await self.storage.call(
                "batch_write_item", RequestItems={self.config.table: left}
            )
            left = answer.get("UnprocessedItems", {}).get(self.config.table, ())
            if not left:
                return
            await backoff.wait()

    async def get(self, key: Item) -> Item | None:
        # Departs: FAULT-11 the module takes a read that may be stale.
        answer = await self.call("get_item", Key=key, ConsistentRead=True)
        return answer.get("Item")

    async def call(self, operation: str, **parameters: Any) -> Item:
        return await self.storage.call(operation, TableName=self.config.table, **parameters)

    # The parts of transactions

    def delete_existing(self, row: Row) -> Item:
        return self.part("Delete", Key=items.key(row.customer_id, row.hash), **EXISTS, **RETURN_OLD)

    def put_new(self, item: Item) -> Item:
        return self.part("Put", Item=item, **ABSENT, **RETURN_OLD)

    def put_tombstones(self, tombstones: Sequence[Tombstone]) -> list[Item]:
        return [self.part("Put", Item=items.tombstone_item(one)) for one in tombstones]

    def check_no_tombstone(self, new: Row) -> Item:
        key = items.key(ended_partition_of(new.customer_id), new.hash)
        return self.part("ConditionCheck", Key=key, **ABSENT, **RETURN_OLD)

    def check_no_fence(self, customer_id: str, exp: int | None) -> Item:
        key = items.key(ended_partition_of(customer_id), FENCE)
        return self.part("ConditionCheck", Key=key, **self.not_fenced(exp or 0))

    def part(self, kind: str, **parameters: Any) -> Item:
        return {kind: {"TableName": self.config.table, **parameters}}

    def not_fenced(self, exp: int) -> dict[str, Any]:
        """The condition that no fence covers a pair with this `exp`."""
        return {
            "ConditionExpression": "attribute_not_exists(#before) OR #before < :exp",
            "ExpressionAttributeNames": {"#before": "before"},
            "ExpressionAttributeValues": {":exp": items.number(exp)},
            **RETURN_OLD,
        }

    async def refuse_if_fenced(self, customer_id: str, reason: Reason) -> None:
        if reason.failed:
            raise Fenced(await self.fence_in_force(customer_id, reason.item)) from None

    async def fence_in_force(self, customer_id: str, returned: Item | None) -> Fence:
        """The fence that failed a condition; one that is gone by now has nothing left to delete."""
        if returned:
            return items.read_fence(returned)
        return await self.fence(customer_id) or Fence(before=0, ttl=0, done=True)
