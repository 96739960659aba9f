"""No request takes longer than ten seconds, whatever hangs, and its answer is always JSON."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack

import anyio
import anyio.to_thread
import pytest
import strawberry

from reference_auth import AuthQuery, LoginRefused, create_app
from reference_auth.store import retry
from reference_auth.store.memory import LockedClient
from tests.server.conftest import TABLE
from tests.server.serving import LOGIN, Caller, calling, make_config

SERVER = "graphql-server-internal-error"
SLOW = 0.4


@strawberry.type(name="Query")
class HangingQuery(AuthQuery):
    """A host's own field that never answers."""

    @strawberry.field
    async def hangs(self) -> str:
        await anyio.sleep_forever()
        return ""


class Platform:
    """Lets everybody in, after waiting as it is told."""

    def __init__(self, wait: Callable[[], Awaitable[object]]) -> None:
        self.wait = wait

    async def login(self, email: str, password: str) -> str:
        await self.wait()
        if password != "right":
            raise LoginRefused
        return email


async def in_a_thread() -> None:
    await anyio.to_thread.run_sync(time.sleep, 3)


Serving = Callable[[Callable[[], Awaitable[object]]], Caller]


@pytest.fixture
def serving(memory: LockedClient) -> Iterator[Serving]:
    """Starts a server over a platform that waits."""
    with ExitStack() as ends:

        def start(wait: Callable[[], Awaitable[object]]) -> Caller:
            config = make_config(table=TABLE, login_seconds=1)
            app = create_app(config, Platform(wait), client=memory, query=HangingQuery)
            return ends.enter_context(calling(app))

        yield start


@pytest.mark.parametrize("hang", [anyio.sleep_forever, in_a_thread])
def test_a_platform_that_hangs(serving: Serving, hang: Callable[[], Awaitable[object]]) -> None:
    """The login is answered with a retryable error, and others are served meanwhile."""
    caller, began = serving(hang), time.monotonic()
    assert caller.category(LOGIN, email="a", password="right") == SERVER
    assert time.monotonic() - began < 2.5


def test_the_fields_of_a_request_share_its_time(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten slow logins take no longer than one request may; those that were in time are answered."""
    monkeypatch.setattr(retry, "LONGEST_REQUEST", 1.0)
    caller, began = serving(lambda: anyio.sleep(SLOW)), time.monotonic()
    login = 'generateCustomerToken(email: "%s", password: "right") { token }'
    fields = " ".join(f"f{n}: {login % n}" for n in range(10))
    body = caller.post(f"mutation {{ {fields} }}").json()
    assert time.monotonic() - began < 1.0 + retry.ANSWER_SECONDS
    assert body["data"]["f0"]["token"]
    assert body["data"]["f9"] is None
    assert {error["extensions"]["category"] for error in body["errors"]} == {SERVER}


def test_a_field_of_the_host_that_hangs(serving: Serving, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request is ended for it."""
    monkeypatch.setattr(retry, "LONGEST_REQUEST", 0.1)
    monkeypatch.setattr(retry, "ANSWER_SECONDS", 0.1)
    answer = serving(lambda: anyio.sleep(0)).post("{ hangs }")
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["category"] == SERVER
