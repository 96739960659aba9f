"""Cleans up after a run: ends the sessions of the customers, deletes the rows of made-up ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING

from conformance_tests.actors import developed_rows
from conformance_tests.deployment.http.throttle import Throttled
from conformance_tests.deployment.table_client import troubles
from conformance_tests.runner import other_runs

if TYPE_CHECKING:
    from conformance_tests.actors.customers import Customer, MadeUpCustomer
    from conformance_tests.actors.pool import Customers
    from conformance_tests.actors.session import Session
    from conformance_tests.deployment.http.client import Client


def clean_up(customers: Customers) -> list[str]:
    """End every session that the run opened; what could not be ended, a sentence each."""
    left: list[str] = []
    if customers.deployment.table is not None and customers.deployment.lasting_table is None:
        return left  # it is deleted with the run
    with _table_problems(left):
        _remove(customers, list(customers.all_made_up))
    if customers.all_made_up and customers.deployment.table is None:
        left.append("rows of made-up customers are left until they expire: it was too busy")
    with _table_problems(left):
        left += _log_out_customers(customers)
    with _table_problems(left):
        other_runs.leave(customers.deployment, clean=not left)
    return left


def remove_made_up(customers: Customers) -> None:
    """Delete the rows of the customers that a test made up."""
    _remove(customers, customers.made_up_here)


def _remove(customers: Customers, made_up: list[MadeUpCustomer]) -> None:
    while made_up:
        customer = made_up.pop()
        with suppress(Throttled):  # it is tried again after the run
            if customer.deployment.table is not None:
                customer.deployment.table.clear(customer.id)
            else:
                developed_rows.clear(customer.deployment, customer.id)
            customers.all_made_up.remove(customer)


@contextmanager
def _table_problems(left: list[str]) -> Iterator[None]:
    """A table that fails in here is reported, and what comes after is cleaned up all the same."""
    try:
        yield
    except troubles() as problem:
        left.append(f"the table could not be cleaned up: {type(problem).__name__}")


def _log_out_customers(customers: Customers) -> Iterator[str]:
    for customer in customers.registered:
        email, client = customer.credentials.email, customers.deployment.client
        if customers.deployment.gone and customer.sessions:
            yield f"sessions of {email} may be open still: nothing answers"
            continue
        # Each for itself: one that cannot be ended keeps no other open.
        known = _by_hash(customer)
        sessions = _in_table(customer, known) if _findable(customer) else customer.sessions
        with ThreadPoolExecutor(customers.deployment.target.parallel) as pool:
            asked = dict(zip(sessions, pool.map(partial(_revoke, client), sessions), strict=True))
        problems = {session for session, problem in asked.items() if problem}
        if open_still := set(_in_table(customer, known)) or problems:
            why = next(filter(None, map(asked.get, open_still)), None)
            told = "a session" if len(open_still) == 1 else f"{len(open_still)} sessions"
            yield f"{told} of {email} could not be ended{f': {why}' if why else ''}"


def _revoke(client: Client, session: Session) -> str | None:
    """Ask for the end of a session; why that could not be asked, in a sentence."""
    try:
        return client.revoke(session.token, session.refresh_token).problem
    except Throttled as throttled:
        return str(throttled)
    except ValueError:
        return "its token cannot be sent in a header"


def _by_hash(customer: Customer) -> dict[str, Session]:
    """This run's sessions of the customer by the hash of their row, where that can be told."""
    return {session.hash: session for session in customer.sessions if _findable(customer)}


def _in_table(customer: Customer, known: Mapping[str, Session]) -> list[Session]:
    """Those of these sessions that have a row: the sessions to end."""
    there = customer.rows() if known else ()
    return [known[row.hash] for row in there if row.hash in known]


def _findable(customer: Customer) -> bool:
    """Whether the row of a session can be found; not before the customer's id is known."""
    deployment = customer.deployment
    return deployment.can_hash and deployment.table is not None and customer.known_id is not None
