"""Two ways to see a schema, and what each sees in one that is not the published one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import graphql
import httpx
import pytest

from conformance_tests.deployment.http.client import Client
from conformance_tests.expect.schema import introspected_differences, probed_differences
from tests.conformance.fakes import client_of

PUBLISHED = """
    type Query {
      getUserAuth(user_id: String, refresh_token: String): GetAuthUser
      getAllAuthItemsById(user_id: String): [GetAuthUser]
    }
    type Mutation {
      generateCustomerToken(email: String!, password: String!, remember_me: Boolean): CustomerToken
      refreshCustomerToken(refresh_token: String!): CustomerToken
      revokeCustomerToken(refresh_token: String): RevokeCustomerTokenOutput
      updateUserAuth(user_id: String, refresh_token: String): UpdateUserAuth
      removeUserAuth(user_id: String, refresh_token: String): RemoveUserAuth
      removeAllUserAuthItems(user_id: String): RemoveAllUserAuthItems
    }
    type CustomerToken { token: String  refresh_token: String }
    type RevokeCustomerTokenOutput { result: Boolean! }
    type GetAuthUser { customer_id: String  refresh_token_hash: String  ttl: String }
    type RemoveUserAuth {
      customer_id: String  refresh_token_hash: String  ttl: String  success: Boolean
    }
    type UpdateUserAuth { success: Boolean }
    type RemoveAllUserAuthItems { success: Boolean }
"""
REFRESH = "refreshCustomerToken(refresh_token: String!): CustomerToken"
REVOKE = "revokeCustomerToken(refresh_token: String)"
LOGIN = "generateCustomerToken(email: String!, password: String!, remember_me: Boolean)"
LIST = "getAllAuthItemsById(user_id: String): [GetAuthUser]"


def serving(schema: str, *, introspection: bool = True) -> Client:
    """A client of a server with this schema, which validates and executes as graphql-core does."""
    built = graphql.build_schema(schema)

    def speak(body: Mapping[str, Any], headers: httpx.Headers) -> httpx.Response:
        if "__schema" in body["query"] and not introspection:
            return httpx.Response(200, json={"errors": [{"message": "Introspection is off."}]})
        done = graphql.graphql_sync(
            built,
            body["query"],
            variable_values=body.get("variables"),
            operation_name=body.get("operationName"),
        )
        return httpx.Response(200, json=done.formatted)

    return client_of(speak)


def introspected(schema: str) -> list[str] | None:
    return introspected_differences(serving(schema).schema())


def probed(schema: str) -> list[str] | None:
    return probed_differences(serving(schema, introspection=False))


def test_the_published_schema_has_no_difference() -> None:
    """Neither way sees one in it, nor in one that knows more."""
    more = PUBLISHED.replace("remember_me: Boolean", "remember_me: Boolean = false, note: String")
    more = more.replace("{ token: String", "{ expires: Int  token: String")
    for schema in (PUBLISHED, more):
        assert introspected(schema) == []
        assert probed(schema) == []


def test_only_operations_that_are_there_are_compared() -> None:
    """A deployment may leave out the five for development."""
    lines = PUBLISHED.splitlines()
    kept = [line for line in lines if "Auth" not in line or "type" in line]
    schema = "\n".join(kept).replace("type Query {", "type Query { me: String")
    assert introspected(schema) == []
    assert probed(schema) == []


@pytest.mark.parametrize(
    "published, other, told",
    [
        (REFRESH, REFRESH.replace("refresh_token", "refreshToken"), "refreshCustomerToken"),
        (REFRESH, REFRESH.replace("String!", "String"), "refreshCustomerToken(refresh_token)"),
        (REFRESH, REFRESH.replace("String!", "ID!"), "refreshCustomerToken"),
        (REVOKE, REVOKE.replace("String", "String!"), "revokeCustomerToken"),
        (LOGIN, LOGIN.replace("remember_me", "rememberMe"), "generateCustomerToken"),
        (LOGIN, LOGIN.replace("Boolean", "Boolean!"), "generateCustomerToken"),
        (LOGIN, LOGIN.replace("Boolean", "String"), "generateCustomerToken"),
        (LOGIN, LOGIN.replace("password", "store: ID!, password"), "generateCustomerToken"),
        ("refresh_token: String }", "refreshToken: String }", "refresh_token"),
        (": UpdateUserAuth", ": RemoveAllUserAuthItems", "UpdateUserAuth"),
        ("user_id: String)", "userId: String)", "removeAllUserAuthItems"),
    ],
)
def test_another_name_or_type_is_seen_both_ways(published: str, other: str, told: str) -> None:
    """Whether introspection is open or closed, the difference is told with the operation."""
    assert published in PUBLISHED
    schema = PUBLISHED.replace(published, other)
    for found in (introspected(schema), probed(schema)):
        assert found
        assert any(told in difference for difference in found)


@pytest.mark.parametrize(
    "published, other",
    [
        ("result: Boolean!", "result: Boolean"),
        ("{ token: String ", "{ token: String! "),
        ("ttl: String }", "ttl: Int }"),
        (LIST, LIST.replace("[GetAuthUser]", "[GetAuthUser!]")),
        (LIST, LIST.replace("[GetAuthUser]", "GetAuthUser")),
    ],
)
def test_what_probing_cannot_see_introspection_does(published: str, other: str) -> None:
    """Nullability, lists and scalars in answers: the part that is named as unseen."""
    assert published in PUBLISHED
    schema = PUBLISHED.replace(published, other)
    assert introspected(schema)
    assert probed(schema) == []


def test_a_schema_with_none_of_the_operations_is_no_match() -> None:
    """Nothing to compare is not the same as no difference."""
    assert introspected("type Query { hello: String }") == ["none of the operations is there"]


@pytest.mark.parametrize(
    "schema",
    [None, 7, [], {}, {"types": None}, {"types": [{"name": "Query"}]}, {"types": [7]}],
)
def test_an_odd_introspection_counts_as_closed(schema: Any) -> None:
    """Then the schema is probed; nothing raises."""
    assert introspected_differences(schema) is None


@pytest.mark.parametrize(
    "always",
    [
        httpx.Response(200, json={"data": {"__typename": "Query"}}),
        httpx.Response(200, json={"data": None, "errors": [{"message": "No"}]}),
        httpx.Response(200, text="<html>"),
        httpx.Response(500),
    ],
)
def test_a_server_that_judges_no_document_is_not_probed(always: httpx.Response) -> None:
    """One that accepts nonsense, or nothing at all, says nothing of its schema."""
    assert probed_differences(client_of(lambda body, headers: always)) is None


def test_probing_executes_nothing() -> None:
    """Whatever the document, the operation that runs is the trivial one."""
    ran: list[str] = []

    def speak(body: Mapping[str, Any], headers: httpx.Headers) -> httpx.Response:
        ran.append(str(body.get("operationName")))
        return httpx.Response(200, json={"data": {"__typename": "Query"}})

    client_of(speak).finds_valid("mutation { removeAllUserAuthItems { success } }")
    assert ran == ["Trivial"]
