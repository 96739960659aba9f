"""Every refusal is a class with a message and a category: the core raises it, the API answers it.

A client acts on the category: `graphql-authorization` logs the customer out, and
`graphql-server-internal-error` means try again (FAULT-05).
"""

from __future__ import annotations

from typing import ClassVar, Literal

Check = Literal["form", "signature", "payload", "nbf", "customer_id", "exp", "refresh_expiry"]

AUTHORIZATION = "graphql-authorization"
AUTHENTICATION = "graphql-authentication"
INPUT = "graphql-input"
NO_SUCH_ENTITY = "graphql-no-such-entity"
SERVER = "graphql-server-internal-error"

OVER = "The session is over, please log in again"

# What the recipes of GraphQL clients look for in `extensions.code`, beside each category.
CODES = {
    AUTHORIZATION: "UNAUTHENTICATED",
    AUTHENTICATION: "INVALID_CREDENTIALS",
    INPUT: "BAD_USER_INPUT",
    NO_SUCH_ENTITY: "NOT_FOUND",
    SERVER: "INTERNAL_SERVER_ERROR",
}


class AuthError(Exception):
    """A refusal whose message and category may be shown to anyone; subclasses name their own."""

    message: ClassVar[str] = "The request could not be answered, try again"
    category: ClassVar[str] = SERVER

    def __init_subclass__(cls, message: str | None = None, category: str | None = None) -> None:
        cls.message = message or cls.message
        cls.category = category or cls.category

    def __init__(self) -> None:
        super().__init__(self.message)


# The session is over: the client should log the customer out.


class SessionOver(AuthError, message=OVER, category=AUTHORIZATION):
    """For whatever reason (CORE-27)."""


class MissingHeader(SessionOver, message="Missing authorization header"):
    """No usable bearer token came with the request (CORE-17)."""


class MissingRefreshToken(SessionOver, message="Missing refresh token"):
    """A revoke without a refresh token, or with an empty one (CORE-23)."""


class BadAccessToken(SessionOver, message="The access token is not valid"):
    """The access token is forged: it fails a check of SPEC.md 3.4 (HARD-01).

    check: which one failed, for logs and tests; the client is never told.
    """

    def __init__(self, check: Check) -> None:
        super().__init__()
        self.check = check


class AccessExpired(SessionOver, message="The access token has expired"):
    """A live access token is needed, and this one has expired (API-03)."""


class NotSignedIn(SessionOver, message="Please log in"):
    """A field for signed-in customers was queried without an access token (API-02)."""


class BadRefreshToken(SessionOver, message="The refresh token is not valid"):
    """The refresh token does not belong to the access token (CORE-16)."""


class Replayed(SessionOver):
    """A spent pair was reused: every session of the customer has ended (CORE-12)."""


class Unauthorised(SessionOver, message="Unauthorised access"):
    """A development operation was called outside development (DEV-01)."""


# The client should ask for the password, or correct its request, or go on.


class WrongCredentials(AuthError, message="Wrong email or password", category=AUTHENTICATION):
    """The platform refuses these credentials (CORE-02)."""


class NoCustomerId(AuthError, message="The login could not be completed", category=AUTHENTICATION):
    """The platform accepted the login, but its answer is not a customer's id (HARD-18)."""


class PairMismatch(
    AuthError, message="The refresh token does not match the access token", category=INPUT
):
    """A revoke's refresh token does not belong to its access token (CORE-22)."""


class MissingArgument(AuthError, message="Missing user_id or refresh_token", category=INPUT):
    """A development operation needs another argument."""


class NoSuchSession(AuthError, message="No such session", category=NO_SUCH_ENTITY):
    """There is no such session to end."""


# The client should try again: the session is not over.


class Retry(AuthError, message="Please try again"):
    """The same request may succeed shortly (RACE-07)."""


class StorageError(AuthError):
    """The table failed (FAULT-05)."""


class OutcomeUnknown(StorageError):
    """The table may or may not have done the call."""
