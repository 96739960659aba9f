"""A missing id is nobody: no row is read or written under the text that it turns into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from conformance_tests.actors import forged_tokens
from conformance_tests.actors.customers import Customer, RegisteredCustomer
from conformance_tests.actors.forged_tokens import HOUR
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.session import Session
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.developer import Developer
from conformance_tests.deployment.http.documents import ABSENT
from conformance_tests.deployment.row import Row
from conformance_tests.expect.calls import MISSING_IDS
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotTestable

NOTHING = (ABSENT, None, *MISSING_IDS)


@requirement("STORE-11", burns=True, serial=True)
def test_missing_tokens_are_looked_up_nowhere(
    customers: Customers, alice: RegisteredCustomer, client: Client, expect: Expect
) -> None:
    """Neither an absent token nor one of those words leads to a row."""
    with customers.sparing_others(), expect.nothing_under_missing_id():
        session = alice.log_in()
        expect.returns_same_pair(session)
        for nothing in NOTHING:
            client.refresh(session.token, nothing)
            client.revoke(session.token, nothing)
        for word in MISSING_IDS:
            client.refresh(word, session.refresh_token)
            client.revoke(word, session.refresh_token)


@requirement("STORE-11", serial=True)
def test_missing_ids_are_looked_up_nowhere_by_hand(
    customers: Customers, alice: RegisteredCustomer, client: Client, expect: Expect
) -> None:
    """Nor does a development operation, granted or not, that was given no id."""
    developer = Developer(client)
    with customers.sparing_others(), expect.nothing_under_missing_id():
        session = alice.log_in()
        for nothing in NOTHING:
            list(developer.try_all(nothing, session.refresh_token))


@requirement("STORE-11", optional=True, serial=True)
def test_a_token_without_an_id_leads_nowhere(
    customers: Customers, someone: Customer, expect: Expect
) -> None:
    """Nor does a genuine signature over no id at all."""
    session = someone.log_in()
    expect.returns_same_pair(session)
    with customers.sparing_others():
        for vector in forged_tokens.vectors("STORE-11"):
            pairs = list(forged_tokens.sessions(session, vector))
            with (
                expect.given(vector.what),
                rows_of_nobody(customers.deployment, pairs),
                expect.nothing_under_missing_id(),
            ):
                for pair in pairs:
                    expect.nothing_issued(pair.refresh())
                    pair.revoke()


@contextmanager
def rows_of_nobody(deployment: Deployment, pairs: list[Session]) -> Iterator[None]:
    """A row for each of these pairs under each of the words: where it may be seen without the proxy
    that a careless server finds one. What was not there before is gone afterwards.
    """
    table, words = deployment.table, [word for word in MISSING_IDS if word]
    if table is None or not deployment.can_forge:
        yield
        return
    there = {row.hash for rows in table.rows_of(*words).values() for row in rows}
    ttl, forge = int(deployment.clock.now()) + HOUR, deployment.need_forge()
    hashes = [forge.hash_of(pair.refresh_token) for pair in pairs]
    table.put_many([Row.of(word, hash_, ttl) for word in words for hash_ in hashes])
    try:
        yield
    finally:
        found = [row for rows in table.rows_of(*words).values() for row in rows]
        table.delete_many([row for row in found if row.hash not in there])


@requirement("STORE-11", logins=6, optional=True, serial=True)
def test_a_login_without_an_id_writes_nothing(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """Nor does a login for which the platform names nobody."""
    odd_logins = deployment.target.odd_logins
    if not odd_logins:
        raise NotTestable("odd logins")
    with expect.nothing_under_missing_id():
        alice.log_in()
        for odd in odd_logins:
            deployment.client.log_in(odd.email, odd.password)
