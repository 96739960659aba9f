"""In development five operations show and change the table by hand."""

from __future__ import annotations

import pytest

from conformance_tests.actors.customers import Customer
from conformance_tests.actors.forged_tokens import HOUR, never_issued
from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.http.developer import Developer
from conformance_tests.deployment.http.odd_client import OddClient
from conformance_tests.deployment.table import Table
from conformance_tests.expect.expect import Expect
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotTestable

#: More rows than a batch takes, and together more than the megabyte that a page of a query holds.
CROWDS = pytest.mark.parametrize("count, size", [(110, 0), (4, 350_000)], ids=["many", "large"])


@requirement("DEV-05", logins=0)
def test_an_update_says_success(developer: Developer, stranger: Customer, expect: Expect) -> None:
    """updateUserAuth says success for a new row and for one that is there already."""
    token = never_issued()
    expect.success(developer.update(stranger.id, token))
    expect.success(developer.update(stranger.id, token))


@requirement("DEV-05", logins=0)
def test_an_update_writes_one_row_under_the_hash(
    deployment: Deployment, developer: Developer, stranger: Customer, expect: Expect
) -> None:
    """updateUserAuth adds exactly one row, whose key is the refresh token's hash."""
    token = never_issued()
    with expect.row_changes(stranger, new=1) as changes:
        expect.success(developer.update(stranger.id, token))
    row = changes.new[0]
    expect.that(row.hash != token, "the refresh token's hash as key", "the refresh token itself")
    if deployment.derives:
        hash_ = deployment.need_forge().hash_of(token)
        expect.equal(row.hash, hash_, "refresh_token_hash")


@requirement("DEV-11", logins=0)
def test_an_update_writes_a_row_that_lasts(
    development: Deployment,
    developer: Developer,
    stranger: Customer,
    expect: Expect,
) -> None:
    """The row that updateUserAuth writes is kept for one refresh lifetime from now, also where one
    is there already.
    """
    token, lifetime, table = never_issued(), development.lifetimes.refresh, development.table
    with development.clock.window() as window, expect.row_changes(stranger, new=1) as changes:
        expect.success(developer.update(stranger.id, token))
    row = changes.new[0]
    expect.between(row.ttl, *window.after(lifetime), "ttl")
    if table is None:
        expect.unseen("that a row which is there gets a new ttl", "table")
        return
    table.put(stranger.id, row.hash, int(window.opened) + 2 * lifetime)
    expect.success(developer.update(stranger.id, token))
    written = table.row(stranger.id, row.hash)
    expect.between(written and written.ttl, *window.after(lifetime), "ttl, written again,")


@requirement("DEV-06", logins=0)
def test_a_row_is_shown_as_text_and_an_unknown_one_as_nothing(
    developer: Developer, stranger: Customer, expect: Expect
) -> None:
    """getUserAuth shows three texts for a row, and nulls without an error for none."""
    known, unknown = never_issued(), never_issued()
    developer.update(stranger.id, known)
    shown = expect.shown_row(developer.get(stranger.id, known))
    for name in ("customer_id", "refresh_token_hash", "ttl"):
        text = shown.get(name)
        expect.that(isinstance(text, str) and text, f"{name} as a text", repr(text))
    expect.no_row_shown(developer.get(stranger.id, unknown))


@requirement("DEV-06", logins=0)
@pytest.mark.parametrize(
    "kind, whole",
    [(int, 1), (int, 1000), (str, 1)],
    ids=["Number", "round Number", "expired String"],
)
def test_a_ttl_of_either_type_is_shown(
    deployment: Deployment,
    table: Table,
    developer: Developer,
    stranger: Customer,
    expect: Expect,
    kind: type[int | str],
    whole: int,
) -> None:
    """getUserAuth shows what the table holds, whether ttl is a Number there or a String, which the
    table never acts on: it shows an expired row too.
    """
    token, left = never_issued(), deployment.lifetimes.refresh
    ttl = int(deployment.clock.now()) + (left if kind is int else -left)
    ttl += -ttl % whole
    with expect.row_changes(stranger, new=1) as changes:
        developer.update(stranger.id, token)
    row = table.put(stranger.id, changes.new[0].hash, kind(ttl))
    shown = expect.shown_row(developer.get(stranger.id, token))
    held = {"customer_id": row.customer_id, "refresh_token_hash": row.hash, "ttl": str(ttl)}
    expect.equal(shown, held, "the row")


@requirement("DEV-07", logins=0)
def test_a_list_begins_empty_and_grows(
    developer: Developer, stranger: Customer, expect: Expect
) -> None:
    """getAllAuthItemsById gives [] for nobody, and each row that was written since."""
    expect.equal(expect.listed_rows(developer.list(stranger.id)), [], "the list")
    for count in (1, 2):
        developer.update(stranger.id, never_issued())
        listed = expect.listed_rows(developer.list(stranger.id))
        owners = [row.get("customer_id") for row in listed]
        expect.equal(owners, [stranger.id] * count, "the owners of the rows")


@requirement("DEV-07", logins=0, optional=True)
def test_lists_of_one_document_are_kept_apart(
    development: Deployment, developer: Developer, stranger: Customer, expect: Expect
) -> None:
    """Each of two lists of one document holds the rows of its own id."""
    developer.update(stranger.id, never_issued())
    answers = OddClient(development.client).list_both(str(stranger.id), development.nobody)
    hers, nobodys = (expect.listed_rows(answer) for answer in answers)
    expect.equal([row.get("customer_id") for row in hers], [stranger.id], "the owners of the rows")
    expect.equal(nobodys, [], "the list of nobody")


@requirement("DEV-07", logins=0)
@CROWDS
def test_a_list_is_whole_past_a_page(
    table: Table, developer: Developer, stranger: Customer, expect: Expect, count: int, size: int
) -> None:
    """getAllAuthItemsById gives many rows, and those that no single query returns; an expired one
    too, whose ttl is a String that the table never acts on.
    """
    with stranger.extra_rows(count, size) as rows:
        rows.append(table.put(stranger.id, never_issued(), "1"))
        listed = expect.listed_rows(developer.list(stranger.id))
    hashes, there = {row.get("refresh_token_hash") for row in listed}, {row.hash for row in rows}
    told = f"{len(listed)} rows, without {len(there - hashes)} of those"
    expect.that(len(listed) == len(rows) and hashes == there, f"{len(rows)} rows", told)


@requirement("DEV-08", logins=0)
def test_a_row_is_removed_once(developer: Developer, stranger: Customer, expect: Expect) -> None:
    """removeUserAuth answers the row that it deletes; a second call errors; another row stays."""
    token, other = never_issued(), never_issued()
    for each in (token, other):
        developer.update(stranger.id, each)
    still_stored(stranger, 2)
    removed = developer.remove(stranger.id, token)
    expect.success(removed)
    expect.equal(expect.shown_row(removed).get("customer_id"), stranger.id, "customer_id")
    expect.nothing_issued(developer.remove(stranger.id, token))
    expect.success(developer.remove(stranger.id, other))


def still_stored(stranger: Customer, count: int) -> None:
    """NotTestable where the table itself may have deleted a row that had expired."""
    table = stranger.deployment.table
    if table and len(stranger.rows()) < count and table.deletes_expired_rows():
        raise NotTestable("table", "the table deleted a row as expired: turn its TTL off")


@requirement("DEV-08", logins=0)
def test_a_removed_row_is_the_only_one_to_go(
    deployment: Deployment, developer: Developer, stranger: Customer, expect: Expect
) -> None:
    """removeUserAuth deletes one row, answers what it held, and leaves the others alone, of which
    one is past its ttl.
    """
    token, table = never_issued(), deployment.table
    if table is not None:
        table.put(stranger.id, never_issued(), int(deployment.clock.now()) - HOUR)
    developer.update(stranger.id, never_issued())
    with expect.row_changes(stranger, new=1) as written:
        developer.update(stranger.id, token)
    still_stored(stranger, 3)
    with expect.row_changes(stranger, new=0, gone=1) as changes:
        shown = expect.shown_row(developer.remove(stranger.id, token))
    row = changes.gone[0]
    expect.equal(row, written.new[0], "the row that is gone")
    expect.equal(shown.get("refresh_token_hash"), row.hash, "refresh_token_hash")
    if row.ttl is not None:
        expect.equal(shown.get("ttl"), str(row.ttl), "ttl")
    if row.ttl is not None and table is not None:
        table.put(stranger.id, row.hash, str(row.ttl))
        shown = expect.shown_row(developer.remove(stranger.id, token))
        expect.equal(shown.get("ttl"), str(row.ttl), "ttl, which is a String,")
    with expect.unchanged(stranger):
        expect.nothing_issued(developer.remove(stranger.id, token))


@requirement("DEV-09", logins=0)
def test_all_rows_are_removed_also_when_there_are_none(
    developer: Developer, stranger: Customer, expect: Expect
) -> None:
    """removeAllUserAuthItems succeeds on an empty partition, and empties a small one."""
    expect.success(developer.remove_all(stranger.id))
    for _ in range(2):
        developer.update(stranger.id, never_issued())
    expect.success(developer.remove_all(stranger.id))
    expect.rows(stranger, 0)


@requirement("DEV-09", logins=0)
@CROWDS
def test_success_means_that_nothing_is_left(
    table: Table,
    developer: Developer,
    stranger: Customer,
    expect: Expect,
    count: int,
    size: int,
) -> None:
    """removeAllUserAuthItems claims success over many or large rows only when all are gone."""
    with stranger.extra_rows(count, size):
        if developer.remove_all(stranger.id).says_success:
            expect.rows(stranger, 0)


@requirement("DEV-09", logins=0, optional=True)
def test_success_means_the_very_id_that_was_named(
    customers: Customers, developer: Developer, expect: Expect
) -> None:
    """removeAllUserAuthItems takes an id in digits as it is written."""
    customer = customers.named(f"00{int(customers.deployment.run, 16)}")
    if customer is None:
        raise NotTestable("own table")
    developer.update(customer.id, never_issued())
    expect.success(developer.remove_all(customer.id))
    expect.rows(customer, 0)


@requirement("DEV-09", logins=0, optional=True)
def test_success_is_not_claimed_over_rows_that_the_table_hands_back(
    table: Table,
    faults: FaultProxy,
    developer: Developer,
    stranger: Customer,
    expect: Expect,
) -> None:
    """removeAllUserAuthItems sends again what a batch left over, or claims no success."""
    with stranger.extra_rows(3), faults.leave_unprocessed(of=stranger.id, times=1) as left:
        said = developer.remove_all(stranger.id)
        if left.hits and said.says_success:
            expect.rows(stranger, 0)
