"""The mutation tester itself: what it makes, what it leaves alone, and whom it lets go."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from itertools import cycle
from pathlib import Path

import pytest

from tools.mutation.__main__ import main
from tools.mutation.judge import Verdict, judging
from tools.mutation.listed import KINDS, reasons
from tools.mutation.made import MODULES, Made, mutants


def changes(module: str, function: str) -> set[str]:
    """What is done to a function."""
    return {one.now for one in mutants(module).values() if one.function == function}


def test_a_comparison_is_shifted_and_forced() -> None:
    """A condition is taken the other way round, by one, always and never."""
    found = changes("core.lifetimes", "rolled_expiry")
    assert {
        "if refresh_expiry - now <= lifetimes.refresh:",
        "if refresh_expiry + now < lifetimes.refresh:",
        "if True:",
        "if False:",
    } <= found


def test_a_state_stands_for_another() -> None:
    """Each cell of the table of states is put wrong."""
    assert "(Access.LIVE, Refresh.MATCHES): State.ACCESS_INVALID_REFRESH_VALID," in changes(
        "core.states", ""
    )


def test_a_call_is_not_made() -> None:
    """A statement without an answer is dropped."""
    was = {one.was for one in mutants("flow.burn").values() if one.now == "pass"}
    assert "await self.sessions.delete_all(to_delete)" in was


@pytest.mark.parametrize("module", MODULES)
def test_what_nobody_sees_is_left_alone(module: str) -> None:
    """No docstring, annotation, import, repr or log line is changed."""
    for one in mutants(module).values():
        assert not one.was.startswith(('"""', "import ", "from ", "log.", "@"))
        assert "repr" not in f"{one.was} {one.now}" or one.operator == "assignment"


def test_what_is_listed_is_made() -> None:
    """Each mutant of the list is one that is made today, and its reason says something."""
    made = {name for module in MODULES for name in mutants(module)}
    assert set(reasons()) <= made
    assert all(kind in KINDS and len(why) > 20 for kind, why in reasons().values())


def test_the_suite_is_the_judge() -> None:
    """A mutant of a promise is killed by its row; the sound source survives the same rows."""
    [wrong] = [
        one
        for one in mutants("core.lifetimes").values()
        if one.function == "refresh_lifetime" and "and False" in one.now
    ]
    sound = Made("core.lifetimes", "refresh_lifetime", "none", "", "", _sound("core.lifetimes"))
    with judging() as judge:
        told = judge(wrong, {"CORE-04"}), judge(sound, {"CORE-04"})
    assert [(one.end, one.by) for one in told] == [("killed", "CORE-04"), ("survived", "")]


def test_what_no_row_killed_is_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A mutant that nobody could log in to counts as killed, and the last line says how many."""
    left = [name for name in mutants("core.lifetimes") if name not in reasons()]
    ends = dict(zip(left, cycle([Verdict("killed"), Verdict("door")]), strict=False))
    record = tmp_path / "mutation.json"
    record.write_text(json.dumps({name: asdict(one) for name, one in ends.items()}))
    assert main(["--tell", "--record", str(record), "core.lifetimes"]) == 0
    *_, killed, doors = capsys.readouterr().out.splitlines()
    assert killed == f"killed: {len(left)} of {len(left)}, 100.0%"
    assert doors.endswith(f"(door): {len(left) // 2} of these")


def test_whoever_forks_may_have_loaded_the_reference() -> None:
    """One fork server serves a whole process, and another test may have started it before."""
    words = "import reference_auth.core.lifetimes; from tools.mutation import mutated; "
    words += "mutated.load('core.lifetimes', 'mark = 1'); "
    words += "from reference_auth.core.lifetimes import mark"
    subprocess.run([sys.executable, "-c", words], check=True)


def _sound(module: str) -> str:
    from tools.mutation.made import SOURCE

    return SOURCE.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")
