"""A secret is found in whatever form a text carries it, and nothing else is taken for one."""

from __future__ import annotations

import base64

import pytest

from conformance_tests.deployment.http import leaks

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
    assert leaks.reveals(text, HEX)


@pytest.mark.parametrize("text", ["", HEX[:-1], HEX[1:], "alice"])
def test_a_part_of_a_token_is_none(text: str) -> None:
    """Only the whole token opens a session."""
    assert not leaks.reveals(text, HEX)


def test_an_address_is_found_in_any_case() -> None:
    """E-mail addresses are often stored in lower case."""
    assert leaks.reveals("login of alice@example.com", "Alice@Example.com")


def test_a_short_secret_stands_alone() -> None:
    """A password of four letters is not found in every other word."""
    assert leaks.reveals("pass", "pass")
    assert not leaks.reveals("passenger", "pass")
    assert not leaks.reveals("anything", "")


def test_a_short_secret_is_found_as_a_word_of_its_own() -> None:
    """Six characters of letters and digits are no chance, where they are no part of a word."""
    assert leaks.reveals('the password "hunter2" is wrong', "hunter2")
    assert leaks.reveals("HUNTER2", "hunter2")
    assert not leaks.reveals("hunter25 and bhunter2", "hunter2")


@pytest.mark.parametrize("common", ["please", "123456", "ab12", "log-in"])
def test_what_is_said_by_chance_is_no_secret(common: str) -> None:
    """A plain word, a plain number and what is shorter still are only found as a whole text."""
    assert leaks.reveals(common, common)
    assert not leaks.reveals(f"say {common} again", common)


def test_many_secrets_are_found_in_one_walk() -> None:
    """Each is named, in whatever form it stands; what is too short for that is left out."""
    wanted = leaks.SecretFinder(
        {HEX: "refresh#1", "an-opaque-token": "access#1", "short": "access#2"}
    )
    text = f"short: {base64.b64encode(RAW).decode()}, then AN-OPAQUE-TOKEN."
    assert wanted.within(text) == {HEX: "refresh#1", "an-opaque-token": "access#1"}
    assert wanted.within(f"{HEX[:-1]} an-opaque-toke") == {}


def test_a_claim_is_searched_to_its_leaves() -> None:
    """Keys, lists and objects within a claim are looked into."""
    assert leaks.revealed_anywhere({"a": [1, {"mail": "alice@example.com"}]}, "alice@example.com")
    assert leaks.revealed_anywhere({"alice@example.com": None}, "alice@example.com")
    assert not leaks.revealed_anywhere({"a": [1, None, True, 2.5]}, "alice@example.com")
