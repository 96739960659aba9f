"""What has ended stays ended, and its coming back ends nothing else."""

from __future__ import annotations

import pytest

from conformance_tests.actors.customers import Customer, MadeUpCustomer, RegisteredCustomer
from conformance_tests.actors.forged_tokens import DAY, HOUR
from conformance_tests.actors.protected import Protected
from conformance_tests.actors.session import Session
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.http.developer import Developer
from conformance_tests.deployment.table import Table
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotApplicable, NotTestable

#: Seconds left that a clock may be ahead: fewer than the ten of clause 7.8.
NEAR = 7
#: How often a logout and a login are tried to be had within one second.
TRIES = 3
#: So many logins of one second does a try take.
LOGINS = 3
#: Seconds after which a login that has not answered is taken to wait for the next second.
PATIENCE = 0.4


# -- after it has expired ----------------------------------------------------------------------


@requirement("HARD-12", logins=2, burns=True, long_jump=True)
def test_an_expired_pair_that_comes_back_twice_is_no_theft(
    someone: Customer, expect: Expect
) -> None:
    """An expired pair is refused, and again when its row is gone; another session lives on."""
    other, session = someone.log_in(remember_me=True), someone.log_in()
    ended = session.ended()
    expect.is_over(ended)
    with expect.unchanged(someone):
        expect.is_over(ended)
    expect.works(other)


@requirement("HARD-12", logins=2, burns=True, long_jump=True)
def test_a_pair_that_expired_unnoticed_is_no_theft(
    someone: Customer, table: Table, expect: Expect
) -> None:
    """A pair whose row the table itself has dropped is refused; another session lives on."""
    other, session = someone.log_in(remember_me=True), someone.log_in()
    ended = session.ended()
    table.drop(ended.stored())
    with expect.unchanged(someone):
        expect.is_over(ended)
    expect.works(other)


@requirement("HARD-12", burns=True, optional=True)
def test_a_pair_that_expired_days_ago_is_no_theft(
    made_up: MadeUpCustomer, table: Table, expect: Expect
) -> None:
    """So is one that comes back days after its end."""
    other, ended = made_up.log_in(remember_me=True), made_up.forge_session(-9 * DAY, -3 * DAY)
    table.drop(ended.stored())
    with expect.unchanged(made_up):
        expect.is_over(ended)
    expect.works(other)


@requirement("HARD-12", logins=2, burns=True, long_jump=True, optional=True)
def test_an_older_session_outlives_an_expired_pair(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """A remembered session that was begun before the expired pair lives on too: both by logins, as
    a deployment may know its own rows by more than the flow's three columns.
    """
    pause = deployment.lifetimes.refresh + deployment.slack + 1
    deployment.need_long_sessions(pause)
    older, ended = alice.log_in(remember_me=True), alice.log_in()
    deployment.pass_seconds(pause)
    expect.is_over(ended)
    expect.is_over(ended)  # now its row is gone
    expect.rotates(older)


@requirement("HARD-12", logins=2, burns=True, optional=True, long_jump=True)
def test_an_old_pair_past_its_end_is_no_theft(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """A pair that was renewed in time comes back after its own end: its session goes on."""
    if not deployment.clock.movable:
        raise NotTestable("clock", "a pair that is made to look expired has lost its lineage")
    other, spent = someone.log_in(remember_me=True), someone.expired_session()
    newest = expect.rotates_past_grace(spent)
    ended = spent.ended()
    with expect.unchanged(someone):
        expect.is_over(ended)
    expect.works(newest)
    expect.works(other)


@requirement("HARD-38", burns=True)
def test_a_row_that_a_faster_clock_renewed_is_no_theft(
    made_up: MadeUpCustomer, table: Table, expect: Expect
) -> None:
    """A pair that stays live for a few seconds only, and whose row is gone, is asked to retry; the
    customer's other session lives on.
    """
    other, near = made_up.log_in(remember_me=True), made_up.forge_session(NEAR, 600)
    expect.returns_same_pair(near)
    table.drop(near.stored())
    with expect.unchanged(made_up):
        expect.asks_to_retry(near.refresh())
    expect.works(other)


@requirement("HARD-38", burns=True)
def test_a_row_that_a_faster_clock_deleted_is_no_theft(
    made_up: MadeUpCustomer, table: Table, expect: Expect
) -> None:
    """A pair with a few seconds left until its end, and whose row is gone, is over and no replay;
    the customer's other session lives on.
    """
    other, near = made_up.log_in(remember_me=True), made_up.forge_session(-300, NEAR)
    expect.rotates(made_up.forge_session(-310, NEAR))
    table.drop(near.stored())
    with expect.unchanged(made_up):
        expect.is_over(near)
    expect.works(other)


# -- after a revoke ----------------------------------------------------------------------------


@requirement("HARD-13", logins=2, burns=True)
def test_a_revoked_pair_that_comes_back_is_no_theft(someone: Customer, expect: Expect) -> None:
    """A revoked pair is refused, and the customer's other device stays logged in."""
    laptop, phone = someone.expired_sessions(2)
    expect.revokes(phone)
    with expect.unchanged(someone):
        expect.is_over(phone)
        expect.is_over(phone)
    expect.rotates(laptop)


@requirement("HARD-13", burns=True, optional=True, long_jump=True)
def test_a_revoked_pair_that_comes_back_a_day_later_is_no_theft(
    deployment: Deployment, someone: Customer, table: Table, expect: Expect
) -> None:
    """So is one of a day ago, also when the table has deleted what had run out by then."""
    deployment.need_long_sessions(DAY + HOUR)
    laptop, phone = someone.expired_sessions(2, remember_me=True)
    expect.revokes(phone)
    deployment.pass_seconds(DAY + HOUR)
    table.expire(someone.id, int(deployment.clock.now()), but=laptop.hash)
    with expect.unchanged(someone):
        expect.is_over(phone)
    expect.rotates(laptop)


@requirement("HARD-13", logins=2, burns=True, optional=True)
def test_a_pair_that_was_revoked_by_its_predecessor_is_no_theft(
    someone: Customer, expect: Expect
) -> None:
    """Where logging out with the pair of before a rotation ends the session, it ends no other."""
    laptop, phone = someone.expired_sessions(2, remember_me=True)
    renewed = expect.rotates(phone).expired_by_replacing()
    phone.revoke()
    if renewed.stored() is not None:
        raise NotApplicable("the deployment does not end a session that was renewed meanwhile")
    expect.is_over(renewed.expired())
    expect.rotates(laptop)


@requirement("HARD-14", burns=True)
def test_a_revoke_is_heeded_at_once(alice: RegisteredCustomer, expect: Expect) -> None:
    """A live pair is repeated until it is revoked, and refused from then on."""
    session = alice.log_in()
    expect.returns_same_pair(session)
    expect.revokes(session)
    expect.is_over(session)


@requirement("HARD-14", burns=True, optional=True)
def test_a_revoke_of_a_renewed_pair_is_heeded_at_once(someone: Customer, expect: Expect) -> None:
    """So is a live pair that a rotation gave."""
    [expired] = someone.soon_expired_sessions(1)
    session = expect.rotates(expired)
    expect.returns_same_pair(session)
    expect.revokes(session)
    expect.is_over(session)


@requirement("HARD-14", burns=True, optional=True)
def test_a_revoke_at_another_server_is_heeded_at_once(
    deployment: Deployment, production: Deployment, someone: Customer, expect: Expect
) -> None:
    """So is a pair that was repeated here and revoked at the instance outside development."""
    if production is deployment:
        raise NotTestable("second instance")
    session = someone.log_in()
    expect.returns_same_pair(session)
    expect.returns_same_pair(session.on(production))
    expect.revokes(session.on(production))
    expect.is_over(session)


@requirement("HARD-16", logins=2)
def test_a_revoke_may_be_repeated(alice: RegisteredCustomer, expect: Expect) -> None:
    """A second revoke of the same pair answers true, and another session lives on."""
    other, session = alice.log_in(), alice.log_in()
    expect.revokes(session)
    expect.revokes(session)
    expect.returns_same_pair(other)


@requirement("HARD-16", logins=2, optional=True)
def test_a_revoke_may_be_repeated_later(someone: Customer, expect: Expect) -> None:
    """The same once the access token has expired: the second revoke changes no row."""
    other, session = someone.soon_expired_sessions(2)
    expect.revokes(session)
    with expect.unchanged(someone):
        expect.revokes(session)
    expect.rotates(other)


@requirement("HARD-16", logins=2, long_jump=True, optional=True)
def test_a_revoke_may_be_repeated_a_day_later(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """So may that of a remembered session, as long as it would have lasted."""
    deployment.need_long_sessions(DAY + HOUR)
    session = someone.log_in(remember_me=True)
    expect.revokes(session)
    deployment.pass_seconds(DAY + HOUR)
    expect.revokes(session)


@requirement("HARD-16", long_jump=True, optional=True)
def test_a_revoke_may_be_repeated_after_the_end(someone: Customer, expect: Expect) -> None:
    """So may that of a pair that has run out."""
    ended = someone.log_in().ended()
    with expect.unless_it_vanishes(ended):
        expect.revokes(ended)
        expect.revokes(ended)


# -- after a burn ------------------------------------------------------------------------------


def replay(stolen: Session, expect: Expect) -> Session:
    """Spend a pair and present it again: the customer's sessions burn. The successor comes back."""
    successor = expect.rotates_past_grace(stolen)
    expect.is_over(stolen)
    return successor


@requirement("HARD-15", logins=2, burns=True)
def test_a_burn_is_heeded_at_once(someone: Customer, expect: Expect) -> None:
    """A live pair is repeated until a replay burns it; it and the successor are refused then."""
    stolen = someone.expired_session()
    live = someone.log_in()
    expect.returns_same_pair(live)
    successor = replay(stolen, expect)
    expect.is_over(live)
    expect.is_over(successor)


@requirement("HARD-30", logins=3, burns=True)
def test_devices_that_wake_up_after_a_burn_do_no_harm(someone: Customer, expect: Expect) -> None:
    """A session begun after a burn outlives every pair of before it that comes back."""
    stolen, asleep = someone.expired_sessions(2)
    replay(stolen, expect)
    fresh = someone.log_in()
    with expect.unchanged(someone):
        expect.is_over(asleep)
        expect.is_over(stolen)
    expect.returns_same_pair(fresh)
    if someone.deployment.clock.movable:  # a pair forged now would be older than the burn
        expect.rotates(fresh.expired())


@requirement("HARD-30", logins=3, burns=True, optional=True, long_jump=True)
def test_devices_that_wake_up_a_day_after_a_burn_do_no_harm(
    deployment: Deployment, someone: Customer, expect: Expect
) -> None:
    """So it does a day later."""
    deployment.need_long_sessions(DAY + HOUR)
    stolen, asleep = someone.expired_sessions(2, remember_me=True)
    replay(stolen, expect)
    fresh = someone.log_in(remember_me=True)
    deployment.pass_seconds(DAY + HOUR)
    with expect.unchanged(someone):
        expect.is_over(asleep)
    expect.rotates(fresh)


@requirement("HARD-30", logins=3, burns=True, optional=True, hazard="fault")
def test_a_burn_that_broke_off_spares_who_logs_in_after_it(
    deployment: Deployment, alice: RegisteredCustomer, faults: FaultProxy, expect: Expect
) -> None:
    """Sessions begun meanwhile, renewed or not, outlive the pair that comes back once more."""
    stolen = alice.expired_session(remember_me=True)
    expect.rotates_past_grace(stolen)
    with faults.refuse("delete", "denied", of=alice.id) as fault:
        expect.nothing_issued(stolen.refresh())
    expect.fault_hit(fault)
    fresh = [alice.log_in(remember_me=True)]
    if deployment.clock.movable:  # a pair forged now would be older than the burn
        fresh.append(expect.rotates(alice.log_in(remember_me=True).expired()))
    kept = [expect.stored(session) for session in fresh]
    expect.is_over(stolen)
    expect.equal([expect.stored(session) for session in fresh], kept, "the new sessions' rows")
    for session in fresh:
        expect.works(session)


@requirement("HARD-41", burns=True)
def test_a_burn_outlasts_what_the_table_deletes(
    deployment: Deployment, made_up: MadeUpCustomer, table: Table, expect: Expect
) -> None:
    """A burned pair of a longer lifetime than today's is over to its end, and ends no session that
    began since, also when the table has deleted what had run out by then.
    """
    stolen = made_up.forge_session(-5, 600)
    asleep = made_up.forge_session(-7, 2 * deployment.lifetimes.extended)
    replay(stolen, expect)
    fresh = made_up.log_in(remember_me=True)
    table.expire(made_up.id, asleep.refresh_expiry, but=fresh.hash)
    with expect.unchanged(made_up):
        expect.is_over(asleep)
    expect.returns_same_pair(fresh)


# -- in the very second ------------------------------------------------------------------------


def stays_over(session: Session, expect: Expect) -> None:
    """A live access token may outlive its session by a few minutes; expired, it opens nothing."""
    if session.customer.deployment.clock.movable:
        expect.is_over(session.expired())


@requirement("HARD-31", logins=(2 * LOGINS - 1) * TRIES, exclusive=True)
def test_logging_in_again_brings_no_revoked_pair_back(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """Logging out and in again, and once more, gives another pair within one second too."""
    for _ in range(TRIES):
        deployment.clock.next_second(after=LOGINS)
        with deployment.clock.window() as window:
            ended = [alice.log_in()]
            revoked_and_in_again(alice, ended, expect)
        revoked_and_in_again(alice, ended, expect)
        if window.is_one_second or ended[1].exp <= ended[0].exp:  # later, yet no later end
            break
    else:
        expect.unseen(f"a login in the second of a logout, in {TRIES} tries", "frozen clock")
    stays_over(ended[0], expect)


def revoked_and_in_again(
    customer: RegisteredCustomer, ended: list[Session], expect: Expect
) -> None:
    """The last session is revoked, and the next one shares no token with any before it."""
    expect.revokes(ended[-1])
    again = customer.log_in_at_once() or customer.log_in()
    expect.new_tokens(again, *ended)
    ended.append(again)


@requirement("HARD-31", logins=2, burns=True, optional=True)
def test_removing_all_rows_brings_no_revoked_pair_back(
    deployment: Deployment, alice: RegisteredCustomer, developer: Developer, expect: Expect
) -> None:
    """Nor does a developer who removes all rows of the customer: what has ended stays ended."""
    deployment.clock.next_second(after=1)
    revoked = alice.log_in()
    expect.revokes(revoked)
    developer.remove_all(str(alice.id))
    again = alice.log_in_at_once(patience=PATIENCE)
    if again is not None:
        expect.new_tokens(again, revoked)
    stays_over(revoked, expect)


@requirement("HARD-31", optional=True)
def test_a_query_brings_no_revoked_pair_back(
    protected: Protected, alice: RegisteredCustomer, expect: Expect
) -> None:
    """Nor does the target's own query, asked with the access token that is still live."""
    session = alice.log_in()
    expect.protected_answered(protected.asked_by(session))
    expect.revokes(session)
    protected.asked_by(session)
    stays_over(session, expect)


@requirement("HARD-31", logins=2, burns=True, optional=True)
def test_a_rotation_brings_no_revoked_pair_back(someone: Customer, expect: Expect) -> None:
    """Renewing one session in the second in which another one ended gives another pair."""
    [older] = someone.soon_expired_sessions(1)
    ended = someone.log_in()
    expect.revokes(ended)
    renewed = someone.session_unless_retry(older.refresh())
    if renewed is not None:
        expect.new_tokens(renewed, ended)
    stays_over(ended, expect)


@requirement("HARD-31", logins=2, burns=True, optional=True)
def test_logging_in_brings_no_revoked_rotation_back(
    alice: RegisteredCustomer, expect: Expect
) -> None:
    """Logging in in the second in which a renewed pair was revoked gives another pair."""
    [older] = alice.soon_expired_sessions(1)
    ended = expect.rotates(older)
    expect.revokes(ended)
    again = alice.log_in_at_once(patience=PATIENCE)
    if again is not None:
        expect.new_tokens(again, ended)
    stays_over(ended, expect)


@requirement("HARD-31", logins=2, burns=True, optional=True)
@pytest.mark.parametrize("remember_me", [False, True], ids=["normal", "remembered"])
def test_logging_in_again_brings_no_burned_pair_back(
    alice: RegisteredCustomer, expect: Expect, remember_me: bool
) -> None:
    """Logging in again in the second of a burn gives a pair that was not among the burned."""
    [stolen] = alice.soon_expired_sessions(1)
    burned = replay(stolen, expect)
    again = alice.log_in_at_once(remember_me, patience=PATIENCE)
    if again is not None:
        expect.new_tokens(again, stolen, burned)
        expect.works(again)
    stays_over(burned, expect)


@requirement("WIRE-10", logins=2, burns=True, optional=True)
def test_a_login_after_a_burn_does_not_outlive_its_lifetime(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """However little is left in the second of a burn, exp keeps within the access lifetime."""
    [stolen] = alice.soon_expired_sessions(1)
    expect.rotates_past_grace(stolen)
    if stolen.refresh().pairs:
        raise NotApplicable("a replay burns nothing, see CORE-12")
    with deployment.clock.window() as window:
        again = alice.log_in_at_once(patience=PATIENCE)
    if again is not None:
        _, latest = window.after(deployment.lifetimes.access)
        expect.that(again.exp <= latest, f"exp to be {latest} at most", again.exp)
