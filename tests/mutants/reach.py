"""Which requirements reach which function of the reference, and which functions a mutant overrides.

A mutant cannot change what a requirement's tests say where they never run what it overrides, so it
is not judged by them. `reach.json` is a record, which `python -m tools.record_reach` writes anew.
"""

from __future__ import annotations

import inspect
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

import reference_auth
from conformance_tests.requirements import REQUIREMENTS
from tests.mutants.judged import Change

SOURCE = Path(reference_auth.__file__).parent
RECORD = Path(__file__).with_name("reach.json")
#: Their tests start processes of their own, where nothing is recorded.
LAUNCHED = frozenset({"DEV-03", "HARD-19", "RACE-14"})
TESTABLE = frozenset(each.id for each in REQUIREMENTS.values() if each.excluded is None)

#: What runs while the reference starts concerns every requirement.
BOOT = "boot"

Reach = dict[str, list[str]]


class Watching:
    """A monkeypatch that remembers what it was told to override."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.overridden: list[Any] = []
        self._patch = patch

    def setattr(self, place: Any, name: Any, *value: Any, **named: Any) -> None:
        """Remember what was there, where it can be told, and override it."""
        there = inspect.getattr_static(place, name, None) if value else None
        self.overridden.append(there)
        self._patch.setattr(place, name, *value, **named)

    def __getattr__(self, name: str) -> Any:
        self.overridden.append(None)
        return getattr(self._patch, name)


def overridden(change: Change) -> frozenset[str] | None:
    """The functions that a change overrides, by the record's names; None where one is unknown."""
    with pytest.MonkeyPatch.context() as patch:
        watching = Watching(patch)
        change.patch(watching)  # type: ignore[arg-type]
    names = [_name(there) for there in watching.overridden]
    return None if None in names else frozenset(filter(None, names))


def _name(there: Any) -> str | None:
    function = getattr(there, "fget", None) or getattr(there, "__func__", there)
    code = getattr(inspect.unwrap(function) if callable(function) else None, "__code__", None)
    if code is None or SOURCE not in Path(code.co_filename).parents:
        return None
    return f"{module(code.co_filename)}:{code.co_qualname}"


def module(path: str | Path) -> str:
    """A file of the reference, named from its folder on."""
    return Path(path).relative_to(SOURCE).as_posix()


@cache
def recorded() -> Reach:
    """The record as it was written last."""
    found: Reach = json.loads(RECORD.read_text(encoding="utf-8"))
    return found


def reachable(change: Change) -> frozenset[str]:
    """The requirements that this change could break."""
    names = overridden(change)
    if names is None or not names <= recorded().keys():
        return TESTABLE
    found = frozenset(id_ for name in names for id_ in recorded()[name])
    return TESTABLE if BOOT in found else found | LAUNCHED
