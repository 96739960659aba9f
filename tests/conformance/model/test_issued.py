"""What an issued pair must say is judged second by second."""

from __future__ import annotations

from typing import Any

import pytest

from conformance_tests.model import issued
from conformance_tests.model.flow import Pair
from conformance_tests.model.issued import Terms

NOW = 1_700_000_000
TERMS = Terms(840, 900, 2_592_000)
SOUND = {"customer_id": 23, "exp": NOW + 840, "refresh_expiry": NOW + 900, "iat": NOW}
OLD = Pair(1, 0, NOW - 1, NOW + 59)


@pytest.mark.parametrize(
    "changes, old, broken",
    [
        ({}, None, []),
        ({"exp": NOW + 830}, None, []),
        ({"customer_id": "23"}, None, ["CORE-26"]),
        ({"exp": NOW + 845}, None, ["WIRE-10"]),
        ({"exp": NOW + 820}, None, ["CORE-03"]),
        ({"exp": NOW + 820}, OLD, []),
        ({"exp": NOW}, OLD, ["CORE-07"]),
        ({"exp": float(NOW)}, None, ["WIRE-02"]),
        ({"refresh_expiry": NOW + 800}, OLD, ["WIRE-10"]),
        ({"iat": NOW + 60}, None, ["WIRE-13"]),
    ],
)
def test_the_claims_of_an_issued_pair(
    changes: dict[str, Any], old: Pair | None, broken: list[str]
) -> None:
    """Each claim that is wrong breaks its requirement, and a sound pair none."""
    found = issued.checks({**SOUND, **changes}, 23, NOW, old, TERMS)
    assert [check.requirement for check in found if not check.holds] == broken


@pytest.mark.parametrize(
    "left, end, remembered, broken",
    [
        (None, NOW + 900, False, []),
        (None, NOW + 901 + 60, False, ["CORE-03"]),
        (None, NOW + 900, True, ["CORE-04"]),
        (59, NOW + 900, False, []),
        (59, NOW + 59, False, ["CORE-09"]),
        (900, NOW + 7, False, []),
        (2000, NOW + 2000, True, []),
        (2000, NOW + 900, True, ["CORE-08"]),
    ],
)
def test_the_end_of_an_issued_session(
    left: int | None, end: int, remembered: bool, broken: list[str]
) -> None:
    """By the login's kind, or by what was left of the old pair; exactly one lifetime is open."""
    old = None if left is None else Pair(1, 0, NOW - 1, NOW + left)
    found = issued.end_checks(end, NOW, old, remembered, NOW, TERMS)
    assert [check.requirement for check in found if not check.holds] == broken
