"""Limits on documents are linear in their size, and the caches keep no credentials."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
import strawberry
from graphql import parse, validate
from strawberry.extensions.parser_cache import _get_parse_cache
from strawberry.extensions.validation_cache import _get_validate_cache

from reference_auth.api.limits import (
    ALIASES,
    CACHED,
    DEPTH,
    FIELDS,
    MUTATIONS,
    TOKENS,
    WithinLimits,
)
from reference_auth.api.schema import AuthMutation, AuthQuery
from reference_auth.serve.app import make_schema
from reference_auth.serve.demo import DemoQuery
from tests.server.serving import Caller


@strawberry.type
class Node:
    @strawberry.field
    def next(self) -> Node | None:
        return Node()

    name: str = "node"


@strawberry.type(name="Query")
class Chain(AuthQuery):
    @strawberry.field
    def first(self) -> Node:
        return Node()


def complaints(query: str) -> list[str]:
    schema = make_schema(Chain, AuthMutation, development=True)
    errors = validate(schema._schema, parse(query), [WithinLimits])
    return [error.message for error in errors]


def chain(depth: int) -> str:
    """A query whose deepest field stands at that level."""
    return "{ first " + "{ next " * (depth - 2) + "{ name }" + " }" * (depth - 2) + " }"


def test_depth() -> None:
    """As many levels as are allowed pass, and one more is refused."""
    assert complaints(chain(DEPTH)) == []
    assert complaints(chain(DEPTH + 1)) == [f"The document has more than {DEPTH} levels."]


def test_depth_through_fragments() -> None:
    """Levels that fragments add are counted like any others."""
    half = "{ next " * 6 + "%s" + " }" * 6
    query = "{ first { ...A } } fragment A on Node " + half % "{ ...B }"
    query += " fragment B on Node " + half % "{ name }"
    assert complaints(query) == [f"The document has more than {DEPTH} levels."]


@pytest.mark.parametrize("query", ["{ ...A } fragment A on Query { ...A }", "{ ...Nowhere }"])
def test_depth_of_nothing(query: str) -> None:
    """A fragment that spreads itself, or is not there, is left to GraphQL's own rules."""
    assert complaints(query) == []


def test_aliases() -> None:
    """As many aliases as are allowed pass, and one more is refused."""
    aliased = [f"a{number}: __typename" for number in range(ALIASES + 1)]
    assert complaints("{ %s }" % " ".join(aliased[:-1])) == []  # noqa: UP031
    assert len(complaints("{ %s }" % " ".join(aliased))) == 1  # noqa: UP031


def test_mutations() -> None:
    """Mutations count wherever they stand: in operations, in fragments, with and without alias."""
    one = "generateCustomerToken(email: $e, password: $p) { token }"
    many = " ".join(f"a{number}: {one}" for number in range(MUTATIONS))
    assert complaints(f"mutation {{ {many} }}") == []
    for query in (
        f"mutation {{ {many} {one} }}",
        f"mutation {{ {many} }} mutation B {{ {one} }}",
        f"mutation {{ {many} ...F }} fragment F on Mutation {{ ... on Mutation {{ {one} }} }}",
    ):
        assert complaints(query) == [f"The document has more than {MUTATIONS} mutations."]


def test_nested_fragments_cost_nothing(production: Caller) -> None:
    """Fragments that double at each of 22 levels are judged at once, not in 2**22 steps."""
    levels = range(22)
    doubling = " ".join(f"fragment f{n} on Query {{ ...f{n + 1} ...f{n + 1} }}" for n in levels)
    query = "{ ...f0 } " + doubling + " fragment f22 on Query { __typename }"
    began = time.perf_counter()
    assert production.post(query).json() == {"data": {"__typename": "Query"}}
    assert time.perf_counter() - began < 5


def test_tokens(production: Caller) -> None:
    """A long document is refused while it is read."""
    body = production.post("{ __typename " + "# " * TOKENS + "\n" + "__typename " * TOKENS + "}")
    assert str(TOKENS) in body.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "query",
    [
        "{ %s }",
        "{ ...F } fragment F on Query { %s }",
        'query ($x: String = "text") { %s }',
        "mutation { %s }",
    ],
    ids=["query", "fragment", "with a string", "mutation"],
)
def test_fields(production: Caller, query: str) -> None:
    """As many equal fields as are allowed are validated, and one more is refused before that."""
    refusal = f"The document has more than {FIELDS} fields."
    for count, refused in ((FIELDS, False), (FIELDS + 1, True)):
        body = production.post(query.replace("%s", "__typename " * count)).json()
        messages = [error["message"] for error in body.get("errors", ())]
        assert (messages == [refusal]) == refused


@pytest.mark.parametrize(
    "kind, fields",
    [
        ("query", "me { email } " * (FIELDS // 2)),
        ("query", "me { email email email email email } " * 120),
        ("query", "__typename " * FIELDS),
        ("query", "__typename " * (TOKENS - 5)),
        ("mutation", ("revokeCustomerToken {" + "result " * 46 + "} ") * 2),
    ],
    ids=["pairs", "too many pairs", "flat", "too many", "mutations"],
)
def test_no_document_holds_the_event_loop(kind: str, fields: str) -> None:
    """The dearest documents take a few milliseconds of CPU, where 720 equal fields took 150."""
    schema = make_schema(DemoQuery, AuthMutation, development=False)

    async def seconds(number: int) -> float:
        began = time.process_time()
        await schema.execute(f"{kind} q{number} {{ {fields} }}", context_value={})  # in no cache
        return time.process_time() - began

    assert min(asyncio.run(seconds(number)) for number in range(5)) < 0.05


@pytest.fixture
def caches() -> dict[str, Any]:
    """The two caches, emptied."""
    found: dict[str, Any] = {
        "parse": _get_parse_cache(CACHED),
        "validate": _get_validate_cache(CACHED),
    }
    for cache in found.values():
        cache.cache_clear()
    return found


def hits(caches: dict[str, Any]) -> list[tuple[int, int]]:
    return [(cache.cache_info().hits, cache.cache_info().currsize) for cache in caches.values()]


def test_the_caches_hit(production: Caller, development: Caller, caches: dict[str, Any]) -> None:
    """A document is parsed once, and validated once for each schema."""
    query = "query ($id: String) { getAllAuthItemsById(user_id: $id) { ttl } }"
    production.post(query, id="1")
    assert hits(caches) == [(0, 1), (0, 1)]
    production.post(query, id="2")
    assert hits(caches) == [(1, 1), (1, 1)]
    development.post(query, id="3")
    assert hits(caches) == [(2, 1), (1, 2)]


def test_the_caches_forget_inline_text(production: Caller, caches: dict[str, Any]) -> None:
    """A document that spells out a text, a password perhaps, is not kept."""
    for quotes in ('"', '"""'):
        text = f"{quotes}a password{quotes}"
        production.post(
            f"mutation {{ generateCustomerToken(email: {text}, password: {text}) {{ token }} }}"
        )
    assert hits(caches) == [(0, 0), (0, 0)]
