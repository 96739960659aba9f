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

    def with_arguments(self, selection: str = "{ __typename }") -> str:
        """The operation with each argument as a variable of its type; no value is needed."""
        return Operation(self.name, self.kind, self.arguments, selection).document(
            dict.fromkeys(self.arguments)
        )

    def with_literal(self, argument: str, literal: str) -> str:
        """The operation with one argument written out, and variables for the others."""
        others = {name: None for name in self.arguments if name != argument}
        declared = [f"${name}: {self.arguments[name]}" for name in others]
        passed = [f"{name}: ${name}" for name in others] + [f"{argument}: {literal}"]
        return f"{self.kind}{_list(declared)} {{ {self.name}{_list(passed)} {TYPENAME} }}"

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
#: What no schema has.
UNKNOWN: Final = "{ noSuchField }"
#: The name of the query that runs where another operation is only validated beside it.
TRIVIAL: Final = "Trivial"
_TYPE: Final = "kind name"
#: The whole schema: the types of all fields and arguments, three wrappings deep.
SCHEMA: Final = (
    "query { __schema { queryType { name } mutationType { name } types { name fields {"
    " name type { ...T } args { name defaultValue type { ...T } } } } } }"
    f" fragment T on __Type {{ {_TYPE} ofType {{ {_TYPE} ofType {{ {_TYPE}"
    f" ofType {{ {_TYPE} }} }} }} }}"
)
#: Which fields there are, where introspection is open.
FIELDS: Final = "{ __schema { queryType { fields { name } } mutationType { fields { name } } } }"


def probe(kind: str, name: str) -> str:
    """An invalid document: its refusal tells whether the server knows the field."""
    return f"{kind} {{ {name}(no_such_argument: 1) {{ __typename }} }}"


def of_type(name: str) -> str:
    """A selection that is valid on this object type alone."""
    return f"{{ ... on {name} {TYPENAME} }}"


def only(field: str) -> str:
    """A selection of one field, which has none below it."""
    return f"{{ {field} }}"


def beside_trivial_query(operation: str) -> str:
    """A document in which an operation stands beside a trivial query, each under its name."""
    kind, rest = ("query", operation) if operation.startswith("{") else _split(operation)
    return f"query {TRIVIAL} {{ __typename }} {kind} Probe{rest}"


def _split(operation: str) -> tuple[str, str]:
    kind = "mutation" if operation.startswith("mutation") else "query"
    return kind, operation.removeprefix(kind)
