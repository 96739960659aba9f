"""Several runs on one table: each has rows there while it lasts, so that others know of it.

Its own row says that it is alive; a run that was killed leaves it behind. A lease says that it has
a customer, or the clock, to itself: a session of a customer whom another run burns proves nothing.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Final

from conformance_tests.deployment.row import OWN_IDS, Row
from conformance_tests.deployment.table_client import troubles

if TYPE_CHECKING:
    from conformance_tests.actors.pool import Customers
    from conformance_tests.deployment.deployment import Deployment
    from conformance_tests.deployment.table import Table
    from conformance_tests.target.parts import Credentials

#: The partition of the runs' rows. The sort key is a run, or what a lease is about.
RUNS: Final = f"{OWN_IDS}runs"
LEASE: Final = "lease "
THE_CLOCK: Final = "the clock"
#: Seconds between two signs of life, and after how many a run is taken for dead.
BEAT_SECONDS: Final = 10.0
STALE_SECONDS: Final = 60.0
#: Seconds for which a run waits for others.
MOST_WAIT_SECONDS: Final = 900.0
#: A run leaves so many customers to another one, if it has as many itself.
LEFT_TO_OTHERS: Final = 2
#: Seconds by which a clock must be ahead to have been moved.
MOVED_SECONDS: Final = 120
REMEDY: Final = "auth-conformance cleanup --target FILE removes what it left"


class Busy(Exception):
    """Other runs do not end; one sentence."""


def join(deployment: Deployment, ends: ExitStack) -> Sequence[Credentials]:
    """Announce this run, and give the customers that it has to itself from now on.

    Waits for runs that have them now; raises Busy where these do not end.
    """
    named, table = deployment.target.customers, deployment.lasting_table
    if table is None:
        return named
    if left := left_by_killed_runs(table):
        deployment.about_runs.append(left)
    ends.enter_context(_beating(deployment, table))
    began, waited = time.monotonic(), list[str]()
    while not (got := _leased(deployment, table, named)):
        if time.monotonic() > began + MOST_WAIT_SECONDS:
            raise Busy(f"another run has been at work for {MOST_WAIT_SECONDS / 60:.0f} minutes")
        deployment.tell("waiting for another run to end")
        deployment.clock.sleep(1 + secrets.randbelow(1000) / 1000)
        waited = [f"this run waited {time.monotonic() - began:.0f} s for another one to end"]
    deployment.about_runs.extend(waited)
    return [one for one in named if lease_of(one) in got]


def leave(deployment: Deployment, *, clean: bool) -> None:
    """Give the leases back, and, if nothing is left behind, delete this run's own row."""
    if table := deployment.lasting_table:
        mine = [row for row in table.rows(RUNS) if _owner(row) == deployment.run]
        table.delete_many([row for row in mine if clean or row.hash.startswith(LEASE)])


def lease_of(customer: Credentials) -> str:
    """What a lease of this customer is called: it does not tell the e-mail."""
    return f"{LEASE}{hashlib.sha256(customer.email.encode()).hexdigest()[:16]}"


def _leased(deployment: Deployment, table: Table, named: Sequence[Credentials]) -> set[str]:
    """The leases of enough customers, and of the clock if there is one; nothing where one lacks."""
    wanted = [lease_of(one) for one in named]
    enough = len(wanted) if len(wanted) < 2 * LEFT_TO_OTHERS else len(wanted) - LEFT_TO_OTHERS
    address = deployment.target.clock
    shared = [f"{LEASE}{THE_CLOCK}"] if address.http or address.faketime else []
    got: set[str] = set()
    for name in (*shared, *wanted):
        if len(got) < len(shared) + enough and _claimed(deployment, table, name):
            got.add(name)
    if got.issuperset(shared) and len(got) - len(shared) >= min(enough, LEFT_TO_OTHERS):
        return got or {LEASE}
    leave(deployment, clean=False)
    return set()


def _claimed(deployment: Deployment, table: Table, name: str) -> bool:
    rows = {row.hash: row for row in table.rows(RUNS)}
    if name in rows and not _owner(rows[name]):
        table.delete(rows.pop(name))  # no run wrote it
    if name in rows and is_alive(rows.get(_owner(rows[name]))):
        return False
    ttl = int(time.time()) + deployment.lifetimes.extended
    lease = Row.of(RUNS, name, ttl, {"run": {"S": deployment.run}})
    return table.claim(lease, "run", instead_of=rows.get(name))


@contextmanager
def _beating(deployment: Deployment, table: Table) -> Iterator[None]:
    """Show from time to time that this run is alive."""

    def alive() -> Row:
        now = int(time.time())
        shown = {"run": {"S": deployment.run}, "seen": {"N": f"{now}"}}
        return Row.of(RUNS, deployment.run, now + deployment.lifetimes.extended, shown)

    def go_on() -> None:
        while not over.wait(BEAT_SECONDS):
            with suppress(*troubles()):
                table.claim(alive(), "run", instead_of=alive())  # unless it was deleted

    over = threading.Event()
    beating = threading.Thread(target=go_on, daemon=True)
    table.write(alive())
    beating.start()
    try:
        yield
    finally:
        over.set()
        beating.join()


def is_alive(run: Row | None) -> bool:
    """Whether this is the row of a run that has just shown that it is at work."""
    seen = run.attributes.get("seen", {}).get("N", "0") if run else "0"
    return abs(time.time() - float(seen)) < STALE_SECONDS


def _owner(row: Row) -> str:
    """The run that a row of theirs is of; empty where no run wrote it."""
    return str(row.attributes.get("run", {}).get("S", ""))


def others(table: Table, *, alive: bool, but: str = "") -> int:
    """How many other runs are at work, or have been killed."""
    runs = [row for row in table.rows(RUNS) if not row.hash.startswith(LEASE)]
    return sum(is_alive(row) is alive for row in runs if row.hash != but)


def at_work(table: Table) -> str | None:
    """That other runs are at work now, in a sentence."""
    count = others(table, alive=True)
    return f"other runs at work now: {count}" if count else None


def left_by_killed_runs(table: Table) -> str | None:
    """That runs were not cleaned up, in a sentence."""
    count = others(table, alive=False)
    return f"earlier runs that were not cleaned up: {count}; {REMEDY}" if count else None


def sessions_of_others(customers: Customers) -> str | None:
    """How many rows the target's customers have that were not written for this run."""
    known = [one for one in customers.registered if one.known_id is not None]
    if customers.deployment.lasting_table is None or not known:
        return None
    counts = {one.credentials.email: len(one.rows()) - len(one.sessions) for one in known}
    told = [f"{count} of {email}" for email, count in counts.items() if count > 0]
    return f"sessions that are not this run's: {', '.join(told)}" if told else None


def moved_clock(customers: Customers) -> str | None:
    """That the clock was ahead before this run moved it, in a sentence; None where it was not."""
    lifetimes = customers.deployment.lifetimes
    for session in customers.sessions[:1]:
        claims = session.claims if session.is_jwt else {}
        exp = claims.get("exp", 0)
        issued = claims.get("iat", exp - lifetimes.access if isinstance(exp, int) else 0)
        ahead = issued - time.time() if isinstance(issued, int) else 0
        if ahead > MOVED_SECONDS:
            return f"the clock was {ahead:.0f} s ahead, as a run that was killed leaves it"
    return None
