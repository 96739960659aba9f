"""Runs one test with fixtures of its own: pytest's own machinery is made for one test at a time."""

from __future__ import annotations

import inspect
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import pytest


def call(item: pytest.Function) -> None:
    """Make the fixtures that the test asks for, run it, and end them in reverse order."""
    made: dict[str, Any] = {}
    with ExitStack() as ends:
        for name in item._fixtureinfo.initialnames:
            _make(name, item, made, ends)
        item.obj(**{name: made[name] for name in item._fixtureinfo.argnames})


def _make(name: str, item: pytest.Function, made: dict[str, Any], ends: ExitStack) -> Any:
    """The fixture of this name, made once for this test."""
    if name not in made:
        definition = item._fixtureinfo.name2fixturedefs[name][-1]
        given = {
            asked: _request(name, item) if asked == "request" else _make(asked, item, made, ends)
            for asked in definition.argnames
        }
        function: Any = definition.func
        if inspect.isgeneratorfunction(function):
            # However the test ends, what comes after the `yield` is run, as pytest does it.
            made[name] = next(fixture := function(**given))
            ends.callback(next, fixture, None)
        else:
            made[name] = function(**given)
    return made[name]


def _request(name: str, item: pytest.Function) -> SimpleNamespace:
    """As much of pytest's `request` as the suite's fixtures use."""
    parameters = getattr(item, "callspec", SimpleNamespace(params={})).params
    return SimpleNamespace(node=item, config=item.config, param=parameters.get(name))
