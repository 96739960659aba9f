"""Somebody who reads and writes the table through the five development operations."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance_tests.deployment.http.answer import Answer
from conformance_tests.deployment.http.client import Client, bearer
from conformance_tests.deployment.http.documents import ABSENT, DEVELOPMENT_OPERATIONS

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


def _taken(operation: str, given: dict[str, Any]) -> dict[str, Any]:
    left_out = ("refresh_token",) if operation in ABOUT_A_CUSTOMER else ()
    return {name: value for name, value in given.items() if name not in left_out}
