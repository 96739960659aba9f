"""Every failure of the table has a name, and nothing waits for ever."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError

from reference_auth.core.errors import AuthError, OutcomeUnknown, StorageError
from reference_auth.store import retry, storage
from reference_auth.store.retry import Busy
from reference_auth.store.storage import Cancelled, ConditionFailed, Reason, Storage
from tests.reference.faulty import Faulty, cancelled, refused


def response(code: str, status: int = 400, **more: Any) -> dict[str, Any]:
    return {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}, **more}


@pytest.mark.parametrize(
    "answer, kind",
    [
        (response("ThrottlingException"), Busy),
        (response("ProvisionedThroughputExceededException"), Busy),
        (response("RequestLimitExceeded"), Busy),
        (response("TransactionConflictException"), Busy),
        (response("TransactionInProgressException"), Busy),
        (response("ConditionalCheckFailedException"), ConditionFailed),
        (response("InternalServerError", 500), OutcomeUnknown),
        (response("Unheard of", 503), OutcomeUnknown),
        (response("AccessDeniedException"), StorageError),
        (response("ResourceNotFoundException"), StorageError),
        (response("ValidationException"), StorageError),
        ({}, OutcomeUnknown),
    ],
)
def test_a_refusal_has_one_name(answer: dict[str, Any], kind: type) -> None:
    """FAULT-05, FAULT-09: busy, unknown, refused, or a condition that did not hold."""
    assert type(storage.error_of(answer)) is kind


@pytest.mark.parametrize(
    "codes, kind",
    [
        (["None", "ConditionalCheckFailed"], Cancelled),
        (["TransactionConflict", "None"], Busy),
        (["None", "ThrottlingError"], Busy),
        (["ProvisionedThroughputExceeded"], Busy),
        (["TransactionConflict", "ConditionalCheckFailed"], Cancelled),
        (["ValidationError"], StorageError),
        (["ItemCollectionSizeLimitExceeded", "None"], StorageError),
        ([], StorageError),
    ],
)
def test_reasons_are_read_one_by_one(codes: list[str], kind: type) -> None:
    """FAULT-09: a failed condition is an answer, a conflict is none."""
    reasons = [{"Code": code} for code in codes]
    answer = response("TransactionCanceledException", CancellationReasons=reasons)
    refusal = storage.error_of(answer)
    assert type(refusal) is kind
    if isinstance(refusal, Cancelled):
        assert refusal.reasons == tuple(Reason(code, None) for code in codes)


def client_that(act: Callable[..., Any]) -> Any:
    return type("Client", (), {"get_item": staticmethod(act)})()


def ask(client: Any) -> Any:
    return asyncio.run(Storage(client).call("get_item", TableName="auth"))


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="http://secret-host"),
        NoCredentialsError(),
        TypeError("secret"),
        OSError("secret"),
        ValueError("secret"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_other_error_gets_out(error: Exception, caplog: pytest.LogCaptureFixture) -> None:
    """FAULT-05, HARD-20, HARD-28: whatever a library raises is trouble, its words kept back."""

    def act(**_: Any) -> Any:
        raise error

    with pytest.raises(OutcomeUnknown) as trouble:
        ask(client_that(act))
    assert "secret" not in str(trouble.value) + caplog.text
    assert trouble.value.__cause__ is None
    assert type(error).__name__ in caplog.text


def test_a_conflict_is_waited_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULT-09: the same call, until it is done."""
    client = Faulty(client_that(lambda **_: {"Item": {}}))
    client.on("get_item", refused("ThrottlingException"), cancelled("TransactionConflict"))
    assert ask(client) == {"Item": {}}
    assert client.calls["get_item"] == 3


def test_waiting_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULT-09: then it is trouble, which may be tried again, and the waits were short of it."""
    monkeypatch.setattr(retry, "LONGEST_BACKOFF", 0.3)
    client = Faulty(client_that(lambda **_: {}))
    client.on("get_item", *[refused("ThrottlingException")] * 1000)
    began = time.monotonic()
    with pytest.raises(StorageError):
        ask(client)
    assert 0.25 < time.monotonic() - began < 3
    assert client.calls["get_item"] > 2


def test_the_waits_grow_and_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULT-09: each is drawn from zero to a ceiling that doubles up to a second."""
    ceilings: list[float] = []

    def drawn(low: float, high: float) -> float:
        assert low == 0
        ceilings.append(high)
        return 0.0

    monkeypatch.setattr("random.uniform", drawn)
    client = Faulty(client_that(lambda **_: {}))
    client.on("get_item", *[refused("ThrottlingException")] * 7)
    ask(client)
    assert ceilings == [0.05, 0.1, 0.2, 0.4, 0.8, 1.0, 1.0]


def test_a_hanging_table_does_not_hold_the_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULT-10: the answer comes at the deadline, though the thread is still waiting."""
    release = threading.Event()
    monkeypatch.setattr(retry, "LONGEST_REQUEST", 0.2)

    async def request() -> float:
        began = time.monotonic()
        with pytest.raises(StorageError), retry.deadline():
            await Storage(client_that(lambda **_: release.wait(20))).call("get_item")
        release.set()
        return time.monotonic() - began

    assert 0.15 < asyncio.run(request()) < 5


def test_a_hanging_table_leaves_the_loop_alive() -> None:
    """FAULT-10, HARD-26: while calls hang in their threads, other work goes on."""
    release = threading.Event()

    async def requests() -> int:
        table = Storage(client_that(lambda **_: release.wait(20) or {}))
        waiting = [asyncio.create_task(table.call("get_item")) for _ in range(40)]
        beats = 0
        for _ in range(10):
            await asyncio.sleep(0.005)
            beats += 1
        release.set()
        await asyncio.gather(*waiting)
        return beats

    assert asyncio.run(requests()) == 10


def test_as_many_calls_at_once_as_connections() -> None:
    """FAULT-10: the storage limiter is as large as the pool."""
    running, most, lock = 0, 0, threading.Lock()

    def act(**_: Any) -> Any:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.05)
        with lock:
            running -= 1
        return {}

    async def requests() -> None:
        table = Storage(client_that(act))
        await asyncio.gather(*(table.call("get_item") for _ in range(70)))

    asyncio.run(requests())
    assert 20 < most <= storage.CONNECTIONS == 32


def test_a_transaction_keeps_its_token_through_all_tries() -> None:
    """FAULT-08: so that one whose answer was lost is not done twice; the next has another."""
    client = Faulty(type("Client", (), {"transact_write_items": staticmethod(lambda **_: {})})())
    client.on("transact_write_items", *[refused("TransactionInProgressException")] * 2)

    async def twice() -> None:
        table = Storage(client)
        await table.transact([])
        await table.transact([])

    asyncio.run(twice())
    first, second, third, other = [sent["ClientRequestToken"] for _, sent in client.sent]
    assert first == second == third != other


def test_the_client_does_not_wait_as_long_as_boto_would(monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULT-10: a second to connect, two to read, two attempts, and a pool of 32."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    environ = {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"}
    client: Any = storage.make_client("us-east-1", environ)
    settings = client.meta.config
    assert (settings.connect_timeout, settings.read_timeout) == (1, 2)
    assert settings.retries["total_max_attempts"] == 2
    assert settings.max_pool_connections == storage.CONNECTIONS
    assert client.meta.endpoint_url == "http://127.0.0.1:1"
    assert client.meta.region_name == "us-east-1"


def test_a_closed_port_is_trouble_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """FAULT-05: over a real client too, nothing of botocore's gets out."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    client = storage.make_client("us-east-1", {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:1"})
    with pytest.raises(AuthError) as trouble:
        asyncio.run(Storage(client).call("get_item", TableName="auth", Key={}))
    assert trouble.value.category == "graphql-server-internal-error"
    assert not isinstance(trouble.value, ClientError)
