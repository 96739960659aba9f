"""No answer is an error of the suite: `nox -s deep` has ten thousand cases of this."""

from __future__ import annotations

from tests.conformance import any_answer


def test_no_answer_breaks_the_suite() -> None:
    """Status, headers and body are whatever hypothesis thinks of."""
    assert len(any_answer.TESTS) > 150
    any_answer.check(300)
