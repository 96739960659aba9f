"""The hidden checks let right answers pass, and name what a wrong one misses."""

from __future__ import annotations

import pytest

from lessons import SECRET, Pair, Server, checks
from lessons.checks.lesson_07 import CASES, NOW, Case
from reference_auth.core import lifetimes
from reference_auth.core.rows import REVOKED, ROTATED, Fence, Row, Tombstone
from reference_auth.core.tokens import Claims
from reference_auth.store import items
from tests.notebooks.answers import RIGHT, WRONG
from tests.reference.issued import issue


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_answer_passes(name: str) -> None:
    """The check finds nothing missed."""
    check, answer = RIGHT[name]
    assert check(answer).words == "Right."
    assert check(answer).is_right


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_answer_is_told_what_it_misses(name: str) -> None:
    """The hint names the thing that was missed."""
    check, answer, hint = WRONG[name]
    assert not check(answer).is_right
    assert hint in check(answer).words


@pytest.mark.parametrize("name", checks.__all__)
def test_an_open_exercise_is_no_error(name: str) -> None:
    """A check says what to do while there is no answer, and takes any nonsense for a wrong one."""
    check = getattr(checks, name)
    assert check(...).words.startswith("Nothing to check yet")
    assert not check(None).is_right
    assert not check(lambda *_: 1 / 0).is_right


def test_each_check_is_tried_both_ways() -> None:
    """Every exercise has a right answer and wrong ones here."""
    assert {check.__name__ for check, _ in RIGHT.values()} == set(checks.__all__)
    assert {check.__name__ for check, *_ in WRONG.values()} == set(checks.__all__)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.hint)
def test_the_reference_tells_what_a_missing_row_means_as_the_lesson_has_it(case: Case) -> None:
    """Each case of lesson 07 gets the same word from the real server."""
    server = Server(grace_seconds=30)
    exp, refresh_expiry = NOW + case.access_left, NOW + case.refresh_left
    claims = Claims(23, exp, refresh_expiry, exp - 840)
    issued = issue(claims, SECRET)
    row = Row.of(claims, issued.hash)
    after = issue(lifetimes.next_claims(claims, NOW, server.config), SECRET)
    if case.tombstone == REVOKED:
        server.put_item(items.tombstone_item(Tombstone.revoked(row, refresh_expiry)))
    if case.tombstone == ROTATED:
        server.put_item(items.row_item(Row.of(after.claims, after.hash, rotated_from=issued.hash)))
        rotated = Tombstone(row.customer_id, row.hash, ROTATED, NOW + 9, NOW + 9, after.claims)
        server.put_item(items.tombstone_item(rotated))
    if case.fence is not None:
        server.put_item(items.fence_item("23", Fence(exp + case.fence, NOW + 9, done=True)))
    answer = server.refresh(Pair(issued.pair.token, issued.pair.refresh_token))
    words = {"graphql-server-internal-error": "again", None: "successor"}
    heard = words.get(answer.category, "burn" if server.security_events else "over")
    assert heard == case.right
