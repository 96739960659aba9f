"""Each word of the fault proxy does what it says, to real clients, on every engine at hand."""

from __future__ import annotations

import contextlib
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionClosedError,
    ReadTimeoutError,
)

from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.faults.server import LoopbackError

if TYPE_CHECKING:
    from tests.conformance.conftest import Connect, Deployment

ALICE, BOB = "conformance-7-alice", "conformance-7-alice-2"


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])


def apart(work: Callable[..., Any], *arguments: Any) -> Future[Any]:
    """The same call from a thread of its own."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work, *arguments)
    pool.shutdown(wait=False)
    return future


# Passing on


def test_a_call_that_no_fault_concerns_passes(deployment: Deployment, direct: Deployment) -> None:
    """Without a fault the deployment and the table see each other as if nothing were between."""
    deployment.write(ALICE, "one")
    assert direct.sessions(ALICE) == {"one"}
    assert deployment.rotate(ALICE, "one", "two")
    assert deployment.sessions(ALICE) == direct.sessions(ALICE) == {"two"}


def test_cancellation_reasons_pass(deployment: Deployment) -> None:
    """The engine's own reasons for a cancelled transaction reach the client one by one."""
    with pytest.raises(ClientError) as error:
        deployment.rotate(ALICE, "none", "two")
    reasons = error.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["ConditionalCheckFailed", "None", "None"]


def test_the_proxy_costs_little(deployment: Deployment, direct: Deployment) -> None:
    """A read through the proxy costs less than twice a direct one and 1.5 ms, in work done."""

    def work(side: Deployment) -> float:
        started = time.process_time()
        side.read(ALICE, "one")
        return time.process_time() - started

    pairs = [(work(direct), work(deployment)) for _ in range(110)][10:]
    straight, through = (statistics.median(costs) for costs in zip(*pairs, strict=True))
    assert through < straight * 2 + 0.0015, f"ratio {through / straight:.2f}"


def test_the_proxy_holds_nothing_back(deployment: Deployment, direct: Deployment) -> None:
    """No packet waits for another: the quickest call is far from the 40 ms that would take."""

    def seconds(side: Deployment) -> float:
        started = time.perf_counter()
        side.read(ALICE, "one")
        return time.perf_counter() - started

    straight, through = (min(seconds(side) for _ in range(50)) for side in (direct, deployment))
    assert through - straight < 0.02


def test_a_large_answer_passes(deployment: Deployment, direct: Deployment) -> None:
    """An answer of many segments arrives whole."""
    row = {**direct.key(ALICE, "large"), "blob": {"S": "x" * 350_000}}
    direct.client.put_item(TableName=direct.table, Item=row)
    assert len(deployment.read(ALICE, "large")["blob"]["S"]) == 350_000


@pytest.mark.parametrize(
    "listen, upstream",
    [
        ("0.0.0.0:0", "http://127.0.0.1:1"),
        ("192.0.2.1:0", "http://127.0.0.1:1"),
        ("127.0.0.1:0", "http://192.0.2.1:8000"),
        ("127.0.0.1:0", "https://127.0.0.1:8000"),
        ("127.0.0.1:0", "http://dynamodb.example.com"),
        ("127.0.0.1:0", "http://127.0.0.1:99999"),
        ("127.0.0.1", "http://127.0.0.1:1"),
    ],
)
def test_only_the_loopback_is_served(listen: str, upstream: str) -> None:
    """Another address than this machine's, on either side, is refused in one sentence."""
    with pytest.raises(LoopbackError, match=r"\.$"):
        FaultProxy(listen, upstream)


def test_a_port_in_use_is_named(proxy: FaultProxy, table_url: str) -> None:
    """A second proxy on the same port is refused with the address in the sentence."""
    taken = proxy.url.removeprefix("http://")
    with pytest.raises(LoopbackError, match=f"Cannot listen on {taken}"):
        FaultProxy(taken, table_url)


def test_an_upstream_that_is_gone_looks_like_a_lost_connection(connect: Connect) -> None:
    """With no table behind it the proxy closes, and goes on serving the next call."""
    with FaultProxy("127.0.0.1:0", "http://127.0.0.1:9") as faults:
        client = connect(faults.url)
        for _ in range(2):
            with pytest.raises(ConnectionClosedError):
                client.list_tables()


# Roles


ROLES = {
    "get": ("read",),
    "query": ("read",),
    "put": ("write", "change", "rotate"),
    "update": ("write", "change", "rotate"),
    "delete": ("delete", "change", "rotate", "burn"),
    "transaction": ("write", "delete", "change", "rotate"),
    "batch": ("delete", "change", "burn"),
}


@pytest.mark.parametrize("kind", ROLES)
def test_a_call_plays_the_roles_of_its_effects(
    kind: str, proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """Whichever API is used, a call is known by what it does to the customer's rows."""
    direct.write(ALICE, "one")
    works: dict[str, Callable[[], Any]] = {
        "get": lambda: deployment.read(ALICE, "one"),
        "query": lambda: deployment.sessions(ALICE),
        "put": lambda: deployment.write(ALICE, "two"),
        "update": lambda: deployment.touch(ALICE, "one"),
        "delete": lambda: deployment.delete(ALICE, "one"),
        "transaction": lambda: deployment.rotate(ALICE, "one", "two"),
        "batch": lambda: deployment.burn(ALICE, "one"),
    }
    with proxy.watch() as calls:
        works[kind]()
    every = ("read", "write", "delete", "change", "rotate", "burn")
    assert tuple(role for role in every if calls.with_role(role, ALICE)) == ROLES[kind]
    assert not any(calls.with_role(role, BOB) for role in every)
    assert calls.with_role("any", BOB) == list(calls)


def test_bookkeeping_is_no_session_row(proxy: FaultProxy, deployment: Deployment) -> None:
    """A write beside the customer's own partition is no write of a session."""
    with proxy.watch() as calls:
        deployment.write(f"ended#{ALICE}", "burn")
    assert not calls.with_role("write")


def test_an_older_way_to_ask_is_understood(proxy: FaultProxy, deployment: Deployment) -> None:
    """A Query with KeyConditions, a batch read and PartiQL are reads of the customer's rows."""
    condition = {"AttributeValueList": [{"S": ALICE}], "ComparisonOperator": "EQ"}
    statement = f'SELECT * FROM "{deployment.table}" WHERE customer_id = ?'
    with proxy.watch() as calls:
        deployment.client.query(
            TableName=deployment.table, KeyConditions={"customer_id": condition}
        )
        deployment.client.batch_get_item(
            RequestItems={deployment.table: {"Keys": [deployment.key(ALICE, "one")]}}
        )
        deployment.client.execute_statement(Statement=statement, Parameters=[{"S": ALICE}])
    assert len(calls.with_role("read", ALICE)) == 3
    assert not calls.with_role("read", BOB)


def test_an_unknown_role_is_an_error(proxy: FaultProxy) -> None:
    """A misspelt role does not pass for a fault that met nothing."""
    with pytest.raises(ValueError, match="neither a role"):
        proxy.refuse("wirte")


# The log of calls


def test_the_log_tells_whose_rows_were_touched(proxy: FaultProxy, deployment: Deployment) -> None:
    """Calls are kept with their keys while the log is open, and not before or after."""
    deployment.write(BOB, "before")
    with proxy.watch() as calls:
        deployment.read(ALICE, "one", ConsistentRead=True)
        deployment.read(ALICE, "one")
    deployment.write(BOB, "after")
    assert [call.operation for call in calls] == ["GetItem", "GetItem"]
    assert [call.consistent for call in calls] == [True, False]
    assert calls.with_role("read", ALICE) == list(calls)
    assert not calls.with_role("read", BOB)


def test_the_log_finds_literal_bad_keys(proxy: FaultProxy, deployment: Deployment) -> None:
    """A row under the word "undefined" is found, whether written, read or deleted."""
    with proxy.watch() as calls:
        deployment.write("undefined", "one")
        deployment.read(ALICE, "None")
        deployment.read(ALICE, "one")
    assert [call.has_key("undefined", "None", "null", "") for call in calls] == [True, True, False]


def test_a_call_keeps_its_values_out_of_sight(proxy: FaultProxy, deployment: Deployment) -> None:
    """What a call shows when printed holds no attribute beyond the key."""
    with proxy.watch() as calls:
        row = {**deployment.key(ALICE, "one"), "token": {"S": "raw-token"}}
        deployment.client.put_item(TableName=deployment.table, Item=row)
    assert "raw-token" not in repr(list(calls))


# Refusing


@pytest.mark.parametrize(
    "how, code",
    [
        ("error", "InternalServerError"),
        ("denied", "AccessDeniedException"),
        ("missing", "ResourceNotFoundException"),
        ("unknown", "UnheardOfException"),
    ],
)
def test_refuse_answers_as_the_table_would(
    how: str, code: str, proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """A refused write says so in DynamoDB's words and never reaches the table."""
    with (
        proxy.refuse("write", how, of=ALICE, saying="a secret detail") as fault,
        pytest.raises(ClientError, match="a secret detail") as error,
    ):
        deployment.write(ALICE, "one")
    assert code_of(error) == code
    assert fault.hits == 1
    assert not direct.sessions(ALICE)


def test_refuse_concerns_one_customer(
    proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """Another customer's write passes meanwhile, and so does a read of the same one."""
    with proxy.refuse("write", of=ALICE) as fault:
        deployment.write(BOB, "one")
        assert deployment.read(ALICE, "one") is None
    assert fault.hits == 0
    assert direct.sessions(BOB) == {"one"}


def test_confine_denies_what_would_change_rows_of_others(
    proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """One's own rows change as usual; another's stay, whatever the call, and can be read."""
    for owner in ("ours", "theirs"):
        direct.write(owner, "a")
    with proxy.confine(lambda partition: partition == "ours"):
        deployment.rotate("ours", "a", "b")
        assert deployment.read("theirs", "a")
        for change in (
            lambda: deployment.delete("theirs", "a"),
            lambda: deployment.rotate("theirs", "a", "b"),
            lambda: deployment.burn("theirs", "a"),
            lambda: deployment.client.execute_statement(Statement="DELETE FROM auth"),
        ):
            with pytest.raises(ClientError, match="AccessDenied"):
                change()
    assert [direct.sessions(owner) for owner in ("ours", "theirs")] == [{"b"}, {"a"}]


def test_refuse_ends_with_its_block(proxy: FaultProxy, deployment: Deployment) -> None:
    """After the block, and after `times` calls in it, the service is back."""
    with proxy.refuse("write", times=2):
        for _ in range(2):
            with pytest.raises(ClientError):
                deployment.write(ALICE, "one")
        deployment.write(ALICE, "one")
    with proxy.refuse("write"), pytest.raises(ClientError):
        deployment.write(ALICE, "two")
    deployment.write(ALICE, "three")
    assert deployment.sessions(ALICE) == {"one", "three"}


def test_a_fault_may_let_calls_pass_first(proxy: FaultProxy, deployment: Deployment) -> None:
    """The second call alone is refused, and calls of another kind do not count."""
    with proxy.refuse("write", of=ALICE, after=1, times=1) as fault:
        deployment.read(ALICE, "one")
        deployment.write(ALICE, "one")
        with pytest.raises(ClientError):
            deployment.write(ALICE, "two")
        deployment.write(ALICE, "three")
    assert fault.hits == 1
    assert deployment.sessions(ALICE) == {"one", "three"}


def test_refuse_may_reset_the_connection(
    proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """A reset leaves no answer at all, and nothing in the table."""
    with proxy.refuse("write", "reset"), pytest.raises(ConnectionClosedError):
        deployment.write(ALICE, "one")
    assert not direct.sessions(ALICE)


def test_refuse_may_answer_with_a_page(proxy: FaultProxy, deployment: Deployment) -> None:
    """Garbage from a broken gateway is no DynamoDB error that a client knows."""
    with proxy.refuse("read", "garbage"), pytest.raises((ClientError, BotoCoreError)) as error:
        deployment.read(ALICE, "one")
    assert "InternalServerError" not in str(error.value)


def test_a_transaction_is_a_write_too(
    proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """A rotation in one transaction is refused as a write, and so is one in two calls."""
    direct.write(ALICE, "one")
    with proxy.refuse("write", of=ALICE) as fault, pytest.raises(ClientError):
        deployment.rotate(ALICE, "one", "two")
    assert fault.calls[0].transaction
    assert direct.sessions(ALICE) == {"one"}


@pytest.mark.parametrize(
    "how, code",
    [
        ("throughput", "ProvisionedThroughputExceededException"),
        ("rate", "ThrottlingException"),
        ("requests", "RequestLimitExceeded"),
    ],
)
def test_throttle_is_something_a_client_retries(
    how: str, code: str, proxy: FaultProxy, deployment: Deployment, stubborn: Deployment
) -> None:
    """A throttled call fails with the code of a throttle, and a patient client gets through."""
    with proxy.throttle("read", how), pytest.raises(ClientError) as error:
        deployment.read(ALICE, "one")
    assert code_of(error) == code
    with proxy.throttle("write", how, times=1) as fault:
        stubborn.write(ALICE, "one")
    assert fault.hits == 1
    assert stubborn.sessions(ALICE) == {"one"}


# Time


def test_delay_passes_the_call_on_later(
    proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """A delayed write takes its time and then happens."""
    started = time.monotonic()
    with proxy.delay("write", 0.3):
        deployment.write(ALICE, "one")
    assert time.monotonic() - started >= 0.3
    assert direct.sessions(ALICE) == {"one"}


def test_hang_never_answers(
    proxy: FaultProxy, table: str, connect: Connect, direct: Deployment
) -> None:
    """A hanging write runs into the client's own limit and never happens; a read goes on."""
    client = connect(proxy.url, read_timeout=0.3)
    item = direct.key(ALICE, "one")
    with proxy.hang("write"):
        with pytest.raises(ReadTimeoutError):
            client.put_item(TableName=table, Item=item)
        assert "Item" not in client.get_item(TableName=table, Key=item)
    assert not direct.sessions(ALICE)


def test_hang_ends_with_its_block(proxy: FaultProxy, deployment: Deployment) -> None:
    """A call that hangs is cut off when the test is over with it."""
    with proxy.hang("write") as fault:
        hanging = apart(deployment.write, ALICE, "one")
        assert fault.held()
    with pytest.raises(ConnectionClosedError):
        hanging.result(5)


def test_hang_ends_by_itself(proxy: FaultProxy, deployment: Deployment) -> None:
    """A hang is bounded, should the test forget it."""
    with proxy.hang("write", seconds=0.2) as fault, pytest.raises(ConnectionClosedError):
        deployment.write(ALICE, "one")
    assert fault.hits == 1


def test_closing_the_proxy_ends_a_hang(
    table_url: str, connect: Connect, table: str, direct: Deployment
) -> None:
    """Nothing outlives the proxy: closing it lets a hanging client go at once."""
    with FaultProxy("127.0.0.1:0", table_url) as faults:
        client = connect(faults.url, read_timeout=30)
        with faults.hang("write") as fault:
            item = direct.key(ALICE, "one")
            hanging = apart(lambda: client.put_item(TableName=table, Item=item))
            assert fault.held()
            started = time.monotonic()
            faults.close()
            assert time.monotonic() - started < 1.5
            with pytest.raises(ConnectionClosedError):
                hanging.result(5)


# Losing the answer


def test_drop_answer_commits_and_says_nothing(
    proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """The table has done it, but the client sees a closed connection."""
    direct.write(ALICE, "one")
    with proxy.drop_answer("rotate", of=ALICE) as fault, pytest.raises(ConnectionClosedError):
        deployment.rotate(ALICE, "one", "two")
    assert fault.hits == 1
    assert direct.sessions(ALICE) == {"two"}


def test_a_client_retries_after_a_dropped_answer(
    proxy: FaultProxy, stubborn: Deployment, direct: Deployment
) -> None:
    """The retry of a client carries the same token, and reaches the table after the first."""
    direct.write(ALICE, "one")
    forgetful = stubborn.client.exceptions.TransactionCanceledException  # moto, of the token
    with proxy.watch() as calls, proxy.drop_answer("rotate"), contextlib.suppress(forgetful):
        stubborn.rotate(ALICE, "one", "two")
    first, second = calls.with_role("rotate", ALICE)
    assert first.body["ClientRequestToken"] == second.body["ClientRequestToken"]
    assert direct.sessions(ALICE) == {"two"}


# Stale reads


@pytest.mark.parametrize("consistent", [True, False])
def test_stale_answers_with_a_deleted_row(
    consistent: bool, proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """A read is answered as it was while the row was there, however it asks now."""
    direct.write(ALICE, "one")
    assert deployment.read(ALICE, "one", ConsistentRead=True)
    direct.delete(ALICE, "one")
    with proxy.stale("read", of=ALICE) as fault:
        assert deployment.read(ALICE, "one", ConsistentRead=consistent)
    assert fault.hits == 1
    assert deployment.read(ALICE, "one") is None


def test_stale_knows_queries(proxy: FaultProxy, deployment: Deployment, direct: Deployment) -> None:
    """A query is answered with the rows that it once found."""
    direct.write(ALICE, "one")
    assert deployment.sessions(ALICE) == {"one"}
    direct.delete(ALICE, "one")
    assert deployment.sessions(ALICE) == set()
    with proxy.stale():
        assert deployment.sessions(ALICE) == {"one"}


def test_stale_does_not_invent(
    proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """A row that was never read passes as it is, and the fault has met nothing."""
    direct.write(ALICE, "one")
    with proxy.stale() as fault:
        assert deployment.read(ALICE, "one")
        assert deployment.read(ALICE, "two") is None
    assert fault.hits == 0


# Transactions


@pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError"])
def test_conflict_names_the_rows_at_fault(
    reason: str, proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """The changed rows are at fault, the check beside them is not, and nothing is done."""
    direct.write(ALICE, "one")
    with proxy.conflict("rotate", reason, of=ALICE), pytest.raises(ClientError) as error:
        deployment.rotate(ALICE, "one", "two")
    assert code_of(error) == "TransactionCanceledException"
    reasons = error.value.response["CancellationReasons"]
    assert [each["Code"] for each in reasons] == [reason, reason, "None"]
    assert direct.sessions(ALICE) == {"one"}


def test_a_check_is_not_at_fault(proxy: FaultProxy, deployment: Deployment) -> None:
    """A condition on a row that stays as it is conflicts with nobody."""
    row = {"TableName": deployment.table, "Key": deployment.key(ALICE, "one")}
    check = {**row, "ConditionExpression": "attribute_not_exists(customer_id)"}
    put = {"TableName": deployment.table, "Item": deployment.key(ALICE, "two")}
    with proxy.conflict(), pytest.raises(ClientError) as error:
        deployment.client.transact_write_items(
            TransactItems=[{"ConditionCheck": check}, {"Put": put}]
        )
    reasons = error.value.response["CancellationReasons"]
    assert [each["Code"] for each in reasons] == ["None", "TransactionConflict"]


def test_conflict_is_for_transactions(proxy: FaultProxy, deployment: Deployment) -> None:
    """A deployment without transactions meets no conflict, and the fault says so."""
    with proxy.conflict("write") as fault:
        deployment.write(ALICE, "one")
    assert fault.hits == 0


def test_in_progress_is_a_retryable_refusal(
    proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """The answer says that the same transaction is under way."""
    direct.write(ALICE, "one")
    with proxy.in_progress(of=ALICE, times=1) as fault:
        with pytest.raises(ClientError) as error:
            deployment.rotate(ALICE, "one", "two")
        assert deployment.rotate(ALICE, "one", "two")
    assert code_of(error) == "TransactionInProgressException"
    assert fault.hits == 1


# Batches


@pytest.mark.parametrize("items, left", [(1, ["three"]), (2, ["two", "three"])])
def test_leave_unprocessed_keeps_items_back(
    items: int, left: list[str], proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """The last items of a batch stay in the table and come back as unprocessed."""
    sessions = ["one", "two", "three"]
    for session in sessions:
        direct.write(ALICE, session)
    with proxy.leave_unprocessed(items, of=ALICE) as fault:
        assert deployment.burn(ALICE, *sessions) == left
        assert direct.sessions(ALICE) == set(left)
        assert deployment.burn(ALICE, *left) == []
    assert fault.hits == 1
    assert not direct.sessions(ALICE)


def test_leave_unprocessed_may_keep_all(
    proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """Where everything is kept back, the table hears nothing."""
    direct.write(ALICE, "one")
    with proxy.leave_unprocessed(items=25):
        assert deployment.burn(ALICE, "one") == ["one"]
    assert direct.sessions(ALICE) == {"one"}


# Holding


def test_hold_stops_calls_until_they_are_released(
    proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """No held write happens before the test says so."""
    with proxy.hold("write", of=ALICE) as held:
        first = apart(deployment.write, ALICE, "one")
        assert held.held(1)
        second = apart(deployment.write, ALICE, "two")
        assert held.held(2)
        assert not direct.sessions(ALICE)
        held.release()
        first.result(5)
        second.result(5)
    assert direct.sessions(ALICE) == {"one", "two"}
    assert not held.timed_out


def test_release_lets_all_go(proxy: FaultProxy, deployment: Deployment, direct: Deployment) -> None:
    """After the release the held call goes on and later ones are left alone."""
    with proxy.hold("write") as held:
        waiting = apart(deployment.write, ALICE, "one")
        assert held.held()
        held.release()
        waiting.result(5)
        deployment.write(ALICE, "two")
    assert direct.sessions(ALICE) == {"one", "two"}


def test_a_held_read_has_already_read(
    proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """A read is held with its answer, so that it tells what was true when it asked."""
    direct.write(ALICE, "one")
    with proxy.hold("read", of=ALICE, times=1) as held:
        reading = apart(deployment.read, ALICE, "one")
        assert held.held()
        direct.delete(ALICE, "one")
    assert reading.result(5) is not None
    assert deployment.read(ALICE, "one") is None


def test_a_held_call_whose_caller_has_gone_is_not_done(
    proxy: FaultProxy, table: str, connect: Connect, direct: Deployment
) -> None:
    """A client that gave up while it was held finds nothing done afterwards."""
    client = connect(proxy.url, read_timeout=0.2)
    with proxy.hold("write") as held:
        with pytest.raises(ReadTimeoutError):
            client.put_item(TableName=table, Item=direct.key(ALICE, "one"))
        assert held.hits == 1
    assert not direct.sessions(ALICE)


def test_hold_ends_by_itself(proxy: FaultProxy, deployment: Deployment) -> None:
    """A hold is bounded, and says that it was not the test that ended it."""
    with proxy.hold("write", seconds=0.2) as held:
        deployment.write(ALICE, "one")
    assert held.timed_out
    assert deployment.sessions(ALICE) == {"one"}


def test_a_barrier_lets_its_parties_go_together(
    proxy: FaultProxy, deployment: Deployment, direct: Deployment
) -> None:
    """Two readers both hold their answers before either goes on, then later reads pass."""
    direct.write(ALICE, "one")
    with proxy.barrier("read", parties=2, of=ALICE) as barrier:
        first = apart(deployment.read, ALICE, "one")
        assert barrier.held(1)
        assert not first.done()
        second = apart(deployment.read, ALICE, "one")
        assert first.result(5) == second.result(5) is not None
        assert deployment.read(ALICE, "one")
    assert barrier.complete
    assert barrier.hits == 2


def test_a_barrier_that_is_not_met_says_so(proxy: FaultProxy, deployment: Deployment) -> None:
    """A party that waits in vain goes on, and the barrier is not complete."""
    with proxy.barrier("read", parties=2, seconds=0.2) as barrier:
        deployment.read(ALICE, "one")
    assert barrier.hits == 1
    assert not barrier.complete


def test_the_newest_fault_has_the_call(proxy: FaultProxy, deployment: Deployment) -> None:
    """Inside an outage a narrower fault is met first."""
    with proxy.refuse("any"), proxy.refuse("read", "denied") as inner:
        with pytest.raises(ClientError) as error:
            deployment.read(ALICE, "one")
        assert code_of(error) == "AccessDeniedException"
        with pytest.raises(ClientError) as error:
            deployment.write(ALICE, "one")
    assert code_of(error) == "InternalServerError"
    assert inner.hits == 1


def test_many_connections_at_once(deployment: Deployment, direct: Deployment) -> None:
    """Sixteen writers at once each get their own answer."""
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: deployment.write(ALICE, f"session-{n}"), range(64)))
    assert len(direct.sessions(ALICE)) == 64


def test_closing_leaves_no_thread_behind(table_url: str, connect: Connect) -> None:
    """A closed proxy ends its threads, and a table in this process those that served it."""
    before = set(threading.enumerate())
    with FaultProxy("127.0.0.1:0", table_url) as faults:
        connect(faults.url).list_tables()
        during = set(threading.enumerate()) - before
    for thread in during:
        thread.join(5)
    assert during
    assert not [thread for thread in during if thread.is_alive()]
