"""The schema of a deployment whose introspection is closed, felt out with invalid documents.

A document is judged as a whole before any of it runs. So an operation stands beside a trivial
query in one document, and the trivial one is asked to run: it does if the other is valid, and
nothing else ever runs. No wording is judged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from conformance_tests.deployment.http import documents
from conformance_tests.deployment.http.documents import OPERATIONS, Operation
from conformance_tests.expect import schema as sdl
from conformance_tests.runner import discover

if TYPE_CHECKING:
    from conformance_tests.deployment.http.client import Client

#: What no document can tell.
UNSEEN: Final = "nullability, lists and scalar types in answers (result: Boolean! among them)"
_TEXT: Final = '"conformance-probe"'
#: A literal of the right type and one that only a wrong type accepts.
LITERALS: Final = {"String": (_TEXT, "1"), "Boolean": ("true", _TEXT)}


def differences(client: Client) -> list[str] | None:
    """What the schema has otherwise, in words; None where documents are not judged as a whole."""
    if not client.finds_valid(documents.TYPENAME) or client.finds_valid(documents.UNKNOWN):
        return None
    there = discover.operations(client).there
    asked = [op for op in OPERATIONS.values() if there is None or op.name in there]
    return [difference for operation in asked for difference in _differences(client, operation)]


def _differences(client: Client, operation: Operation) -> Iterator[str]:
    declared = ", ".join(f"{name}: {type_}" for name, type_ in operation.arguments.items())
    if not client.finds_valid(operation.with_arguments()):
        yield f"{operation.name} does not take ({declared})"
        return
    for name, type_ in operation.arguments.items():
        yield from _argument(client, operation, name, type_)
    answered = sdl.object_of(operation.name)
    if not client.finds_valid(operation.with_arguments(documents.of_type(answered))):
        yield f"{operation.name} does not answer {answered}"
    for name in sdl.FIELDS[answered]:
        if not client.finds_valid(operation.with_arguments(documents.only(name))):
            yield f"{operation.name}'s {name} is missing"


def _argument(client: Client, operation: Operation, name: str, type_: str) -> Iterator[str]:
    required = type_.endswith("!")
    right, wrong = LITERALS[type_.rstrip("!")]
    if not client.finds_valid(operation.with_literal(name, right)):
        yield f"{operation.name}({name}) refuses {right}"
    if client.finds_valid(operation.with_literal(name, wrong)):
        yield f"{operation.name}({name}) accepts {wrong}, so it is not {type_}"
    if client.finds_valid(operation.with_literal(name, "null")) is required:
        yield f"{operation.name}({name}) {'accepts' if required else 'refuses'} null"
