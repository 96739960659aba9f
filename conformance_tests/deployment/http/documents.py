"""The GraphQL text of every request, as data; only `client.py` reads it."""

from __future__ import annotations

import json
import secrets
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

    def skipped(
        self,
        selection: str = "{ __typename }",
        types: dict[str, str] | None = None,
        literals: dict[str, str] | None = None,
    ) -> str:
        """The operation with its arguments, in a document that only asks to be validated.

        A server that runs it all the same gets the values of NOBODY.
        types: other types for these variables.
        literals: these arguments are written out.
        """
        declared = {
            name: type_ for name, type_ in self.arguments.items() if name not in (literals or {})
        }
        declared |= types or {}
        passed = {**{name: f"${name}" for name in declared}, **(literals or {})}
        head = _list([f"${name}: {type_}" for name, type_ in declared.items()])
        given = _list([f"{name}: {value}" for name, value in passed.items()])
        return f"{self.kind}{head} {{ {self.name}{given} {SKIP} {selection} }}"

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
#: What a server does not run.
SKIP: Final = "@skip(if: true)"
#: An id that only this process can have made, and the values beside it: a careless server may take
#: a question about its schema for a call, which then concerns nobody.
NOBODY_ID: Final = f"conformance-{secrets.token_hex(4)}-nobody"
NOBODY: Final = {
    "user_id": NOBODY_ID,
    "refresh_token": NOBODY_ID,
    "email": f"{NOBODY_ID}@example.invalid",
    "password": NOBODY_ID,
    "remember_me": False,
}
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


def probe(operation: Operation, name: str) -> str:
    """An invalid document: its refusal tells whether the server knows a field of this name."""
    given = _list([f"{each}: {json.dumps(NOBODY[each])}" for each in operation.arguments])
    return f"{operation.kind} {{ {name}{given} {SKIP} {UNKNOWN} }}"


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
