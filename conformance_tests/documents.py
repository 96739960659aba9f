"""The GraphQL text of every request, as data; only `client.py` reads it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final


class Absent:
    """An argument that is left out, which is not the same as null."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()

TOKENS = "{ token refresh_token }"
ROW = "{ customer_id refresh_token_hash ttl }"


@dataclass(frozen=True, slots=True)
class Operation:
    """One field of the schema: its root type, its arguments' types, what is asked of it."""

    name: str
    kind: str
    arguments: dict[str, str]
    selection: str

    def document(self, given: dict[str, object]) -> str:
        """A document that passes the given arguments as variables."""
        declared = [f"${name}: {self.arguments[name]}" for name in given]
        passed = [f"{name}: ${name}" for name in given]
        return f"{self.kind}{_list(declared)} {{ {self.name}{_list(passed)} {self.selection} }}"

    def field(self, given: dict[str, object], alias: str = "") -> str:
        """The field with its arguments written into the text."""
        passed = [f"{name}: {json.dumps(value)}" for name, value in given.items()]
        return f"{alias}{': ' if alias else ''}{self.name}{_list(passed)} {self.selection}"


def _list(parts: list[str]) -> str:
    return f"({', '.join(parts)})" if parts else ""


_KEYS = {"user_id": "String", "refresh_token": "String"}

OPERATIONS: Final = {
    operation.name: operation
    for operation in (
        Operation(
            "generateCustomerToken",
            "mutation",
            {"email": "String!", "password": "String!", "remember_me": "Boolean"},
            TOKENS,
        ),
        Operation("refreshCustomerToken", "mutation", {"refresh_token": "String!"}, TOKENS),
        Operation("revokeCustomerToken", "mutation", {"refresh_token": "String"}, "{ result }"),
        Operation("updateUserAuth", "mutation", _KEYS, "{ success }"),
        Operation(
            "removeUserAuth",
            "mutation",
            _KEYS,
            "{ customer_id refresh_token_hash ttl success }",
        ),
        Operation("removeAllUserAuthItems", "mutation", {"user_id": "String"}, "{ success }"),
        Operation("getUserAuth", "query", _KEYS, ROW),
        Operation("getAllAuthItemsById", "query", {"user_id": "String"}, ROW),
    )
}
#: The five that are for development only.
DEVELOPMENT_OPERATIONS: Final = (
    "updateUserAuth",
    "getUserAuth",
    "removeUserAuth",
    "getAllAuthItemsById",
    "removeAllUserAuthItems",
)
TYPENAME: Final = "{ __typename }"
#: Which fields there are, where introspection is open.
FIELDS: Final = "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }"


def probe(kind: str, name: str) -> str:
    """A document that no server executes, and whose refusal tells whether it knows the field."""
    return f"{kind} {{ {name}(no_such_argument: 1) {{ __typename }} }}"
