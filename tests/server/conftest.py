"""One table, and a development and a production server over it, for the tests of the edges."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from reference_auth.store.memory import LockedClient, memory_table
from tests.server.serving import Caller, demo_server, make_config

TABLE = "edges"


@pytest.fixture(scope="session")
def memory() -> LockedClient:
    """A client of a table in this process."""
    return memory_table(TABLE)


@pytest.fixture(scope="session")
def development(memory: LockedClient) -> Iterator[Caller]:
    """A server in development mode."""
    with demo_server(memory, make_config(table=TABLE, development=True)) as caller:
        yield caller


@pytest.fixture(scope="session")
def production(memory: LockedClient) -> Iterator[Caller]:
    """A server in production mode over the same table."""
    with demo_server(memory, make_config(table=TABLE)) as caller:
        yield caller
