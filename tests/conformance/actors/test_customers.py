"""Customers and their sessions, as a test speaks of them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import nullcontext, suppress
from typing import Any

import httpx
import pytest

from conformance_tests.actors.customers import RegisteredCustomer
from conformance_tests.actors.pool import Customers
from conformance_tests.actors.session import UNKNOWN_ATTRIBUTES, Session, claims_of, header_of
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.forge import Forge, encoded
from conformance_tests.deployment.http.answer import SERVER_ERROR
from conformance_tests.deployment.row import Row
from conformance_tests.outcomes import NotApplicable, NotTestable, Violation
from tests.conformance.fakes import (
    ALICE,
    BOB,
    LOGIN,
    NOW,
    REFRESH,
    SECRET,
    HandClock,
    customers,
    deployment,
    error,
    in_turn,
    logins,
    pair,
    says,
)


def alice_of(judged: Deployment) -> RegisteredCustomer:
    return RegisteredCustomer(judged, ALICE)


# -- a registered customer ---------------------------------------------------------------------


def test_a_login_teaches_the_id_and_keeps_its_type() -> None:
    """A number stays a number; before the first login nobody knows it."""
    alice = alice_of(deployment(logins(7)))
    assert alice.known_id is None
    with pytest.raises(NotTestable, match="no login has told whose it is"):
        assert alice.id
    alice.log_in()
    assert alice.id == 7
    assert isinstance(alice.id, int)


def test_every_login_has_a_second_of_its_own() -> None:
    """A deployment may derive the same tokens for two logins of one second."""
    clock = HandClock()
    alice = alice_of(deployment(logins(), clock=clock))
    for _ in range(3):
        alice.log_in()
    assert len(clock.moves) == 2


@pytest.mark.parametrize("forged", [False, True], ids=["waiting", "replacing"])
def test_pairs_that_are_told_apart_need_no_second(
    monkeypatch: pytest.MonkeyPatch, forged: bool
) -> None:
    """Unless a session is aged by replacing it: its tokens are then free for the next one."""
    judged = deployment(logins(), table=forged, secret=forged)
    judged.tells_pairs_apart = True
    alice, waited = alice_of(judged), list[None]()
    monkeypatch.setattr(alice, "wait_for_new_second", lambda: waited.append(None))
    for _ in range(3):
        alice.log_in()
    assert len(waited) == (3 if forged else 0)


def test_a_login_that_is_asked_to_try_again_waits_for_a_second(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A burn may have covered all that was free in this one."""
    log_in, asked = logins(), iter([True, False])

    def speak(body: Mapping[str, Any], headers: httpx.Headers) -> httpx.Response:
        return says(LOGIN, None, error(SERVER_ERROR)) if next(asked) else log_in(body, headers)

    judged = deployment(speak)
    judged.tells_pairs_apart = True
    alice, waited = alice_of(judged), list[None]()
    monkeypatch.setattr(alice, "wait_for_new_second", lambda: waited.append(None))
    alice.log_in()
    assert len(waited) == 1


def test_a_login_passes_what_it_was_given() -> None:
    """remember_me is left out unless it was named; the password is her own unless another was."""
    seen: list[Any] = []

    def speak(body: Mapping[str, Any], headers: httpx.Headers) -> httpx.Response:
        seen.append(body["variables"])
        return says(LOGIN, pair())

    alice = alice_of(deployment(speak))
    alice.ask_to_log_in()
    alice.ask_to_log_in(None, password="wrong")
    assert seen == [
        {"email": ALICE.email, "password": ALICE.password},
        {"email": ALICE.email, "password": "wrong", "remember_me": None},
    ]


def test_a_login_without_a_pair_is_the_deployment_s_fault() -> None:
    """Neither nothing, nor a pair that is no JWT, is an error of the suite."""
    alice = alice_of(deployment(in_turn(says(LOGIN, None), says(LOGIN, pair("no-jwt", "x")))))
    with pytest.raises(Violation):
        alice.log_in()
    with pytest.raises(Violation):
        alice.log_in()


def test_a_refresh_presents_the_pair() -> None:
    """The access token goes into the header, the refresh token into the argument."""
    seen: list[tuple[str, Any]] = []

    def speak(body: Mapping[str, Any], headers: httpx.Headers) -> httpx.Response:
        seen.append((headers["authorization"], body["variables"]))
        return says(REFRESH, pair())

    session = customers(speak, table=True, secret=True).made_up().log_in()
    session.altered(refresh_token="other").refresh()
    assert seen == [(f"Bearer {session.token}", {"refresh_token": "other"})]


# -- a made-up customer ------------------------------------------------------------------------


@pytest.fixture
def judged() -> Deployment:
    return deployment(table=True, secret=True)


def test_a_made_up_login_is_what_a_login_would_have_written(judged: Deployment) -> None:
    """A genuine pair with the declared lifetimes, and its row."""
    customer = Customers(judged).made_up()
    normal, remembered = customer.log_in(), customer.log_in(remember_me=True)
    assert normal.exp == NOW + 840
    assert normal.refresh_expiry == NOW + 900
    assert remembered.refresh_expiry == NOW + 1 + 2_592_000
    assert [row.ttl for row in customer.rows()].count(normal.refresh_expiry) == 1
    assert normal.stored() == normal.row


def test_made_up_ids_are_this_run_s_alone(judged: Deployment) -> None:
    """Each is new and says which run it was made up for."""
    customers = Customers(judged)
    ids = [customers.made_up().id for _ in range(3)]
    assert ids == ["conformance-7e57-1", "conformance-7e57-2", "conformance-7e57-3"]
    someone, [longer, twin] = customers.with_namesakes()
    assert str(longer.id).startswith(str(someone.id))
    assert twin.id != someone.id
    assert str(twin.id).lower() == str(someone.id).lower()


def test_nobody_is_made_up_without_secret_and_table() -> None:
    """Then a real customer stands in, and only what is missing is asked for."""
    for judged, missing in (
        (deployment(logins(), table=True), r"add \[signing\] with secret_env$"),
        (deployment(logins(), secret=True), r"add \[table\] with"),
        (deployment(logins(), secret=True, table=True, claims=("CORE",)), "add WIRE to claims"),
    ):
        with pytest.raises(NotTestable, match=missing):
            Customers(judged).made_up()
        registered = (alice_of(judged),)
        assert isinstance(Customers(judged, registered).someone(), RegisteredCustomer)


def test_a_customer_who_plays_in_many_tests_brings_no_rows_into_one() -> None:
    """Rows that were there before a test began are not counted as its own."""
    judged = deployment(logins(), table=True)
    customers = Customers(judged, (alice_of(judged),))
    customers.alice.log_in()
    table = judged.need_table()
    table.write(Row.of(customers.alice.id, "a" * 128, NOW + 60))
    someone = customers.someone()
    assert (len(someone.rows()), someone.rows_of_this_test()) == (1, [])
    later = Row.of(customers.alice.id, "b" * 128, NOW + 60)
    table.write(later)
    assert someone.rows_of_this_test() == [later]
    assert len(customers.alice.rows_of_this_test()) == 2


def test_a_forged_session_shares_no_exp(judged: Deployment) -> None:
    """Where the second is taken it is one second less."""
    customer = Customers(judged).made_up()
    exps = [customer.forge_session(60, 120).exp for _ in range(3)]
    assert exps == [NOW + 60, NOW + 59, NOW + 58]


@pytest.mark.parametrize(
    "ttl, stored",
    [
        (..., {"N": str(NOW + 120)}),
        (str, {"S": str(NOW + 120)}),
        (5, {"N": "5"}),
        ("soon", {"S": "soon"}),
        (None, None),
    ],
)
def test_a_forged_row_has_the_ttl_that_was_asked_for(
    judged: Deployment, ttl: Any, stored: object
) -> None:
    """A Number, a String, or none at all."""
    row = Customers(judged).made_up().forge_session(60, 120, ttl=ttl).row
    assert row is not None
    assert row.attributes.get("ttl") == stored


def test_a_numbered_customer_is_a_real_one(judged: Deployment) -> None:
    """An id that is a number cannot be made up; where no customer has one there is none."""
    alice, bob = RegisteredCustomer(judged, ALICE, "a"), RegisteredCustomer(judged, BOB, 23)
    forged = Customers(judged, (alice, bob)).numbered()
    session = forged.forge_session(60, 120)
    assert session.claims["customer_id"] == 23
    assert session in bob.sessions
    with pytest.raises(NotApplicable):
        Customers(judged, (alice,)).numbered()


def test_a_crowd_comes_and_goes(judged: Deployment) -> None:
    """So many rows of so many bytes, and afterwards the customer's own alone."""
    customer = Customers(judged).made_up()
    session = customer.log_in()
    with customer.extra_rows(30, 1000) as rows:
        assert len(customer.rows()) == 31
        assert {len(row.attributes["padding"]["S"]) for row in rows} == {1000}
    assert customer.rows() == [session.row]


def test_a_crowd_goes_when_a_test_fails(judged: Deployment) -> None:
    """Nothing is left behind by a test that broke off."""
    customer = Customers(judged).made_up()
    with suppress(Violation), customer.extra_rows(3):
        raise Violation("a test", "that fails")
    assert customer.rows() == []


def test_an_annotated_row_holds_every_kind(judged: Deployment) -> None:
    """Its own attributes stay as they were."""
    session = Customers(judged).made_up().log_in()
    row = session.annotated().stored()
    assert row is not None
    assert session.row is not None
    assert row.attributes == {**session.row.attributes, **UNKNOWN_ATTRIBUTES}


# -- rows that cannot be derived ---------------------------------------------------------------


def test_a_row_is_found_by_comparison_where_tokens_are_random() -> None:
    """The one row that appears during a login or refresh is the session's."""
    judged = deployment(table=True, claims=("CORE",))
    table, numbers = judged.need_table(), itertools.count()
    token = Forge(SECRET).mint({"customer_id": 7, "exp": NOW + 840})

    def speak(body: Mapping[str, Any], headers: httpx.Headers) -> httpx.Response:
        number = next(numbers)
        table.put(7, f"hash-{number}", NOW + 900)
        return says(LOGIN, pair(token, f"random-{number}"))

    judged.client = deployment(speak).client
    alice = RegisteredCustomer(judged, ALICE, 7)
    first, second = alice.log_in(), alice.log_in()
    assert (first.hash, second.hash) == ("hash-0", "hash-1")
    assert first.refresh_expiry == NOW + 900  # the row's, for the token carries none


def test_without_row_and_derivation_a_hash_is_unknown() -> None:
    """That is not testable, never an error."""
    session = alice_of(deployment(logins(), claims=("CORE",))).log_in()
    with pytest.raises(NotTestable):
        assert session.hash
    with pytest.raises(NotTestable):
        session.stored()


# -- odd tokens --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "token",
    [
        "",
        "x",
        "a.b",
        "...",
        f".{encoded(b'[1]')}.",
        f".{encoded(b'7')}.",
        f".{encoded(b'{')}.",
        "é.é",
    ],
)
def test_a_token_that_cannot_be_read_is_the_deployment_s_fault(token: str) -> None:
    """Header and payload must be JSON objects; anything else is Violation, never a crash."""
    with pytest.raises(Violation):
        claims_of(token)
    with pytest.raises(Violation):
        header_of(f"{token.partition('.')[2]}")


@pytest.mark.parametrize("exp", [None, "1710905708", True, [1]])
def test_a_time_that_is_no_number_is_the_deployment_s_fault(exp: Any) -> None:
    """A session of which nobody knows when it expires cannot be aged, and that is Violation."""
    token = Forge(SECRET).mint({"customer_id": 7, "exp": exp})
    session = alice_of(deployment(in_turn(says(LOGIN, pair(token, "x"))))).log_in()
    with pytest.raises(Violation, match="exp to be epoch seconds"):
        assert session.exp


# -- who is none of them -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "owner, spared",
    [
        ("7", True),
        ("ended#7", True),
        ("conformance-0a1b2c-1", True),
        ("undefined", False),
        ("8", False),
    ],
)
def test_a_table_with_rows_of_others_is_not_put_at_risk(owner: str, spared: bool) -> None:
    """Where a stranger's row could be deleted, what would risk it is not testable."""
    judged = customers(logins(7), table=True)
    judged.registered = (alice_of(judged.deployment),)
    judged.alice.log_in()
    judged.deployment.need_table().put(owner, "hash", None)
    refused = nullcontext() if spared else pytest.raises(NotTestable, match="rows of others")
    with refused, judged.sparing_others():
        pass


def test_without_a_table_nobody_can_be_spared() -> None:
    """Nobody sees who has rows there."""
    with pytest.raises(NotTestable, match="needs the table"), customers().sparing_others():
        pass


def test_rotations_of_one_customer_have_a_second_each(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two tests that share her do not look at the second at the same time."""
    alice, told = alice_of(deployment(logins())), list[str]()

    def rotates(ask: object) -> None:
        time.sleep(0.05)
        told.append("rotates")

    monkeypatch.setattr(alice, "wait_for_new_second", lambda: told.append("waits"))
    monkeypatch.setattr(alice, "_adopt", rotates)
    session = Session(alice, "a.b.c", "x")
    with ThreadPoolExecutor() as pool:
        wait([pool.submit(alice.successor_of, session) for _ in range(2)])
    assert told == ["waits", "rotates"] * 2
