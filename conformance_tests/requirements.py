"""The requirements as data: `requirements.toml`, read once, in catalogue order."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Literal

Level = Literal["MUST", "SHOULD"]
Environment = Literal["any", "development", "production"]
Hazard = Literal["burn", "fault", "load"]

#: The version of the set that was frozen first, in which every row counts.
FIRST_VERSION: Final = "1.0"
#: The four validation states, whether ACCESS and REFRESH are valid.
STATES: Final = (
    "ACCESS_VALID_REFRESH_VALID",
    "ACCESS_INVALID_REFRESH_VALID",
    "ACCESS_VALID_REFRESH_INVALID",
    "ACCESS_INVALID_REFRESH_INVALID",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """One requirement: what a deployment does, why that matters, and what it takes to see it.

    Each field is explained at the head of `requirements.toml`.
    """

    id: str
    level: Level
    sentence: str
    observe: str
    source: str
    why: str
    likely_cause: str
    environment: Environment = "any"
    feature: str = ""
    must_with: str = ""
    should: str = ""
    cells: tuple[str, ...] = ()
    hazards: tuple[Hazard, ...] = ()
    documented: bool = False
    notebook: str | None = None
    excluded: str | None = None
    since: str = FIRST_VERSION

    @property
    def provisional(self) -> bool:
        """True in the version that brought a row after the first: its failure is only a warning."""
        return self.since == VERSION != FIRST_VERSION

    @property
    def group(self) -> str:
        """The part of the id before the dash."""
        return self.id.partition("-")[0]

    @property
    def destructive(self) -> bool:
        """True where a production target must agree before this is tried on it."""
        return bool(self.hazards)

    @property
    def ways(self) -> tuple[frozenset[str], ...]:
        """The letters of `observe`: each set alone is enough to see the requirement."""
        return tuple(frozenset(way.split("+")) for way in self.observe.split(" or "))

    def level_with(self, features: frozenset[str]) -> Level:
        """The level for a target that declares these features; SHOULD while it is provisional."""
        if self.provisional:
            return "SHOULD"
        raised = self.must_with != "" and self.must_with in features
        return "MUST" if raised else self.level


def _read(row: Mapping[str, Any]) -> Requirement:
    lists = {name: tuple(row.get(name, ())) for name in ("cells", "hazards")}
    return Requirement(**{**row, **lists})


_FILE: Final = tomllib.loads(
    resources.files(__package__).joinpath("requirements.toml").read_text(encoding="utf-8")
)
VERSION: Final[str] = _FILE["version"]
REQUIREMENTS: Final[Mapping[str, Requirement]] = MappingProxyType(
    {row["id"]: _read(row) for row in _FILE["requirement"]}
)
GROUPS: Final[tuple[str, ...]] = tuple(dict.fromkeys(row.group for row in REQUIREMENTS.values()))
