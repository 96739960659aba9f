"""The published schema as data, and how a deployment's differs from it (WIRE-11).

Free are operations that a deployment does not have, further fields, and further arguments that may
be left out. Where introspection is open, the schema is compared with the published one.

Elsewhere it is probed with documents of which the part in question never runs. A document is
validated as a whole before any of it runs: so the operation stands beside a trivial query in one
document, and the trivial one is asked to run, which it does if the operation is valid. No wording
is judged. A careless server may run the operation all the same: it is about nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from conformance_tests.deployment.http import documents
from conformance_tests.deployment.http.answer import member
from conformance_tests.deployment.http.documents import (
    DEVELOPMENT_OPERATIONS,
    OPERATIONS,
    Operation,
)
from conformance_tests.expect.base import Checks
from conformance_tests.outcomes import NotTestable

if TYPE_CHECKING:
    from conformance_tests.deployment.http.client import Client

FLOW_OPERATIONS: Final = tuple(name for name in OPERATIONS if name not in DEVELOPMENT_OPERATIONS)
#: No schema has this field: the answer shows how an unknown field is refused.
NONSENSE: Final = "noSuchOperationAnywhere"

#: What each operation answers.
RESULTS: Final = {
    "generateCustomerToken": "CustomerToken",
    "refreshCustomerToken": "CustomerToken",
    "revokeCustomerToken": "RevokeCustomerTokenOutput",
    "updateUserAuth": "UpdateUserAuth",
    "removeUserAuth": "RemoveUserAuth",
    "removeAllUserAuthItems": "RemoveAllUserAuthItems",
    "getUserAuth": "GetAuthUser",
    "getAllAuthItemsById": "[GetAuthUser]",
}
_ROW: Final = {"customer_id": "String", "refresh_token_hash": "String", "ttl": "String"}
#: The fields of what is answered.
FIELDS: Final[Mapping[str, Mapping[str, str]]] = {
    "CustomerToken": {"token": "String", "refresh_token": "String"},
    "RevokeCustomerTokenOutput": {"result": "Boolean!"},
    "GetAuthUser": _ROW,
    "RemoveUserAuth": {**_ROW, "success": "Boolean"},
    "UpdateUserAuth": {"success": "Boolean"},
    "RemoveAllUserAuthItems": {"success": "Boolean"},
}
ROOTS: Final = {"query": "queryType", "mutation": "mutationType"}

Field = Mapping[str, Any]
Types = Mapping[str, Mapping[str, Field]]
#: What no document can tell.
UNSEEN: Final = "nullability, lists and scalar types in answers (result: Boolean! among them)"
_TEXT: Final = f'"{documents.NOBODY_ID}"'
#: A number that is no customer's id.
_NUMBER: Final = f"9{secrets.randbelow(10**30):030}"
#: A literal of the right type and one that only a wrong type accepts.
LITERALS: Final = {"String": (_TEXT, _NUMBER), "Boolean": ("true", _TEXT)}


class Schema(Checks):
    """The expectation of a deployment's schema."""

    def published_schema(self, client: Client) -> None:
        """Every operation that is there takes and answers what front ends send and read."""
        differences = introspected_differences(client.schema())
        if differences is None:
            differences = probed_differences(client)
            self.unseen(UNSEEN, "introspection")
        if differences is None:
            raise NotTestable("introspection")
        self.that(not differences, "the published schema", "; ".join(differences))


def object_of(operation: str) -> str:
    """The name of the object type that an operation answers, one or a list of them."""
    return RESULTS[operation].strip("[]")


# -- compared with the published one -----------------------------------------------------------


def introspected_differences(schema: Any) -> list[str] | None:
    """How an introspected `__schema` differs, in words; None where it cannot be read."""
    try:
        types = _fields_by_type(schema)
        roots = {kind: types.get(_root(schema, name), {}) for kind, name in ROOTS.items()}
        there = [op for op in OPERATIONS.values() if op.name in roots[op.kind]]
        if not there:
            return ["none of the operations is there"]
        return [
            difference
            for operation in there
            for difference in _compared(operation, roots[operation.kind], types)
        ]
    except (KeyError, TypeError, AttributeError):
        return None


def _fields_by_type(schema: Mapping[str, Any]) -> Types:
    return {
        type_["name"]: {field["name"]: field for field in type_["fields"] or ()}
        for type_ in schema["types"]
    }


def _root(schema: Mapping[str, Any], name: str) -> str:
    return str((schema[name] or {}).get("name"))


def _compared(operation: Operation, root: Mapping[str, Field], types: Types) -> Iterator[str]:
    field = root[operation.name]
    yield from _arguments(operation, {arg["name"]: arg for arg in field["args"]})
    yield from _compare(operation.name, _text(field["type"]), RESULTS[operation.name])
    answered = types.get(_innermost(field["type"]), {})
    for name, expected in FIELDS[object_of(operation.name)].items():
        found = _text(answered[name]["type"]) if name in answered else None
        yield from _compare(f"{operation.name}'s {name}", found, expected)


def _arguments(operation: Operation, found: Mapping[str, Field]) -> Iterator[str]:
    for name, expected in operation.arguments.items():
        there = _text(found[name]["type"]) if name in found else None
        yield from _compare(f"{operation.name}({name})", there, expected)
    for name in found.keys() - operation.arguments.keys():
        if _text(found[name]["type"]).endswith("!") and found[name].get("defaultValue") is None:
            yield f"{operation.name} asks for {name}, which no front end sends"


def _compare(what: str, found: str | None, expected: str) -> Iterator[str]:
    if found is None:
        yield f"{what} is missing"
    elif found != expected:
        yield f"{what} is {found}, not {expected}"


def _text(type_: Mapping[str, Any]) -> str:
    """A type as it is written: `[GetAuthUser]`, `Boolean!`."""
    if type_["kind"] == "NON_NULL":
        return f"{_text(type_['ofType'])}!"
    return f"[{_text(type_['ofType'])}]" if type_["kind"] == "LIST" else str(type_["name"])


def _innermost(type_: Mapping[str, Any]) -> str:
    return _innermost(type_["ofType"]) if type_.get("ofType") else str(type_["name"])


# -- probed --------------------------------------------------------------------------------------


def probed_differences(client: Client) -> list[str] | None:
    """How the schema differs, in words; None where documents are not validated as a whole."""
    if not client.finds_valid(documents.TYPENAME) or client.finds_valid(documents.UNKNOWN):
        return None
    there = operations(client).there
    asked = [op for op in OPERATIONS.values() if there is None or op.name in there]
    return [difference for operation in asked for difference in _probed(client, operation)]


def _probed(client: Client, operation: Operation) -> Iterator[str]:
    declared = ", ".join(f"{name}: {type_}" for name, type_ in operation.arguments.items())
    if not client.finds_valid(operation.skipped()):
        yield f"{operation.name} does not take ({declared})"
        return
    for name, type_ in operation.arguments.items():
        yield from _probed_argument(client, operation, name, type_)
    answered = object_of(operation.name)
    if not client.finds_valid(operation.skipped(documents.of_type(answered))):
        yield f"{operation.name} does not answer {answered}"
    for name in FIELDS[answered]:
        if not client.finds_valid(operation.skipped(documents.only(name))):
            yield f"{operation.name}'s {name} is missing"


def _probed_argument(client: Client, operation: Operation, name: str, type_: str) -> Iterator[str]:
    nullable = type_.rstrip("!")
    right, wrong = LITERALS[nullable]
    if not client.finds_valid(operation.skipped(literals={name: right})):
        yield f"{operation.name}({name}) refuses {right}"
    if client.finds_valid(operation.skipped(literals={name: wrong})):
        yield f"{operation.name}({name}) accepts {wrong}, so it is not {type_}"
    # That a nullable one accepts null was seen already: its variable could have been null.
    if nullable != type_ and client.finds_valid(operation.skipped(types={name: nullable})):
        yield f"{operation.name}({name}) accepts null"


# -- which operations are there --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Operations:
    """Which of the eight operations are there (None: it could not be told), and how it was seen."""

    there: frozenset[str] | None
    how: str

    def missing(self, names: Collection[str]) -> list[str]:
        """Those of these names that are not there; none where it could not be told."""
        return [] if self.there is None else [name for name in names if name not in self.there]


def operations(client: Client) -> Operations:
    """By introspection where it is open, else by how each name is refused."""
    listed = _listed(client.ask(documents.FIELDS, {}, operation="__schema").value)
    if listed is not None:
        return Operations(frozenset(listed & OPERATIONS.keys()), "introspection")
    there = frozenset(each.name for each in OPERATIONS.values() if _known(client, each))
    return Operations(there or None, "probing")


def _listed(schema: Any) -> set[str] | None:
    fields = [member(member(schema, root), "fields") or [] for root in ROOTS.values()]
    return {str(member(field, "name")) for each in fields for field in each if field} or None


def _known(client: Client, operation: Operation) -> bool:
    """True where its name is refused differently from one that cannot exist."""
    return _refusal(client, operation, operation.name) != _refusal(client, operation, NONSENSE)


def _refusal(client: Client, operation: Operation, name: str) -> tuple[int | None, tuple[str, ...]]:
    """How it is refused, with the name itself and any suggestion taken out."""
    answer = client.ask(documents.probe(operation, name), {})
    said = (str(message).replace(name, "…") for message in answer.messages)
    return answer.status, tuple(message.split(" Did you mean")[0] for message in said)
