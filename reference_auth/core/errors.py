"""Every refusal is a class with a message and a category; the core raises, the edge translates.

The category is what a storefront acts on: `graphql-authorization` ends its session, while
`graphql-server-internal-error` says "try again" (FAULT-05).
"""

from __future__ import annotations

from typing import ClassVar, Literal

Check = Literal["form", "signature", "payload", "nbf", "customer_id", "exp", "refresh_expiry"]

AUTHORIZATION = "graphql-authorization"
AUTHENTICATION = "graphql-authentication"
INPUT = "graphql-input"
NO_SUCH_ENTITY = "graphql-no-such-entity"
SERVER = "graphql-server-internal-error"


class AuthError(Exception):
    """An intended refusal: its message and category may be shown to anyone."""

    message: ClassVar[str] = "The request could not be answered, try again"
    category: ClassVar[str] = SERVER

    def __init__(self) -> None:
        super().__init__(self.message)


class SessionOver(AuthError):
    """The session is over: a storefront logs the customer out on it (CORE-27)."""

    message = "The session is over, please log in again"
    category = AUTHORIZATION


class MissingHeader(SessionOver):
    """No usable bearer token came with the request (CORE-17)."""

    message = "Missing authorization header"


class MissingRefreshToken(SessionOver):
    """revoke without a refresh token, or with an empty one (CORE-23)."""

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
    """A live access token is needed and this one's time is up (API-03)."""

    message = "The access token has expired"


class NotSignedIn(SessionOver):
    """A field that needs a signed-in customer was asked for without one (API-02)."""

    message = "Please log in"


class NotThePair(SessionOver):
    """The refresh token does not belong to the access token (CORE-16)."""

    message = "The refresh token is not valid"


class Replayed(SessionOver):
    """A spent pair came back: every session of the customer has ended (CORE-12)."""

    message = "The session is over, please log in again"


class Unauthorised(SessionOver):
    """A development operation was asked for outside development (DEV-01)."""

    message = "Unauthorised access"


class WrongCredentials(AuthError):
    """The platform refuses these credentials (CORE-02)."""

    message = "Wrong email or password"
    category = AUTHENTICATION


class NoCustomer(AuthError):
    """The platform let a customer in without naming one (HARD-18)."""

    message = "The login could not be completed"
    category = AUTHENTICATION


class WrongPair(AuthError):
    """revoke was given a refresh token that does not belong to the access token (CORE-22)."""

    message = "The refresh token does not match the access token"
    category = INPUT


class MissingArgument(AuthError):
    """A development operation lacks an argument."""

    message = "Missing user_id or refresh_token"
    category = INPUT


class NoSuchSession(AuthError):
    """There is no such session to end."""

    message = "No such session"
    category = NO_SUCH_ENTITY


class Retry(AuthError):
    """Nothing is wrong with the session: the same request may succeed in a moment (RACE-07)."""

    message = "Please try again"


class StorageTrouble(AuthError):
    """The table did not answer as it should (FAULT-05)."""

    message = "The request could not be answered, try again"


class OutcomeUnknown(StorageTrouble):
    """The table may or may not have done what it was asked."""
