"""The registry holds the catalogue whole, and no row of it is malformed."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path

import pytest

from conformance_tests import requirements
from conformance_tests.requirements import GROUPS, REQUIREMENTS, Requirement

FILE = Path(requirements.__file__).with_name("requirements.toml")
WRITTEN = tomllib.loads(FILE.read_text(encoding="utf-8"))["requirement"]
ROWS = tuple(REQUIREMENTS.values())
COUNTS = {
    "CORE": 27,
    "WIRE": 12,
    "STORE": 12,
    "DEV": 10,
    "HARD": 31,
    "RACE": 14,
    "FAULT": 12,
    "GQL": 11,
    "API": 6,
}
SHOULD = {
    "STORE": (8,),
    "DEV": (10,),
    "HARD": (10, 13, 14, 15, 16, 17, 23, 25, 26, 27, 28, 29, 30),
    "RACE": (5, 6, 7, 11, 12),
    "FAULT": (10,),
    "GQL": (2, 9, 11),
}
DOCUMENTED: dict[str, Iterable[int]] = {
    "CORE": range(1, 28),
    "WIRE": range(1, 13),
    "STORE": (1, 2, 3, 4, 7, 10, 12),
    "DEV": (1, 2, 3, 4, 5, 8),
    "GQL": (1, 3, 10),
}


def ids(numbers: Mapping[str, Iterable[int]]) -> set[str]:
    return {f"{group}-{number:02}" for group, some in numbers.items() for number in some}


def test_the_catalogue_is_whole_and_in_its_order() -> None:
    """135 rows stand under nine groups, numbered from 01 without a gap."""
    assert tuple(COUNTS) == GROUPS
    assert Counter(row.group for row in ROWS) == COUNTS
    wanted = [f"{group}-{n:02}" for group, count in COUNTS.items() for n in range(1, count + 1)]
    assert list(REQUIREMENTS) == wanted
    assert len(wanted) == 135


def test_no_id_is_written_twice() -> None:
    """A second table of one id would silently replace the first."""
    written = [row["id"] for row in WRITTEN]
    assert len(written) == len(set(written)) == len(REQUIREMENTS)


def test_levels_are_the_catalogues() -> None:
    """Exactly the listed rows are SHOULD; every other row is MUST."""
    assert {row.id for row in ROWS if row.level == "SHOULD"} == ids(SHOULD)
    assert {row.level for row in ROWS} == {"MUST", "SHOULD"}


def test_levels_that_a_feature_raises() -> None:
    """RACE-05 is a SHOULD that grace makes a MUST; RACE-08 to 10 are judged only with grace."""
    assert {row.id for row in ROWS if row.must_with} == {"RACE-05"}
    race = REQUIREMENTS["RACE-05"]
    assert (race.level_with(frozenset()), race.level_with(frozenset({"grace"}))) == (
        "SHOULD",
        "MUST",
    )
    assert REQUIREMENTS["RACE-06"].level_with(frozenset({"", "grace"})) == "SHOULD"
    judged_with_grace = {row.id for row in ROWS if row.feature == "grace"}
    assert judged_with_grace == {"RACE-08", "RACE-09", "RACE-10"}


def test_musts_with_a_gentler_part() -> None:
    """Two MUST rows name the part of them that is only a SHOULD."""
    gentler = {row.id for row in ROWS if row.should}
    assert gentler == {"HARD-19", "FAULT-11"}
    assert {REQUIREMENTS[each].level for each in gentler} == {"MUST"}


def test_the_documented_profile_is_the_table() -> None:
    """The documented profile has the rows of the profile table and no other."""
    assert {row.id for row in ROWS if row.documented} == ids(DOCUMENTED)


def test_every_state_has_rows() -> None:
    """Each square of ACCESS × REFRESH is spoken of by MUST rows of the documented profile."""
    documented = [row for row in ROWS if row.documented and row.level == "MUST"]
    assert {cell for row in documented for cell in row.cells} == set(requirements.STATES)


def test_only_the_throttle_is_excluded() -> None:
    """One row has no test and never will; it says why."""
    assert {row.id for row in ROWS if row.excluded} == {"HARD-27"}


def test_conditions_are_declared_by_the_rows_that_have_them() -> None:
    """A row rests only where the target lacks what the catalogue names for it."""
    features = {row.id: row.feature for row in ROWS if row.feature and row.group != "API"}
    assert features == {
        "STORE-02": "wire",
        "HARD-18": "odd_logins",
        "HARD-23": "max_session",
        "HARD-25": "wire",
        "RACE-08": "grace",
        "RACE-09": "grace",
        "RACE-10": "grace",
    }
    assert {row.feature for row in ROWS if row.group == "API"} == {"protected"}


def test_environments() -> None:
    """The five operations are judged open in development and shut elsewhere."""
    production = {"DEV-01", "DEV-02", "DEV-04", "DEV-10", "GQL-09"}
    development = {"DEV-05", "DEV-06", "DEV-07", "DEV-08", "DEV-09"}
    assert {row.id for row in ROWS if row.environment == "production"} == production
    assert {row.id for row in ROWS if row.environment == "development"} == development


def test_hazards_follow_what_is_observed() -> None:
    """A row that injects faults needs the proxy, and a burn is announced wherever one is wanted."""
    for row in ROWS:
        assert "fault" not in row.hazards or row.id == "RACE-05" or "F" in row.observe
    burns = {row.id for row in ROWS if "burn" in row.hazards}
    assert {"CORE-12", "CORE-13", "CORE-14", "STORE-09", "HARD-30", "FAULT-07"} <= burns


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.id)
class TestEveryRow:
    def test_is_sane(self, row: Requirement) -> None:
        """Its fields hold only words that the registry knows, each once."""
        assert re.fullmatch(r"[HSTKFEL](\+[HSTKFEL])*( or [HSTKFEL](\+[HSTKFEL])*)*", row.observe)
        assert row.environment in ("any", "development", "production")
        assert row.feature in ("", *requirements.FEATURES)
        assert row.must_with in ("", *requirements.FEATURES)
        assert set(row.cells) <= set(requirements.STATES)
        assert set(row.hazards) <= {"burn", "fault", "load"}
        assert len(row.cells) == len(set(row.cells))
        assert len(row.hazards) == len(set(row.hazards))
        assert row.notebook is None or row.notebook in {f"{n:02}" for n in range(1, 14)}

    def test_reads_well(self, row: Requirement) -> None:
        """Its sentences are sentences: they end with a stop and fit on a screen."""
        for text in (row.sentence, row.why, row.likely_cause):
            assert 20 <= len(text) <= 260
            assert text == " ".join(text.split())
            assert text.endswith(".")
        for part in (row.should, row.excluded):
            assert not part or part.endswith(".")
        assert row.source
        assert "[" not in row.sentence

    def test_writes_no_defaults(self, row: Requirement) -> None:
        """Nothing in the file repeats a default, so what stands there means something."""
        written = next(each for each in WRITTEN if each["id"] == row.id)
        defaults = {each.name: each.default for each in fields(Requirement)}
        for name, value in written.items():
            assert value not in ([], "", False), name
            assert value != defaults[name], name
