"""The refusals and their categories."""

from __future__ import annotations

import pytest

from reference_auth.core import errors
from reference_auth.core.errors import AuthError, BadAccessToken


def every(kind: type[AuthError]) -> list[type[AuthError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in every(child))]


@pytest.mark.parametrize("kind", sorted(set(every(AuthError)), key=repr))
def test_a_refusal_has_a_message_and_a_category(kind: type[AuthError]) -> None:
    """WIRE-12: both can be shown to anyone, and the category is one of five."""
    refusal = kind("signature") if issubclass(kind, BadAccessToken) else kind()
    assert str(refusal) == refusal.message
    assert refusal.message
    assert "signature" not in refusal.message
    assert refusal.category in {
        "graphql-authorization",
        "graphql-authentication",
        "graphql-input",
        "graphql-no-such-entity",
        "graphql-server-internal-error",
    }


def test_whatever_ends_a_session_says_so() -> None:
    """CORE-27: every kind of SessionOver carries the category that logs a customer out."""
    assert {kind.category for kind in every(errors.SessionOver)} == {"graphql-authorization"}


@pytest.mark.parametrize("kind", [errors.Retry, *every(errors.StorageError)])
def test_what_may_be_tried_again_ends_no_session(kind: type[AuthError]) -> None:
    """FAULT-05: trouble with the table never carries the category that logs a customer out."""
    assert kind.category == "graphql-server-internal-error"


@pytest.mark.parametrize(
    "kind, message",
    [
        (errors.MissingHeader, "Missing authorization header"),
        (errors.MissingRefreshToken, "Missing refresh token"),
        (errors.Unauthorised, "Unauthorised access"),
    ],
)
def test_the_documented_messages(kind: type[AuthError], message: str) -> None:
    """CORE-17, CORE-23, DEV-01: storefronts may show what the documented module says."""
    assert kind.message == message
