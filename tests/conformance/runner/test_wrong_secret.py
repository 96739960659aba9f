"""A target names a secret that is not the deployment's: one row says so, others are unseen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from conformance_tests.embedded import boot
from conformance_tests.report.verdict import Report, judge
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite

WHY = "the secret does not verify the deployment's own tokens: check [signing]"


@pytest.fixture(scope="module")
def report() -> Iterator[Report]:
    """The embedded reference, as somebody sees it who has taken another secret for its own."""
    with boot.embedded_reference(over_http=False, behind_proxy=False) as (target, wiring):
        mistaken = replace(target, secret="the-secret-of-quite-another-deployment")
        asked = Options(only=("WIRE-01", "WIRE-06", "CORE-01", "CORE-05", "HARD-01", "HARD-05"))
        yield judge(mistaken, run_suite(mistaken, asked, wiring=wiring))


def statuses(report: Report, *ids: str) -> list[str]:
    return [row.status for row in report.rows if row.requirement.id in ids]


def test_the_row_about_the_secret_is_red_and_nothing_else_is(report: Report) -> None:
    """Whose fault it is, the deployment's or the file's, WIRE-01 leaves to its reader."""
    assert [row.requirement.id for row in report.failed] == ["WIRE-01"]
    assert report.exit == 1
    assert report.of_status("error") == ()


def test_what_rests_on_the_secret_is_not_testable_and_says_why(report: Report) -> None:
    """One sentence for them all, with the table of the target file to look at."""
    [row] = [row for row in report.rows if row.requirement.id == "HARD-05"]
    assert (row.status, row.detail) == ("not-testable", WHY)
    assert statuses(report, "WIRE-06") == ["not-testable"]


def test_the_run_says_so_above_its_rows(report: Report) -> None:
    """Whoever reads the red row has read before what may be the matter."""
    assert report.run.remark == WHY


def test_what_needs_no_secret_is_judged_all_the_same(report: Report) -> None:
    """Logging in, and repeating a live pair."""
    assert statuses(report, "CORE-01", "CORE-05") == ["pass", "pass"]
