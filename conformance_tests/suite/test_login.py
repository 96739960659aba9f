"""A login makes two promises: a short access token and a longer refresh token."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import pytest

from conformance_tests.actors.customers import RegisteredCustomer
from conformance_tests.deployment import waiting
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.http.answer import Answer
from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.documents import ABSENT
from conformance_tests.deployment.http.odd_client import OddClient
from conformance_tests.expect.expect import Expect
from conformance_tests.good_calls import LOGIN
from conformance_tests.marks import requirement
from conformance_tests.outcomes import NotApplicable, NotTestable, good_call

#: Seconds from one login to the next: no platform answers so fast.
A_MOMENT = 0.002
#: So many logins of each of two customers are made at the same moment.
AT_ONCE = 3


@requirement("CORE-01", logins=2)
def test_good_credentials_give_a_pair(
    alice: RegisteredCustomer, bob: RegisteredCustomer, expect: Expect
) -> None:
    """Each customer gets a token pair, and not the other's."""
    hers, his = alice.log_in(), bob.log_in()
    expect.that(hers.token != his.token, "two customers to get two tokens", "the same token")
    expect.that(
        hers.refresh_token != his.refresh_token,
        "two customers to get two refresh tokens",
        "the same refresh token",
    )


@requirement("CORE-02", logins=4, wrong_passwords=True)
def test_wrong_credentials_give_nothing(
    alice: RegisteredCustomer, bob: RegisteredCustomer, expect: Expect
) -> None:
    """The right password logs in; a wrong one, which may be the right one in another case, is
    refused and changes no row, remembered or not, the third time too.
    """
    alice.log_in()
    with expect.unchanged(alice, bob):
        expect.refused(alice.ask_to_log_in(password=f"not {alice.credentials.password}"))
        expect.refused(alice.ask_to_log_in(True, password=f"{alice.credentials.password} "))
        expect.refused(alice.ask_to_log_in(password=in_another_case(alice.credentials.password)))


def in_another_case(password: str) -> str:
    """The password with small letters for capitals and capitals for small ones, or longer."""
    changed = password.swapcase()
    return changed if changed != password else f"{password}."


@requirement("CORE-02", logins=5, wrong_passwords=True, optional=True)
def test_wrong_credentials_give_nothing_beside_good_ones(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """Nor does a wrong password in the very moment in which the right one is looked at."""
    wrong = partial(alice.ask_to_log_in, password=f"{alice.credentials.password}.")
    *good, refused = one_after_another(deployment, *[alice.ask_to_log_in] * 4, wrong)
    for answer in good:
        if answer.value is not None:  # a platform may refuse logins while it counts wrong passwords
            alice.session_from(answer)
    expect.refused(refused)


@requirement("CORE-02", logins=4, wrong_passwords=True, optional=True)
def test_a_good_login_lets_in_no_other_of_its_document(
    odd: OddClient, alice: RegisteredCustomer, expect: Expect
) -> None:
    """Nor does a wrong password behind the right one, or before it, in one document."""
    wrong = {"password": f"not {alice.credentials.password}"}
    first, behind = odd.log_in_each(alice.credentials, {}, wrong)
    before, last = odd.log_in_each(alice.credentials, wrong, {})
    for answer in (first, last):
        if answer.value is None:
            raise NotApplicable("two logins in one document are refused")
        alice.session_from(answer)
    expect.nothing_issued(behind)
    expect.nothing_issued(before)


def one_after_another(deployment: Deployment, *calls: Callable[[], Answer]) -> Sequence[Answer]:
    """Make these calls together, each a moment after the one before, which is then under way."""

    def make(place: int, call: Callable[[], Answer]) -> Answer:
        waiting.sleep(place * A_MOMENT)
        return call()

    return deployment.together(*(partial(make, *each) for each in enumerate(calls)))


@requirement("HARD-36", logins=3, wrong_passwords=True)
def test_a_refused_login_does_not_tell_who_is_a_customer(
    alice: RegisteredCustomer, client: Client, expect: Expect
) -> None:
    """A good login works; a wrong password and an unknown e-mail are refused in the same words."""
    alice.log_in()
    wrong = f"not {alice.credentials.password}"
    known = alice.ask_to_log_in(password=wrong)
    expect.refused(known)
    expect.same_answer(known, client.log_in(f"nobody-{alice.credentials.email}", wrong))


@requirement("CORE-03")
@pytest.mark.parametrize("remember_me", [ABSENT, None, False], ids=["absent", "null", "false"])
def test_a_normal_login_has_the_declared_lifetimes(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect, remember_me: object
) -> None:
    """Access and refresh tokens live as long as declared, counted from now."""
    lifetimes = deployment.lifetimes
    with deployment.clock.window() as window:
        session = alice.log_in(remember_me)
    expect.between(session.exp, *window.after(lifetimes.access), "exp")
    expect.between(session.refresh_expiry, *window.after(lifetimes.refresh), "refresh_expiry")


@requirement("CORE-03", logins=2, optional=True)
def test_a_normal_login_behind_a_remembered_one_has_them_too(
    deployment: Deployment, alice: RegisteredCustomer, odd: OddClient, expect: Expect
) -> None:
    """So has one that follows a login with remember_me in one document."""
    alice.wait_for_new_second()
    with deployment.clock.window() as window:
        answers = odd.log_in_each(alice.credentials, {"remember_me": True}, {})
    sessions = [alice.session_from(answer) for answer in answers if answer.pairs]
    if len(sessions) < len(answers):
        raise NotApplicable("two logins in one document are refused")
    within = window.after(deployment.lifetimes.refresh)
    expect.between(sessions[1].refresh_expiry, *within, "refresh_expiry")


@requirement("CORE-03", logins=4, optional=True)
def test_a_normal_login_beside_a_remembered_one_has_them_too(
    deployment: Deployment, alice: RegisteredCustomer, bob: RegisteredCustomer, expect: Expect
) -> None:
    """So has one that is under way when another customer logs in with remember_me."""
    for customer in (alice, bob):
        customer.wait_for_new_second()
    remembered = partial(bob.ask_to_log_in, remember_me=True)
    with deployment.clock.window() as window:
        hers, *his = one_after_another(deployment, alice.ask_to_log_in, *[remembered] * 3)
    with good_call(*LOGIN):
        session = alice.session_from(hers)
        for answer in his:
            bob.session_unless_retry(answer)
    within = window.after(deployment.lifetimes.refresh)
    expect.between(session.refresh_expiry, *within, "refresh_expiry")


@requirement("CORE-04", logins=2)
def test_remember_me_extends_the_refresh_token_alone(
    deployment: Deployment, alice: RegisteredCustomer, expect: Expect
) -> None:
    """remember_me gives the extended refresh lifetime and the same access lifetime, on a second
    device too.
    """
    lasts = deployment.session_lasts(remember_me=True)
    for _ in range(2):
        with deployment.clock.window() as window:
            session = alice.log_in(remember_me=True)
        expect.between(session.exp, *window.after(deployment.lifetimes.access), "exp")
        expect.between(session.refresh_expiry, *window.after(lasts), "refresh_expiry")


@requirement("CORE-26", logins=3)
def test_the_id_in_the_token_is_the_customers_own(
    alice: RegisteredCustomer, bob: RegisteredCustomer, expect: Expect
) -> None:
    """Two logins of one customer carry one id, of one JSON type; another customer has another."""
    first, second = alice.log_in(), alice.log_in()
    expect.equal(second.claims.get("customer_id"), alice.id, "customer_id")
    expect.equal(first.claims.get("customer_id"), alice.id, "customer_id")
    expect.that(bob.log_in().claims.get("customer_id") != alice.id, "bob's own id", "alice's")


@requirement("CORE-26", logins=2 + 2 * AT_ONCE, optional=True)
def test_of_logins_at_once_each_is_of_its_own_customer(
    deployment: Deployment, alice: RegisteredCustomer, bob: RegisteredCustomer, expect: Expect
) -> None:
    """A login under way beside another customer's carries the id of who asked for it."""
    ids = [alice.log_in().claims.get("customer_id"), bob.log_in().claims.get("customer_id")]
    for customer in (alice, bob):
        customer.wait_for_new_second()
    answers = deployment.together(*[alice.ask_to_log_in, bob.ask_to_log_in] * AT_ONCE)
    with good_call(*LOGIN):
        made = [*map(RegisteredCustomer.session_unless_retry, [alice, bob] * AT_ONCE, answers)]
    if made.count(None) > AT_ONCE:
        raise NotTestable("customer", "so few of several logins at once were answered with a pair")
    for session, id_ in zip(made, ids * AT_ONCE, strict=True):
        if session is not None:
            expect.equal(session.claims.get("customer_id"), id_, "customer_id")
