"""A test that ends all sessions of a real customer says so: others may be waiting with theirs."""

from __future__ import annotations

import importlib
import logging
import os
from pathlib import PurePath

import pytest

from conformance_tests.embedded import boot
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import QUIET, run_suite
from tests.conformance.suite.ways import blind
from tests.mutants.judged import derive_briefly

#: Any of these keeps a test's customers to itself while others wait.
KEEPING = {"burns", "exclusive", "serial"}


class Burns(logging.Handler):
    """Remembers in which test of the suite the reference ended every session of a customer."""

    def __init__(self) -> None:
        super().__init__()
        self.tests: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if getattr(record, "event", None) == "replay":
            self.tests.add(os.environ["PYTEST_CURRENT_TEST"].partition(" ")[0].partition("[")[0])


def manners(test: str) -> set[str]:
    """The marks of a test of the suite that keep its customers to it."""
    path, _, name = test.partition("::")
    module = importlib.import_module(f"conformance_tests.suite.{PurePath(path).stem}")
    marks = getattr(module, name).pytestmark
    return KEEPING & {manner for mark in marks for manner, set_ in mark.kwargs.items() if set_}


def test_whatever_burns_a_real_customer_keeps_her_to_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Where nobody can be made up, each burn falls into a test that is marked for it."""
    derive_briefly(monkeypatch)
    burns, logger = Burns(), logging.getLogger("reference_auth")
    with boot.embedded_reference(over_http=False) as (target, wiring):
        seen = blind(
            target,
            **{
                name: getattr(target, name) for name in ("clock", "faults", "features", "instances")
            },
        )
        logger.addHandler(burns)
        try:
            # By pytest's own loop, which says which test is under way.
            run_suite(seen, Options(pytest_args=QUIET), wiring=wiring)
        finally:
            logger.removeHandler(burns)
    assert len(burns.tests) > 10
    assert {test for test in burns.tests if not manners(test)} == set()
