"""No answer is an error of the suite: `nox -s deep` has ten thousand cases of this."""

from __future__ import annotations

import pytest

from tests.conformance import any_answer


def test_no_answer_breaks_the_suite(pytestconfig: pytest.Config) -> None:
    """Status, headers and body are whatever hypothesis thinks of."""
    any_answer.check(pytestconfig, 300)
