"""While a run goes on, a terminal shows what it is about; elsewhere a long run says that it is."""

from __future__ import annotations

import io
import re

import pytest

from conformance_tests.report.progress import Collector
from conformance_tests.report.terminal import console
from conformance_tests.verdict import Finding


def watched(
    *, terminal: bool, quiet: bool = False, seconds: float = 0.0, waits: bool = False
) -> tuple[str, Collector]:
    """What is drawn of a run of two tests, the first of which fails."""
    out = io.StringIO()
    collector = Collector(console(file=out, force_terminal=terminal, width=100), quiet=quiet)
    collector.looking_at("staging")
    collector.started(2, 5, seconds)
    collector.testing(("CORE-01",), "test_a_login\x1b[2J")
    collector.finding(Finding("CORE-01", "fail"))
    collector.testing(("CORE-02",), "test_another")
    if waits:
        collector.waiting("waiting for alice")
    collector.finding(Finding("CORE-02", "pass"))
    collector.finished()
    collector.finished()
    return out.getvalue(), collector


def test_a_terminal_shows_the_test_at_hand_and_what_is_red() -> None:
    """One line, with how many of how many are done; a test's name steers nothing."""
    shown, _ = watched(terminal=True)
    assert "\x1b[2J" not in shown
    plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown)
    assert "1/2" in plain
    assert "1 red" in plain
    assert "CORE-02  another" in plain
    assert "2 tests, at most 5 logins of the customers given." in plain


def test_a_terminal_shows_what_is_being_waited_for() -> None:
    """In the place of the test's name, so that it fits a narrow one."""
    shown, _ = watched(terminal=True, waits=True)
    assert "CORE-02  waiting for alice…" in shown
    assert "another" not in shown


@pytest.mark.parametrize("terminal, quiet", [(False, False), (True, True)])
def test_elsewhere_nothing_is_drawn(terminal: bool, quiet: bool) -> None:
    """A log or a pipe stays clean, and so does a terminal that pytest writes on."""
    assert watched(terminal=terminal, quiet=quiet)[0].strip() == ""


@pytest.mark.parametrize("seconds, most", [(20, "20 s"), (89, "89 s"), (200, "3 minutes")])
def test_a_run_that_takes_its_time_says_so_anywhere(seconds: float, most: str) -> None:
    """One line before the wait, so that nobody takes it for a hang; not where pytest writes."""
    told = "2 tests, at most 5 logins of the customers given; each waits for its turn"
    shown, _ = watched(terminal=False, seconds=seconds)
    assert shown.strip() == f"{told}, which takes up to {most}."
    assert watched(terminal=True, quiet=True, seconds=seconds)[0].strip() == ""


def test_every_finding_is_kept_as_it_comes() -> None:
    """So that an interrupted run can say what it knows."""
    _, collector = watched(terminal=False)
    assert [finding.status for finding in collector.findings] == ["fail", "pass"]
