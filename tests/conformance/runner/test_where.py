"""A card says in whose hands the session was: in the test's own words."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from conformance_tests.deployment.http.recorder import Exchange
from conformance_tests.runner.where import SUITE, where


def failing(name: str, token: str) -> BaseException:
    """What a test of the suite raises that has this session under this name."""
    code = compile("raise AssertionError", str(SUITE / "test_made_up.py"), "exec")
    with pytest.raises(AssertionError) as raised:
        exec(code, {name: SimpleNamespace(token=token)})
    return raised.value


@pytest.mark.parametrize(
    "name, token, told",
    [
        ("stolen", "a.b.c", ("production", "with the session `stolen`")),
        ("stolen", "d.e.f", ("production",)),  # not the one that was sent
        ("session", "a.b.c", ("production",)),  # there is no other one
    ],
)
def test_a_session_is_named_where_its_name_tells_something(
    name: str, token: str, told: tuple[str, ...]
) -> None:
    """Its name in the test is said, unless it is the only one."""
    headers = (("authorization", "Bearer a.b.c"),)
    sent = Exchange("POST http://it/graphql", headers, request_body="", status_line="200")
    recorder = SimpleNamespace(faults=lambda: (), exchanges=lambda: (sent,))
    instances: Any = SimpleNamespace(
        main=SimpleNamespace(recorder=recorder), name_of=lambda url: "production"
    )
    assert where(failing(name, token), instances) == told
