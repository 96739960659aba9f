"""A table in this process: moto behind one lock, so that threads meet it one call at a time.

What is kept here ends with the process.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from functools import cache, partial, wraps
from typing import Any

from reference_auth.store.provision import create_table

REGION = "ap-southeast-2"
TABLE = "auth"

# moto keeps its tables per process and is not thread-safe: one lock for every client of it.
_LOCK = threading.RLock()
# moto keeps every object that it ever made, copies too, for a dashboard that nobody opens here:
# after so many calls they are let go.
_CALLS_KEPT = 100
_calls = itertools.count(1)


class LockedClient:
    """A DynamoDB client whose operations take turns; it is made when it is first used.

    Otherwise it is the boto3 client that it wraps, errors included.
    """

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = cache(make)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._wrapped(), name)
        return _in_turn(found) if callable(found) else found

    def warm(self) -> None:
        """Make the client now, so that no caller waits for it."""
        self._wrapped()

    def _wrapped(self) -> Any:
        with _LOCK:
            return self._make()


def _in_turn(operation: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(operation)
    def call(*args: Any, **kwargs: Any) -> Any:
        with _LOCK:
            if next(_calls) % _CALLS_KEPT == 0:
                _let_go()
            return operation(*args, **kwargs)

    return call


def _let_go() -> None:
    from moto.core.model_instances import reset_model_data

    reset_model_data()


def memory_client(region: str = REGION) -> LockedClient:
    """Return a client of the tables in this process; all its clients share them."""
    return LockedClient(partial(_client, region))


def memory_table(name: str = TABLE, region: str = REGION) -> LockedClient:
    """Return a client that finds the table `name` made."""
    return LockedClient(partial(_client_with_table, name, region))


def _client_with_table(name: str, region: str) -> Any:
    client = _client(region)
    create_table(client, name)
    return client


def _client(region: str) -> Any:
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    _mock()
    return boto3.client(
        "dynamodb",
        region_name=region,
        # moto does not catch a client whose endpoint comes from the environment.
        config=Config(
            ignore_configured_endpoint_urls=True,
            retries={"max_attempts": 1},
            signature_version=UNSIGNED,  # nobody checks it, and it takes a third of a call
            user_agent="in-process",  # as in storage: else it is composed twice a call
        ),
    )


@cache
def _mock() -> Any:
    """Start moto for the rest of the process's life, keeping what it already holds."""
    from moto import mock_aws

    mock = mock_aws()
    mock.start(reset=False)
    return mock
