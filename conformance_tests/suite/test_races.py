"""Requests that compete: a session never forks, and nobody is logged out for being second."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import partial

import pytest

from conformance_tests.actors.customers import Customer, MadeUpCustomer, RegisteredCustomer
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.session import Session
from conformance_tests.deployment.clock import COLLISIONS
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.http.answer import SESSION_OVER, Answer, member
from conformance_tests.deployment.http.odd_client import OddClient
from conformance_tests.deployment.instances import Instances
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotApplicable, NotTestable

LOGINS = 4
#: More logins than a second holds, and the seconds after which one of them waits for the next.
CROWD, PATIENCE = COLLISIONS + 3, 0.5
DEVICES = 5
RIVALS = 3
#: How often a logout is overtaken at most, and the seconds in which it looks for what overtook it.
OVERTAKEN = 5
PAUSE = 1.0
#: So many sessions could be taken for another one.
NEIGHBOURS = 9
#: How the proxy orders two, as a passing row tells it.
HELD = "of which one is held before its {}"
#: Seconds that a burn is held up, on a clock that can be moved.
SLOW = 60
#: The kinds of calls before which a refresh is held in turn; before some it has seen its row alive.
CALLS = ("read", "delete", "write")
SEEN_ALIVE = ("read", "delete")
#: So many tabs refresh one pair at the same moment, in so many rounds.
TABS, ROUNDS = 4, 4


# -- the same second ---------------------------------------------------------------------------


@requirement("RACE-01", logins=20, exclusive=True)
def test_logins_of_one_second_are_different_sessions(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """Several logins in one second, remembered or not, give as many refresh tokens and rows."""
    before = len(alice.rows()) if deployment.sees_rows else 0
    calls = [partial(alice.ask_to_log_in, number % 2 == 0) for number in range(LOGINS)]
    answers, tries = deployment.in_one_second(*calls, tries=5)
    expect.raced(LOGINS, "in one second", tries)
    sessions = [alice.session_from(answer) for answer in answers]
    different = {session.refresh_token for session in sessions}
    expect.equal(len(different), LOGINS, "how many refresh tokens are different")
    expect.rows(alice, before + LOGINS * tries)


@requirement("RACE-01", logins=2, exclusive=True, optional=True)
def test_logins_of_one_document_are_different_sessions(
    odd: OddClient, alice: RegisteredCustomer, expect: Expect
) -> None:
    """So are two of one document that say the same."""
    alice.wait_for_new_second()
    answers = odd.log_in_each(alice.credentials, {}, {})
    sessions = [alice.session_from(answer) for answer in answers if answer.pairs]
    if len(sessions) < len(answers):
        raise NotApplicable("two logins in one document are refused")
    different = {session.refresh_token for session in sessions}
    expect.equal(len(different), len(sessions), "how many refresh tokens are different")
    for session in sessions:
        expect.stored(session)


@requirement("RACE-01", logins=CROWD, exclusive=True, optional=True)
def test_however_many_log_in_within_a_second_each_has_a_session(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """More logins than a second has pairs for: each new one is another pair, or waits."""
    if not deployment.clock.frozen:
        raise NotTestable("frozen clock")
    deployment.clock.next_second(after=COLLISIONS)
    made = [alice.log_in_at_once(patience=PATIENCE) for _ in range(CROWD)]
    sessions = [session for session in made if session is not None]
    if len(sessions) < LOGINS:
        raise NotTestable("frozen clock", "so few logins of a second were answered with a pair")
    different = {session.refresh_token for session in sessions}
    expect.equal(len(different), len(sessions), "how many refresh tokens are different")
    for session in sessions:
        expect.stored(session)


@requirement("RACE-02", logins=10, exclusive=True)
def test_logins_of_one_second_keep_their_own_ends(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """A normal and a long session of one second have ends of their own, which are their rows' ttl,
    and end one without the other.
    """
    answers, tries = deployment.in_one_second(
        alice.ask_to_log_in, lambda: alice.ask_to_log_in(remember_me=True), tries=5
    )
    expect.raced(len(answers), "in one second", tries)
    normal, long = (alice.session_from(answer) for answer in answers)
    apart = long.refresh_expiry - normal.refresh_expiry
    lasts = deployment.session_lasts(remember_me=True)
    promised = lasts - deployment.session_lasts(remember_me=False)
    expect.that(apart >= promised // 2, f"ends about {promised} s apart", f"{apart} s")
    for session in (normal, long):
        if row := expect.stored(session):
            expect.equal(row.ttl, session.refresh_expiry, "the row's ttl")
    expect.revokes(normal)
    expect.stored(long)
    expect.returns_same_pair(long)


@requirement("RACE-03", logins=2, exclusive=True)
def test_a_login_and_a_rotation_of_one_second_are_two_sessions(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """Whoever logs in while another session is renewed gets a pair of his own."""
    session = alice.expired_session(remember_me=True)
    answers, tries = deployment.in_one_second(session.refresh, alice.ask_to_log_in)
    expect.raced(len(answers), "in one second", tries)
    expect.separate_sessions(alice, answers, session)


@requirement("RACE-03", logins=2, exclusive=True, optional=True)
@pytest.mark.parametrize("first", ["login", "rotation"])
def test_a_login_and_a_rotation_in_turn_are_two_sessions(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect, first: str
) -> None:
    """So it is where the one follows the other within the second."""
    session = alice.expired_session(remember_me=True)
    calls = {"rotation": session.refresh, "login": alice.ask_to_log_in}
    deployment.clock.next_second(after=len(calls))
    with deployment.clock.window() as window:
        answers = [ask() for _, ask in sorted(calls.items(), key=lambda call: call[0] != first)]
    if not window.is_one_second:
        for answer in answers:
            alice.session_unless_retry(answer)  # it is ended with the run
        raise NotTestable("frozen clock")
    expect.separate_sessions(alice, answers, session)


@requirement("RACE-03", logins=2, exclusive=True)
def test_two_rotations_of_one_second_are_two_sessions(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """Two sessions that are renewed in one second stay two."""
    one, other = someone.expired_sessions(2, remember_me=True)
    answers, tries = deployment.in_one_second(one.refresh, other.refresh)
    expect.raced(len(answers), "in one second", tries)
    expect.separate_sessions(someone, answers, one, other)
    expect.rows(someone, 2)


@requirement("RACE-03", exclusive=True, optional=True)
def test_many_rotations_of_one_second_are_as_many_sessions(
    deployment: Deployment, made_up: MadeUpCustomer, expect: Expect
) -> None:
    """So do as many as a customer may have devices."""
    sessions = made_up.expired_sessions(DEVICES, remember_me=True)
    answers, tries = deployment.in_one_second(*(session.refresh for session in sessions))
    expect.raced(len(answers), "in one second", tries)
    expect.separate_sessions(made_up, answers, *sessions)
    expect.rows(made_up, DEVICES)


@requirement("RACE-01", logins=LOGINS, exclusive=True, optional=True)
def test_logins_that_write_together_are_different_sessions(
    deployment: Deployment, alice: RegisteredCustomer, faults: FaultProxy, expect: Expect
) -> None:
    """The same where none of them has written before all are about to."""
    before = len(alice.rows())
    with faults.barrier("write", LOGINS, of=alice.id) as fault:
        answers, _ = deployment.in_one_second(*[alice.ask_to_log_in] * LOGINS)
    expect.rivals_met(fault)
    different = {alice.session_from(answer).refresh_token for answer in answers}
    expect.equal(len(different), LOGINS, "how many refresh tokens are different")
    expect.rows(alice, before + LOGINS)


@requirement("RACE-03", logins=2, exclusive=True, optional=True)
def test_a_login_and_a_rotation_that_write_together_are_two_sessions(
    deployment: Deployment, alice: RegisteredCustomer, faults: FaultProxy, expect: Expect
) -> None:
    """So it is of a login and a rotation."""
    session = alice.expired_session(remember_me=True)
    with faults.barrier("write", 2, of=alice.id) as fault:
        answers, _ = deployment.in_one_second(session.refresh, alice.ask_to_log_in)
    expect.rivals_met(fault)
    expect.separate_sessions(alice, answers, session)


# -- one pair, several callers -----------------------------------------------------------------


def race(session: Session, rivals: int, expect: Expect) -> Sequence[Answer]:
    """So many refreshes of one pair, none of which writes before all have read the row."""
    deployment, customer = session.customer.deployment, session.customer
    with deployment.need_faults().barrier("read", rivals, of=customer.id) as fault:
        answers = deployment.together(*[session.refresh] * rivals)
    expect.rivals_met(fault)
    expect.raced(rivals, "at a barrier")
    return answers


@requirement("RACE-04", burns=True)
@pytest.mark.usefixtures("faults")
def test_rivals_leave_one_live_successor(someone: Customer, expect: Expect) -> None:
    """Several refreshes that have all seen the row alive renew the session once."""
    session = someone.expired_session(remember_me=True)
    answers = race(session, RIVALS, expect)
    expect.at_most_one_live(expect.sessions_in(someone, answers))
    expect.at_most_rows(someone, 1)


@requirement("RACE-04", burns=True)
@pytest.mark.usefixtures("faults")
def test_with_grace_rivals_leave_one_live_successor(
    customers: Customers, graceful: Deployment, expect: Expect
) -> None:
    """A session that may be asked for again is renewed once all the same."""
    someone = customers.at(graceful).someone()
    session = someone.expired_session(remember_me=True)
    answers = race(session, RIVALS, expect)
    expect.at_most_one_live(expect.sessions_in(someone, answers))
    expect.at_most_rows(someone, 1)


@requirement("RACE-04", burns=True)
@pytest.mark.parametrize("before", ["logged in", "renewed"])
def test_rivals_of_different_seconds_leave_one_live_successor(
    deployment: Deployment, someone: Customer, faults: FaultProxy, expect: Expect, before: str
) -> None:
    """Two refreshes that began in different seconds renew the session once, whether its pair is
    a login's or a rotation's.
    """
    begin = someone.renewed_session if before == "renewed" else someone.expired_session
    session = begin(remember_me=True)
    with faults.hold("read", of=someone.id) as fault:
        with deployment.meanwhile(session.refresh) as early:
            expect.held(fault, early)
            deployment.clock.next_second()
            with deployment.meanwhile(session.refresh) as late:
                expect.held(fault, late, calls=2)
                fault.release()
        answers = [early.result(), late.result()]
    expect.raced(len(answers), "held after their reads")
    expect.at_most_one_live(expect.sessions_in(someone, answers))
    expect.at_most_rows(someone, 1)


def overtaken(session: Session, call: str, expect: Expect) -> list[Answer]:
    """Two refreshes of one pair: one is held before a call of this kind, and the other is done
    meanwhile, in another second.
    """
    deployment, customer = session.customer.deployment, session.customer
    with deployment.need_faults().hold(call, of=customer.id, times=1) as fault:
        with deployment.meanwhile(session.refresh) as late:
            expect.held(fault, late)
            deployment.clock.next_second()
            early = session.refresh()
            fault.release()
        expect.raced(2, HELD.format(call))
        return [early, late.result()]


@requirement("RACE-04", burns=True, optional=True)
@pytest.mark.usefixtures("faults")
@pytest.mark.parametrize("call", CALLS)
def test_who_is_overtaken_on_the_way_forks_nothing(
    someone: Customer, expect: Expect, call: str
) -> None:
    """Whichever call a refresh is held before, the session is renewed once."""
    session = someone.expired_session(remember_me=True)
    answers = overtaken(session, call, expect)
    expect.at_most_one_live(expect.sessions_in(someone, answers))
    expect.at_most_rows(someone, 1)


@requirement("RACE-05", burns=True, optional=True)
@pytest.mark.usefixtures("faults")
@pytest.mark.parametrize("call", SEEN_ALIVE)
def test_who_is_overtaken_on_the_way_costs_no_session(
    someone: Customer, expect: Expect, call: str
) -> None:
    """Whichever call it is held before once it has seen its row, somebody can go on."""
    session = someone.expired_session(remember_me=True)
    expect.someone_can_continue(someone, overtaken(session, call, expect))


@requirement("RACE-06", logins=2, burns=True, optional=True)
@pytest.mark.usefixtures("faults")
@pytest.mark.parametrize("call", SEEN_ALIVE)
def test_who_is_overtaken_on_the_way_burns_nothing(
    someone: Customer, expect: Expect, call: str
) -> None:
    """Whichever call it is held before once it has seen its row, other sessions stay."""
    session, other = someone.expired_sessions(2, remember_me=True)
    overtaken(session, call, expect)
    expect.stored(other)
    expect.rotates(other)


@requirement("RACE-05", burns=True)
@pytest.mark.usefixtures("faults")
def test_of_rivals_somebody_holds_a_pair_that_works(someone: Customer, expect: Expect) -> None:
    """However a race ends, the customer is not logged out by it."""
    session = someone.expired_session(remember_me=True)
    answers = race(session, RIVALS, expect)
    expect.someone_can_continue(someone, answers)


@requirement("RACE-06", logins=2, burns=True)
@pytest.mark.usefixtures("faults")
def test_losing_a_race_burns_nothing(someone: Customer, expect: Expect) -> None:
    """A refresh that saw its row alive and came second leaves the other sessions alone."""
    session, other = someone.expired_sessions(2, remember_me=True)
    race(session, 2, expect)
    expect.stored(other)
    expect.rotates(other)


@requirement("RACE-07", burns=True)
@pytest.mark.usefixtures("faults")
def test_the_loser_is_not_told_that_the_session_is_over(someone: Customer, expect: Expect) -> None:
    """Each rival gets the same pair, or is asked to try again."""
    session = someone.expired_session(remember_me=True)
    answers = race(session, RIVALS, expect)
    expect.none_over(answers)
    pairs = expect.sessions_in(someone, answers)
    expect.that(len(pairs) == 1, "one pair for all who get one", f"{len(pairs)} pairs")


@requirement("RACE-07", logins=2, burns=True, optional=True)
@pytest.mark.parametrize(
    "neighbour, call",
    [
        *(("none", call) for call in CALLS),
        ("of the loser's second", "write"),
        ("of the winner's second", "write"),
    ],
)
def test_who_comes_last_gets_what_the_winner_got(
    deployment: Deployment,
    someone: Customer,
    faults: FaultProxy,
    expect: Expect,
    neighbour: str,
    call: str,
) -> None:
    """Nobody who came second is told that the session is over; what he gets, if anything, is the
    winner's refresh token with the winner's end, whoever else was renewed in that second.
    """
    session, other = someone.expired_sessions(2, remember_me=False)
    if neighbour == "of the loser's second":
        expect.rotates(other)
    with faults.hold(call, of=someone.id, times=1) as fault:
        with deployment.meanwhile(session.refresh) as late:
            expect.held(fault, late)
            if neighbour == "none":
                deployment.clock.next_second()
            elif neighbour == "of the winner's second":
                expect.rotates(other)
            first = session.refresh()  # refused where the other did not wait any longer
            fault.release()
        last = late.result()
    expect.raced(2, HELD.format(call))
    expect.none_over([last])
    pairs = [someone.session_from(answer) for answer in (first, last) if answer.value is not None]
    for pair in pairs[1:]:
        expect.equal(pair.refresh_token, pairs[0].refresh_token, "the refresh token")
        expect.equal(pair.refresh_expiry, pairs[0].refresh_expiry, "refresh_expiry")


@requirement("RACE-13", logins=2, burns=True)
def test_two_aliases_leave_one_live_successor(
    odd: OddClient, someone: Customer, expect: Expect
) -> None:
    """One document that refreshes a pair twice renews the session once."""
    session, twin = someone.expired_sessions(2, remember_me=True)
    expect.rotates(twin)
    answers = odd.refresh_each(session.token, *[session.refresh_token] * 2)
    expect.raced(len(answers), "in one document")
    expect.at_most_one_live(expect.sessions_in(someone, answers))


# -- what HTTP alone shows ---------------------------------------------------------------------


def tabs(
    customers: Customers, expect: Expect, others: int = 0
) -> Iterator[tuple[list[Session], list[Session]]]:
    """Of each round of tabs that refresh one pair at once, the distinct pairs that they get.

    others: so many sessions of the same customer, which come with them.
    """
    rounds = 0
    for someone, [session, *beside] in customers.expired_in_turn(ROUNDS, each=1 + others):
        answers = someone.deployment.together(*[session.refresh] * TABS)
        if pairs := expect.sessions_in(someone, answers):
            rounds += 1
            yield pairs, beside
    if not rounds:
        raise NotTestable("time", "no refresh in parallel was answered with a pair")
    expect.raced(TABS, "in parallel", rounds)


def needs_order(deployment: Deployment, expect: Expect) -> None:
    """That nothing was seen in rounds over HTTP is no proof: the proxy decides who comes when."""
    if deployment.faults is None:
        seen = "; ".join(expect.remarks)
        raise NotTestable(
            "faults", f"{seen}: nothing seen; the interleaving itself needs the fault proxy"
        )


@requirement("CORE-28", logins=ROUNDS, burns=True)
def test_two_tabs_do_not_fork_a_session(customers: Customers, expect: Expect) -> None:
    """Several refreshes of one expired pair at once leave one pair at most that goes on."""
    for pairs, _ in tabs(customers, expect):
        does_not_fork(pairs, expect)


@requirement("RACE-04", logins=ROUNDS, burns=True)
def test_tabs_leave_one_live_successor(
    deployment: Deployment, customers: Customers, expect: Expect
) -> None:
    """The same without a proxy that holds them together: a fork that is seen is one."""
    for pairs, _ in tabs(customers, expect):
        does_not_fork(pairs, expect)
    needs_order(deployment, expect)


def does_not_fork(pairs: list[Session], expect: Expect) -> None:
    if len(pairs) > 1:
        living = len(expect.still_renewable(pairs))
        expect.that(living <= 1, "one live session at most", f"{living}")


@requirement("RACE-05", logins=ROUNDS, burns=True)
def test_of_tabs_that_all_got_a_pair_one_can_go_on(
    deployment: Deployment, customers: Customers, expect: Expect
) -> None:
    """Where two tabs were given different pairs, both had seen the row: one pair works."""
    for pairs, _ in tabs(customers, expect):
        if len(pairs) > 1:
            expect.that(expect.still_live(pairs), "a pair that works in some tab's hands", "none")
    needs_order(deployment, expect)


@requirement("RACE-06", logins=2 * ROUNDS, burns=True)
def test_tabs_that_all_got_a_pair_burned_nothing(
    deployment: Deployment, customers: Customers, expect: Expect
) -> None:
    """Where two tabs were given different pairs, none of them was a replay."""
    for pairs, [other] in tabs(customers, expect, others=1):
        if len(pairs) > 1:
            expect.works(other)
    needs_order(deployment, expect)


@requirement("RACE-07", logins=ROUNDS, burns=True)
def test_tabs_get_one_pair(deployment: Deployment, customers: Customers, expect: Expect) -> None:
    """Whoever comes second gets the winner's pair or none."""
    for pairs, _ in tabs(customers, expect):
        expect.that(len(pairs) == 1, "one pair for all who get one", f"{len(pairs)} pairs")
    needs_order(deployment, expect)


@requirement("RACE-11", logins=ROUNDS, burns=True)
def test_a_logout_beside_a_refresh_ends_the_session(
    deployment: Deployment, customers: Customers, expect: Expect
) -> None:
    """One tab logs out while another refreshes: true means that no pair goes on."""
    for someone, [session] in customers.expired_in_turn(ROUNDS):
        refreshed, revoked = deployment.together(session.refresh, session.revoke)
        if member(revoked.value, "result") is True:
            goes_on = expect.still_renewable(expect.sessions_in(someone, [refreshed]))
            expect.that(not goes_on, "no pair that goes on", refreshed.brief())
    expect.raced(2, "in parallel", ROUNDS)
    needs_order(deployment, expect)


@requirement("RACE-12", logins=2 * ROUNDS, burns=True)
def test_a_refresh_beside_a_replay_ends_with_it(
    deployment: Deployment, customers: Customers, expect: Expect
) -> None:
    """A device refreshes while a spent pair comes back: what it gets does not go on."""
    rounds = 1 if deployment.must_wait else ROUNDS  # the first one ends all that was waited for
    for someone, [stolen, other] in customers.expired_in_turn(rounds, each=2):
        expect.rotates_past_grace(stolen)
        replayed, refreshed = deployment.together(stolen.refresh, other.refresh)
        if replayed.categories == [SESSION_OVER]:
            goes_on = expect.still_renewable(expect.sessions_in(someone, [refreshed]))
            expect.that(not goes_on, "no pair that goes on", refreshed.brief())
    expect.raced(2, "in parallel", rounds)
    needs_order(deployment, expect)


@requirement("HARD-40", logins=4)
def test_each_field_is_judged_when_it_runs(
    deployment: Deployment,
    odd: OddClient,
    bob: RegisteredCustomer,
    someone: Customer,
    faults: FaultProxy,
    expect: Expect,
) -> None:
    """A refresh behind a slow login in one document is good, unless the session ends meanwhile."""
    if not deployment.clock.movable:
        raise NotTestable("clock")
    lucky, late = someone.live_sessions(2)
    for session in (lucky, late):
        bob.wait_for_new_second()
        with faults.hold("write", of=bob.id, times=1) as fault:
            with deployment.meanwhile(
                partial(
                    odd.log_in_and_refresh, bob.credentials, session.token, session.refresh_token
                )
            ) as asked:
                expect.held(fault, asked)
                if session is late:
                    ended = max(late.refresh_expiry, int(deployment.clock.now()))
                    deployment.clock.move_to(ended + 1 + deployment.clock.margin)
                fault.release()
            login, refresh = asked.result()
        bob.keep(*login.pairs)
        if session is lucky:
            expect.that(refresh.value is not None, "the pair again", refresh.brief())
        else:
            expect.session_over(refresh)


# -- a rotation beside an ending ---------------------------------------------------------------


@requirement("RACE-11")
@pytest.mark.usefixtures("faults")
def test_a_revoke_ends_a_session_whose_rotation_is_under_way(
    someone: Customer, expect: Expect
) -> None:
    """A refresh is about to write when the customer logs out: true means that nothing is left."""
    revoked_on_the_way(someone, "write", expect)


@requirement("RACE-11", optional=True)
@pytest.mark.usefixtures("faults")
@pytest.mark.parametrize("call", SEEN_ALIVE)
def test_a_revoke_ends_a_session_whose_rotation_has_begun(
    someone: Customer, expect: Expect, call: str
) -> None:
    """The same where it has come less far."""
    revoked_on_the_way(someone, call, expect)


def revoked_on_the_way(someone: Customer, call: str, expect: Expect) -> None:
    deployment, faults = someone.deployment, someone.deployment.need_faults()
    session = someone.expired_session(remember_me=True)
    with (
        faults.hold(call, of=someone.id, times=1) as fault,
        deployment.meanwhile(session.refresh) as refresh,
    ):
        expect.held(fault, refresh)
        answer = session.revoke()
        fault.release()
    expect.raced(2, HELD.format(call))
    _nothing_left_if_true(someone, answer, expect)


@requirement("RACE-11", logins=1 + NEIGHBOURS)
def test_a_revoke_that_a_rotation_overtakes_ends_the_successor(
    deployment: Deployment, someone: Customer, faults: FaultProxy, expect: Expect
) -> None:
    """A logout is about to delete when the session is renewed: true means that nothing is left of
    it, and the customer's other sessions stay.
    """
    session, *others = someone.expired_sessions(1 + NEIGHBOURS, remember_me=True)
    others = [expect.rotates(other) for other in others]
    someone.wait_for_new_second()  # within one, the successor could be a neighbour's very pair
    with faults.hold("delete", of=someone.id, times=1) as fault:
        with deployment.meanwhile(session.revoke) as revoke:
            expect.held(fault, revoke)
            session.refresh()
            fault.release()
        answer = revoke.result()
    expect.raced(2, HELD.format("delete"))
    for other in others:
        expect.stored(other)
    _nothing_left_if_true(someone, answer, expect, others=NEIGHBOURS)


@requirement("RACE-11", optional=True, seconds=1.2)
def test_a_revoke_that_is_overtaken_again_and_again_promises_nothing(
    deployment: Deployment, someone: Customer, faults: FaultProxy, expect: Expect
) -> None:
    """As often as a logout is about to delete, the session is renewed: true would be untrue."""
    if not deployment.clock.movable:
        raise NotTestable("clock", "a pair that is made to look expired has lost its lineage")
    session = someone.expired_session(remember_me=True)
    with ExitStack() as holds:
        fault = holds.enter_context(faults.hold("delete", of=someone.id, times=1))
        with deployment.meanwhile(session.revoke) as revoke:
            expect.held(fault, revoke)
            for _ in range(OVERTAKEN):
                renewed = session.refresh()
                if renewed.value is None:  # the logout did not wait any longer
                    break
                session = someone.session_from(renewed).expired()
                held = fault
                fault = holds.enter_context(faults.hold("delete", of=someone.id, times=1))
                held.release()
                if not fault.held(seconds=PAUSE):
                    break
            fault.release()
        answer = revoke.result()
    expect.raced(2, f"{HELD.format('delete')} up to {OVERTAKEN} times")
    _nothing_left_if_true(someone, answer, expect)


def _nothing_left_if_true(
    customer: Customer, answer: Answer, expect: Expect, others: int = 0
) -> None:
    if (answer.value or {}).get("result") is True:
        expect.rows(customer, others)
    else:
        expect.nothing_issued(answer)


@requirement("RACE-12", logins=2, burns=True)
@pytest.mark.usefixtures("faults")
def test_a_rotation_under_way_does_not_outlive_a_burn(someone: Customer, expect: Expect) -> None:
    """A refresh that was about to write when every session was ended leaves no row."""
    burned_on_the_way(someone, "write", expect)


@requirement("RACE-12", logins=2, burns=True, optional=True)
@pytest.mark.usefixtures("faults")
@pytest.mark.parametrize("call", SEEN_ALIVE)
def test_a_rotation_that_has_begun_does_not_outlive_a_burn(
    someone: Customer, expect: Expect, call: str
) -> None:
    """The same where it has come less far."""
    burned_on_the_way(someone, call, expect)


def burned_on_the_way(someone: Customer, call: str, expect: Expect) -> None:
    deployment, faults = someone.deployment, someone.deployment.need_faults()
    stolen, other = someone.expired_sessions(2, remember_me=True)
    expect.rotates_past_grace(stolen)
    with faults.hold(call, of=someone.id, times=1) as fault:
        with deployment.meanwhile(other.refresh) as late:
            expect.held(fault, late)
            expect.is_over(stolen)
            fault.release()
        answer = late.result()
    expect.raced(2, HELD.format(call))
    nothing_outlives_the_burn(someone, answer, expect)


def nothing_outlives_the_burn(someone: Customer, answer: Answer, expect: Expect) -> None:
    expect.burned(someone)
    live = expect.still_live(expect.sessions_in(someone, [answer]))
    expect.that(not live, "no live pair", answer.brief())


@requirement("RACE-12", logins=2, burns=True, optional=True)
def test_a_rotation_does_not_outlive_a_slow_burn(
    deployment: Deployment, someone: Customer, faults: FaultProxy, expect: Expect
) -> None:
    """A session that is renewed while the burn is about to delete is over with the others."""
    stolen, other = someone.expired_sessions(2, remember_me=True)
    expect.rotates_past_grace(stolen)
    with (
        faults.hold("delete", of=someone.id, times=1) as fault,
        deployment.meanwhile(stolen.refresh) as replay,
    ):
        expect.held(fault, replay)
        if deployment.clock.movable:
            deployment.clock.move_to(deployment.clock.now() + SLOW)
        answer = other.refresh()
        fault.release()
    expect.raced(2, HELD.format("delete"))
    nothing_outlives_the_burn(someone, answer, expect)


@requirement("RACE-15", burns=True, long_jump=True)
@pytest.mark.parametrize("remember_me", [True, False], ids=["remembered", "past its own end"])
def test_a_revoke_of_an_old_pair_ends_its_session(
    deployment: Deployment, someone: Customer, expect: Expect, remember_me: bool
) -> None:
    """A pair that was rotated three times is revoked: whatever is answered, the newest pair is
    over.
    """
    if not deployment.clock.movable:
        raise NotTestable("clock", "a pair that is made to look expired has lost its lineage")
    oldest = someone.expired_session(remember_me)
    newest = expect.rotates(oldest)
    for _ in range(2):
        newest = expect.rotates(newest.expired())
    expect.returns_same_pair(newest)
    oldest.revoke()
    expect.is_over(newest.expired())


# -- several servers ---------------------------------------------------------------------------


@requirement("RACE-14", burns=True, seconds=2.4)
def test_a_replay_is_seen_by_another_server_and_after_a_restart(
    customers: Customers, instances: Instances, expect: Expect
) -> None:
    """A pair that one server renewed before it ended is a replay to a server started since."""
    with instances.one_more() as first:
        someone = customers.at(first).made_up()
        stolen, _ = someone.expired_sessions(2)
        expect.rotates_past_grace(stolen)
    with instances.one_more() as second:
        expect.is_over(stolen.on(second))
    expect.burned(someone)
