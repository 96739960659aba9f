"""Thousands of answers that hypothesis thinks of, and none is an error of the suite."""

from __future__ import annotations

import pytest

from tests.chaos.sizes import size
from tests.conformance import any_answer


def test_no_answer_breaks_the_suite(pytestconfig: pytest.Config) -> None:
    """Status, headers and bodies; each test of the suite that needs no network of its own."""
    any_answer.check(pytestconfig, size(2_000, 10_000))
