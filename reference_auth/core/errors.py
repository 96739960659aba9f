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

# What the recipes of GraphQL clients look for in `extensions.code`, beside each category.
CODES = {
    AUTHORIZATION: "UNAUTHENTICATED",
    AUTHENTICATION: "INVALID_CREDENTIALS",
    INPUT: "BAD_USER_INPUT",
    NO_SUCH_ENTITY: "NOT_FOUND",
    SERVER: "INTERNAL_SERVER_ERROR",
}


class AuthError(Exception):
    """A refusal whose message and category may be shown to anyone."""

    message: ClassVar[str] = "The request could not be answered, try again"
    category: ClassVar[str] = SERVER

    def __init__(self) -> None:
        super().__init__(self.message)


class SessionOver(AuthError):
    """The session is over: the client should log the customer out (CORE-27)."""

    message = "The session is over, please log in again"
    category = AUTHORIZATION


class MissingHeader(SessionOver):
    """No usable bearer token came with the request (CORE-17)."""

    message = "Missing authorization header"


class MissingRefreshToken(SessionOver):
    """A revoke without a refresh token, or with an empty one (CORE-23)."""

    message = "Missing refresh token"


class BadAccessToken(SessionOver):
    """The access token is forged: it fails a check of SPEC.md 3.4 (HARD-01).

    check: which one failed, for logs and tests; the client is never told.
    """

    message = "The access token is not valid"

    def __init__(self, check: Check) -> None:
        super().__init__()
        self.check = check


class AccessExpired(SessionOver):
    """A live access token is needed, and this one has expired (API-03)."""

    message = "The access token has expired"


class NotSignedIn(SessionOver):
    """A field for signed-in customers was queried without an access token (API-02)."""

    message = "Please log in"


class BadRefreshToken(SessionOver):
    """The refresh token does not belong to the access token (CORE-16)."""

    message = "The refresh token is not valid"


class Replayed(SessionOver):
    """A spent pair was reused: every session of the customer has ended (CORE-12)."""

    message = "The session is over, please log in again"


class Unauthorised(SessionOver):
    """A development operation was called outside development (DEV-01)."""

    message = "Unauthorised access"


class WrongCredentials(AuthError):
    """The platform refuses these credentials (CORE-02)."""

    message = "Wrong email or password"
    category = AUTHENTICATION


class NoCustomerId(AuthError):
    """The platform accepted the login, but its answer is not a customer's id (HARD-18)."""

    message = "The login could not be completed"
    category = AUTHENTICATION


class PairMismatch(AuthError):
    """A revoke's refresh token does not belong to its access token (CORE-22)."""

    message = "The refresh token does not match the access token"
    category = INPUT


class MissingArgument(AuthError):
    """A development operation needs another argument."""

    message = "Missing user_id or refresh_token"
    category = INPUT


class NoSuchSession(AuthError):
    """There is no such session to end."""

    message = "No such session"
    category = NO_SUCH_ENTITY


class Retry(AuthError):
    """The session is not over: the same request may succeed shortly (RACE-07)."""

    message = "Please try again"


class StorageError(AuthError):
    """The table failed (FAULT-05)."""

    message = "The request could not be answered, try again"


class OutcomeUnknown(StorageError):
    """The table may or may not have done the call."""
