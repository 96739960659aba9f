"""Grace, where it is declared: for a few seconds the old pair leads on to its successor."""

from __future__ import annotations

from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotTestable

RIVALS = 5


@requirement("RACE-05", level="MUST", burns=True)
def test_with_grace_somebody_goes_on_after_any_race(
    customers: Customers, graceful: Deployment, expect: Expect
) -> None:
    """However several refreshes of one pair at once end, the customer is not logged out by it."""
    someone = customers.at(graceful).someone()
    session = someone.expired_session(remember_me=True)
    answers = graceful.together(*[session.refresh] * RIVALS)
    expect.raced(RIVALS, "at once")
    expect.someone_can_continue(someone, answers)


@requirement("RACE-08", burns=True)
def test_with_grace_each_rival_holds_a_pair_that_works(
    customers: Customers, graceful: Deployment, expect: Expect
) -> None:
    """Several refreshes of one pair at once: whoever gets a pair can go on with it."""
    someone = customers.at(graceful).someone()
    session = someone.expired_session(remember_me=True)
    answers = graceful.together(*[session.refresh] * RIVALS)
    expect.raced(RIVALS, "at once")
    pairs = expect.sessions_in(someone, answers)
    expect.that(len(pairs) <= 1, "one pair for all who get one", f"{len(pairs)} pairs")
    for pair in pairs:
        expect.returns_same_pair(pair)


@requirement("RACE-08", burns=True)
def test_a_lost_answer_can_be_asked_for_again(
    customers: Customers, graceful: Deployment, expect: Expect
) -> None:
    """Within the window the old pair answers a pair that works, as often as it comes, and one row
    is alive; a pair that was renewed before is no other.
    """
    someone = customers.at(graceful).someone()
    session = someone.renewed_session(remember_me=True)
    expect.rotates(session)
    for _ in range(2):
        again = someone.session_from(session.refresh())
        expect.returns_same_pair(again)
    expect.rows(someone, 1)


@requirement("RACE-08", burns=True, optional=True)
def test_a_window_is_open_in_its_last_second(
    customers: Customers, graceful: Deployment, expect: Expect
) -> None:
    """The old pair leads on while the window lasts, its end included."""
    if not graceful.clock.frozen:
        raise NotTestable("frozen clock")
    someone = customers.at(graceful).someone()
    session = someone.expired_session(remember_me=True)
    expect.rotates(session)
    graceful.pass_seconds(graceful.features.grace_seconds)
    expect.works(someone.session_from(session.refresh()))


@requirement("RACE-08", burns=True, optional=True)
def test_lost_answers_of_one_second_are_told_apart(
    customers: Customers, graceful: Deployment, expect: Expect
) -> None:
    """Of two sessions that were renewed in one second each old pair leads on to its own."""
    someone = customers.at(graceful).someone()
    sessions = someone.expired_sessions(2, remember_me=True)
    answers, _ = graceful.in_one_second(*(session.refresh for session in sessions))
    for session, answer in zip(sessions, answers, strict=True):
        renewed, again = map(someone.session_from, (answer, session.refresh()))
        expect.equal(again.refresh_token, renewed.refresh_token, "the pair of the same session")


@requirement("CORE-26", registered=True, optional=True)
def test_a_lost_answer_keeps_the_type_of_the_id(
    customers: Customers, graceful: Deployment, expect: Expect
) -> None:
    """The pair that the old one leads on to has the customer's id, a number as a number."""
    customer = customers.at(graceful).numbered()
    session = customer.expired_session(remember_me=True)
    expect.rotates(session)
    again = customer.session_from(session.refresh())
    expect.equal(again.claims.get("customer_id"), customer.id, "customer_id")


@requirement("RACE-09", burns=True)
def test_after_the_window_the_old_pair_is_a_replay(
    customers: Customers, graceful: Deployment, expect: Expect
) -> None:
    """Once the window has closed, the old pair is refused and ends every session: also one that was
    sent within it.
    """
    someone = customers.at(graceful).someone()
    session = someone.expired_session(remember_me=True)
    expect.rotates(session)
    half = graceful.features.grace_seconds // 2
    graceful.pass_seconds(half)
    expect.returns_same_pair(someone.session_from(session.refresh()))
    graceful.pass_seconds(graceful.features.grace_seconds - half + 1)
    expect.is_over(session)
    expect.burned(someone)


@requirement("RACE-09", burns=True)
def test_with_grace_a_pair_spent_long_ago_is_refused_too(
    customers: Customers, graceful: Deployment, expect: Expect
) -> None:
    """A pair is refused whose row is gone, and with it whatever was kept of its rotation."""
    someone = customers.at(graceful).someone()
    session = someone.expired_session(remember_me=True)
    expect.stored(session)
    graceful.need_table().drop(session.stored())
    expect.is_over(session)


@requirement("RACE-09", burns=True)
def test_a_grandparent_is_a_replay_inside_the_window_too(
    customers: Customers, graceful: Deployment, expect: Expect
) -> None:
    """Only the immediate predecessor leads on: an older ancestor ends every session."""
    graceful.need_two_generations_in_a_window()
    someone = customers.at(graceful).someone()
    grandparent = someone.expired_session(remember_me=True)
    began = graceful.clock.now()
    parent = expect.rotates(grandparent).expired()
    child = expect.rotates(parent)
    expect.returns_same_pair(child)
    inside = graceful.clock.now() < began + graceful.features.grace_seconds
    expect.that(inside, "two rotations within the window", "the window had closed")
    expect.is_over(grandparent)
    expect.burned(someone)


@requirement("RACE-10", burns=True)
def test_grace_does_not_extend_a_session(
    customers: Customers, graceful: Deployment, expect: Expect
) -> None:
    """The pair that the old one leads on to ends when its session ends, and not later."""
    someone = customers.at(graceful).someone()
    session = someone.expired_session()
    successor = expect.rotates(session)
    graceful.pass_seconds(1)
    again = someone.session_from(session.refresh())
    expect.equal(again.refresh_expiry, successor.refresh_expiry, "refresh_expiry")


@requirement("RACE-10", burns=True)
def test_grace_does_not_survive_a_revoke(
    customers: Customers, graceful: Deployment, expect: Expect
) -> None:
    """Once the successor was revoked, the old pair leads nowhere."""
    someone = customers.at(graceful).someone()
    session = someone.expired_session(remember_me=True)
    successor = expect.rotates(session)
    expect.returns_same_pair(someone.session_from(session.refresh()))
    expect.revokes(successor)
    expect.is_over(session)
    expect.rows(someone, 0)


@requirement("RACE-10", logins=2, burns=True)
def test_grace_does_not_survive_a_burn(
    customers: Customers, graceful: Deployment, expect: Expect
) -> None:
    """Once every session was ended, a pair inside its window leads nowhere."""
    someone = customers.at(graceful).someone()
    stolen, session = someone.expired_sessions(2, remember_me=True)
    expect.rotates_past_grace(stolen)
    expect.rotates(session)
    expect.returns_same_pair(someone.session_from(session.refresh()))
    expect.is_over(stolen)
    expect.is_over(session)
    expect.burned(someone)
