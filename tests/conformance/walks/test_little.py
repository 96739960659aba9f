"""Walks where little can be seen: with the secret and no table, and with credentials alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from conformance_tests.runner.run import run_suite
from conformance_tests.target.model import Target
from tests.conformance.suite.ways import blind
from tests.conformance.walks.alone import SECONDS, SOUND, alone
from tests.mutants.every import CATALOGUE
from tests.mutants.judged import changed


def with_the_secret(target: Target) -> Target:
    return blind(target, secret=target.secret)


def with_a_clock(target: Target) -> Target:
    return blind(target, clock=target.clock)


@pytest.mark.parametrize(
    "name, seen, broken",
    [
        ("", with_the_secret, set()),
        ("", with_a_clock, set()),
        ("", blind, set()),
        ("makes_a_text_of_the_id_in_a_renewed_token", with_a_clock, {"CORE-26"}),
        ("hands_the_old_refresh_token_out_again", with_the_secret, {"CORE-06"}),
        ("signs_a_live_token_anew", blind, {"CORE-05"}),
    ],
)
def test_a_walk_sees_what_it_can(
    name: str, seen: Callable[[Target], Target], broken: set[str]
) -> None:
    """Made-up customers need no table where the development operations are open."""
    with changed(CATALOGUE[name] if name else SOUND, briefly=True, command=("true",)) as booted:
        run = run_suite(seen(booted.target), alone(walks=2 * SECONDS), wiring=booted.wiring)
    assert run.crashed is None
    found = {finding.requirement for finding in run.findings}
    assert found >= broken
    assert bool(found) == bool(broken)
