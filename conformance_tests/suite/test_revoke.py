"""Revoke ends one session: this pair's, whatever the age of its tokens, and no other."""

from __future__ import annotations

import pytest

from conformance_tests.actors.customers import Customer, MadeUpCustomer, RegisteredCustomer
from conformance_tests.actors.forged_tokens import DAY, other_hex
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.session import Session
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.http.answer import SESSION_OVER
from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.documents import ABSENT
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotTestable

#: Seconds that a session has left.
NEARLY_OVER = 6


@requirement("CORE-20", logins=2)
def test_a_revoke_ends_exactly_this_session(alice: RegisteredCustomer, expect: Expect) -> None:
    """Result true, this session's row gone, the customer's other row as it was."""
    laptop, phone = alice.log_in(remember_me=True), alice.log_in()
    kept = expect.stored(laptop)
    expect.revokes(phone)
    expect.not_stored(phone)
    expect.equal(expect.stored(laptop), kept, "the other session's row")


@requirement("CORE-20", logins=4, optional=True)
def test_revokes_of_one_moment_end_a_session_each(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """A customer who logs out on all devices at once is logged out on each."""
    devices = someone.live_sessions(4)
    for answer in deployment.together(*(device.revoke for device in devices)):
        expect.revoked(answer)
    for device in devices:
        expect.not_stored(device)


@requirement("CORE-21")
def test_a_revoke_works_with_an_expired_access_token(someone: Customer, expect: Expect) -> None:
    """Logging out needs no live access token, and is as good with a pair that was renewed."""
    session = someone.renewed_session()
    expect.revokes(session)
    expect.not_stored(session)


@requirement("CORE-21", optional=True)
@pytest.mark.parametrize(
    "access, left", [(-20 * DAY, 10 * DAY), (-300, NEARLY_OVER)], ids=["weeks", "seconds"]
)
def test_a_revoke_works_after_weeks_and_near_the_end(
    made_up: MadeUpCustomer, expect: Expect, access: int, left: int
) -> None:
    """So does logging out of a session that nobody used for weeks, and in its last seconds."""
    session = made_up.forge_session(access, left)
    expect.revokes(session)
    expect.not_stored(session)


@requirement("CORE-21", long_jump=True)
def test_a_revoke_works_with_an_expired_refresh_token(someone: Customer, expect: Expect) -> None:
    """Logging out succeeds for a session that has run out by itself."""
    session = someone.log_in().ended()
    with expect.unless_it_vanishes(session):
        expect.revokes(session)
    expect.not_stored(session)


@requirement("CORE-22", logins=3)
def test_a_revoke_of_a_mismatched_pair_deletes_nothing(someone: Customer, expect: Expect) -> None:
    """Another refresh token beside the access token, be it the customer's own, is an input error;
    the right one revokes.
    """
    session, phone, twin = someone.live_sessions(3)
    revokes_nothing(session, phone, expect)
    expect.returns_same_pair(session)
    expect.returns_same_pair(phone)
    expect.revokes(twin)


@requirement("CORE-22", logins=2, optional=True)
def test_a_revoke_of_a_mismatched_pair_deletes_nothing_later(
    someone: Customer, expect: Expect
) -> None:
    """The same once the access token has expired."""
    session, phone = someone.soon_expired_sessions(2)
    revokes_nothing(session, phone, expect)
    expect.rotates(session)


@requirement("CORE-22", logins=2, optional=True)
def test_a_revoke_of_a_mismatched_pair_deletes_nothing_in_production(
    customers: Customers, deployment: Deployment, production: Deployment, expect: Expect
) -> None:
    """The same at the instance outside development, in the same category."""
    if production is deployment:
        raise NotTestable("second instance")
    session, phone = customers.at(production).alice.live_sessions(2)
    revokes_nothing(session, phone, expect)
    expect.returns_same_pair(session)


def revokes_nothing(session: Session, phone: Session, expect: Expect) -> None:
    """One session's access token beside another refresh token ends neither session."""
    others = [other_hex(session.refresh_token)]
    if session.customer.deployment.derives:  # one that was drawn may stand for itself
        others.append(phone.refresh_token)
    with expect.unchanged(session.customer):
        for other in others:
            expect.mismatch_refused(session.altered(refresh_token=other).revoke())


@requirement("CORE-23")
def test_a_revoke_needs_an_authorization_header(
    someone: Customer, client: Client, expect: Expect
) -> None:
    """Without the header a revoke is refused, and the session lives on until it is revoked."""
    session = someone.log_in()
    expect.refused(client.revoke(None, session.refresh_token), SESSION_OVER)
    expect.returns_same_pair(session)
    expect.revokes(session)


@requirement("CORE-23")
def test_a_revoke_needs_a_refresh_token(someone: Customer, client: Client, expect: Expect) -> None:
    """Without a refresh token a revoke is refused, and the session lives on until revoked."""
    session = someone.log_in()
    for what, given in {"absent": ABSENT, "null": None, "empty": ""}.items():
        with expect.given(f"a refresh token that is {what}"):
            expect.refused(client.revoke(session.token, given), SESSION_OVER)
    expect.returns_same_pair(session)
    expect.revokes(session)


@requirement("CORE-24", logins=2, burns=True)
def test_a_revoked_session_cannot_rotate(someone: Customer, expect: Expect) -> None:
    """A revoked pair is refused once its access token has expired; an unrevoked one is renewed."""
    laptop, phone = someone.expired_sessions(2)
    expect.rotates(laptop)
    expect.revokes(phone)
    expect.is_over(phone)


@requirement("CORE-24", long_jump=True, burns=True, optional=True)
def test_a_session_revoked_near_its_end_cannot_rotate(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """Nor can a remembered one that was renewed, and is revoked in its last minutes."""
    if someone.must_wait:
        raise NotTestable("clock", deployment.clock.unusable)
    lifetimes = deployment.lifetimes
    left = (lifetimes.refresh - lifetimes.access) // 2
    session = someone.renewed_session(remember_me=True).with_left(left)
    expect.revokes(session)
    expect.is_over(session)


@requirement("CORE-25", logins=3)
def test_sessions_of_one_customer_are_independent(someone: Customer, expect: Expect) -> None:
    """Renewing one and revoking another leaves the third able to be renewed."""
    laptop, phone, tablet = someone.expired_sessions(3)
    expect.rotates(laptop)
    expect.revokes(phone)
    expect.rotates(tablet)


@requirement("CORE-25", logins=2, optional=True)
def test_a_login_leaves_older_sessions_alone(alice: RegisteredCustomer, expect: Expect) -> None:
    """So does a login of the customer's own, which a made-up one never makes."""
    session = alice.expired_session()
    alice.log_in()
    expect.rotates(session)


@requirement("CORE-25", logins=2)
def test_a_revoke_leaves_the_other_login_alone(alice: RegisteredCustomer, expect: Expect) -> None:
    """Of two logins one is revoked, and the other can still refresh."""
    laptop, phone = alice.log_in(), alice.log_in()
    expect.revokes(phone)
    expect.returns_same_pair(laptop)


@requirement("CORE-25", logins=2, burns=True, optional=True)
def test_a_revoke_of_an_old_pair_ends_no_other_session_instead(
    someone: Customer, expect: Expect
) -> None:
    """A pair that was renewed already is revoked: while its own session goes on, so does another
    one that was renewed since.
    """
    laptop, phone = someone.expired_sessions(2, remember_me=True)
    newest, renewed = one_after_the_other(laptop, phone, expect)
    laptop.revoke()
    if expect.still_renewable([newest]):
        expect.works(renewed)


@requirement("CORE-25", logins=2, burns=True, optional=True)
def test_a_revoke_of_a_renewed_pair_ends_its_own_session(someone: Customer, expect: Expect) -> None:
    """A renewed pair is revoked: another session that was renewed since goes on."""
    laptop, phone = someone.expired_sessions(2, remember_me=True)
    newest, renewed = one_after_the_other(laptop, phone, expect)
    expect.revokes(newest)
    expect.works(renewed)


def one_after_the_other(first: Session, second: Session, expect: Expect) -> tuple[Session, Session]:
    """The successors of both sessions, the second one renewed later."""
    newest = expect.rotates_past_grace(first)
    first.customer.wait_for_new_second()
    return newest, expect.rotates(second)
