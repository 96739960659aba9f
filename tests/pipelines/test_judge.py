"""What a pipeline runs: every input is one argument and never code, and the verdict is the exit."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HOSTILE = "x'; touch pwned; $(touch pwned) `touch pwned` \"|& *"
#: Stands for the suite: notes its arguments, writes the Markdown report, ends as it is told.
PROGRAM = """#!/bin/sh
for word in "$@"; do printf '%s\\0' "$word" >> words; done
while [ $# -gt 0 ]; do [ "$1" = --markdown ] && echo '# verdict' > "$2"; shift; done
exit "${CODE:-0}"
"""
REPORTS = [
    *("--json", "conformance-reports/report.json"),
    *("--html", "conformance-reports/report.html"),
    *("--junit", "conformance-reports/report.xml"),
    *("--markdown", "conformance-reports/report.md"),
]


@dataclass(frozen=True)
class Done:
    """How a script ended, and what it called."""

    code: int
    words: list[str]
    folder: Path
    said: str

    def read(self, name: str) -> str:
        return (self.folder / name).read_text()


Judge = Callable[..., Done]


@pytest.fixture
def judge(tmp_path: Path) -> Judge:
    """Runs a script in an empty folder, with these variables."""
    program = tmp_path / "auth-conformance"
    program.write_text(PROGRAM)
    program.chmod(0o755)

    def run(script: str = ".ci/judge", **variables: str) -> Done:
        environ = {
            "PATH": os.environ["PATH"],
            "JUDGE_PROGRAM": str(program),
            "GITHUB_STEP_SUMMARY": "summary.md",
            "GITHUB_OUTPUT": "output",
            **variables,
        }
        done = subprocess.run(
            ["bash", str(ROOT / script)], cwd=tmp_path, env=environ, capture_output=True, text=True
        )
        words = tmp_path / "words"
        called = words.read_text().split("\0")[:-1] if words.exists() else []
        return Done(done.returncode, called, tmp_path, done.stderr)

    return run


def test_an_address_is_judged_and_reported(judge: Judge) -> None:
    """The four reports are asked for, and the summary is the Markdown one."""
    done = judge(JUDGE_URL="https://shop.example.com/graphql")
    assert done.words == ["run", "https://shop.example.com/graphql", *REPORTS]
    assert done.read("summary.md") == "# verdict\n"
    assert (done.code, done.read("output")) == (0, "exit=0\n")


def test_every_input_has_its_argument(judge: Judge) -> None:
    """Words for --only are parted at blanks; a switch is on when it says true."""
    done = judge(
        JUDGE_TARGET="a b.toml",
        JUDGE_PROFILE="hardened",
        JUDGE_ONLY="CORE  RACE-04",
        JUDGE_STRICT="true",
        JUDGE_REQUIRE_COMPLETE="true",
        JUDGE_ALLOW_DESTRUCTIVE="false",
    )
    switches = ["--profile", "hardened", "--strict", "--require-complete"]
    chosen = ["--only", "CORE", "RACE-04"]
    assert done.words == ["run", "--target", "a b.toml", *switches, *chosen, *REPORTS]


@pytest.mark.parametrize("code", [1, 2, 3, 4, 5])
def test_the_verdict_is_the_exit(judge: Judge, code: int) -> None:
    """As the suite ends, so does the step; the report is shown all the same."""
    done = judge(JUDGE_URL="https://shop.example.com/graphql", CODE=str(code))
    assert (done.code, done.read("output")) == (code, f"exit={code}\n")
    assert done.read("summary.md")


@pytest.mark.parametrize("name", ["JUDGE_URL", "JUDGE_TARGET", "JUDGE_PROFILE", "JUDGE_ONLY"])
def test_no_input_is_code(judge: Judge, name: str) -> None:
    """Quotes, commands and patterns in an input reach the program as they are."""
    done = judge(**{"JUDGE_URL": "https://shop.example.com/graphql", name: HOSTILE})
    assert not (done.folder / "pwned").exists()
    given = HOSTILE.split() if name == "JUDGE_ONLY" else [HOSTILE]
    assert [word for word in done.words if word in given] == given


def test_a_pipeline_that_names_nothing_is_told_so(judge: Judge) -> None:
    """Otherwise it would judge the embedded reference, and be green."""
    done = judge()
    assert (done.code, done.words) == (2, [])
    assert "JUDGE_TARGET" in done.said


def test_the_example_for_any_shell_installs_and_judges(judge: Judge, tmp_path: Path) -> None:
    """It makes an environment, installs what it is given, keeps the reports and the exit code."""
    programs = tmp_path / ".conformance" / "bin"
    programs.mkdir(parents=True)
    for name in ("pip", "auth-conformance"):
        (programs / name).symlink_to(tmp_path / "auth-conformance")
    (tmp_path / "python3").symlink_to(tmp_path / "auth-conformance")
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    done = judge("examples/pipeline.sh", SUITE="suite.whl", PATH=path)
    run = ["run", "--target", "staging.toml", *REPORTS[:6]]
    installed = ["-m", "venv", ".conformance", "install", "--quiet", "suite.whl"]
    assert done.words == [*installed, *run]


def test_the_arguments_are_the_suite_s(judge: Judge) -> None:
    """The program can read what the script calls it with."""
    from conformance_tests.commands.cli import parser

    done = judge(JUDGE_TARGET="staging.toml", JUDGE_ONLY="CORE", JUDGE_STRICT="true")
    read = parser().parse_args(done.words)
    assert json.dumps(str(read.json)) == '"conformance-reports/report.json"'
    assert (read.strict, read.only) == (True, ["CORE"])
