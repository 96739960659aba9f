"""The time ladder: move the clock, or put an older pair in the session's place, or really wait."""

from __future__ import annotations

import pytest

from conformance_tests.actors.customers import RegisteredCustomer
from conformance_tests.actors.forged_tokens import DAY
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.session import Session
from conformance_tests.deployment.clock import Clock
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.forge import Forge
from conformance_tests.outcomes import NotTestable, Violation
from conformance_tests.target.parts import Features
from tests.conformance.fakes import (
    ALICE,
    NOW,
    SECRET,
    HandClock,
    StillClock,
    deployment,
    logins,
)


def alice_of(judged: Deployment) -> RegisteredCustomer:
    return RegisteredCustomer(judged, ALICE)


def forgeable() -> Deployment:
    """Secret and table, and a clock that nobody can move."""
    return deployment(table=True, secret=True)


# -- first rung: the clock ---------------------------------------------------------------------


def test_a_movable_clock_moves_and_the_session_stays() -> None:
    """Expired is second exp, ended the second after refresh_expiry; the pair is the same."""
    clock = HandClock()
    session = alice_of(deployment(logins(), clock=clock)).log_in()
    assert session.expired() is session
    assert clock.now() == session.exp
    assert session.ended() is session
    assert clock.now() == session.refresh_expiry + 1


def test_the_clock_moves_once_for_several_sessions() -> None:
    """All of them have expired then, and the last one only just."""
    clock = HandClock()
    sessions = alice_of(deployment(logins(), clock=clock)).expired_sessions(3)
    assert clock.now() == max(session.exp for session in sessions)


def test_a_session_that_has_expired_needs_no_move() -> None:
    """The second call does nothing."""
    clock = HandClock()
    session = alice_of(deployment(logins(), clock=clock)).expired_session()
    moves = len(clock.moves)
    assert session.expired() is session
    assert len(clock.moves) == moves


def test_so_many_seconds_are_left() -> None:
    """The clock is put so many seconds before the end."""
    clock = HandClock()
    session = alice_of(deployment(logins(), clock=clock)).session_with_left(5)
    assert session.refresh_expiry - clock.now() == 5


def test_the_clock_is_preferred_to_the_forge() -> None:
    """Where it can be moved no session is replaced."""
    judged = deployment(clock=HandClock(), table=True, secret=True)
    session = Customers(judged).made_up().log_in()
    assert session.expired() is session


# -- second rung: an older pair in its place ---------------------------------------------------


def aged() -> tuple[Session, Session]:
    """A session, and what took its place when it had to be expired."""
    customer = Customers(forgeable()).made_up()
    young = customer.log_in()
    return young, young.expired()


def test_an_older_pair_takes_the_session_s_place() -> None:
    """All its times lie back by the same stretch, and its access token has expired."""
    young, old = aged()
    passed = young.exp - old.exp
    assert old.exp <= NOW < old.refresh_expiry
    for name in ("exp", "refresh_expiry", "iat"):
        assert young.claims[name] - old.claims[name] == passed
    assert old.claims["customer_id"] == young.claims["customer_id"]


def test_the_older_pair_is_genuine() -> None:
    """Its signature, refresh token and row are what a login back then would have made."""
    young, old = aged()
    forge = old.customer.deployment.need_forge()
    assert forge.verifies(old.token)
    assert old.refresh_token == forge.refresh_token(old.customer.id, old.exp)
    stored = old.stored()
    assert stored is not None
    assert (stored.hash, stored.ttl) == (forge.hash_of(old.refresh_token), old.refresh_expiry)
    assert young.stored() is None
    assert len(old.customer.rows()) == 1


@pytest.mark.parametrize("ttl, kind", [(..., "N"), (str, "S"), (None, None)])
def test_the_row_keeps_the_type_of_its_ttl_and_what_else_it_holds(
    ttl: object, kind: str | None
) -> None:
    """A row in an older form stays in it."""
    customer = Customers(forgeable()).made_up()
    extra = {"label": {"S": "kept"}}
    old = customer.forge_session(840, 900, ttl=ttl, extra=extra).expired().stored()
    assert old is not None
    assert old.ttl_type == kind
    assert old.attributes["label"] == {"S": "kept"}


def test_what_has_expired_is_not_replaced_again() -> None:
    """An older pair that was put there stays, so that one that has ended since can be asked for."""
    _, old = aged()
    assert old.expired() is old
    assert old.expired_by_replacing() is old


def test_elsewhere_nobody_is_aged_ahead_of_time() -> None:
    """By the clock a session can be expired when it has ended too."""
    clock = HandClock()
    session = alice_of(deployment(logins(), clock=clock)).log_in()
    assert session.expired_by_replacing() is session
    assert clock.moves == []


@pytest.mark.parametrize(
    "covered, excused",
    [(0, False), (-10_000, False), (1, True), (840, True), (840 + 3_600, False)],
)
def test_a_pair_that_an_earlier_burn_covers_is_not_forged(covered: int, excused: bool) -> None:
    """It is not testable until the burn is over; one that covers more than was issued is odd."""
    judged = deployment(logins(), table=True, secret=True)
    alice = alice_of(judged)
    session = alice.log_in()
    judged.need_table().put(alice.id, session.hash, session.refresh_expiry)
    fence = {"before": {"N": str(NOW + covered)}}
    judged.need_table().put(f"ended#{alice.id}", "burn", None, fence if covered else None)
    if not excused:
        assert session.expired().exp < NOW + 1
    else:
        with pytest.raises(NotTestable, match="an earlier burn of alice covers every older pair"):
            session.expired()


def test_two_aged_sessions_do_not_share_an_exp() -> None:
    """Each is moved a second further than the other."""
    customer = Customers(forgeable()).made_up()
    sessions = customer.expired_sessions(3)
    assert len({session.exp for session in sessions}) == 3
    assert len(customer.rows()) == 3


def test_a_session_whose_row_is_gone_is_not_brought_back() -> None:
    """A deployment that took it away is told so; the suite itself did nothing wrong."""
    customer = Customers(forgeable()).made_up()
    session = customer.log_in()
    customer.deployment.need_table().clear(customer.id)
    with pytest.raises(Violation, match="expected a row for this session; got no such row"):
        session.expired()


def test_a_time_that_is_a_text_cannot_be_aged() -> None:
    """WIRE-02 says so; no test ends in an error of the suite."""
    session = Customers(forgeable()).made_up().log_in()
    claims = {**session.claims, "refresh_expiry": str(session.refresh_expiry)}
    token = session.customer.deployment.need_forge().mint(claims)
    with pytest.raises(Violation, match="refresh_expiry to be epoch seconds"):
        session.altered(token=token).expired()


# -- third rung: waiting, and none -------------------------------------------------------------


def test_time_is_really_waited_for_within_max_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """With neither clock nor forge the suite waits until the second has come, and a margin."""
    waited: list[float] = []
    monkeypatch.setattr(Clock, "_wait", staticmethod(waited.append))
    clock = StillClock(max_wait=3000)
    session = alice_of(deployment(logins(), clock=clock)).log_in()
    assert session.expired() is session
    assert waited == [session.exp - clock.now()]


def test_who_has_waited_too_long_judges_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others were at work for so long that the session is over: that is no fault of anybody's."""
    clock = StillClock(max_wait=3000)
    session = alice_of(deployment(logins(), clock=clock)).log_in()
    monkeypatch.setattr(clock, "_wait", lambda _: setattr(clock, "seconds", session.refresh_expiry))
    with pytest.raises(NotTestable, match="ended when its session did"):
        session.expired()


def test_without_any_rung_nobody_logs_in() -> None:
    """It is not testable, and said before a login is spent."""
    judged = deployment(logins())
    ways = r"a movable clock; add \[clock\] .* or max_wait, or both \[signing\] and \[table\]"
    with pytest.raises(NotTestable, match=ways):
        alice_of(judged).expired_session()
    with pytest.raises(NotTestable, match="a movable clock"):
        alice_of(judged).session_with_left(5)
    assert judged.client.logins == 0
    with pytest.raises(NotTestable):
        alice_of(judged).log_in().ended()


# -- what takes longer -------------------------------------------------------------------------


@pytest.mark.parametrize("clock, refreshes", [(HandClock(), 1), (StillClock(max_wait=3000), 0)])
def test_a_session_is_renewed_first_unless_that_takes_a_second_wait(
    monkeypatch: pytest.MonkeyPatch, clock: Clock, refreshes: int
) -> None:
    """Either way it has expired."""
    monkeypatch.setattr(Clock, "_wait", lambda *_: None)
    alice, asked = alice_of(deployment(logins(), clock=clock)), list[Session]()

    def successor_of(old: Session) -> Session:
        asked.append(old)
        return alice.log_in()

    monkeypatch.setattr(alice, "successor_of", successor_of)
    session = alice.renewed_session()
    assert len(asked) == refreshes
    assert session not in asked
    assert clock.now() >= session.exp or not clock.movable


@pytest.mark.parametrize("clock, minutes", [(HandClock(), 60), (StillClock(), 0)])
def test_days_pass_only_where_a_session_outlasts_them(clock: Clock, minutes: int) -> None:
    """The clock has to be movable, and no absolute end may be nearer."""
    deployment(clock=HandClock()).need_long_sessions(DAY)
    judged = deployment(clock=clock)
    judged.features = Features(max_session_minutes=minutes)
    with pytest.raises(NotTestable):
        judged.need_long_sessions(DAY)


def test_an_end_that_only_the_row_knows_needs_the_table() -> None:
    """A token that need not say when its session ends is not blamed for that."""
    token = Forge(SECRET).mint({"customer_id": 7, "exp": NOW + 840})
    without = deployment(claims=("CORE", "STORE"))
    with pytest.raises(NotTestable, match="table"):
        _ = Session(alice_of(without), token, "drawn").refresh_expiry
    with pytest.raises(Violation):
        _ = Session(alice_of(deployment()), token, "drawn").refresh_expiry
