"""The log oracle sees what a deployment wrote since a mark, and judges no wording."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import pytest

from conformance_tests.deployment.http.leaks import mentions
from conformance_tests.deployment.launch import Output
from conformance_tests.deployment.log import Excerpt, Log, LogFile, Mark, forms
from conformance_tests.embedded import boot
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite

PASSWORD = 'pä"ss w\\ord/1'
ALICE = "conformance-7-alice"


EVENT = "a line in the log that names the customer"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "deployment.log"


@pytest.fixture
def log(path: Path) -> Log:
    return Log([LogFile(path)])


def write(path: Path, *lines: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(line + "\n" for line in lines)


def test_only_what_was_written_since_the_mark_is_read(log: Log, path: Path) -> None:
    """Lines from before the mark belong to another test."""
    write(path, "before")
    mark = log.mark()
    write(path, "one", "", "two")
    assert log.since(mark).lines == ("one", "two")


def test_a_log_that_is_not_there_yet_is_empty(log: Log, path: Path) -> None:
    """A deployment may open its log with its first line."""
    mark = log.mark()
    assert log.since(mark).lines == ()
    write(path, "first")
    assert log.since(mark).lines == ("first",)


def test_a_log_that_was_begun_anew_is_read_from_its_start(log: Log, path: Path) -> None:
    """A rotated log holds nothing from before the mark."""
    write(path, "a long line from before")
    mark = log.mark()
    path.write_text("new\n", encoding="utf-8")
    assert log.since(mark).lines == ("new",)


def test_colours_and_broken_bytes_are_no_hindrance(log: Log, path: Path) -> None:
    """Terminal colours are taken off, and bytes that are no UTF-8 do not end the reading."""
    path.write_bytes(b"\x1b[31mred\x1b[0m \xff\n")
    assert log.since(Mark((0,))).lines == ("red \ufffd",)


def test_a_log_that_cannot_be_read_is_no_empty_one(path: Path) -> None:
    """It would hold no secret; only one that is not there is empty, in a folder or in none."""
    path.mkdir()
    with pytest.raises(OSError, match="directory"):
        LogFile(path).since(0)
    for absent in (path / "log", Path(__file__) / "log"):
        assert (LogFile(absent).position(), LogFile(absent).since(0)) == (0, b"")


def test_a_file_and_an_output_are_one_log(path: Path) -> None:
    """What a launched deployment prints is read beside its file."""
    output = Output()
    output.add(b"printed before\n")
    log = Log([LogFile(path), output])
    mark = log.mark()
    write(path, "filed")
    output.add(b"printed\n")
    assert log.since(mark).lines == ("filed", "printed")


@pytest.mark.parametrize(
    "line",
    [
        f"login with {PASSWORD} failed",
        json.dumps({"password": PASSWORD}),
        json.dumps({"password": PASSWORD}, ensure_ascii=False),
        f"GET /login?password={quote(PASSWORD, safe='')}",
        repr({"password": PASSWORD}),
    ],
)
def test_a_secret_is_known_however_it_is_written(line: str) -> None:
    """Plain, in JSON, in a URL or as a language prints it, a secret is a secret."""
    assert any(form in line for form in forms(PASSWORD))


def test_an_empty_secret_is_written_nowhere() -> None:
    """It would be found in every line."""
    assert forms("") == set()


def test_an_excerpt_does_not_leak() -> None:
    """It shows no line when printed."""
    assert "ss w" not in repr(Excerpt((f"password {PASSWORD}",)))


@pytest.mark.parametrize(
    "line",
    [f"burned {ALICE}", f'{{"customer_id":"{ALICE}"}}', f"security customer={ALICE}.", ALICE],
)
def test_an_event_names_the_customer(log: Log, path: Path, line: str) -> None:
    """Any line with the id is an event, where the control had none."""
    mark = log.mark()
    write(path, line)
    assert log.event(mark, ALICE, Excerpt(()))


def test_an_event_is_more_than_the_usual(log: Log, path: Path) -> None:
    """A line that an ordinary refusal writes too is no event; one beside it is."""
    usual = f"POST refresh refused customer={ALICE}"
    mark = log.mark()
    write(path, usual)
    assert not log.event(mark, ALICE, Excerpt((usual,)), seconds=0.1)
    write(path, f"replay: all sessions of {ALICE} ended")
    assert log.event(mark, ALICE, Excerpt((usual,)))


def test_another_customers_event_is_not_hers(log: Log, path: Path) -> None:
    """An id that only begins with hers, or ends with it, is somebody else's."""
    mark = log.mark()
    write(path, f"burned {ALICE}2", f"burned x{ALICE}")
    assert not log.event(mark, ALICE, Excerpt(()), seconds=0.1)


def test_a_late_line_is_waited_for(log: Log, path: Path) -> None:
    """A deployment may flush its log a little after its answer."""
    mark = log.mark()
    late = threading.Timer(0.2, write, (path, f"burned {ALICE}"))
    late.start()
    started = time.monotonic()
    assert log.event(mark, ALICE, Excerpt(()))
    assert time.monotonic() - started < 2
    late.join()


@pytest.mark.parametrize(
    "text, named",
    [("ended#23", True), ("id=23;", True), ("23", True), ("123", False), ("23a", False)],
)
def test_an_id_stands_alone(text: str, named: bool) -> None:
    """A short id is not found inside a longer word or number."""
    assert mentions(text, 23) is named


@pytest.mark.parametrize("written", ["", "GET /health 200\n"])
def test_a_log_without_an_event_is_red_only_where_something_was_ever_written(
    path: Path, written: str
) -> None:
    """A file that nobody writes to is perhaps not the deployment's log."""
    with boot.embedded_reference(over_http=False) as (target, wiring):
        path.write_text(written, encoding="utf-8")
        logging = replace(target, log_file=str(path))
        run = run_suite(logging, Options(only=("HARD-28",)), wiring=wiring)
    event = next(finding for finding in run.findings if "security_event" in finding.test)
    if written:
        assert event.card is not None
        assert (event.status, event.card.expected) == ("fail", EVENT)
    else:
        why = "nothing was ever written to the log; check [log] file"
        assert (event.status, event.detail) == ("not-testable", why)
