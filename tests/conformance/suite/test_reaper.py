"""A table that deletes what has expired while the suite is at work turns nothing red."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from conformance_tests.embedded import boot
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from tests.conformance.suite.ways import blind

#: Rows whose tests meet sessions, or rows, that have run out.
ROWS = ("CORE-15", "CORE-21", "CORE-27", "STORE-06", "STORE-08", "HARD-12", "HARD-16", "HARD-38")
PAUSE_SECONDS = 0.01


@contextmanager
def reaping(client: Any, table: str) -> Iterator[None]:
    """Delete rows past their ttl, of either type, again and again."""

    def reap() -> None:
        while not over.wait(PAUSE_SECONDS):
            for item in client.scan(TableName=table)["Items"]:
                ttl = next(iter(item.get("ttl", {"N": "9999999999"}).values()))
                if int(ttl) < time.time():
                    key = {name: item[name] for name in ("customer_id", "refresh_token_hash")}
                    client.delete_item(TableName=table, Key=key)

    over = threading.Event()
    thread = threading.Thread(target=reap)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def test_rows_that_the_table_deletes_turn_nothing_red() -> None:
    """With the secret and the table, where an older pair takes a session's place."""
    with boot.embedded_reference(over_http=False, behind_proxy=False) as (target, wiring):
        assert target.table is not None
        seen = blind(target, secret=target.secret, table=target.table)
        with reaping(wiring.table_client, target.table.name):
            found = run_suite(seen, Options(only=ROWS), wiring=wiring).findings
    assert [(one.requirement, one.test) for one in found if one.status in ("fail", "error")] == []
    assert len([one for one in found if one.status == "pass"]) > 10
    told = {str(one.detail) for one in found if one.status == "not-testable"}
    assert told <= {"the table deleted an expired row while it was needed"}
