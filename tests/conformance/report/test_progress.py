"""While a run goes on, a terminal shows what it is about; elsewhere a long run says that it is."""

from __future__ import annotations

import io
import os
import re
import time
from pathlib import Path

import pytest

from conformance_tests.report.finding import Finding
from conformance_tests.report.progress import ProgressDisplay
from conformance_tests.report.terminal import console


def watched(
    *, terminal: bool, quiet: bool = False, seconds: float = 0.0, waits: bool = False
) -> tuple[str, ProgressDisplay]:
    """What is drawn of a run of two tests, the first of which fails."""
    out = io.StringIO()
    progress = ProgressDisplay(console(file=out, force_terminal=terminal, width=100), quiet=quiet)
    progress.looking_at("staging")
    progress.started(2, 5, seconds)
    progress.testing(("CORE-01",), "test_a_login\x1b[2J")
    progress.finding(Finding("CORE-01", "fail"))
    progress.ended("test_a_login\x1b[2J", again=False)
    progress.testing(("CORE-02",), "test_another")
    if waits:
        progress.waiting("waiting for alice")
    progress.finding(Finding("CORE-02", "pass"))
    progress.finished()
    progress.finished()
    return out.getvalue(), progress


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


def test_elsewhere_one_plain_line_says_what_there_is_to_do() -> None:
    """A log or a pipe holds no escape sequence; where pytest writes, there is nothing of ours."""
    shown, _ = watched(terminal=False)
    assert shown == "2 tests, at most 5 logins of the customers given.\n"
    assert watched(terminal=True, quiet=True)[0].strip() == ""


@pytest.mark.parametrize("seconds, most", [(20, "20 s"), (89, "89 s"), (200, "3 minutes")])
def test_a_run_that_takes_its_time_says_so(seconds: float, most: str) -> None:
    """Before the wait, so that nobody takes it for a hang; not where pytest writes."""
    told = "2 tests, at most 5 logins of the customers given; each waits for its turn"
    shown, _ = watched(terminal=False, seconds=seconds)
    assert shown.strip() == f"{told}, which takes up to {most}."
    assert watched(terminal=True, quiet=True, seconds=seconds)[0].strip() == ""


def test_copies_of_one_run_are_told_of_in_one_line() -> None:
    """When the last of them has begun: until then nobody knows how much there is to do."""
    out = io.StringIO()
    progress = ProgressDisplay(console(file=out))
    progress.looking_at("embedded reference", 2)
    progress.started(1, 0, 0.0)
    assert out.getvalue() == ""
    progress.started(3, 1, 0.0)
    progress.finished()
    assert out.getvalue() == "3 tests, at most 1 login of the customers given.\n"


def test_a_log_is_told_now_and_then_how_far_a_run_has_come() -> None:
    """Also while one test waits, and no longer than the run goes on."""
    out = io.StringIO()
    progress = ProgressDisplay(console(file=out), every=0.05)
    progress.started(140, 5, 0.0)
    progress.testing(("CORE-13",), "test_one")
    progress.testing(("CORE-14", "HARD-02"), "test_another")
    progress.ended("test_one", again=False)
    time.sleep(0.3)
    progress.finished()
    lines = out.getvalue().splitlines()[1:]
    assert set(lines) == {"1 of 140 tests, now CORE-14 HARD-02  another …"}
    assert len(lines) > 1
    time.sleep(0.2)
    assert out.getvalue().splitlines()[1:] == lines


def test_of_tests_that_run_at_once_each_is_named_and_why_others_wait() -> None:
    """And, once their pace is known, how long the rest takes."""
    out = io.StringIO()
    progress = ProgressDisplay(console(file=out), every=0.05)
    progress.started(40_000, 0, 0.0)
    for number in range(22):
        progress.testing((f"CORE-{number}",), f"test_{number}")
    for number in range(20):
        progress.ended(f"test_{number}", again=number == 0)
    progress.ended("test_20", again=False)
    progress.testing(("CORE-99",), "test_more")
    progress.queued("3 for a customer")
    time.sleep(0.2)
    progress.finished()
    assert re.search(
        r"20 of 40000 tests, now 2 at once: CORE-21, CORE-99; waiting: 3 for a customer; "
        r"about \d+ s more …",
        out.getvalue(),
    )


def test_a_log_is_told_while_pytest_keeps_what_is_printed(tmp_path: Path) -> None:
    """The lines go past pytest's capture, to where the report goes."""
    with (tmp_path / "log").open("w") as log, (tmp_path / "kept").open("w") as kept:
        progress = ProgressDisplay(console(file=log))
        os.dup2(kept.fileno(), log.fileno())  # as pytest does
        progress.started(1, 0, 0.0)
        progress.finished()
    assert (tmp_path / "log").read_text() == "1 test, none of which logs in.\n"


def test_every_finding_is_kept_as_it_comes() -> None:
    """So that an interrupted run can say what it knows."""
    _, progress = watched(terminal=False)
    assert [finding.status for finding in progress.findings] == ["fail", "pass"]
