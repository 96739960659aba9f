"""Somebody who reads and writes the table through the five development operations."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance_tests.deployment.http.answer import Answer, member
from conformance_tests.deployment.http.client import Client, bearer
from conformance_tests.deployment.http.documents import ABSENT, DEVELOPMENT_OPERATIONS
from conformance_tests.deployment.row import Row
from conformance_tests.outcomes import NotTestable

#: Those that are about a whole customer and take no refresh token.
ABOUT_A_CUSTOMER = ("getAllAuthItemsById", "removeAllUserAuthItems")


@dataclass(frozen=True, slots=True)
class Developer:
    """Asks one instance for the five operations, whether they are open there or not.

    token: the access token of a customer, who has no business there.
    """

    client: Client
    token: str | None = field(default=None, repr=False)

    def get(self, user_id: Any = ABSENT, refresh_token: Any = ABSENT) -> Answer:
        return self.ask("getUserAuth", user_id, refresh_token)

    def rows(self, user_id: object) -> Sequence[Row]:
        """The rows of an id, whose types are not shown; NotTestable where they are not listed."""
        listed = self.list(str(user_id)).value
        if not isinstance(listed, list):
            raise NotTestable("table")
        return [
            Row.of(user_id, str(member(row, "refresh_token_hash")), _seconds(member(row, "ttl")))
            for row in listed
        ]

    def list(self, user_id: Any = ABSENT) -> Answer:
        return self.ask("getAllAuthItemsById", user_id)

    def update(self, user_id: Any = ABSENT, refresh_token: Any = ABSENT) -> Answer:
        return self.ask("updateUserAuth", user_id, refresh_token)

    def remove(self, user_id: Any = ABSENT, refresh_token: Any = ABSENT) -> Answer:
        return self.ask("removeUserAuth", user_id, refresh_token)

    def remove_all(self, user_id: Any = ABSENT) -> Answer:
        return self.ask("removeAllUserAuthItems", user_id)

    def ask(self, operation: str, user_id: Any = ABSENT, refresh_token: Any = ABSENT) -> Answer:
        """One of the five, with those arguments that it takes."""
        given = {"user_id": user_id, "refresh_token": refresh_token}
        return self.client.call(operation, _taken(operation, given), bearer(self.token))

    def try_all(self, user_id: Any = ABSENT, refresh_token: Any = ABSENT) -> Iterator[Answer]:
        """The five, one after another."""
        for operation in DEVELOPMENT_OPERATIONS:
            yield self.ask(operation, user_id, refresh_token)


def _seconds(ttl: object) -> int | None:
    """What is shown as a ttl, whatever it is, in epoch seconds."""
    try:
        return int(str(ttl))
    except ValueError:
        return None


def _taken(operation: str, given: dict[str, Any]) -> dict[str, Any]:
    left_out = ("refresh_token",) if operation in ABOUT_A_CUSTOMER else ()
    return {name: value for name, value in given.items() if name not in left_out}
