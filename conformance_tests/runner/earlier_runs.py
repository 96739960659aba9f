"""What earlier runs have left behind: each run has a row in the table while it lasts.

A run that was killed could not delete its row, so the next one knows of it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from conformance_tests.deployment.row import OWN_IDS

if TYPE_CHECKING:
    from conformance_tests.actors.pool import Customers
    from conformance_tests.deployment.deployment import Deployment

#: The partition of the runs' own rows; the sort key is the run.
RUNS: Final = f"{OWN_IDS}runs"
#: Seconds by which a clock must be ahead to have been moved.
MOVED_SECONDS: Final = 120
REMEDY: Final = "auth-conformance cleanup --target FILE removes it"


def announce(deployment: Deployment) -> None:
    """Write this run's row, kept as long as a session can be."""
    table = deployment.lasting_table
    if table is not None:
        table.put(RUNS, deployment.run, int(time.time()) + deployment.lifetimes.extended)


def withdraw(deployment: Deployment) -> None:
    """Delete this run's row: nothing is left behind."""
    table = deployment.lasting_table
    if table is not None:
        table.delete_many([row for row in table.rows(RUNS) if row.hash == deployment.run])


def left_in_table(deployment: Deployment) -> str | None:
    """That other runs have a row, in a sentence; None where they have not."""
    table = deployment.lasting_table
    others = [row for row in table.rows(RUNS) if row.hash != deployment.run] if table else []
    if not others:
        return None
    runs = "another run has" if len(others) == 1 else f"{len(others)} other runs have"
    return f"{runs} not cleaned up: if none is at work now, {REMEDY}"


def rows_of_others(customers: Customers) -> str | None:
    """How many rows the target's customers have that were not written for this run."""
    table = customers.deployment.lasting_table
    known = [one for one in customers.registered if one.known_id is not None]
    if table is None or not known:
        return None
    counts = {one.credentials.email: len(one.rows()) - len(one.sessions) for one in known}
    told = [f"{count} of {email}" for email, count in counts.items() if count > 0]
    return f"sessions that are not this run's: {', '.join(told)}" if told else None


def moved_clock(customers: Customers) -> str | None:
    """That the clock was ahead before this run moved it, in a sentence; None where it was not."""
    lifetimes = customers.deployment.lifetimes
    for session in customers.sessions[:1]:
        exp = session.claims.get("exp") if session.is_jwt else None
        ahead = exp - lifetimes.access - time.time() if isinstance(exp, int) else 0
        if ahead > MOVED_SECONDS:
            return f"the clock was {ahead:.0f} s ahead, as a run that was killed leaves it"
    return None
