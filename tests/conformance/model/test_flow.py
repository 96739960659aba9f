"""The model says of each state of a pair what SPEC.md says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from conformance_tests.model.flow import Customer, Effect, Pair, Reply, State
from conformance_tests.requirements import REQUIREMENTS

EXP, END = 1000, 1060
GRACE = 30
LIVE, FIRST, EXPIRED, LAST, OVER = EXP - 5, EXP, EXP + 5, END, END + 1


def customer(state: State, grace: int = 0) -> tuple[Customer, Pair]:
    """A customer with one session, whose first pair is in this state."""
    first = Pair(1, 0, EXP, END)
    made = Customer(grace)
    made.issued(first, EXP - 900)
    if state is State.SPENT:
        made.issued(replace(first, generation=1, exp=EXP + 900, refresh_expiry=END + 900), EXP)
    first.state = state
    return made, first


@pytest.mark.parametrize(
    "state, now, reply, effect, broken",
    [
        (State.CURRENT, LIVE, Reply.SAME, Effect.NOTHING, "CORE-05"),
        (State.CURRENT, EXP - 1, Reply.SAME, Effect.NOTHING, "CORE-10"),
        (State.CURRENT, FIRST, Reply.NEW, Effect.ROTATES, "CORE-10"),
        (State.CURRENT, EXPIRED, Reply.NEW, Effect.ROTATES, "CORE-06"),
        (State.CURRENT, LAST, Reply.NEW, Effect.ROTATES, "CORE-11"),
        (State.CURRENT, OVER, Reply.OVER, Effect.ENDS, "CORE-11"),
        (State.SPENT, EXPIRED, Reply.OVER, Effect.BURNS, "CORE-12"),
        (State.SPENT, END - 10, Reply.OVER, Effect.NOTHING, "HARD-38"),
        (State.SPENT, OVER, Reply.OVER, Effect.NOTHING, "CORE-11"),
        (State.REVOKED, LIVE, Reply.OVER, Effect.NOTHING, "HARD-14"),
        (State.REVOKED, EXPIRED, Reply.OVER, Effect.NOTHING, "CORE-24"),
        (State.BURNED, LIVE, Reply.OVER, Effect.NOTHING, "HARD-15"),
        (State.BURNED, EXPIRED, Reply.OVER, Effect.NOTHING, "CORE-14"),
    ],
)
def test_a_refresh(state: State, now: int, reply: Reply, effect: Effect, broken: str) -> None:
    """5.2, 7.5 and 7.8: the answer, what becomes of the rows, and which requirement says so."""
    made, pair = customer(state)
    found = made.refresh(pair, now)
    assert found is not None
    assert (found.replies, found.effect, found.requirement) == ((reply,), effect, broken)
    assert found.rows in REQUIREMENTS


@pytest.mark.parametrize(
    "state, now, replies, effect, broken",
    [
        (State.CURRENT, LIVE, {Reply.TRUE}, Effect.ENDS, "CORE-20"),
        (State.CURRENT, EXPIRED, {Reply.TRUE}, Effect.ENDS, "CORE-21"),
        (State.CURRENT, OVER, {Reply.TRUE}, Effect.ENDS, "CORE-21"),
        (State.SPENT, EXPIRED, {Reply.TRUE}, Effect.ENDS, ""),
        (State.SPENT, OVER, {Reply.TRUE, Reply.NO_SUCH}, Effect.NOTHING, ""),
        (State.REVOKED, LIVE, {Reply.TRUE}, Effect.NOTHING, "HARD-16"),
        (State.BURNED, EXPIRED, {Reply.TRUE}, Effect.NOTHING, "HARD-16"),
    ],
)
def test_a_revoke(state: State, now: int, replies: set[Reply], effect: Effect, broken: str) -> None:
    """Section 9."""
    made, pair = customer(state)
    found = made.revoke(pair, now)
    assert found is not None
    assert ({*found.replies}, found.effect, found.requirement) == (replies, effect, broken)


def test_a_revoke_of_an_old_pair_ends_its_session() -> None:
    """9.6: the row of the newest pair is gone, the pair that was shown is revoked, others stay."""
    made, first = customer(State.SPENT)
    second = replace(first, generation=2, exp=EXP + 1800, state=State.CURRENT)
    made.issued(second, EXP + 900)
    found = made.revoke(first, EXPIRED)
    assert found is not None
    assert found.rows == "RACE-15"
    made.ended(first, EXPIRED)
    assert (first.state, second.state) == (State.REVOKED, State.REVOKED)
    assert made.current() == []


def test_a_burn_ends_every_session() -> None:
    """Section 11: what was revoked before stays so."""
    made, first = customer(State.SPENT)
    made.issued(gone := Pair(2, 0, EXP, END), LIVE)
    made.ended(gone, LIVE)
    made.issued(other := Pair(3, 0, EXP, END), LIVE)
    made.burn()
    assert (first.state, gone.state, other.state) == (State.BURNED, State.REVOKED, State.BURNED)
    assert made.current() == []


@pytest.mark.parametrize(
    "successor, now, found",
    [
        (State.CURRENT, EXP, (Reply.SUCCESSOR, Effect.NOTHING, "RACE-08")),
        (State.CURRENT, EXP + GRACE, (Reply.SUCCESSOR, Effect.NOTHING, "RACE-08")),
        (State.CURRENT, EXP + GRACE + 1, (Reply.OVER, Effect.BURNS, "CORE-12")),
        (State.SPENT, EXP, (Reply.OVER, Effect.BURNS, "RACE-09")),
        (State.REVOKED, EXP, (Reply.OVER, Effect.NOTHING, "RACE-10")),
    ],
)
def test_within_grace_a_spent_pair_leads_to_its_successor(
    successor: State, now: int, found: tuple[Reply, Effect, str]
) -> None:
    """12.2 and 12.3: to the last second, and never to one that was spent or revoked itself."""
    made, pair = customer(State.SPENT, GRACE)
    made.sessions[1][1].state = successor
    said = made.refresh(pair, now)
    assert said is not None
    assert (*said.replies, said.effect, said.requirement) == found


def test_a_successor_that_the_suite_replaced_is_left_open() -> None:
    """Nothing in the table leads to the row that took its place."""
    made, pair = customer(State.SPENT, GRACE)
    made.sessions[1][1].replaced = True
    assert made.refresh(pair, EXP) is None


@pytest.mark.parametrize("left, is_open", [(1, True), (2, False)])
def test_at_its_absolute_end_a_session_is_left_open(left: int, is_open: bool) -> None:
    """13.3: there is no second left in which a new pair could live."""
    pair = Pair(1, 0, EXP, END, began=END - 3600)
    made = Customer(maximum=3600)
    made.issued(pair, END - 3600)
    assert (made.refresh(pair, END - left) is None) == is_open


@pytest.mark.parametrize("left, is_open", [(1, True), (2, False)])
def test_so_is_the_way_to_its_last_successor(left: int, is_open: bool) -> None:
    """A spent pair comes back within grace, in the second in which its session ends."""
    made, pair = customer(State.SPENT, END - EXP)
    made.maximum, pair.began = 3600, END - 3600
    assert (made.refresh(pair, END - left) is None) == is_open
    assert (made.refresh_mixed(pair, END - left, "HARD-11") is None) == is_open


@pytest.mark.parametrize("now, broken", [(LIVE, "CORE-16"), (EXPIRED, "HARD-11")])
def test_a_mixed_pair_changes_no_row(now: int, broken: str) -> None:
    """7.6 and 9.3, but once the session is over, when its row may go (7.5)."""
    made, pair = customer(State.CURRENT)
    found = made.refresh_mixed(pair, now, "HARD-11")
    assert found is not None
    assert (found.requirement, found.effect) == (broken, Effect.NOTHING)
    assert made.refresh_mixed(pair, OVER, "HARD-11") is None
    assert made.revoke_mixed(pair, now, "HARD-11").replies == (Reply.INPUT,)
