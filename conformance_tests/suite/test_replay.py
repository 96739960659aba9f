"""Replay: a pair that was renewed already comes back, and every session of its customer ends."""

from __future__ import annotations

from conformance_tests.actors.customers import Customer, MadeUpCustomer, RegisteredCustomer
from conformance_tests.actors.forged_tokens import DAY, HOUR
from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.row import LONG_ID
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotApplicable, NotTestable, own_question


@requirement("CORE-12", logins=2, burns=True)
def test_a_replay_ends_every_session_of_the_customer(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """A spent pair is refused, no row of the customer is left, and a longer session is over too."""
    someone.need_time()
    other = someone.log_in(remember_me=True).expired_by_replacing()
    stolen = someone.expired_session()
    expect.rotates(stolen)
    expect.stored(other)
    deployment.wait_out_grace()
    expect.is_over(stolen)
    expect.burned(someone)
    expect.is_over(other.expired())


@requirement("CORE-12", logins=2, burns=True, optional=True)
def test_a_replay_ends_a_session_that_just_began(alice: RegisteredCustomer, expect: Expect) -> None:
    """So does a login of the very second in which the spent pair comes back."""
    stolen = alice.expired_session()
    expect.rotates_past_grace(stolen)
    latest = alice.log_in()
    expect.stored(latest)
    expect.is_over(stolen)
    expect.not_stored(latest)


@requirement("CORE-12", logins=2, burns=True, optional=True)
def test_a_second_theft_is_seen_as_the_first_was(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """Whoever has logged in again since is protected again."""
    if not deployment.clock.movable:  # a pair that is made to look expired is older than the burn
        raise NotTestable("clock")
    for _ in range(2):
        stolen = someone.log_in(remember_me=True).expired()
        expect.rotates_past_grace(stolen)
        expect.is_over(stolen)
        expect.burned(someone)


@requirement("CORE-12", logins=2, burns=True, optional=True)
def test_an_older_pair_is_a_replay(someone: Customer, expect: Expect) -> None:
    """A pair of two rotations ago ends every session of the customer too, a later one's as well."""
    if someone.must_wait:
        raise NotTestable("clock", someone.deployment.clock.unusable)
    oldest = someone.expired_session(remember_me=True)
    end = oldest.refresh_expiry
    expect.rotates_past_grace(expect.rotates(oldest).expired())
    latest = someone.log_in(remember_me=True).expired_by_replacing()
    if end <= someone.deployment.clock.now():
        raise NotApplicable("the oldest pair has run out by itself, see CORE-04")
    expect.is_over(oldest)
    expect.burned(someone)
    expect.is_over(latest.expired())


@requirement("CORE-12", logins=2, burns=True, optional=True, long_jump=True)
def test_an_older_pair_is_a_replay_a_day_later(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """A pair of two rotations ago ends what was renewed since, and a session that slept."""
    deployment.need_long_sessions(DAY + HOUR)
    asleep = someone.log_in(remember_me=True)
    oldest = someone.log_in(remember_me=True).expired()
    expect.rotates(expect.rotates(oldest).expired())
    deployment.pass_seconds(DAY + HOUR)
    expect.stored(asleep)
    expect.is_over(oldest)
    expect.burned(someone)


@requirement("CORE-12", burns=True, optional=True)
def test_a_replay_is_one_after_a_logout(made_up: MadeUpCustomer, expect: Expect) -> None:
    """A spent pair ends the customer's other sessions, if its own was logged out since."""
    other = made_up.log_in(remember_me=True)
    stolen = made_up.expired_session()
    expect.revokes(expect.rotates_past_grace(stolen))
    expect.stored(other)
    expect.is_over(stolen)
    expect.burned(made_up)


@requirement("CORE-12", burns=True, optional=True)
def test_a_replay_deletes_a_row_past_its_ttl(
    deployment: Deployment, made_up: MadeUpCustomer, expect: Expect
) -> None:
    """Nor is the row left of a session that has run out."""
    stolen = made_up.expired_session()
    expect.rotates_past_grace(stolen)
    made_up.forge_session(-5, 600, ttl=int(deployment.clock.now()) - 60)
    expect.is_over(stolen)
    expect.burned(made_up)


@requirement("CORE-13", logins=2, burns=True)
def test_a_replay_leaves_other_customers_alone(
    customers: Customers, deployment: Deployment, bob: RegisteredCustomer, expect: Expect
) -> None:
    """One customer's burn touches neither namesakes, whose ids are longer or differ in case, nor a
    real customer.
    """
    victim, namesakes = customers.with_namesakes()
    bystander = bob.log_in()
    theirs = [namesake.log_in(remember_me=True) for namesake in namesakes]
    if not namesakes:
        expect.unseen("customers whose ids are nearly the victim's", deployment.forging_lacks)
    stolen = victim.expired_session()
    expect.rotates_past_grace(stolen)
    expect.is_over(stolen)
    for session in (bystander, *theirs):
        expect.stored(session)
    for session in theirs:
        expect.rotates(session.expired())


@requirement("CORE-13", burns=True, optional=True)
def test_a_replay_reads_a_long_id_to_its_end(
    customers: Customers, made_up: MadeUpCustomer, expect: Expect
) -> None:
    """Nor does it touch a customer whose long id differs from the victim's in its last letter."""
    victim, namesake = (customers.made_up(f"{made_up.id:-<{LONG_ID}}{end}") for end in "ab")
    bystander = namesake.log_in(remember_me=True)
    stolen = victim.expired_session()
    expect.rotates_past_grace(stolen)
    expect.is_over(stolen)
    expect.stored(bystander)
    expect.rotates(bystander.expired())


@requirement("CORE-14", logins=2, burns=True)
def test_a_replay_ends_the_successor_too(
    deployment: Deployment, someone: Customer, another: Customer, expect: Expect
) -> None:
    """Once a spent pair was replayed, its successor cannot be renewed; others can."""
    bystander = another.log_in(remember_me=True)
    stolen = someone.expired_session(remember_me=True)
    successor = expect.rotates(stolen).expired_by_replacing()
    deployment.wait_out_grace()
    expect.is_over(stolen)
    with own_question():
        expect.is_over(successor.expired())
    expect.rotates(bystander.expired())
