"""The published schema as data, and what an introspected one differs in (WIRE-11).

Free are operations that a deployment does not have, further fields, and further arguments that may
be left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from conformance_tests.deployment.http.documents import OPERATIONS, Operation

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


def object_of(operation: str) -> str:
    """The name of the object type that an operation answers, one or a list of them."""
    return RESULTS[operation].strip("[]")


def differences(schema: Any) -> list[str] | None:
    """What an introspected `__schema` has otherwise, in words; None where it cannot be read."""
    try:
        types = _fields_by_type(schema)
        roots = {kind: types.get(_root(schema, name), {}) for kind, name in ROOTS.items()}
        there = [op for op in OPERATIONS.values() if op.name in roots[op.kind]]
        if not there:
            return ["none of the operations is there"]
        return [
            difference
            for operation in there
            for difference in _differences(operation, roots[operation.kind], types)
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


def _differences(operation: Operation, root: Mapping[str, Field], types: Types) -> Iterator[str]:
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
