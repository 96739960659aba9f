"""A DynamoDB table in this process: moto behind one lock. It is lost when the process ends."""

from __future__ import annotations

import copy
import itertools
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cache, wraps
from typing import Any

from reference_auth.store.own_environment import own_environment
from reference_auth.store.provision import create_table

REGION = "ap-southeast-2"
TABLE = "auth"

# moto keeps its tables per process and is not thread-safe: all its clients share one lock.
_LOCK = threading.RLock()
# moto keeps every object that it ever made, for a dashboard. Drop them after so many calls.
_CALLS_KEPT = 100
_calls = itertools.count(1)


class LockedClient:
    """A boto3 client whose operations run one at a time."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        from moto.core.model_instances import reset_model_data

        found = getattr(self._client, name)
        if not callable(found):
            return found

        @wraps(found)
        def call(*args: Any, **kwargs: Any) -> Any:
            with _LOCK:
                if next(_calls) % _CALLS_KEPT == 0:
                    reset_model_data()
                with _sharing_rows(kwargs.get("TransactItems", ())):
                    return found(*args, **kwargs)

        return call


def memory_client(region: str = REGION) -> LockedClient:
    """Return a client of the tables in this process; all its clients share them."""
    with own_environment():
        from botocore import UNSIGNED
        from botocore.config import Config

        _start_moto()
        config = Config(
            retries={"max_attempts": 1},
            signature_version=UNSIGNED,  # nobody checks it, and it takes a third of a call
        )
        client = LockedClient(_session().client("dynamodb", region_name=region, config=config))
        client.list_tables(Limit=1)  # at its first call moto reads more of the environment
        return client


def memory_table(name: str = TABLE, region: str = REGION) -> LockedClient:
    """Return a client, after making the table `name` if it is not there."""
    client = memory_client(region)
    create_table(client, name)
    return client


@cache
def _session() -> Any:
    """A session of our own: what it reads of the environment is for no other client."""
    import boto3

    return boto3.session.Session()


@cache
def _start_moto() -> None:
    """Start moto for the rest of the process's life, keeping what it already holds."""
    from moto import mock_aws

    with _LOCK:
        mock_aws().start(reset=False)


@contextmanager
def _sharing_rows(parts: Sequence[Mapping[str, Any]]) -> Iterator[None]:
    """Let moto keep the rows themselves, in case that this transaction fails, and no copies.

    It would copy the whole table for each part, which takes longer with each session. What updates
    a row changes it in place, so there the copies stay.
    """
    from moto.dynamodb.models.table import Table

    if not parts or any("Update" in part for part in parts):
        yield
        return
    Table.__deepcopy__ = _with_its_rows  # type: ignore[attr-defined]
    try:
        yield
    finally:
        del Table.__deepcopy__  # type: ignore[attr-defined]


def _with_its_rows(table: Any, memo: object) -> Any:
    kept = copy.copy(table)
    kept.items = defaultdict(dict, {key: dict(rows) for key, rows in table.items.items()})
    return kept
