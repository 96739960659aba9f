"""The one decorator of a conformance test: which requirement it proves, and how it is run."""

from __future__ import annotations

from typing import Any, TypedDict, Unpack

import pytest

from conformance_tests.requirements import REQUIREMENTS, Requirement


class MarkerOptions(TypedDict, total=False):
    """How a test has to be run.

    logins: the most logins of real customers that the test makes, 1 if it says nothing.
    burns: it ends all sessions of a real customer where no customer can be made up, or where the
        deployment takes for a replay what is none: run late.
    wrong_passwords: it tries wrong passwords of a real customer, whom a platform may lock: run
        alone, after the others, and always with the same customer.
    registered: it takes a customer of the target by no fixture: one whose id is a number.
    exclusive: where tests run side by side, no other test uses its customers meanwhile; a test that
        burns has its customers to itself in any case.
    long_jump: it moves the clock by more than a day: run last.
    level: where a feature raises a row's level (a SHOULD that is a MUST with grace).
    optional: it looks further than the row's `observe` asks for. It is judged where the target
        shows enough, and leaves no finding elsewhere.
    serial: it runs alone: it looks at more than its customers' rows, or measures times.
    last: it looks back on everything that was said in the run: run after all others.
    modes: the modes in which it starts the deployment; they are started ahead of the test.
    seconds: how long each of its cases waits, though the clock can be moved.
    walk: it walks against the model: what it finds says itself which requirement is broken, and it
        is run where time is given to walks.
    hazard: what this test alone does to a deployment, where the row's other tests do not.
    """

    logins: int
    burns: bool
    wrong_passwords: bool
    registered: bool
    exclusive: bool
    long_jump: bool
    level: str
    optional: bool
    serial: bool
    last: bool
    modes: tuple[str | None, ...]
    seconds: float
    walk: bool
    hazard: str


def requirement(*ids: str, **options: Unpack[MarkerOptions]) -> pytest.MarkDecorator:
    """Name the requirement that a test proves, and say how it has to be run."""
    return pytest.mark.requirement(*ids, **{"logins": 1, **options})


def declare_marker(config: pytest.Config) -> None:
    """Let pytest know the marker that `requirement` puts on a test."""
    config.addinivalue_line("markers", "requirement(*ids): the requirement that a test proves")


def requirements_of(item: pytest.Item) -> list[Requirement]:
    """The registry rows that a test names."""
    mark = item.get_closest_marker("requirement")
    return [REQUIREMENTS[id_] for id_ in mark.args] if mark else []


def marker_option(item: pytest.Item, name: str) -> Any:
    """One option of a test's marker; False where it has none."""
    mark = item.get_closest_marker("requirement")
    return mark.kwargs.get(name, False) if mark else False


def fixtures_of(item: pytest.Item) -> set[str]:
    """The fixtures that a test uses, directly or through another fixture."""
    return set(item.fixturenames) if isinstance(item, pytest.Function) else set()
