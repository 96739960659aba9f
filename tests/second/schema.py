"""The operations of SPEC.md 4.1 as graphql-core sees them; a resolver is a plain function."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from graphql import GraphQLError, build_schema, graphql_sync

from tests.second import development
from tests.second.customers import customer_id
from tests.second.errors import Refusal, Retryable, Unauthorised
from tests.second.flow import Flow

SDL = """
type Query { me: Customer }
type Customer { customer_id: String }
type Mutation {
  generateCustomerToken(email: String!, password: String!, remember_me: Boolean): CustomerToken
  refreshCustomerToken(refresh_token: String!): CustomerToken
  revokeCustomerToken(refresh_token: String): RevokeCustomerTokenOutput
}
type CustomerToken { token: String refresh_token: String }
type RevokeCustomerTokenOutput { result: Boolean! }
"""
PRODUCTION, DEVELOPMENT = build_schema(SDL), build_schema(SDL + development.SDL)


def answer(
    flow: Flow, now: int, authorization: str | None, query: str, **variables_and_name: Any
) -> dict[str, Any]:
    """The GraphQL answer to one request, with fixed words for what nobody intended (15.8)."""
    schema = DEVELOPMENT if flow.settings.development else PRODUCTION
    root = _resolvers(flow, now, authorization)
    result = graphql_sync(schema, query, root, **variables_and_name)
    errors = [_masked(error).formatted for error in result.errors or []]
    return {"data": result.data, **({"errors": errors} if errors else {})}


def _resolvers(
    flow: Flow, now: int, authorization: str | None
) -> Mapping[str, Callable[..., object]]:
    def log_in(
        _: object, email: str, password: str, remember_me: bool | None = None
    ) -> dict[str, str]:
        return asdict(flow.log_in(customer_id(email, password), bool(remember_me), now))

    def refresh(_: object, refresh_token: str) -> dict[str, str]:
        return asdict(flow.refresh(_bearer(authorization), refresh_token, now))

    def revoke(_: object, refresh_token: str | None = None) -> dict[str, bool]:
        flow.revoke(_bearer(authorization), refresh_token, now)
        return {"result": True}

    def me(_: object) -> dict[str, str]:
        return {"customer_id": str(flow.customer(_bearer(authorization), now))}

    return {
        "generateCustomerToken": log_in,
        "refreshCustomerToken": refresh,
        "revokeCustomerToken": revoke,
        "me": me,
        **development.development_resolvers(flow, now),
    }


def _bearer(authorization: str | None) -> str:
    """4.3: the access token of the header."""
    if authorization is None:
        raise Unauthorised("Missing authorization header")
    found = re.fullmatch(r"bearer +(\S+)", authorization, re.IGNORECASE)
    if found is None:
        raise Unauthorised("Unusable authorization header")
    return found[1]


def _masked(error: GraphQLError) -> GraphQLError:
    if isinstance(error.original_error, Refusal | GraphQLError | None):
        return error
    fixed = Retryable("Something went wrong")
    return GraphQLError(str(fixed), path=error.path, extensions=fixed.extensions)
