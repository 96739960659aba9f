"""A defect that shows under one condition only is found by the walks of the first seed."""

from __future__ import annotations

import pytest

from conformance_tests.runner.run import run_suite
from tests.conformance.walks.alone import alone
from tests.conformance.walks.defects import DEFECTS
from tests.mutants.judged import changed

#: Seconds: enough for some six walks of each item, on a machine with other work too.
ENOUGH = 12.0


@pytest.mark.parametrize("name", DEFECTS)
def test_a_conditional_defect_is_found(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """However long the story is that is told of it."""
    monkeypatch.setattr("conformance_tests.walks.run.TRIES", 2)
    with changed(DEFECTS[name], briefly=True, command=("true",)) as (target, wiring):
        run = run_suite(target, alone(walks=ENOUGH), wiring=wiring)
    assert run.crashed is None
    assert run.findings
