"""The judge: each word takes what a sound deployment answers, and breaks on what it does not."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from conformance_tests.actors.customers import MadeUpCustomer
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.session import Session
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.http.answer import Answer
from conformance_tests.deployment.row import Row
from conformance_tests.expect.calls import MISSING_IDS
from conformance_tests.expect.expect import Expect
from conformance_tests.expect.rows import SCANNED_PAGES
from conformance_tests.outcomes import NotTestable, Violation
from tests.conformance.fakes import (
    REFRESH,
    REVOKE,
    MemoryTable,
    answer,
    customers,
    deployment,
    error,
    in_turn,
    pair,
    says,
)

REFUSED = answer(None, error())
NO_ANSWER = Answer(REFRESH, None, problem="refused")
CRASHED = Answer(REFRESH, 500, raw=b'{"data": null, "errors": [{"message": "No"}]}')
PAGE = Answer(REFRESH, 200, raw=b"<html>")
RETRY = answer(None, error("graphql-server-internal-error"))
WITH_DATA = answer(pair(), error())
SILENT = answer(None)


@pytest.fixture
def judged() -> Deployment:
    return deployment(table=True, secret=True)


@pytest.fixture
def expect(judged: Deployment) -> Expect:
    return Expect(judged)


@pytest.mark.parametrize("alone", [True, False])
def test_a_row_of_nobodys_is_seen_beside_one_that_an_earlier_test_left(alone: bool) -> None:
    """Nothing is said where others may have written it: they were there when the run began."""
    judged = deployment(table=True, secret=True)
    judged.alone_in_table, table = alone, judged.need_table()
    table.put("failures", "a", 3)
    with Expect(judged).no_strange_row(lambda partition: partition == "ours"):
        table.put("ours", "a", 1)
    with (
        pytest.raises(Violation) if alone else nullcontext(),
        Expect(judged).no_strange_row(lambda partition: partition == "ours"),
    ):
        table.put("failures", "a", 4)


def breaks(judge: Callable[..., object], *given: Any) -> Violation:
    """The judge calls it broken, and says what it expected and what it saw."""
    with pytest.raises(Violation) as broken:
        judge(*given)
    assert broken.value.expected
    assert broken.value.actual
    return broken.value


# -- pairs -------------------------------------------------------------------------------------


def test_a_pair_is_two_texts_and_no_error() -> None:
    """Anything less is no pair, whatever the answer looks like."""
    assert answer(pair("a", "b")).pair() == ("a", "b")
    for odd in (
        REFUSED,
        NO_ANSWER,
        CRASHED,
        PAGE,
        SILENT,
        WITH_DATA,
        answer(pair("", "b")),
        answer({"token": 7, "refresh_token": "b"}),
        answer({"token": "a"}),
        answer([pair()]),
        answer("pair"),
    ):
        breaks(odd.pair)


# -- refusals ----------------------------------------------------------------------------------


def test_a_refusal_is_errors_and_null_data(expect: Expect) -> None:
    """No answer, a page, a crash, storage trouble and data beside an error are no refusals."""
    expect.refused(REFUSED)
    for odd in (NO_ANSWER, CRASHED, PAGE, RETRY, WITH_DATA, SILENT, answer(pair())):
        breaks(expect.refused, odd)


def test_a_refusal_has_the_right_reason(expect: Expect) -> None:
    """With categories named, another category or none breaks it."""
    expect.session_over(REFUSED)
    expect.refused(answer(None, error("graphql-input")), "graphql-input", "graphql-authorization")
    for odd in (error("graphql-input"), error(None), error("graphql")):
        breaks(expect.session_over, answer(None, odd))
    breaks(expect.session_over, answer(None, error(), error("graphql-input")))


@pytest.mark.parametrize(
    "odd",
    [
        SILENT,
        WITH_DATA,
        answer(None, error(None)),
        answer(None, error("authorization")),
        answer(None, error(message="")),
        answer(None, error(message=None)),
        answer(None, error(message=["No"])),
        answer(None, error(), {"message": "and no category"}),
        Answer(REFRESH, 200, raw=b'{"data": null, "errors": [{"message": "No"}]}'),
        Answer(REFRESH, 200, raw=b'{"data": 7, "errors": [{"message": "No"}]}'),
        PAGE,
        NO_ANSWER,
    ],
)
def test_a_flow_error_has_its_form(expect: Expect, odd: Answer) -> None:
    """Message, category of GraphQL's own and a null field: each is missed; a prefix will do."""
    expect.well_formed_error(REFUSED)
    expect.well_formed_error(answer(None, error("graphql-undefined")))
    breaks(expect.well_formed_error, odd)


def test_storage_trouble_asks_to_try_again(expect: Expect) -> None:
    """Only that one category, and no data."""
    expect.asks_to_retry(RETRY)
    for odd in (REFUSED, SILENT, answer(pair(), error("graphql-server-internal-error"))):
        breaks(expect.asks_to_retry, odd)


def test_a_request_that_is_turned_away_is_4xx_without_data(expect: Expect) -> None:
    """200 and 500 are not, nor is a 4xx that ran."""
    expect.not_executed(Answer("", 415))
    for odd in (Answer("", 200), Answer("", 500), NO_ANSWER):
        breaks(expect.not_executed, odd)
    breaks(expect.not_executed, Answer("", 400, raw=b'{"data": {"x": 1}}'))


def test_a_mismatch_is_an_input_error_where_tokens_are_derived(expect: Expect) -> None:
    """With random tokens any error, or result false, is as good."""
    wrong = answer(None, error("graphql-input"), operation=REVOKE)
    expect.mismatch_refused(wrong)
    breaks(expect.mismatch_refused, answer(None, error(), operation=REVOKE))
    random = Expect(deployment(claims=("CORE",)))
    random.mismatch_refused(answer(None, error("graphql-no-such-entity"), operation=REVOKE))
    random.mismatch_refused(answer({"result": False}, operation=REVOKE))
    breaks(random.mismatch_refused, answer({"result": True}, operation=REVOKE))


# -- plain statements --------------------------------------------------------------------------


def test_equal_means_value_and_type(expect: Expect) -> None:
    """7 is neither "7" nor 7.0 nor True."""
    expect.equal(7, 7, "it")
    for actual, expected in (("7", 7), (7.0, 7), (True, 1), (None, 0)):
        breaks(expect.equal, actual, expected, "it")


def test_between_is_for_numbers(expect: Expect) -> None:
    """Both ends count; a bool, a text and nothing are outside."""
    for inside in (1, 2, 1.5):
        expect.between(inside, 1, 2, "it")
    for outside in (0, 3, True, "1", None, float("nan")):
        breaks(expect.between, outside, 1, 2, "it")


def test_a_should_warns_and_a_must_breaks(expect: Expect) -> None:
    """What breaks inside `should` is kept as a warning; what is wrong with the suite is not."""
    with expect.should():
        expect.session_over(RETRY)
    assert len(expect.warnings) == 1
    with pytest.raises(NotTestable), expect.should():
        raise NotTestable("table")


def test_when_says_what_was_presented(expect: Expect) -> None:
    """The card of a table's case names the case."""
    with (
        pytest.raises(Violation, match="given a padded signature"),
        expect.given("a padded signature"),
    ):
        expect.session_over(RETRY)


# -- sessions ----------------------------------------------------------------------------------


def presented(*answers: Any) -> tuple[Expect, Session]:
    """A judge, and a session of which these answers await."""
    judged = deployment(in_turn(*answers), table=True, secret=True)
    return Expect(judged), Customers(judged).made_up().log_in()


def test_an_echo_is_the_same_two_texts() -> None:
    """A pair of which one half is new is none."""
    expect, session = presented()
    for token, refresh_token, same in (
        (session.token, session.refresh_token, True),
        (session.token, "newer", False),
        ("new", session.refresh_token, False),
    ):
        session.customer.deployment.client = deployment(
            in_turn(says(REFRESH, pair(token, refresh_token)))
        ).client
        if same:
            expect.returns_same_pair(session)
        else:
            breaks(expect.returns_same_pair, session)


def test_a_rotation_is_two_new_texts() -> None:
    """The pair comes back as the successor; half a new pair is none."""
    expect, session = presented(says(REFRESH, pair()))
    successor = expect.rotates(session)
    assert (successor.token, successor.refresh_token) == ("new", "newer")
    expect, session = presented(says(REFRESH, pair()))
    breaks(expect.rotates, session.altered(token="new"))
    expect, session = presented(says(REFRESH, pair()))
    breaks(expect.rotates, session.altered(refresh_token="newer"))


def test_a_revoke_says_true() -> None:
    """False, nothing, and true beside an error are no success."""
    expect, session = presented(says(REVOKE, {"result": True}))
    expect.revokes(session)
    for value, errors in (
        ({"result": False}, ()),
        ({"result": "true"}, ()),
        (None, (error(),)),
        ({"result": True}, (error(),)),
    ):
        expect, session = presented(says(REVOKE, value, *errors))
        breaks(expect.revokes, session)


# -- the table ---------------------------------------------------------------------------------


@pytest.fixture
def customer(judged: Deployment) -> MadeUpCustomer:
    customer = Customers(judged).made_up()
    customer.log_in()
    return customer


@pytest.fixture
def table(judged: Deployment) -> MemoryTable:
    assert isinstance(judged.table, MemoryTable)
    return judged.table


def add(table: MemoryTable, customer: MadeUpCustomer) -> None:
    table.put(customer.id, "another", 1)


def remove(table: MemoryTable, customer: MadeUpCustomer) -> None:
    table.delete(customer.rows()[0])


def alter(table: MemoryTable, customer: MadeUpCustomer) -> None:
    table.write(Row({**customer.rows()[0].attributes, "ttl": {"N": "1"}}))


def add_and_alter(table: MemoryTable, customer: MadeUpCustomer) -> None:
    alter(table, customer)
    add(table, customer)


def nothing(table: MemoryTable, customer: MadeUpCustomer) -> None: ...


Deed = Callable[[MemoryTable, MadeUpCustomer], None]


def broken_by(watch: AbstractContextManager[object], deed: Callable[[], None]) -> bool:
    try:
        with watch:
            deed()
    except Violation:
        return True
    return False


@pytest.mark.parametrize(
    "deed, unchanged, no_new_row, one_new, one_new_alone, one_gone",
    [
        (nothing, True, True, False, False, False),
        (add, False, False, True, True, False),
        (remove, False, True, False, False, True),
        (alter, False, True, False, False, False),
        (add_and_alter, False, False, True, False, False),
    ],
)
def test_each_change_of_the_table_is_seen(
    expect: Expect,
    table: MemoryTable,
    customer: MadeUpCustomer,
    deed: Deed,
    unchanged: bool,
    no_new_row: bool,
    one_new: bool,
    one_new_alone: bool,
    one_gone: bool,
) -> None:
    """A row that comes, goes or changes breaks the words that deny it, and no other."""
    for watch, holds in (
        (lambda: expect.unchanged(customer), unchanged),
        (lambda: expect.no_new_row(customer.id), no_new_row),
        (lambda: expect.row_changes(customer, new=1), one_new),
        (lambda: expect.row_changes(customer, new=1, gone=0), one_new_alone),
        (lambda: expect.row_changes(customer, new=0, gone=1), one_gone),
    ):
        before = dict(table.items)
        assert broken_by(watch(), lambda: deed(table, customer)) is not holds
        table.items = before


def test_a_session_s_row_is_there_or_gone(
    expect: Expect, table: MemoryTable, customer: MadeUpCustomer
) -> None:
    """`stored`, `gone` and `rows` look at the table itself."""
    session = customer.sessions[0]
    assert expect.stored(session) == session.row
    expect.rows(customer, 1)
    breaks(expect.not_stored, session)
    assert breaks(expect.rows, customer, 0).actual == "1 row"
    table.items.clear()
    expect.not_stored(session)
    breaks(expect.stored, session)


def test_without_a_table_it_is_unseen_and_not_passed(expect: Expect) -> None:
    """Words about rows note what they could not see; a count of changes cannot be had at all."""
    blind = deployment(secret=True)
    judge = Expect(blind)
    session = customers(table=True, secret=True).made_up().log_in()
    judge.stored(session)
    judge.not_stored(session)
    with judge.unchanged(session.customer):
        pass
    assert [unseen.capability for unseen in judge.unseen_parts] == ["table"] * 3
    with pytest.raises(NotTestable), judge.no_new_row("x"):
        pass


def test_a_secret_in_the_table_is_found(
    expect: Expect, table: MemoryTable, customer: MadeUpCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a customer's rows, in the bookkeeping beside them, and anywhere else in the table."""
    monkeypatch.setattr(table, "scan", lambda: iter([table.rows("somebody-else")]))
    known = {"refresh token": "ab" * 64}
    expect.nowhere_in_table(known, customer)
    for owner in (customer.id, f"ended#{customer.id}", "somebody-else"):
        row = table.put(owner, "x", 1, {"note": {"M": {"deep": {"S": f"<{'AB' * 64}>"}}}})
        assert "refresh token" in breaks(expect.nowhere_in_table, known, customer).actual
        table.delete(row)


def test_a_huge_table_is_read_in_part_and_it_is_said(
    expect: Expect, table: MemoryTable, customer: MadeUpCustomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After so many pages the rest is unseen."""
    monkeypatch.setattr(table, "scan", lambda: iter([[]] * (SCANNED_PAGES + 1)))
    expect.nowhere_in_table({}, customer)
    assert [unseen.capability for unseen in expect.unseen_parts] == ["small table"]


@pytest.mark.parametrize("reaped", [True, False])
def test_a_failure_proves_nothing_where_expired_rows_vanish(
    expect: Expect, table: MemoryTable, customer: MadeUpCustomer, reaped: bool
) -> None:
    """Another row that expired at the same time shows whether the table deletes them."""
    session = customer.log_in()

    def fail() -> None:
        with expect.unless_it_vanishes(session):
            if reaped:
                table.items.clear()
            expect.that(False, "a row", "none")

    with pytest.raises(NotTestable if reaped else Violation):
        fail()
    table.items.clear()
    with pytest.raises(NotTestable, match="deleted"), expect.unless_it_vanishes(session):
        pass


@pytest.mark.parametrize("word", [word for word in MISSING_IDS if word])
def test_a_row_under_a_missing_id_is_seen(expect: Expect, table: MemoryTable, word: str) -> None:
    """A new row there, and one that was written over."""
    assert broken_by(expect.nothing_under_missing_id(), lambda: _put(table, word, 1))
    assert broken_by(expect.nothing_under_missing_id(), lambda: _put(table, word, 2))
    assert not broken_by(expect.nothing_under_missing_id(), lambda: _put(table, "23", 2))


def _put(table: MemoryTable, word: str, ttl: int) -> None:
    table.put(word, "x", ttl)


def test_missing_ids_need_somebody_to_look() -> None:
    """Without table and proxy nothing can be said."""
    with pytest.raises(NotTestable), Expect(deployment()).nothing_under_missing_id():
        pass
