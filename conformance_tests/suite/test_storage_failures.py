"""When the table fails nobody is logged out for it, and nothing is promised that is not stored."""

from __future__ import annotations

from concurrent.futures import wait

import pytest

from conformance_tests.actors.customers import Customer, RegisteredCustomer
from conformance_tests.actors.forged_tokens import other_hex
from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.faults.calls import CallLog
from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.developer import Developer
from conformance_tests.deployment.row import BOOKKEEPING
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotTestable

#: How a table says no: for certain, or so that nobody knows what became of the call.
CERTAIN, UNCERTAIN = "denied", "error"
#: A burn in the face of this many rows takes more than one batch.
MANY = 30
#: A busy table says so more often than an SDK tries again by itself.
STUBBORN = 4
PATIENCE = 10.0


@requirement("FAULT-01", logins=2)
@pytest.mark.parametrize("how", [CERTAIN, UNCERTAIN])
def test_a_login_that_cannot_be_stored_gives_nothing(
    alice: RegisteredCustomer, faults: FaultProxy, expect: Expect, how: str
) -> None:
    """While writing fails a login answers an error; afterwards it gives a pair."""
    with faults.refuse("write", how, of=alice.id) as fault:
        answer = alice.ask_to_log_in()
    expect.fault_hit(fault)
    expect.nothing_issued(answer)
    expect.returns_same_pair(alice.log_in())


@requirement("FAULT-02")
@pytest.mark.parametrize("how", [CERTAIN, UNCERTAIN])
def test_a_rotation_that_cannot_be_stored_changes_nothing(
    someone: Customer, faults: FaultProxy, expect: Expect, how: str
) -> None:
    """While writing fails a refresh gives no tokens, and the old pair is good afterwards."""
    session = someone.expired_session()
    with faults.refuse("write", how, of=someone.id) as fault:
        answer = session.refresh()
    expect.fault_hit(fault)
    expect.nothing_issued(answer)
    expect.rotates(session)


@requirement("FAULT-03")
@pytest.mark.parametrize("how", [CERTAIN, UNCERTAIN])
def test_a_refresh_that_cannot_read_changes_nothing(
    someone: Customer, faults: FaultProxy, expect: Expect, how: str
) -> None:
    """While reading fails a refresh gives no tokens and touches no row."""
    session = someone.expired_session()
    with expect.unchanged(someone):
        with faults.refuse("read", how, of=someone.id) as fault:
            answer = session.refresh()
        expect.fault_hit(fault)
        expect.nothing_issued(answer)
    expect.rotates(session)


@requirement("FAULT-04")
@pytest.mark.parametrize("how", [CERTAIN, UNCERTAIN])
def test_no_second_pair_beside_an_old_one_that_cannot_be_deleted(
    someone: Customer, faults: FaultProxy, expect: Expect, how: str
) -> None:
    """While deleting fails the session has one row, and it is the old pair's."""
    session = someone.expired_session()
    with faults.refuse("delete", how, of=someone.id) as fault:
        answer = session.refresh()
    expect.fault_hit(fault)
    expect.nothing_issued(answer)
    expect.rows(someone, 1)
    expect.rotates(session)
    expect.rows(someone, 1)


@requirement("FAULT-05", logins=2)
def test_a_login_blames_the_storage(
    alice: RegisteredCustomer, faults: FaultProxy, expect: Expect
) -> None:
    """A login that cannot be stored is an internal error, which no storefront logs out on."""
    with faults.refuse("write", CERTAIN, of=alice.id) as fault:
        answer = alice.ask_to_log_in()
    expect.fault_hit(fault)
    expect.asks_to_retry(answer)
    alice.log_in()


@requirement("FAULT-05")
@pytest.mark.parametrize("role", ["read", "write", "delete"])
@pytest.mark.parametrize("how", [CERTAIN, UNCERTAIN])
def test_a_refresh_blames_the_storage(
    someone: Customer, faults: FaultProxy, expect: Expect, role: str, how: str
) -> None:
    """Whichever step of a refresh fails, the answer is an internal error."""
    session = someone.expired_session()
    with faults.refuse(role, how, of=someone.id) as fault:
        answer = session.refresh()
    expect.fault_hit(fault)
    expect.asks_to_retry(answer)
    expect.rotates(session)


@requirement("FAULT-05")
@pytest.mark.parametrize("how", [CERTAIN, UNCERTAIN])
def test_a_revoke_blames_the_storage(
    someone: Customer, faults: FaultProxy, expect: Expect, how: str
) -> None:
    """A revoke that cannot delete is an internal error, and true once it can."""
    session = someone.expired_session()
    with faults.refuse("delete", how, of=someone.id) as fault:
        answer = session.revoke()
    expect.fault_hit(fault)
    expect.asks_to_retry(answer)
    expect.revokes(session)


@requirement("FAULT-06", logins=2, burns=True)
@pytest.mark.parametrize("role", ["read", "write", "delete"])
@pytest.mark.parametrize("how", [CERTAIN, UNCERTAIN])
def test_a_storage_failure_never_burns(
    someone: Customer, faults: FaultProxy, expect: Expect, role: str, how: str
) -> None:
    """A refresh that fails, tried twice, leaves the customer's other session as it was."""
    session, other = someone.expired_sessions(2)
    kept = expect.stored(other)
    with faults.refuse(role, how, of=someone.id) as fault:
        session.refresh()
        session.refresh()
    expect.fault_hit(fault)
    expect.equal(expect.stored(other), kept, "the other session's row")
    expect.rotates(other)


@requirement("FAULT-06", logins=2, burns=True, optional=True)
def test_a_revoked_pair_of_which_nothing_can_be_read_burns_nothing(
    someone: Customer, faults: FaultProxy, expect: Expect
) -> None:
    """While what is kept of ended pairs cannot be read, one that was revoked is no replay."""
    session, other = someone.expired_sessions(2)
    expect.revokes(session)
    with faults.refuse("read", CERTAIN, of=f"{BOOKKEEPING}{someone.id}") as fault:
        answer = session.refresh()
    if not fault.hits:
        raise NotTestable("faults", "the deployment reads nothing in the partition of ended pairs")
    expect.nothing_issued(answer)
    expect.rotates(other)


@requirement("FAULT-06", logins=2, burns=True, optional=True)
@pytest.mark.parametrize("kept", ["", BOOKKEEPING], ids=["rows", "bookkeeping"])
def test_a_revoked_pair_of_which_one_thing_cannot_be_read_burns_nothing(
    someone: Customer, faults: FaultProxy, expect: Expect, kept: str
) -> None:
    """Nor is it while a single one of the reads fails that its refresh makes, whichever it is."""
    session, other = someone.expired_sessions(2)
    expect.revokes(session)
    partition = f"{kept}{someone.id}"
    with faults.watch() as calls:
        expect.is_over(session)
    reads = len(calls.with_role("read", of=partition))
    if not reads:
        raise NotTestable("faults", "the deployment reads nothing in this partition")
    for earlier in range(reads):
        with faults.refuse("read", CERTAIN, of=partition, after=earlier, times=1):
            expect.nothing_issued(session.refresh())
    expect.rotates(other)


@requirement("FAULT-07", burns=True)
def test_a_burn_sends_again_what_was_left_unprocessed(
    customers: Customers, deployment: Deployment, faults: FaultProxy, expect: Expect
) -> None:
    """A table that leaves part of each batch undone is asked again until no row is left."""
    customer = customers.made_up()
    stolen = customer.expired_session()
    expect.rotates_past_grace(stolen)
    with (
        customer.extra_rows(MANY),
        faults.leave_unprocessed(10, of=customer.id, times=3) as fault,
    ):
        expect.is_over(stolen)
        expect.fault_hit_by("BatchWriteItem", fault)
        expect.burned(customer)


@requirement("FAULT-07", burns=True, optional=True)
def test_a_burn_that_broke_off_is_finished_later(
    customers: Customers, deployment: Deployment, faults: FaultProxy, expect: Expect
) -> None:
    """While deleting fails a replay is refused; when it comes back no row is left."""
    customer = customers.made_up()
    stolen, _ = customer.expired_sessions(2)
    expect.rotates_past_grace(stolen)
    with faults.refuse("delete", CERTAIN, of=customer.id) as fault:
        answer = stolen.refresh()
    expect.fault_hit(fault)
    expect.nothing_issued(answer)
    expect.is_over(stolen)
    expect.burned(customer)


@requirement("FAULT-07")
def test_removing_all_says_so_only_when_nothing_is_left(
    customers: Customers,
    deployment: Deployment,
    developer: Developer,
    faults: FaultProxy,
    expect: Expect,
) -> None:
    """removeAllUserAuthItems answers success once the rows left undone are gone too."""
    customer = customers.made_up()
    with (
        customer.extra_rows(MANY),
        faults.leave_unprocessed(10, of=customer.id, times=2) as fault,
    ):
        answer = developer.remove_all(customer.id)
        expect.fault_hit_by("BatchWriteItem", fault)
        expect.success(answer)
        expect.rows(customer, 0)


@requirement("FAULT-08", logins=2, burns=True)
def test_a_lost_reply_is_no_replay(someone: Customer, faults: FaultProxy, expect: Expect) -> None:
    """The table commits a rotation and its reply is lost: a pair or "try again", and no burn."""
    session, other = someone.expired_sessions(2)
    with faults.drop_answer("rotate", of=someone.id) as fault:
        answer = session.refresh()
    expect.fault_hit(fault)
    expect.none_over([answer])
    for successor in expect.sessions_in(someone, [answer]):
        expect.returns_same_pair(successor)
    expect.rows(someone, 2)
    expect.rotates(other)


@requirement("FAULT-09", logins=2, burns=True, seconds=1.2)
@pytest.mark.parametrize("problem", ["conflict", "in_progress", "throttle"])
def test_a_busy_table_is_no_replay(
    someone: Customer, faults: FaultProxy, expect: Expect, problem: str
) -> None:
    """A conflict, a transaction under way or throttling is retried, or answered as retryable."""
    session, other = someone.expired_sessions(2)
    with getattr(faults, problem)("rotate", of=someone.id, times=STUBBORN) as fault:
        answer = session.refresh()
    expect.fault_hit_by("transaction", fault)
    expect.none_over([answer])
    for successor in expect.sessions_in(someone, [answer]) or [expect.rotates(session)]:
        expect.returns_same_pair(successor)
    expect.rows(someone, 2)
    expect.rotates(other)


@requirement("FAULT-10", logins=2, seconds=4.0)
def test_a_hanging_table_holds_nobody_else_up(
    deployment: Deployment,
    someone: Customer,
    alice: RegisteredCustomer,
    client: Client,
    faults: FaultProxy,
    expect: Expect,
) -> None:
    """A refresh on a table that hangs is answered within ten seconds; others are served at once."""
    session, other = someone.expired_session(), alice.log_in()
    with (
        faults.hang("any", seconds=PATIENCE + 5, times=4) as fault,
        deployment.meanwhile(session.refresh) as hanging,
    ):
        expect.held(fault, hanging)
        quick = [client.trivial() for _ in range(5)]
        mismatched = other.altered(refresh_token=other_hex(other.refresh_token)).refresh()
        wait([hanging], timeout=PATIENCE)
        in_time = hanging.done()
        fault.release()
    expect.fault_hit(fault)
    expect.that(in_time, f"an answer within {PATIENCE:.0f} s", "none by then")
    waited = hanging.result()
    for answer in (*quick, mismatched):
        expect.that(answer.seconds < 1.0, "an answer within a second", f"{answer.seconds:.1f} s")
    expect.between(waited.seconds, 0, PATIENCE, "the seconds until the hanging refresh answered")
    expect.asks_to_retry(waited)
    expect.works(session)


@requirement("FAULT-11", burns=True)
def test_a_stale_read_gives_no_new_pair(
    someone: Customer, faults: FaultProxy, expect: Expect
) -> None:
    """A spent pair whose deleted row is read once more opens no second session."""
    session = someone.expired_session()
    with faults.watch() as calls:
        successor = expect.rotates(session)
    with expect.should():
        all_consistent(calls, someone, expect)
    someone.wait_for_new_second()  # within one, the second session could be the very same pair
    with faults.stale("read", of=someone.id) as fault:
        answer = session.refresh()
    expect.fault_hit(fault)
    new = [
        s
        for s in expect.sessions_in(someone, [answer])
        if s.refresh_token != successor.refresh_token
    ]
    expect.that(not new, "no new pair", answer.brief())


@requirement("FAULT-11", logins=2, burns=True, optional=True)
def test_a_burn_reads_no_stale_list(someone: Customer, faults: FaultProxy, expect: Expect) -> None:
    """A replay is refused, and the rows that it ends are read as they are now."""
    stolen, _ = someone.expired_sessions(2)
    expect.rotates_past_grace(stolen)
    with faults.watch() as calls:
        expect.is_over(stolen)
    with expect.should():
        all_consistent(calls, someone, expect)


def all_consistent(calls: CallLog, customer: Customer, expect: Expect) -> None:
    reads = calls.with_role("read", of=customer.id)
    lax = [call.operation for call in reads if not call.consistent]
    expect.that(not lax, "consistent reads alone", ", ".join(lax))


@requirement("FAULT-12")
@pytest.mark.parametrize("how", [CERTAIN, UNCERTAIN])
def test_a_revoke_that_cannot_delete_never_says_true(
    someone: Customer, faults: FaultProxy, expect: Expect, how: str
) -> None:
    """While deleting fails a revoke is an error; after the outage it is true and the row gone."""
    session = someone.expired_session()
    with faults.refuse("delete", how, of=someone.id) as fault:
        answer = session.revoke()
    expect.fault_hit(fault)
    expect.nothing_issued(answer)
    expect.stored(session)
    expect.revokes(session)
    expect.not_stored(session)


@requirement("FAULT-12", optional=True)
@pytest.mark.parametrize("how", [CERTAIN, UNCERTAIN])
def test_a_revoke_that_cannot_delete_a_successor_never_says_true(
    someone: Customer, faults: FaultProxy, expect: Expect, how: str
) -> None:
    """Nor while it cannot delete the row that the pair's session has now, be it that it deletes
    the pair's own first.
    """
    spent = someone.expired_session()
    successor = expect.rotates(spent)
    for earlier in range(2):
        with faults.refuse("delete", how, of=someone.id, after=earlier) as fault:
            answer = spent.revoke()
        if fault.hits:
            expect.nothing_issued(answer)
            expect.stored(successor)
        elif not earlier:
            raise NotTestable("faults", "a revoke of a pair that was renewed deletes no row")


@requirement("FAULT-12", optional=True)
def test_a_revoke_that_cannot_look_never_says_true(
    someone: Customer, faults: FaultProxy, expect: Expect
) -> None:
    """While reading fails, a revoke of a pair that was renewed does not claim to have ended it."""
    spent = someone.expired_session()
    successor = expect.rotates(spent)
    with faults.refuse("read", CERTAIN, of=someone.id) as fault:
        answer = spent.revoke()
    if not fault.hits:
        raise NotTestable("faults", "a revoke looks at no row")
    expect.nothing_issued(answer)
    expect.returns_same_pair(successor)
