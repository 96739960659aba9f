"""The gate: what it chooses from the change, and what it calls wrong. Nothing is judged here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from conformance_tests.commands.proofs import SUITE
from conformance_tests.requirements import GROUPS, REQUIREMENTS
from tests.mutants import __main__ as command
from tests.mutants import gate
from tests.mutants.catalogue import Mutant
from tests.mutants.every import CATALOGUE
from tests.mutants.reach import SOURCE, TESTABLE, overridden, reachable
from tests.mutants.workers import Verdict
from tools import changed

MUTANT = CATALOGUE["takes_an_empty_mode_for_development"]
SOUND = Verdict(MUTANT.name, len(TESTABLE), tuple(sorted(MUTANT.reds)))
#: A requirement that the record calls out of its reach.
FAR = "CORE-01"
#: What the mutant overrides.
[(FILE, _, FUNCTION)] = (name.partition(":") for name in overridden(MUTANT) or ())


def judged(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> int:
    """The exit code of a gate of one mutant on which this is the verdict."""

    def verdicts(asked: Mapping[str, frozenset[str]]) -> Iterator[Verdict]:
        yield from [verdict] * len(asked)

    monkeypatch.setattr(command, "verdicts", verdicts)
    return command.judge([MUTANT.name], "near")


def test_what_is_as_written_down_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly its requirements are red: the gate ends with 0."""
    assert judged(monkeypatch, SOUND) == 0


@pytest.mark.parametrize(
    "wrong, said",
    [
        (replace(SOUND, red=(*SOUND.red, "DEV-02")), "also red: DEV-02"),
        (replace(SOUND, red=()), f"not red: {MUTANT.owner}"),
        (replace(SOUND, red=(*SOUND.red, FAR)), f"out of reach in the record: {FAR}"),
        (replace(SOUND, trouble=("it hung",)), "trouble: it hung"),
    ],
)
def test_what_is_otherwise_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    wrong: Verdict,
    said: str,
) -> None:
    """One requirement too many, one too few or trouble ends it with 1, and is told."""
    assert judged(monkeypatch, wrong) == 1
    assert said in capsys.readouterr().out


def test_one_out_of_reach_is_an_error_even_where_the_catalogue_allows_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without `--by all` nobody would have judged it: the record is wrong."""
    assert FAR not in reachable(MUTANT)
    monkeypatch.setitem(CATALOGUE, MUTANT.name, replace(MUTANT, sometimes=frozenset({FAR})))
    assert judged(monkeypatch, replace(SOUND, red=(*SOUND.red, FAR))) == 1


def test_a_dozen_has_one_of_each_group() -> None:
    """And each is of another requirement."""
    owners = [CATALOGUE[name].owner for name in gate.dozen()]
    assert len(set(owners)) == gate.DOZEN
    assert {REQUIREMENTS[owner].group for owner in owners} == {*GROUPS}


def test_a_mutant_is_judged_by_what_it_breaks_and_by_what_is_near() -> None:
    """The nearest are those that other mutants of the same function break."""
    for mutant in CATALOGUE.values():
        assert mutant.reds <= gate.near(mutant) <= TESTABLE
    assert gate.near(CATALOGUE["signs_a_live_token_anew"]) > (
        CATALOGUE["signs_a_live_token_anew"].reds
    )


CHANGES: dict[str, tuple[Path, str, Callable[[Mutant], bool]]] = {
    "a function of the reference": (
        SOURCE / FILE,
        FUNCTION,
        lambda mutant: f"{FILE}:{FUNCTION}" in (overridden(mutant) or ()),
    ),
    "a test of the suite": (
        SUITE / "test_refresh.py",
        "test_a_live_pair_is_repeated",
        lambda mutant: mutant.owner == "CORE-05",
    ),
    "a mutant": (
        Path(gate.__file__).with_name("doors.py"),
        "tells_of_single_types",
        lambda mutant: mutant.name == "tells_of_single_types",
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_a_change_touches_is_judged(monkeypatch: pytest.MonkeyPatch, case: str) -> None:
    """Its mutants are chosen, and by far not all."""
    path, function, concerned = CHANGES[case]
    monkeypatch.setattr(changed, "files", lambda: [path])
    monkeypatch.setattr(changed, "functions", lambda of: {function} if of == path else set())
    chosen = {*gate.touched()}
    wanted = {name for name, mutant in CATALOGUE.items() if concerned(mutant)}
    assert wanted
    assert wanted <= chosen
    assert len(chosen) < len(CATALOGUE) / 4
