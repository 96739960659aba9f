"""Two reports are told apart row by row; more of them make a grid."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from conformance_tests.commands import cli
from conformance_tests.commands.compare import Judged, changes, compare
from conformance_tests.report import exit_codes
from conformance_tests.report import json as report_json
from conformance_tests.report.finding import Finding
from conformance_tests.report.verdict import Terms, judge
from conformance_tests.requirements import REQUIREMENTS
from tests.conformance.commands.unheard import unheard
from tests.conformance.report.sample_report import passed, run, sample, target

Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes a report like the sample with other statuses (and perhaps another name)."""

    def written(file: str, name: str = "staging", **statuses: str) -> str:
        document = report_json.document(sample())
        document["target"]["name"] = name
        for row in document["requirements"]:
            row["status"] = statuses.get(row["id"].replace("-", "_"), row["status"])
        path = tmp_path / file
        path.write_text(json.dumps(document))
        return str(path)

    return written


STEPS = {
    ("pass", "fail"): "broke",
    ("pass", "warn"): "broke",
    ("warn", "fail"): "broke",
    ("fail", "pass"): "fixed",
    ("known-failure", "pass"): "fixed",
    ("not-testable", "pass"): "new",
    ("not-testable", "fail"): "new",
    ("pass", "not-testable"): "gone",
    ("fail", "not-applicable"): "gone",
    ("fail", "known-failure"): None,
    ("pass", "pass"): None,
    ("not-testable", "excluded"): None,
}


@pytest.mark.parametrize("step", STEPS, ids="-to-".join)
def test_each_step_from_one_status_to_another_has_its_kind(step: tuple[str, str]) -> None:
    """Fixed, broke, new or gone; what was never judged says nothing."""

    def one(status: str) -> Judged:
        row = {"id": "CORE-01", "sentence": "s", "claimed": True, "status": status}
        return Judged("a", {"requirements": [row]})

    assert [change.kind for change in changes(one(step[0]), one(step[1]))] == (
        [STEPS[step]] if STEPS[step] else []
    )


def test_a_row_that_only_one_report_has_is_new_or_gone() -> None:
    """Requirement sets grow."""
    row = {"id": "CORE-01", "sentence": "s", "claimed": True, "status": "pass"}
    with_row, without = Judged("a", {"requirements": [row]}), Judged("b", {"requirements": []})
    assert [change.kind for change in changes(without, with_row)] == ["new"]
    assert [change.kind for change in changes(with_row, without)] == ["gone"]


def test_what_broke_is_exit_1(write: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """And is told with its sentence; the other way round it is fixed, exit 0."""
    before, after = write("a.json"), write("b.json", CORE_01="fail")
    assert cli.main(["compare", before, after]) == exit_codes.FAILED
    shown = capsys.readouterr().out
    assert "CORE-01  pass → fail  A login with good credentials" in shown
    assert "1 broke, 0 fixed, 0 new, 0 gone." in shown
    assert cli.main(["compare", after, before]) == exit_codes.CONFORMANT


def test_what_broke_beyond_the_claim_is_told_but_not_exit_1(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """Advice stays advice."""
    before = write("a.json", HARD_22="pass")
    assert cli.main(["compare", before, write("b.json")]) == exit_codes.CONFORMANT
    assert "HARD-22  pass → fail  (beyond the claim)" in capsys.readouterr().out


def test_more_than_two_reports_make_a_grid(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the terminal and as a page; rows on which two that could see disagree are marked."""
    reports = [
        write("a.json", "one", CORE_13="pass"),
        write("b.json", "two"),
        write("c.json", "three", CORE_01="fail"),
    ]
    page = tmp_path / "grid.html"
    assert cli.main(["compare", *reports, "--html", str(page)]) == exit_codes.CONFORMANT
    shown = capsys.readouterr().out
    assert "≠ CORE-01" in shown
    assert "≠ CORE-13" not in shown  # not-testable beside pass is no disagreement
    text = page.read_text()
    assert text.count("> differs<") == 1
    assert text.index("one 1.4.2") < text.index("two 1.4.2") < text.index("three 1.4.2")


def test_a_grid_leaves_out_what_none_of_them_judged(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And says how many rows that are, in the terminal and on the page."""
    page = tmp_path / "grid.html"
    reports = [write(f"{name}.json", name, CORE_01="fail", CORE_02="error") for name in "abc"]
    reports[0] = write("a.json", "a", CORE_02="error")
    cli.main(["compare", *reports, "--html", str(page)])
    shown = capsys.readouterr().out
    rows = [line[2:].split() for line in shown.splitlines() if re.match("[≠ ] [A-Z]+-", line)]
    assert {"CORE-01", "CORE-02"} < {row[0] for row in rows}
    assert all(set(row[1:]) - {"not-testable", "not-applicable", "excluded"} for row in rows)
    left_out = len(REQUIREMENTS) - len(rows)
    summary = f"1 row judged differently (≠), {left_out} rows judged by none of them"
    assert shown.splitlines()[-1] == f"{summary} and left out."
    assert f"{summary} and left out." in page.read_text()


def test_reports_of_one_target_are_told_apart_by_their_files(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two runs of one deployment have one name."""
    before, after = write("a.json"), write("b.json")
    cli.main(["compare", before, after])
    assert f"from  {before}\nto    {after}" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content, sentence",
    [
        ("{", "is not JSON"),
        ("[]", "is not a conformance report"),
        ('{"schema_version": 2}', "is not a conformance report"),
        ("[" * 100_000, "is not JSON"),
        ("[" * 100_000 + "]" * 100_000, "is not JSON"),
        ('{"schema_version": 1e999}', "is not a conformance report"),
        ('{"schema_version": NaN}', "is not JSON"),
    ],
)
def test_a_file_that_is_no_report_is_exit_2(
    write: Write, tmp_path: Path, content: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one sentence, however it is made."""
    other = tmp_path / "other.json"
    other.write_text(content)
    assert cli.main(["compare", write("a.json"), str(other)]) == exit_codes.USAGE
    assert sentence in capsys.readouterr().err


def test_a_pipe_is_no_report_and_is_not_waited_for(
    write: Write, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody writes to it: to read it would last for ever."""
    os.mkfifo(pipe := tmp_path / "pipe")
    assert cli.main(["compare", write("a.json"), str(pipe)]) == exit_codes.USAGE
    assert "it is a pipe or a device" in capsys.readouterr().err


@pytest.mark.parametrize(
    "status, code", [("pass", exit_codes.CONFORMANT), ("fail", exit_codes.FAILED)]
)
def test_a_comparison_that_nobody_reads_keeps_its_exit_code(
    write: Write, status: str, code: int
) -> None:
    """Without a word about it."""
    ended = unheard("compare", write("a.json"), write("b.json", CORE_01=status))
    assert (ended.returncode, ended.stderr) == (code, "")


def test_the_page_never_takes_the_place_of_a_report(
    write: Write, capsys: pytest.CaptureFixture[str]
) -> None:
    """The report is still there, and the sentence says what to do."""
    before, after = write("a.json"), write("b.json")
    text = Path(before).read_text()
    assert cli.main(["compare", before, after, "--html", before]) == exit_codes.USAGE
    told = f"{before} is read by this command: name another path."
    assert told in capsys.readouterr().err
    assert Path(before).read_text() == text


def test_a_narrowed_report_is_compared_by_what_both_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What --only left out of one of them is neither gone nor new."""
    full = judge(target(), run(*passed("CORE-01", "CORE-02", "CORE-03")))
    one = judge(target(), run(Finding("CORE-02", "fail")), Terms(only=("CORE-02",)))
    paths = [tmp_path / name for name in ("full.json", "one.json")]
    for path, report in zip(paths, (full, one), strict=True):
        path.write_text(report_json.text(report), encoding="utf-8")
    for order, told in ((paths, "1 broke, 0 fixed"), (paths[::-1], "0 broke, 1 fixed")):
        assert compare(order, None) == ("1 broke" in told)
        shown = capsys.readouterr().out
        assert f"{told}, 0 new, 0 gone." in shown
        assert re.search(r"\d+ rows not compared: --only left them out of one report", shown)
