"""Outside development nobody reads or changes the table by hand, and the schema is not told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import replace
from itertools import product

import pytest

from conformance_tests.actors.customers import Customer, RegisteredCustomer
from conformance_tests.actors.forged_tokens import never_issued
from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.http.developer import Developer
from conformance_tests.deployment.http.documents import (
    ABSENT,
    DEVELOPMENT_OPERATIONS,
    OPERATIONS,
)
from conformance_tests.deployment.http.odd_client import OddClient
from conformance_tests.deployment.http.odd_documents import FORMS
from conformance_tests.deployment.instances import Instances
from conformance_tests.expect.development import is_absent, is_open
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotTestable

#: Unset, empty and unknown: what is not the exact word is not development.
OTHER_MODES = (
    *(None, "", "dev", "Development", "test"),
    *(" development", "development\n", "development-eu"),
)


#: Users and refresh tokens that are missing, null or empty: a careless server may delete for them.
MISSING: tuple[object, ...] = (ABSENT, None, "")


@pytest.fixture
def nobody(deployment: Deployment) -> Iterator[str]:
    """An id that nobody has; a row that a deployment should not have written for it is cleared."""
    yield deployment.nobody
    if deployment.table is not None:
        deployment.table.clear(deployment.nobody)


@pytest.fixture
def overheard(
    customers: Customers, production: Deployment, faults: FaultProxy, expect: Expect
) -> FaultProxy:
    """The proxy, through which a login outside development was seen to pass."""
    with faults.watch() as calls:
        expect.revokes(customers.at(production).alice.log_in())
    expect.table_seen(calls)
    return faults


@pytest.fixture
def opened(instances: Instances, nobody: str) -> Iterator[Developer]:
    """Somebody to whom the deployment, started in its development mode, opens the operations."""
    word = instances.launcher().development
    instance = instances.in_mode(word, among=OTHER_MODES)
    if instance is None:
        raise instances.does_not_start(word)
    developer = Developer(instance.client)
    if not is_open(developer.get(nobody, never_issued())):
        raise NotTestable("launch", f"mode {word!r} opens no development operation")
    yield developer
    developer.remove_all(nobody)


@requirement("DEV-01")
def test_the_development_operations_are_closed(
    outsider: Developer, someone: Customer, expect: Expect
) -> None:
    """Each of the five is refused or unknown for a session that is there, and touches no row,
    whether nobody asks or the customer herself, signed in.
    """
    session = someone.log_in()
    with expect.unchanged(someone):
        for asking in (outsider, replace(outsider, token=session.token)):
            for answer in asking.try_all(str(someone.id), session.refresh_token):
                expect.operation_closed(answer)
    expect.returns_same_pair(session)


@requirement("DEV-01", logins=2, optional=True, serial=True)
def test_the_table_is_not_asked(
    outsider: Developer, overheard: FaultProxy, alice: RegisteredCustomer, expect: Expect
) -> None:
    """With good arguments, none of the five makes a call to the table."""
    session = alice.log_in()
    with expect.table_untouched(overheard):
        for answer in outsider.try_all(str(alice.id), session.refresh_token):
            expect.operation_closed(answer)


@requirement("DEV-02", serial=True)
def test_the_refusal_comes_before_the_table(
    customers: Customers,
    production: Deployment,
    outsider: Developer,
    overheard: FaultProxy,
    nobody: str,
    expect: Expect,
) -> None:
    """With missing, empty and unknown arguments, none of the five makes a call to the table."""
    poor = [(nobody, never_issued()), *zip(MISSING, MISSING, strict=True)]
    with customers.at(production).sparing_others(), expect.table_untouched(overheard):
        for user_id, refresh_token in poor:
            for answer in outsider.try_all(user_id, refresh_token):
                expect.operation_closed(answer)


@requirement("DEV-02")
@pytest.mark.parametrize("operation", DEVELOPMENT_OPERATIONS)
def test_the_refusal_comes_before_the_arguments(
    customers: Customers,
    production: Deployment,
    outsider: Developer,
    someone: Customer,
    nobody: str,
    expect: Expect,
    operation: str,
) -> None:
    """Missing, empty, unknown and good arguments get one and the same answer."""
    session = someone.log_in()
    expect.returns_same_pair(session)
    good = outsider.ask(operation, str(someone.id), session.refresh_token)
    expect.operation_closed(good)
    if is_absent(good):
        return
    for refresh_token in (never_issued(), *MISSING):
        expect.same_answer(good, outsider.ask(operation, nobody, refresh_token))
    changes = OPERATIONS[operation].kind == "mutation"
    with customers.at(production).sparing_others() if changes else nullcontext():
        for missing in MISSING:
            expect.same_answer(good, outsider.ask(operation, missing, missing))


@requirement("DEV-03", logins=0, modes=OTHER_MODES)
@pytest.mark.parametrize("mode", OTHER_MODES, ids=repr)
def test_only_the_exact_word_is_development(
    instances: Instances, opened: Developer, nobody: str, mode: str | None, expect: Expect
) -> None:
    """A deployment in a mode that is unset, empty or another word has the five closed."""
    instance = instances.in_mode(mode)
    if instance is not None:  # not to start at all is closed enough
        for answer in Developer(instance.client).try_all(nobody, never_issued()):
            expect.operation_closed(answer)


@requirement("DEV-04")
def test_no_form_of_document_opens_them(
    outsider: Developer, someone: Customer, expect: Expect
) -> None:
    """Aliases, fragments, several operations and batches give nothing, and end nothing."""
    session = someone.log_in()
    expect.operation_closed(outsider.get(str(someone.id), session.refresh_token))
    given = {"user_id": str(someone.id), "refresh_token": session.refresh_token}
    with expect.unchanged_if_visible(someone):
        for form, operation in product(FORMS, DEVELOPMENT_OPERATIONS):  # each twice in a document
            twice = OddClient(outsider.client).in_form(form, [operation, operation], given)
            with expect.given(f"{operation} in {form}"):
                expect.operations_closed(twice)
    expect.returns_same_pair(session)


@requirement("DEV-10", logins=0)
def test_the_schema_does_not_show_them(production: Deployment, expect: Expect) -> None:
    """Introspection outside development is refused, or does not name the five."""
    expect.query_answered(production.client.trivial())
    for answer in OddClient(production.client).introspections():
        expect.not_in_schema(answer, DEVELOPMENT_OPERATIONS)


@requirement("GQL-08", optional=True)
def test_an_intended_error_keeps_its_message_and_extensions(
    production: Deployment, expect: Expect
) -> None:
    """Outside development too a refusal of the flow says what it is, in words and by category."""
    client = production.client
    expect.intended_error(client.refresh(None, never_issued()))
    expect.intended_error(client.revoke(None, never_issued()))
    expect.intended_error(client.log_in(f"{production.nobody}@conformance.invalid", "no password"))


@requirement("GQL-09", logins=0)
def test_there_is_no_ide(production: Deployment, expect: Expect) -> None:
    """A browser outside development gets no page to write queries in."""
    expect.query_answered(production.client.trivial())
    expect.no_ide(OddClient(production.client).page())


@requirement("GQL-09", logins=0)
def test_the_schema_is_not_told(production: Deployment, expect: Expect) -> None:
    """Outside development a query runs, and a question about the schema is refused."""
    expect.query_answered(production.client.trivial())
    for answer in OddClient(production.client).introspections():
        expect.schema_refused(answer)


@requirement("GQL-09", logins=0)
def test_a_slip_is_not_corrected(production: Deployment, expect: Expect) -> None:
    """Outside development a query runs, and a misspelt field is refused without the right name."""
    expect.query_answered(production.client.trivial())
    for answer, name in OddClient(production.client).misspelt_fields():
        expect.no_suggestion(answer, name)
