"""Whose a partition is, by its name alone: the suite deletes what it takes for its own."""

from __future__ import annotations

import pytest

from conformance_tests.deployment.http.documents import NOBODY_ID
from conformance_tests.deployment.row import is_made_up
from conformance_tests.deployment.table import CHECKED
from conformance_tests.runner.other_runs import RUNS


@pytest.mark.parametrize(
    "own",
    [
        "conformance-0a1b2c-1",
        "conformance-0a1b2c-1-Zoë",
        pytest.param(NOBODY_ID, id="nobody"),
        CHECKED,
        RUNS,
    ],
)
def test_what_the_suite_names_is_its_own(own: str) -> None:
    """Customers with a run's random word, and the partitions of the runs themselves."""
    assert is_made_up(own)
    assert is_made_up(f"ended#{own}")


@pytest.mark.parametrize(
    "foreign",
    [
        "conformance-",
        "conformance-team@shop.example",
        "conformance-runs-2",
        "conformance-checkout",
        "CONFORMANCE-0a1b2c-1",
        "xconformance-0a1b2c-1",
        "ended#ended#conformance-0a1b2c-1",
    ],
)
def test_what_merely_looks_like_it_is_somebody_elses(foreign: str) -> None:
    """A shop may have such a customer."""
    assert not is_made_up(foreign)
