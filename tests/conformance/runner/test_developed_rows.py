"""Customers without a table: their rows are seen and written by the development operations."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from conformance_tests.actors import developed_rows
from conformance_tests.actors.customers import MOST_DEVELOPED, MadeUpCustomer
from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.http.developer import Developer
from conformance_tests.deployment.http.throttle import Throttled
from conformance_tests.deployment.opening import assemble
from conformance_tests.outcomes import NotTestable
from conformance_tests.runner.cleanup import clean_up, remove_made_up
from conformance_tests.runner.preflight import prepare
from tests.conformance.fakes import answer
from tests.conformance.suite.ways import blind
from tests.conformance.walks.alone import SOUND
from tests.mutants.every import CATALOGUE
from tests.mutants.judged import changed


@contextmanager
def looked_over(name: str = "", **seen: Any) -> Iterator[Customers]:
    """The customers of a mutant, or of the sound reference, seen with the secret and no more."""
    change = CATALOGUE[name] if name else SOUND
    with changed(change, briefly=True, command=("true",)) as (target, wiring), ExitStack() as ends:
        judged = replace(blind(target, secret=target.secret), **seen)
        customers = Customers(assemble(judged, ends, wiring))
        assert prepare(customers, ends) is None
        yield customers


def test_a_made_up_customer_lives_like_any_other() -> None:
    """Her session expires at once, is renewed, and her rows are listed and gone afterwards."""
    with looked_over() as customers:
        own = customers.of_one_test()
        someone = own.someone()
        assert isinstance(someone, MadeUpCustomer)
        session = someone.expired_session(remember_me=True)
        successor = someone.successor_of(session)
        assert [row.hash for row in someone.rows()] == [successor.hash]
        assert session.stored() is None
        assert successor.stored() is not None
        remove_made_up(own)
        assert someone.rows() == []


def test_a_session_that_was_renewed_expires_at_once_too() -> None:
    """A developer's row takes the place of its row."""
    with looked_over() as customers:
        own = customers.of_one_test()
        someone = own.made_up()
        renewed = someone.successor_of(someone.expired_session()).expired()
        successor = someone.successor_of(renewed)
        assert [row.hash for row in someone.rows()] == [successor.hash]
        remove_made_up(own)


def test_the_sessions_of_who_really_logs_in_wait_to_expire() -> None:
    """Nothing tells of an earlier burn of hers."""
    with looked_over() as customers, pytest.raises(NotTestable, match="clock"):
        customers.alice.expired_session()


def test_the_rows_of_who_really_logs_in_are_listed() -> None:
    """A login adds one; and so do a developer's, for as long as a test needs them."""
    with looked_over() as customers:
        alice = customers.alice
        before = {row.hash for row in alice.rows()}
        session = alice.log_in()
        assert {row.hash for row in alice.rows()} - before == {session.hash}
        with alice.extra_rows(2) as more:
            assert {row.hash for row in alice.rows()} - before >= {row.hash for row in more}
            assert len(alice.rows()) == len(before) + 3
        assert len(alice.rows()) == len(before) + 1


@pytest.mark.parametrize("count, size", [(MOST_DEVELOPED + 1, 0), (1, 1000)])
def test_many_or_large_rows_need_the_table(count: int, size: int) -> None:
    """A developer writes each by itself, and none of a size."""
    with (
        looked_over() as customers,
        pytest.raises(NotTestable, match="table"),
        customers.made_up().extra_rows(count, size),
    ):
        pytest.fail("there are no such rows")


def test_an_id_that_another_customer_may_have_needs_the_table() -> None:
    """A faulty deployment may remove other rows than those of the odd id that it is asked for."""
    with looked_over() as customers, pytest.raises(NotTestable, match="table"):
        customers.named("Null")


def test_a_row_of_another_form_needs_the_table() -> None:
    """A developer writes one form only."""
    with looked_over() as customers, pytest.raises(NotTestable, match="table"):
        customers.made_up().forge_session(-5, 600, ttl=str)


@pytest.mark.parametrize(
    "name",
    [
        "writes_a_row_under_the_token_itself",
        "updates_and_does_not_say_so",
        "writes_the_ttl_of_an_example",
        "calls_an_empty_list_an_error",
    ],
)
def test_operations_that_do_not_work_are_not_relied_upon(name: str) -> None:
    """Then customers really log in, and only the rows of these operations are the worse for it."""
    with looked_over(name) as customers:
        assert customers.deployment.developer is None
        assert customers.someone().id == customers.alice.id


@pytest.mark.parametrize("seen", [{"environment": "production"}, {"secret": None}])
def test_they_are_used_in_development_and_with_the_secret_only(seen: dict[str, Any]) -> None:
    """Elsewhere nobody is made up."""
    with looked_over(**seen) as customers:
        assert not customers.deployment.can_forge


def test_a_clock_that_moves_is_used_instead() -> None:
    """Customers who really log in show more with it."""
    with changed(SOUND, briefly=True, command=("true",)) as (target, wiring), ExitStack() as ends:
        judged = blind(target, secret=target.secret, clock=target.clock)
        customers = Customers(assemble(judged, ends, wiring))
        assert prepare(customers, ends) is None
        assert customers.deployment.clock.movable
        assert not customers.deployment.can_forge


def test_a_row_that_cannot_be_written_is_no_violation() -> None:
    """What rests on it is not testable."""
    with looked_over() as customers:
        customers.deployment.developer = None
        with pytest.raises(NotTestable, match="table"):
            developed_rows.write(customers.deployment, "conformance-x", "a" * 128, 0)


def test_rows_that_a_busy_server_keeps_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test goes on without; the run tries once more, and says what is left."""

    def throttled(*_: Any) -> None:
        raise Throttled(answer(), 60)

    with looked_over() as customers:
        own = customers.of_one_test()
        own.someone().log_in()
        monkeypatch.setattr(developed_rows, "clear", throttled)
        remove_made_up(own)
        assert any("made-up customers are left" in told for told in clean_up(customers))
        monkeypatch.undo()
        assert clean_up(customers) == []


@pytest.mark.parametrize("ttl, seconds", [("17", 17), (17, 17), (None, None), ("²", None)])
def test_a_ttl_is_read_however_it_is_shown(
    ttl: object, seconds: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is no number is none."""
    with looked_over() as customers:
        shown = answer([{"refresh_token_hash": "a", "ttl": ttl}])
        monkeypatch.setattr(Developer, "list", lambda *_: shown)
        assert [row.ttl for row in customers.made_up().rows()] == [seconds]
