"""A table in this process: moto behind one lock, so that threads meet it one call at a time.

What is kept here ends with the process.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from reference_auth.provision import create_table

REGION = "ap-southeast-2"
TABLE = "auth"

# moto keeps its tables per process and is not thread-safe: one lock for every client of it.
_LOCK = threading.RLock()


class LockedClient:
    """A DynamoDB client whose operations take turns.

    Use it as the boto3 client it wraps (`client.get_item(…)`), or by the wire's names
    (`client.call("GetItem", {…})`), which is what an HTTP endpoint before it needs.
    Errors are botocore's `ClientError`, as from the client itself.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self.exceptions = client.exceptions
        self.meta = client.meta
        self._methods = {wire: name for name, wire in client.meta.method_to_api_mapping.items()}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        operation = getattr(self._client, name)

        @wraps(operation)
        def in_turn(*args: Any, **kwargs: Any) -> Any:
            with _LOCK:
                return operation(*args, **kwargs)

        return in_turn

    def call(self, operation: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Run the operation that the wire calls `operation`; KeyError if there is none."""
        answer: dict[str, Any] = getattr(self, self._methods[operation])(**parameters)
        return answer


@cache
def _mock() -> Any:
    """Start moto for the rest of the process's life, keeping what it already holds."""
    from moto import mock_aws

    mock = mock_aws()
    mock.start(reset=False)
    return mock


def memory_client(region: str = REGION) -> LockedClient:
    """Return a client of the tables in this process; they are shared by all its callers."""
    import boto3
    from botocore.config import Config

    with _LOCK:
        _mock()
        client = boto3.client(
            "dynamodb",
            region_name=region,
            aws_access_key_id="in-process",
            aws_secret_access_key="in-process",
            # moto does not catch a client whose endpoint comes from the environment.
            config=Config(ignore_configured_endpoint_urls=True, retries={"max_attempts": 1}),
        )
    return LockedClient(client)


def memory_table(name: str = TABLE, region: str = REGION) -> LockedClient:
    """Return a client with the table `name` made."""
    client = memory_client(region)
    create_table(client, name)
    return client
