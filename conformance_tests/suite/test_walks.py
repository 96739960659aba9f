"""Long histories of several sessions: each step's answer and rows are those of the model."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.instances import Instances
from conformance_tests.marks import requirement
from conformance_tests.runner.cleanup import remove_made_up
from conformance_tests.runner.options import RunContext
from conformance_tests.walks import run
from conformance_tests.walks.kinds import GROUPS, REGISTERED


def walkers() -> Iterator[object]:
    """The groups of kinds; only customers of the target file log in, and are burned."""
    for number, kinds in enumerate(GROUPS):
        real = REGISTERED in kinds
        marked = requirement(
            walk=True, logins=run.LOGINS if real else 0, burns=real, exclusive=real, long_jump=True
        )
        yield pytest.param(number, id=kinds[0], marks=marked)


@pytest.mark.parametrize("group", list(walkers()))
def test_walks(
    run_context: RunContext, customers: Customers, instances: Instances, group: int
) -> None:
    """No walk of the time that is given ends otherwise than the model says."""
    options = run_context.options
    place = run.place_of(
        customers, instances, options.only, options.allow_destructive, options.walks
    )
    if group >= run.groups(place):
        return
    seconds = options.walks / run.groups(place)
    for walked in run.walks(place, options.seed, group, seconds, lambda: remove_made_up(customers)):
        run_context.add_walked(walked)
