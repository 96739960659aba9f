"""The demo's platform: six customers with argon2 hashes; and the faulty one of the embedded run."""

from __future__ import annotations

import math

import anyio
import pytest

from conformance_tests.embedded.odd_platform import ODD_IDS, ODD_PASSWORD, WithOddLogins, odd_email
from reference_auth.core.login import LoginRefused
from reference_auth.serve.demo import ALICE, BOB, CUSTOMERS, DIRECTORY, NOBODY, DemoCustomer

PLATFORM = WithOddLogins(DIRECTORY)


def log_in(email: str, password: str) -> object:
    return anyio.run(PLATFORM.login, email, password)


@pytest.mark.parametrize("customer", CUSTOMERS, ids=lambda customer: str(customer.email))
def test_customers(customer: DemoCustomer) -> None:
    """Each logs in with the password that serve prints, and gets the id in its own type."""
    customer_id = log_in(customer.email, customer.password)
    assert customer_id == customer.customer_id
    assert type(customer_id) is type(customer.customer_id)
    assert customer.password_hash.startswith("$argon2id$")
    assert customer.password not in repr(customer)


@pytest.mark.parametrize(
    "email, password",
    [
        (ALICE.email, BOB.password),
        (ALICE.email, ""),
        (ALICE.email, ALICE.password + "\0"),
        (ALICE.email.upper(), ALICE.password),
        ("nobody@example.com", ALICE.password),
        (odd_email("null"), ALICE.password),
    ],
)
def test_others_are_refused(email: str, password: str) -> None:
    """A wrong password and an unknown e-mail are refused alike."""
    with pytest.raises(LoginRefused):
        log_in(email, password)


def test_an_unknown_email_costs_the_same() -> None:
    """The hash that stands for nobody asks for the same work as a customer's."""
    assert NOBODY.split("$")[:4] == ALICE.password_hash.split("$")[:4]


@pytest.mark.parametrize("kind", ["null", "empty", "bool", "object", "nan"])
def test_odd_ids(kind: str) -> None:
    """For these the platform answers no usable id (HARD-18)."""
    answer = log_in(odd_email(kind), ODD_PASSWORD)
    assert answer is ODD_IDS[kind]
    assert not isinstance(answer, str) or answer == ""
    assert not isinstance(answer, float) or math.isnan(answer)
