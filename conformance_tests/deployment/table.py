"""The table: the suite sees the rows of its own customers appear, change and vanish."""

from __future__ import annotations

import contextvars
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from conformance_tests.deployment.row import (
    BOOKKEEPING,
    KEYS,
    OWN_IDS,
    PARTITION_KEY,
    Row,
    is_made_up,
    key,
)
from conformance_tests.deployment.table_client import (
    TableLost,
    Watched,
    code_of,
    open_client,
    pauses,
    troubles,
)

if TYPE_CHECKING:
    from conformance_tests.target.parts import TableAddress

#: The customer id of the rows by which the suite checks its rights before a run.
CHECKED = f"{OWN_IDS}check"


class Table:
    """Read and write access to the deployment's own table."""

    def __init__(self, address: TableAddress, client: Any = None) -> None:
        """`client` is used instead of a connection to the address, where one is given."""
        self.name = address.name
        self._client = client or open_client(address)

    def close(self) -> None:
        self._client.close()

    def check(self) -> str | None:
        """Why the suite cannot work with the table, in a sentence; None when it can."""
        from botocore.exceptions import ClientError

        try:
            self._try_rights()
        except ClientError as error:
            return f"the table {self.name} refuses {error.operation_name}: {code_of(error)}"
        except troubles() as error:
            return f"the table {self.name} cannot be reached: {type(error).__name__}"
        if not isinstance(self._client, Watched):
            self._client = Watched(self._client)
        return None

    @property
    def lost(self) -> str | None:
        """Why the suite's way to the table failed, where it did since the check."""
        return self._client.lost if isinstance(self._client, Watched) else None

    def _try_rights(self) -> None:
        """Do once what tests do, but for a scan, which few need; no row stays.

        Deleting comes first: without that right nothing is written.
        """
        soon = int(time.time()) + 60
        old, new = (Row.of(CHECKED, secrets.token_hex(64), soon) for _ in range(2))
        self.rows(CHECKED)
        self.row(CHECKED, old.hash)
        self.delete(old)
        self.put_many([old])
        try:
            self.replace(old, new)
            self.write(new)
        finally:
            self.delete_many([old, new])

    def rows(self, customer_id: object) -> list[Row]:
        """Every row of the customer's own partition, by sort key, all pages."""
        if customer_id == "":
            return []
        pages = self._pages(
            self._client.query,
            KeyConditionExpression="#id = :id",
            ExpressionAttributeNames={"#id": PARTITION_KEY},
            ExpressionAttributeValues={":id": {"S": str(customer_id)}},
        )
        return [row for page in pages for row in page]

    def rows_of(self, *customer_ids: str) -> dict[str, list[Row]]:
        """The rows of several partitions, asked for at the same time."""
        contexts = [contextvars.copy_context() for _ in customer_ids]
        with ThreadPoolExecutor(len(customer_ids)) as pool:
            found = pool.map(lambda own, id_: own.run(self.rows, id_), contexts, customer_ids)
            return dict(zip(customer_ids, found, strict=True))

    def fence(self, customer_id: object) -> int:
        """The latest `exp` that a burn of this customer covers, as SPEC.md keeps it; 0 for none."""
        kept = self.rows(f"{BOOKKEEPING}{customer_id}")
        return max((row.fenced for row in kept), default=0)

    def row(self, customer_id: object, hash_: str) -> Row | None:
        got = self._client.get_item(
            TableName=self.name, Key=key(str(customer_id), hash_), ConsistentRead=True
        )
        return Row(got["Item"]) if "Item" in got else None

    def scan(self) -> Iterator[list[Row]]:
        """Every item of the whole table, page by page."""
        return self._pages(self._client.scan)

    def made_up(self) -> Iterator[list[Row]]:
        """The keys of all rows of made-up customers, of whichever run, page by page."""
        for rows in self._pages(self._client.scan, ProjectionExpression=KEYS):
            yield [row for row in rows if is_made_up(row.customer_id)]

    def holds_others(self, ours: Callable[[str], bool]) -> bool:
        """Whether it holds a row in a partition that is not ours; read until the first of them."""
        pages = self._pages(self._client.scan, ProjectionExpression=KEYS)
        return any(not ours(row.customer_id) for rows in pages for row in rows)

    def put(
        self,
        customer_id: object,
        hash_: str,
        ttl: int | str | None,
        extra: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Row:
        """Write a row; an int ttl is stored as Number, a str as String, None not at all."""
        row = Row.of(customer_id, hash_, ttl, extra)
        self.write(row)
        return row

    def write(self, row: Row) -> None:
        """Write a row over whatever is there."""
        self._client.put_item(TableName=self.name, Item=dict(row.attributes))

    def claim(self, row: Row, owner: str, *, instead_of: Row | None) -> bool:
        """Write a row if none is there, or if it is still this one, by the attribute `owner`."""
        from botocore.exceptions import ClientError

        free: dict[str, Any] = {"ConditionExpression": f"attribute_not_exists({PARTITION_KEY})"}
        if instead_of is not None:
            free = {
                "ConditionExpression": "#owner = :before",
                "ExpressionAttributeNames": {"#owner": owner},
                "ExpressionAttributeValues": {":before": instead_of.attributes[owner]},
            }
        try:
            self._client.put_item(TableName=self.name, Item=dict(row.attributes), **free)
        except ClientError as error:
            if code_of(error) != "ConditionalCheckFailedException":
                raise
            return False
        return True

    def put_many(self, rows: list[Row]) -> None:
        """Write many rows, 25 a call."""
        for start in range(0, len(rows), 25):
            batch = rows[start : start + 25]
            self._batch([{"PutRequest": {"Item": dict(row.attributes)}} for row in batch])

    def replace(self, old: Row, new: Row) -> bool:
        """Old row out, new row in, at once; False, and nothing done, where the old one is gone."""
        from botocore.exceptions import ClientError

        delete = {
            "TableName": self.name,
            "Key": key(old.customer_id, old.hash),
            "ConditionExpression": f"attribute_exists({PARTITION_KEY})",
        }
        put = {"TableName": self.name, "Item": dict(new.attributes)}
        for pause in pauses():
            try:
                self._client.transact_write_items(TransactItems=[{"Delete": delete}, {"Put": put}])
                return True
            except ClientError as error:
                if code_of(error) != "TransactionCanceledException":
                    raise
                if "ConditionalCheckFailed" in str(error):
                    return False
            time.sleep(pause)
        raise TableLost("the table cancels the suite's own transactions: run again")

    def delete_many(self, rows: list[Row]) -> None:
        """Delete many rows, 25 a call; those that are gone already are ignored."""
        for start in range(0, len(rows), 25):
            self._batch(
                [
                    {"DeleteRequest": {"Key": key(row.customer_id, row.hash)}}
                    for row in rows[start : start + 25]
                ]
            )

    def deletes_expired_rows(self) -> bool:
        """Whether the table has TTL on, as far as it tells."""
        try:
            told = self._client.describe_time_to_live(TableName=self.name)
        except troubles():
            return False
        status = told.get("TimeToLiveDescription", {}).get("TimeToLiveStatus", "")
        return str(status).startswith("ENABL")

    def drop(self, row: Row | None) -> None:
        """Delete a row as the table's own expiry does; one that is gone already is ignored."""
        if row is not None:
            self.delete(row)

    def expire(self, customer_id: object, moment: int, but: str) -> None:
        """Delete the customer's rows, bookkeeping included, that the table's own expiry would have
        deleted by a moment; the row of one hash stays.
        """
        for partition in (str(customer_id), f"{BOOKKEEPING}{customer_id}"):
            rows = [row for row in self.rows(partition) if row.hash != but]
            self.delete_many([row for row in rows if row.ttl is not None and row.ttl < moment])

    def delete(self, row: Row) -> None:
        self._client.delete_item(TableName=self.name, Key=key(row.customer_id, row.hash))

    def clear(self, customer_id: object) -> None:
        """Delete all rows of a made-up customer, its bookkeeping included."""
        for partition in (str(customer_id), f"{BOOKKEEPING}{customer_id}"):
            self.delete_many(self.rows(partition))

    def _pages(self, read: Callable[..., Any], **asked: Any) -> Iterator[list[Row]]:
        """Each page of a query or scan; not boto3's paginator, which another client lacks."""
        start: dict[str, Any] = {}
        while True:
            page = read(TableName=self.name, ConsistentRead=True, **asked, **start)
            yield [Row(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                return
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}

    def _batch(self, requests: list[dict[str, Any]]) -> None:
        for pause in pauses():
            got = self._client.batch_write_item(RequestItems={self.name: requests})
            requests = got.get("UnprocessedItems", {}).get(self.name, [])
            if not requests:
                return
            time.sleep(pause)
        raise TableLost("the table leaves the suite's writes undone: run again")
