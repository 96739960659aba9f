"""The one decorator of a conformance test: which requirement it proves, and its manners."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from conformance_tests.requirements import Requirement


def requirement(
    *ids: str,
    logins: int = 1,
    burns: bool = False,
    long_jump: bool = False,
    level: str | None = None,
    extra: bool = False,
    hazard: str = "",
    apart: bool = False,
    alone: bool = False,
    modes: tuple[str | None, ...] = (),
    takes: float = 0.0,
    last: bool = False,
) -> pytest.MarkDecorator:
    """Name the requirement that a test proves.

    logins: the most logins of real customers that the test makes.
    burns: where no made-up customer can be had, it ends every session of a real one, if only with
        a deployment that takes for a replay what is none: run late.
    apart: where time is really waited for, no other test has its customers meanwhile; nor have
        they where it burns.
    long_jump: it moves the clock by more than a day: run last.
    level: where a feature raises a row's level (a SHOULD that is a MUST with grace).
    extra: it looks further than the row's `observe` asks for: judged where the target lets it be
        seen, and not missed elsewhere.
    alone: where time is really waited for, it does not wait together with other tests.
    last: it looks back on everything that was said in the run: run when nothing else is left.
    modes: in which it starts the deployment; that is begun while other tests run.
    takes: seconds that each of its cases waits, though the clock can be moved.
    hazard: what this test alone does to a deployment, where the row's other tests do not.
    """
    return pytest.mark.requirement(
        *ids,
        logins=logins,
        burns=burns,
        long_jump=long_jump,
        level=level,
        extra=extra,
        hazard=hazard,
        apart=apart,
        alone=alone,
        modes=modes,
        takes=takes,
        last=last,
    )


def declare_marker(config: pytest.Config) -> None:
    """Let pytest know the marker that `requirement` puts on a test."""
    config.addinivalue_line("markers", "requirement(*ids): the requirement that a test proves")


def requirements_of(item: pytest.Item) -> list[Requirement]:
    """The registry rows that a test names."""
    from conformance_tests.requirements import REQUIREMENTS

    mark = item.get_closest_marker("requirement")
    return [REQUIREMENTS[id_] for id_ in mark.args] if mark else []


def manner_of(item: pytest.Item, name: str) -> Any:
    """One of a test's manners; False where it is not marked at all."""
    mark = item.get_closest_marker("requirement")
    return mark.kwargs.get(name, False) if mark else False


def fixtures_of(item: pytest.Item) -> set[str]:
    """What a test asks for, and what that asks for in turn."""
    return set(item.fixturenames) if isinstance(item, pytest.Function) else set()
