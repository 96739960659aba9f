"""`auth-conformance cleanup`: removes what runs that were killed have left behind.

That is rows of customers that the suite made up, and a clock that it moved; nothing else.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Final

from conformance_tests.deployment import opening
from conformance_tests.deployment.clock import ClockError, offered
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.table_client import troubles
from conformance_tests.deployment.wiring import NO_WIRING, Wiring
from conformance_tests.printable import on_one_line
from conformance_tests.redaction import SHOWN
from conformance_tests.report import exit_codes
from conformance_tests.target.model import Target

NOTHING: Final = "Neither [table] nor a clock in [clock] is given: a run leaves nothing else."


class CleanupError(Exception):
    """What could not be cleaned up, in a sentence."""


def cleanup(target: Target, wiring: Wiring = NO_WIRING) -> int:
    """Print what was removed; gives 0, or 3 where something could not be."""
    exit = exit_codes.CONFORMANT
    with ExitStack() as ends:
        deployment = opening.assemble(target, ends, wiring)
        told: list[str] = []
        for clean in (_made_up, _clock):
            try:
                told += clean(deployment, ends)
            except CleanupError as problem:
                exit = exit_codes.UNTESTED
                said = deployment.recorder.redact(str(problem), SHOWN)
                print(f"auth-conformance: {on_one_line(said)}.", file=sys.stderr)
    for line in told or [NOTHING] * (exit == exit_codes.CONFORMANT):
        print(line)
    return exit


def _made_up(deployment: Deployment, ends: ExitStack) -> Iterator[str]:
    if problem := opening.open_table(deployment, ends):
        raise CleanupError(problem)
    table = deployment.table
    if table is None:
        return
    owners, rows = set(), 0
    try:
        for page in table.made_up():
            table.delete_many(page)
            owners |= {row.customer_id for row in page}
            rows += len(page)
    except troubles() as error:
        kind = type(error).__name__
        raise CleanupError(f"the table {table.name} could not be cleaned up: {kind}") from error
    yield f"Rows removed from the table {table.name}: {rows}, of {len(owners)} made-up ids."


def _clock(deployment: Deployment, ends: ExitStack) -> Iterator[str]:
    clock = offered(deployment.target, deployment.wiring.transport)
    if clock is None:
        return
    ends.callback(clock.close)
    try:
        clock.reset()
    except ClockError as problem:
        raise CleanupError(str(problem)) from problem
    yield "The clock was reset to real time."
