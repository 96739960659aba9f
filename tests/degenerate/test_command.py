"""Before the command: a server that is none of this flow is never conformant, and told as such."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from conformance_tests.commands import cli
from conformance_tests.deployment.http import receiving
from conformance_tests.report import exit_codes
from tests.degenerate.servers import CONSTANT, DRIPS, closed, dripping, serving

FILE = """
url = "{url}"
[http]
timeout = {timeout}
[[customers]]
email = "alice@example.com"
password = "pass-alice"
[[customers]]
email = "bob@example.com"
password = "pass-bob"
"""
#: Seconds after which an answer is given up: where none comes, and where a busy machine takes long.
SOON, LATE = 0.5, 5.0
LONGEST = 20.0  # seconds, on a machine that has other things to do
#: What the verdict says of those that are not even asked to log anybody in.
NOT_GRAPHQL = "not GraphQL: check url"
UNTESTED = {
    "401": NOT_GRAPHQL,
    "500": NOT_GRAPHQL,
    "an echo": NOT_GRAPHQL,
    "a page": NOT_GRAPHQL,
    "a redirect loop": "redirects to /graphql: put that address in url",
    "a hang": "no answer came in time",
    "every refusal": "the login of alice@example.com was refused: HTTP 200",
}
#: What breaks a row although nobody can log in, or although everybody seems to.
FAILED = {
    "401 in GraphQL": "GQL-01",
    "500 in GraphQL": "GQL-01",
    "another API": "GQL-01",
    "empty data": "CORE-01",
    "null": "CORE-01",
}


class Shown:
    """What a run of the command printed, wrote and took."""

    def __init__(
        self, url: str, folder: Path, capsys: pytest.CaptureFixture[str], timeout: float = LATE
    ) -> None:
        target, report = folder / "target.toml", folder / "report.json"
        target.write_text(FILE.format(url=url, timeout=timeout))
        began = time.monotonic()
        argv = ["run", "--target", str(target), "--json", str(report), "--claimed-only"]
        self.code = cli.main(argv)
        self.seconds = time.monotonic() - began
        self.out, self.err = capsys.readouterr()
        self.document = json.loads(report.read_text())

    def never_conformant(self) -> None:
        """Not conformant, in one sentence, without a traceback and in a bounded time."""
        verdict = self.document["verdict"]
        assert (verdict["conformant"], verdict["exit"]) == (False, self.code)
        assert "Traceback" not in self.out + self.err
        assert self.seconds < LONGEST
        errors = [row["id"] for row in self.document["requirements"] if row["status"] == "error"]
        assert errors == []

    @property
    def last(self) -> str:
        """The verdict's sentence."""
        return self.out.rstrip().splitlines()[-1]


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """The signals as they were."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_every_server_is_judged() -> None:
    """Each of them is known by how it ends."""
    assert UNTESTED.keys() | FAILED.keys() == CONSTANT.keys()


@pytest.mark.parametrize("name", UNTESTED)
def test_what_cannot_be_judged_is_told_in_one_sentence(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """No verdict, exit 3, and what to look at."""
    with serving(CONSTANT[name]) as url:
        shown = Shown(url, tmp_path, capsys, SOON if name == "a hang" else LATE)
    shown.never_conformant()
    assert shown.code == exit_codes.UNTESTED
    assert shown.last.startswith("No verdict: ")
    assert UNTESTED[name] in shown.last


@pytest.mark.parametrize("name", FAILED)
def test_what_answers_in_the_form_of_graphql_has_failed(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not conformant, exit 1, and the row is named."""
    with serving(CONSTANT[name]) as url:
        shown = Shown(url, tmp_path, capsys)
    shown.never_conformant()
    assert shown.code == exit_codes.FAILED
    assert shown.last.startswith("Not conformant: ")
    failed = [row["id"] for row in shown.document["requirements"] if row["status"] == "fail"]
    assert FAILED[name] in failed


def test_a_closed_port(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody listens: exit 3, and that is the sentence."""
    with closed() as url:
        shown = Shown(url, tmp_path, capsys)
    shown.never_conformant()
    assert shown.code == exit_codes.UNTESTED
    assert "cannot be reached: the connection was refused" in shown.last


@pytest.mark.parametrize("of", DRIPS)
def test_an_answer_without_an_end(
    of: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """An answer that comes by drops, or never stops coming, is given up like one that hangs."""
    with dripping(*DRIPS[of]) as url:
        shown = Shown(url, tmp_path, capsys, SOON)
    shown.never_conformant()
    assert shown.code == exit_codes.UNTESTED
    assert "cannot be reached: no answer came in time" in shown.last


def test_an_answer_that_fills_the_memory(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer beyond any measure is given up before its time is."""
    monkeypatch.setattr(receiving, "LARGEST_ANSWER", 100_000)
    with dripping(*DRIPS["a flood"]) as url:
        shown = Shown(url, tmp_path, capsys)
    shown.never_conformant()
    assert shown.code == exit_codes.UNTESTED
    assert "the answer could not be read (more than 100000 bytes)" in shown.last
