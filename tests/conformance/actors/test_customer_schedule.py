"""Who plays in a test: the customer who has rested longest, and nobody whom another test burns."""

from __future__ import annotations

import contextvars

import pytest

from conformance_tests.actors.customer_schedule import Assignment, Need, assign, choose, in_order

RESTED = (30.0, 10.0, 20.0)


@pytest.mark.parametrize("customers, places", [(1, (1,)), (2, (1, 2)), (9, (1, 2, 0))])
def test_whoever_rested_longest_goes_first(customers: int, places: tuple[int, ...]) -> None:
    """As many as the test asks for, or all there are."""
    assert choose(RESTED, Need(customers), ()) == Assignment(places)


def test_tests_share_a_customer_whom_none_of_them_burns() -> None:
    """Their sessions are independent."""
    two = [Assignment((1,)), Assignment((0, 1))]
    assert choose(RESTED[:2], Need(1), two) == Assignment((0,))  # of fewer tests than the other
    assert choose(RESTED[1:2], Need(1), two[:1]) == Assignment((0,))


def test_a_test_that_burns_has_its_customer_to_itself() -> None:
    """Nobody joins it, and it joins nobody."""
    burning = Assignment((1,), exclusive=True)
    assert choose(RESTED, Need(1), [burning]) == Assignment((2,))
    assert choose(
        RESTED, Need(1, exclusive=True), [Assignment((1,)), Assignment((2,))]
    ) == Assignment((0,), True)


def test_nobody_is_chosen_until_enough_are_free() -> None:
    """Two burns at most beside one another where two customers are."""
    assert choose(RESTED[:2], Need(2, exclusive=True), [Assignment((0,))]) is None
    assert choose(RESTED[:2], Need(1), [Assignment((0,), True), Assignment((1,), True)]) is None


def test_the_first_of_all_is_taken_where_an_account_may_be_locked() -> None:
    """However long others rested; and if that one is taken, the test waits."""
    assert choose(RESTED, Need(1, first=True), ()) == Assignment((0,))
    assert choose(RESTED, Need(1, first=True), [Assignment((0,), True)]) is None


@pytest.mark.parametrize("first", [False, True])
def test_without_customers_nobody_plays(first: bool) -> None:
    """Such a test says itself what it misses."""
    assert choose((), Need(2, exclusive=True, first=first), ()) == Assignment((), True)


def test_those_who_play_come_first_and_the_others_after_them() -> None:
    """What was begun in a test keeps its own order, whatever another test chooses."""

    def played() -> list[str]:
        return in_order(["alice", "bob", "carol"])

    context = contextvars.copy_context()
    context.run(assign, Assignment((2, 0)))
    contextvars.copy_context().run(assign, Assignment((1,)))
    assert context.run(played) == ["carol", "alice", "bob"]
    assert context.run(in_order, ["alice"]) == ["alice"]
