"""However often it slides, a session with an absolute end is over by then."""

from __future__ import annotations

import pytest

from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotApplicable

#: Seconds before the absolute end, less than an access token lives.
LEFT = 20


@requirement("HARD-23", long_jump=True)
@pytest.mark.parametrize("remember_me", [False, True], ids=["normal", "remembered"])
def test_no_sliding_takes_a_session_past_its_end(
    customers: Customers, bounded: Deployment, expect: Expect, remember_me: bool
) -> None:
    """A session that is renewed just in time, again and again, is over at its end."""
    if bounded.clock.movable or not bounded.can_forge:
        slides_to_its_end(customers, bounded, expect, remember_me)
    else:
        is_over_when_begun_too_long_ago(customers, bounded, expect, remember_me)


def slides_to_its_end(
    customers: Customers, bounded: Deployment, expect: Expect, remember_me: bool
) -> None:
    """Whatever the tokens say: the end counts from the login."""
    end = bounded.clock.now() + bounded.longest_session
    session = customers.at(bounded).alice.log_in(remember_me)
    expect.returns_same_pair(session)
    while (moment := session.next_renewal(end)) is not None:
        is_to_come = moment >= bounded.clock.now()
        expect.that(is_to_come, "a pair with time left", f"refresh_expiry {session.refresh_expiry}")
        bounded.clock.move_to(moment)
        session = expect.rotates(session)
    bounded.clock.move_to(end + 2 + bounded.clock.margin)
    expect.is_over(session)


def is_over_when_begun_too_long_ago(
    customers: Customers, bounded: Deployment, expect: Expect, remember_me: bool
) -> None:
    """A pair is renewed when its session began in time, and refused when it began too early."""
    session = customers.at(bounded).alice.log_in(remember_me)
    expect.rotates(session.begun_earlier(bounded.longest_session // 2))
    expect.is_over(session.begun_earlier(bounded.longest_session + bounded.slack))


@requirement("HARD-23", optional=True)
def test_a_session_begun_too_long_ago_is_over(
    customers: Customers, bounded: Deployment, expect: Expect
) -> None:
    """Its beginning decides, whatever end the pair itself still promises."""
    is_over_when_begun_too_long_ago(customers, bounded, expect, remember_me=False)


@requirement("CORE-09", optional=True)
def test_the_last_extension_goes_to_the_absolute_end(
    customers: Customers, bounded: Deployment, expect: Expect
) -> None:
    """Renewed shortly before the absolute end, a pair promises that end and no later one."""
    with bounded.clock.window() as window:
        session = customers.at(bounded).alice.log_in()
    renewed = expect.rotates(session.begun_earlier(bounded.longest_session - LEFT))
    expect.between(renewed.refresh_expiry, *window.after(LEFT), "refresh_expiry")


@requirement("STORE-04", optional=True)
def test_the_row_of_the_last_extension_goes_with_it(
    customers: Customers, bounded: Deployment, expect: Expect
) -> None:
    """Its row is kept until then too."""
    bounded.need_table()
    session = customers.at(bounded).alice.log_in()
    renewed = expect.rotates(session.begun_earlier(bounded.longest_session - LEFT))
    row = expect.stored(renewed)
    expect.equal(row and row.ttl, renewed.refresh_expiry, "ttl")


@requirement("WIRE-10", optional=True)
def test_an_access_token_ends_before_its_session_does(
    customers: Customers, bounded: Deployment, expect: Expect
) -> None:
    """Renewed shortly before the absolute end, a pair's exp is before its refresh_expiry still."""
    session = customers.at(bounded).alice.log_in()
    renewed = expect.rotates(session.begun_earlier(bounded.longest_session - LEFT))
    before = renewed.exp < renewed.refresh_expiry
    expect.that(before, f"exp {renewed.exp} before refresh_expiry", renewed.refresh_expiry)


@requirement("HARD-23", optional=True)
def test_a_pair_that_grace_gives_out_again_keeps_the_end(
    customers: Customers, bounded: Deployment, expect: Expect
) -> None:
    """Renewed, a successor that was asked for twice promises no later end than the session's."""
    if not bounded.features.grace_seconds:
        raise NotApplicable("the target does not declare grace beside max_session")
    left = bounded.lifetimes.access + LEFT
    with bounded.clock.window() as window:
        session = customers.at(bounded).alice.log_in().begun_earlier(bounded.longest_session - left)
    expect.rotates(session)
    again = customers.at(bounded).alice.session_from(session.refresh())
    renewed = expect.rotates(again.expired())
    _, end = window.after(left)
    told = f"refresh_expiry by {end:.0f}, the session's end"
    expect.that(renewed.refresh_expiry <= end, told, renewed.refresh_expiry)
