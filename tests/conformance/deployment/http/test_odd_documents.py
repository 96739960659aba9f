"""Odd documents are odd in one way each: valid where validity matters, malformed where meant so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import DocumentNode, FieldNode, build_schema, parse, validate, visit
from graphql.language import Visitor

from conformance_tests.deployment.http.answer import Answer
from conformance_tests.deployment.http.documents import DEVELOPMENT_OPERATIONS, OPERATIONS
from conformance_tests.deployment.http.odd_client import OddClient
from conformance_tests.deployment.http.odd_documents import (
    FORMS,
    INTROSPECTION,
    MALFORMED,
    MANY_AT_ONCE,
    MISSPELT,
    READABLE,
    SIMPLE_MEDIA,
    Fields,
    foreign_origins,
)
from tests.conformance.fakes import client_of, says

SCHEMA = build_schema(
    """
    type Query {
      getUserAuth(user_id: String, refresh_token: String): Item
      getAllAuthItemsById(user_id: String): [Item]
    }
    type Mutation {
      generateCustomerToken(email: String!, password: String!, remember_me: Boolean): Pair
      refreshCustomerToken(refresh_token: String!): Pair
      revokeCustomerToken(refresh_token: String): Result
      updateUserAuth(user_id: String, refresh_token: String): Done
      removeUserAuth(user_id: String, refresh_token: String): Removed
      removeAllUserAuthItems(user_id: String): Done
    }
    type Pair { token: String refresh_token: String }
    type Result { result: Boolean! }
    type Item { customer_id: String refresh_token_hash: String ttl: String }
    type Removed { customer_id: String refresh_token_hash: String ttl: String success: Boolean }
    type Done { success: Boolean }
    """
)
FROM_TARGET = {"user_id": "1", "refresh_token": "2", "email": "e", "password": "p"}


def requests(body: Any) -> list[dict[str, Any]]:
    return body if isinstance(body, list) else [body]


class Count(Visitor):
    """How often a field stands in a document."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name, self.found = name, 0

    def enter_field(self, node: FieldNode, *_: object) -> None:
        self.found += node.name.value == self.name


def times(document: DocumentNode, name: str) -> int:
    counted = Count(name)
    visit(document, counted)
    return counted.found


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("operation", OPERATIONS)
def test_every_form_is_a_valid_document(form: str, operation: str) -> None:
    """A refusal of one is about what it asks, never about how it is written."""
    for request in requests(FORMS[form](Fields([operation, operation], FROM_TARGET))):
        assert validate(SCHEMA, parse(request["query"])) == []
        assert set(request["variables"]) <= set(OPERATIONS[operation].arguments)


@pytest.mark.parametrize("form", MANY_AT_ONCE)
def test_a_form_asks_as_often_as_it_was_told(form: str) -> None:
    """Eleven logins are eleven, in whatever form."""
    body = FORMS[form](Fields(["generateCustomerToken"] * 11, FROM_TARGET))
    asked = (times(parse(request["query"]), "generateCustomerToken") for request in requests(body))
    assert sum(asked) == 11


def test_fragments_ask_under_conditions_that_hold() -> None:
    """Some fields have a condition, so that a server that does not count those counts too few."""
    query = FORMS["fragments"](Fields(["generateCustomerToken"] * 11, FROM_TARGET))["query"]
    conditional = query.count("@include(if: true)") + query.count("@skip(if: false)")
    assert 0 < conditional < 11


def test_what_runs_of_several_is_named() -> None:
    """Of several operations the one with the field is to run."""
    request = FORMS["several"](Fields(["getUserAuth"], FROM_TARGET))
    names = {node.name.value for node in parse(request["query"]).definitions if node.name}  # type: ignore[attr-defined]
    assert request["operationName"] in names
    assert len(names) == 2


@pytest.mark.parametrize("document", INTROSPECTION.values())
def test_introspection_is_valid(document: str) -> None:
    """Questions about the schema are refused for what they ask."""
    assert validate(SCHEMA, parse(document)) == []


@pytest.mark.parametrize("document, name", MISSPELT.items())
def test_a_slip_invites_the_right_name(document: str, name: str) -> None:
    """A helpful server would suggest exactly the name that is looked for."""
    [error] = validate(SCHEMA, parse(document))
    assert f"'{name}'" in error.message or f'"{name}"' in error.message


def test_every_development_operation_is_tried_in_each_form() -> None:
    """No operation is left out of any form."""
    for form in FORMS.values():
        for operation in DEVELOPMENT_OPERATIONS:
            asked = requests(form(Fields([operation, operation], FROM_TARGET)))
            assert any(times(parse(request["query"]), operation) for request in asked)


def test_malformed_bodies_are_no_request() -> None:
    """But for those that may be, none can be read as a JSON object whose query is text."""

    def read(body: bytes) -> Any:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            return None

    for kind in MALFORMED.keys() - READABLE:
        read_body = read(MALFORMED[kind])
        assert not (isinstance(read_body, dict) and isinstance(read_body.get("query"), str))


def test_every_simple_medium_carries_the_same_request() -> None:
    """Text, form and multipart bodies hold the query and the variable's value."""
    request = {"query": "mutation($a: String) { b }", "variables": {"a": "value-of-a"}}
    for content_type, body_of in SIMPLE_MEDIA.values():
        body = body_of(request).decode()
        assert "mutation" in body
        assert "value-of-a" in body
        assert content_type.split(";")[0] != "application/json"


class Heard:
    """A server that remembers where a token was."""

    def __init__(self) -> None:
        self.places: list[str] = []
        self.client = client_of(self.answer)

    def answer(self, body: Any, headers: Any) -> Any:
        held = {"cookie": headers.get("cookie", ""), "body": json.dumps(body)}
        self.places += [place for place, text in held.items() if "the-token" in text] or ["url"]
        return says("refreshCustomerToken", None)


def drained(answers: Iterator[Answer]) -> int:
    return len(list(answers))


@pytest.mark.parametrize(
    "stray, headers",
    [
        (OddClient.refreshes_with_stray_token, 5),
        (OddClient.revokes_with_stray_access_token, 1),
    ],
)
def test_stray_tokens_are_in_three_places(stray: Any, headers: int) -> None:
    """An access token is tried in the URL, in cookies and in `extensions`; of a refresh also beside
    headers that hold no token.
    """
    heard = Heard()
    assert drained(stray(OddClient(heard.client), "the-token", "other")) == 3 * headers
    assert heard.places == ["url", "cookie", "body"] * headers


def test_stray_refresh_tokens_are_in_four() -> None:
    """A refresh token is tried there, and as a variable in the URL, beside no argument and beside
    null; never as the argument.
    """
    heard = Heard()
    assert drained(OddClient(heard.client).revokes_with_stray_token("other", "the-token")) == 8
    assert heard.places == ["url", "cookie", "body", "url"] * 2


@pytest.mark.parametrize(
    "url, looks_like_its_own",
    [
        (
            "https://api.shop.example/graphql",
            ["https://api.shop.example.conformance.invalid", "https://conformanceshop.example"],
        ),
        ("http://127.0.0.1:4000/graphql", ["http://127.0.0.1.conformance.invalid"]),
        ("http://localhost:4000/graphql", ["http://localhost.conformance.invalid"]),
    ],
)
def test_foreign_origins_look_like_the_deployments_own(
    url: str, looks_like_its_own: list[str]
) -> None:
    """Each is found by an expression without anchors, at its beginning or at its end."""
    assert list(foreign_origins(url)) == [
        "https://conformance.invalid",
        "null",
        *looks_like_its_own,
    ]
