"""Session rows in sqlite: customer, hash and `ttl`, as the module writes them (SPEC.md 3.12)."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager

Row = tuple[str, str, int]

TABLE = """
CREATE TABLE session (
    customer_id TEXT, refresh_token_hash TEXT, ttl INTEGER,
    PRIMARY KEY (customer_id, refresh_token_hash))
"""
THIS_ROW = "WHERE customer_id = ? AND refresh_token_hash = ?"


class Store:
    """Single steps; whoever takes several takes them in one `transaction`."""

    def __init__(self) -> None:
        self._database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        self._database.execute(TABLE)
        self._lock = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All steps or none, one request at a time."""
        with self._lock, self._database:
            self._database.execute("BEGIN IMMEDIATE")
            yield

    def get(self, customer: str, hash_: str) -> Row | None:
        """The row of this key."""
        rows = self._run(f"SELECT * FROM session {THIS_ROW}", customer, hash_).fetchall()
        return rows[0] if rows else None

    def all_of(self, customer: str) -> list[Row]:
        """Every row of one customer."""
        return self._run("SELECT * FROM session WHERE customer_id = ?", customer).fetchall()

    def add(self, row: Row) -> bool:
        """Whether the row's key was free, and now is its own."""
        return self._run("INSERT OR IGNORE INTO session VALUES (?, ?, ?)", *row).rowcount == 1

    def put(self, row: Row) -> None:
        """Write the row over whatever has its key."""
        self._run("INSERT OR REPLACE INTO session VALUES (?, ?, ?)", *row)

    def delete(self, customer: str, hash_: str) -> bool:
        """Whether the row was there, and now is gone."""
        return self._run(f"DELETE FROM session {THIS_ROW}", customer, hash_).rowcount == 1

    def delete_all(self, customer: str) -> None:
        """End every session of one customer."""
        self._run("DELETE FROM session WHERE customer_id = ?", customer)

    def _run(self, sql: str, *values: object) -> sqlite3.Cursor:
        with self._lock:
            return self._database.execute(sql, values)
