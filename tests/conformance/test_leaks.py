"""A secret is found in whatever form a text carries it, and nothing else is taken for one."""

from __future__ import annotations

import base64

import pytest

from conformance_tests import leaks

HEX = "0123456789abcdef" * 8
RAW = bytes.fromhex(HEX)


@pytest.mark.parametrize(
    "text",
    [
        HEX,
        f"before {HEX} after",
        HEX.upper(),
        RAW.decode("latin-1"),
        base64.b64encode(RAW).decode(),
        base64.urlsafe_b64encode(RAW).decode().rstrip("="),
        base64.b64encode(HEX.encode()).decode(),
    ],
)
def test_a_token_is_found_in_each_of_its_forms(text: str) -> None:
    """As it is, in upper case, as bytes, and in base64."""
    assert leaks.holds(text, HEX)


@pytest.mark.parametrize("text", ["", HEX[:-1], HEX[1:], "alice"])
def test_a_part_of_a_token_is_none(text: str) -> None:
    """Only the whole token opens a session."""
    assert not leaks.holds(text, HEX)


def test_an_address_is_found_in_any_case() -> None:
    """E-mail addresses are often stored in lower case."""
    assert leaks.holds("login of alice@example.com", "Alice@Example.com")


def test_a_short_secret_stands_alone() -> None:
    """A password of four letters is not found in every other word."""
    assert leaks.holds("pass", "pass")
    assert not leaks.holds("passenger", "pass")
    assert not leaks.holds("anything", "")


def test_a_claim_is_searched_to_its_leaves() -> None:
    """Keys, lists and objects within a claim are looked into."""
    assert leaks.anywhere({"a": [1, {"mail": "alice@example.com"}]}, "alice@example.com")
    assert leaks.anywhere({"alice@example.com": None}, "alice@example.com")
    assert not leaks.anywhere({"a": [1, None, True, 2.5]}, "alice@example.com")
