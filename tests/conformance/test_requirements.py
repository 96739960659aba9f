"""The registry is whole, and no requirement of it is malformed.

What each says is held by other files: id, level and sentence by the frozen versions, the rest by
SPEC.md's annex and its table of the documented profile.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import fields
from itertools import groupby
from pathlib import Path

import pytest

from conformance_tests import requirements
from conformance_tests.requirements import GROUPS, REQUIREMENTS, Requirement

FILE = Path(requirements.__file__).with_name("requirements.toml")
WRITTEN = tomllib.loads(FILE.read_text(encoding="utf-8"))["requirement"]
LESSONS = {path.name[:2] for path in (Path(__file__).parents[2] / "notebooks").glob("[0-9]*.ipynb")}
ALL = tuple(REQUIREMENTS.values())
#: What a target declares, or the row does not apply.
FEATURES = ("wire", "grace", "max_session", "odd_logins", "protected")


def test_the_catalogue_is_in_its_order() -> None:
    """The groups follow each other, and each is numbered from 01 without a gap."""
    groups = {
        group: [one.id for one in ones] for group, ones in groupby(ALL, lambda one: one.group)
    }
    assert tuple(groups) == GROUPS
    for group, ids in groups.items():
        assert ids == [f"{group}-{number:02}" for number in range(1, len(ids) + 1)]


def test_no_id_is_written_twice() -> None:
    """A second table of one id would silently replace the first."""
    written = [one["id"] for one in WRITTEN]
    assert len(written) == len(set(written)) == len(REQUIREMENTS)


def test_a_feature_can_raise_a_level() -> None:
    """RACE-05 is a SHOULD that grace makes a MUST; another feature, or another row, stays."""
    race = REQUIREMENTS["RACE-05"]
    assert [race.level_with(frozenset(has)) for has in ((), ("grace",))] == ["SHOULD", "MUST"]
    assert REQUIREMENTS["RACE-06"].level_with(frozenset({"", "grace"})) == "SHOULD"


def test_every_state_has_requirements() -> None:
    """Each square of ACCESS × REFRESH is spoken of by a MUST of the documented profile."""
    documented = [one for one in ALL if one.documented and one.level == "MUST"]
    assert {cell for one in documented for cell in one.cells} == set(requirements.STATES)


def test_only_the_throttle_is_excluded() -> None:
    """One requirement has no test and never will; it says why."""
    assert {one.id for one in ALL if one.excluded} == {"HARD-27"}


def test_hazards_follow_what_is_observed() -> None:
    """What injects faults needs the proxy, and a burn is announced wherever one is wanted."""
    for one in ALL:
        assert "fault" not in one.hazards or one.id == "RACE-05" or "F" in one.observe
    burns = {one.id for one in ALL if "burn" in one.hazards}
    assert {"CORE-12", "CORE-13", "CORE-14", "STORE-09", "HARD-30", "FAULT-07"} <= burns


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_a_requirement_is_well_formed(one: Requirement) -> None:
    """Its fields hold known words, each once; its sentences are sentences and fit on a screen."""
    assert re.fullmatch(r"[HSTKFEL](\+[HSTKFEL])*( or [HSTKFEL](\+[HSTKFEL])*)*", one.observe)
    assert one.environment in ("any", "development", "production")
    assert {one.feature, one.must_with} <= {"", *FEATURES}
    for words, known in (
        (one.cells, requirements.STATES),
        (one.hazards, ("burn", "fault", "load")),
    ):
        assert set(words) <= set(known)
        assert len(words) == len(set(words))
    assert one.notebook is None or one.notebook in LESSONS
    for text in (one.sentence, one.why, one.likely_cause):
        assert 20 <= len(text) <= 260
        assert text == " ".join(text.split())
        assert text.endswith(".")
    assert all(not part or part.endswith(".") for part in (one.should, one.excluded))
    assert one.source
    assert "[" not in one.sentence


def test_no_default_is_written() -> None:
    """What stands in the file means something: no value repeats a default."""
    defaults = {field.name: field.default for field in fields(Requirement)}
    for one in WRITTEN:
        assert not [name for name, value in one.items() if value in ([], "", False)], one["id"]
        assert not [name for name, value in one.items() if value == defaults[name]], one["id"]
