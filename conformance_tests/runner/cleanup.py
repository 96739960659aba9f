"""Cleans up after a run: ends the sessions of the customers, deletes the rows of made-up ones."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from conformance_tests.deployment.http.throttle import Throttled
from conformance_tests.deployment.table_client import troubles
from conformance_tests.runner import other_runs

if TYPE_CHECKING:
    from conformance_tests.actors.customers import Customer
    from conformance_tests.actors.pool import Customers
    from conformance_tests.actors.session import Session
    from conformance_tests.deployment.deployment import Deployment
    from conformance_tests.deployment.http.client import Client

#: A table that ends with the run is emptied once it has rows of so many made-up customers.
GATHERED: Final = 8


def clean_up(customers: Customers) -> list[str]:
    """End every session that the run opened; what could not be ended, a sentence each."""
    left: list[str] = []
    if not _ends_with_run(customers.deployment):
        with _table_problems(left):
            remove_made_up(customers)
        with _table_problems(left):
            left += _log_out_customers(customers)
        with _table_problems(left):
            other_runs.leave(customers.deployment, clean=not left)
    return left


def remove_made_up(customers: Customers, since: int = 0) -> None:
    """Delete the rows of the customers that the run made up, without the first `since` of them."""
    if not _ends_with_run(customers.deployment):
        for customer in customers.all_made_up[since:]:
            customers.deployment.need_table().clear(customer.id)
        del customers.all_made_up[since:]
    elif len(customers.all_made_up) >= GATHERED:
        customers.deployment.need_table().clear_all()
        customers.all_made_up.clear()


@contextmanager
def _table_problems(left: list[str]) -> Iterator[None]:
    """A table that fails in here is reported, and what comes after is cleaned up all the same."""
    try:
        yield
    except troubles() as problem:
        left.append(f"the table could not be cleaned up: {type(problem).__name__}")


def _ends_with_run(deployment: Deployment) -> bool:
    """Whether the table is deleted with the run: then single rows need not be, which is quicker.

    It is kept small all the same: moto copies the whole table for each part of a transaction.
    """
    return deployment.target.table is not None and deployment.target.table.ends_with_run


def _log_out_customers(customers: Customers) -> Iterator[str]:
    for customer in customers.registered:
        email, client = customer.credentials.email, customers.deployment.client
        if customers.deployment.gone and customer.sessions:
            yield f"sessions of {email} may be open still: nothing answers"
            continue
        # Each for itself: one that cannot be ended keeps no other open.
        asked = {session: _revoke(client, session) for session in _perhaps_open(customer)}
        open_still = set(_in_table(customer)) or {s for s, problem in asked.items() if problem}
        if open_still:
            why = next(filter(None, map(asked.get, open_still)), None)
            sessions = "a session" if len(open_still) == 1 else f"{len(open_still)} sessions"
            yield f"{sessions} of {email} could not be ended{f': {why}' if why else ''}"


def _revoke(client: Client, session: Session) -> str | None:
    """Ask for the end of a session; why that could not be asked, in a sentence."""
    try:
        return client.revoke(session.token, session.refresh_token).problem
    except Throttled as throttled:
        return str(throttled)
    except ValueError:
        return "its token cannot be sent in a header"


def _perhaps_open(customer: Customer) -> list[Session]:
    """The sessions to end: those with a row, where rows can be found, else all."""
    return _in_table(customer) if _findable(customer) else customer.sessions


def _in_table(customer: Customer) -> list[Session]:
    """This run's sessions of the customer that have a row; none where no row can be found."""
    if not _findable(customer) or not customer.sessions:
        return []
    there = {row.hash for row in customer.rows()}
    return [session for session in customer.sessions if session.hash in there]


def _findable(customer: Customer) -> bool:
    """Whether the row of a session can be found; not before the customer's id is known."""
    deployment = customer.deployment
    return deployment.can_hash and deployment.table is not None and customer.known_id is not None
