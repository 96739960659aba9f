"""What a deployment may answer otherwise: statuses, media types, words, and how soon."""

from __future__ import annotations

import itertools
from typing import Any

import anyio
import pytest
from starlette.requests import Request
from starlette.responses import Response

from reference_auth.api import endpoint
from reference_auth.api.endpoint import GRAPHQL, Endpoint
from reference_auth.core import errors
from reference_auth.core.errors import AuthError
from reference_auth.serve import app
from tests.mutants.seams import around
from tests.variants.catalogue import variant

DEVELOPMENT = (
    *("getUserAuth", "getAllAuthItemsById"),
    *("updateUserAuth", "removeUserAuth", "removeAllUserAuthItems"),
)
#: Rows that look at refusals of every kind.
REFUSALS = (
    "CORE-02 CORE-12 CORE-16 CORE-17 CORE-18 CORE-22 CORE-23 CORE-24 CORE-27 WIRE-12 "
    "STORE-12 DEV-01 DEV-02 DEV-03 DEV-04 GQL-01 GQL-03"
)
#: A few of them, with a refusal of each operation.
SOME_REFUSALS = "CORE-02 CORE-17 CORE-22 CORE-24 WIRE-12 DEV-01 DEV-04 GQL-01"
#: Rows that look at the schema, or at what is not in it.
OF_THE_SCHEMA = "WIRE-11 DEV-01 DEV-02 DEV-03 DEV-04 DEV-05 GQL-01"
#: Rows whose tests hold a clock to an answer, and one of each operation.
OF_TIME = "CORE-01 CORE-03 CORE-04 CORE-05 CORE-10 CORE-11 CORE-20 WIRE-10 STORE-04 STORE-07 GQL-01"
#: Rows whose tests log in, well and badly, alone and in a crowd.
OF_LOGINS = "CORE-01 CORE-02 CORE-03 CORE-04 WIRE-10 WIRE-12 STORE-01 STORE-12 DEV-01 GQL-01 GQL-10"


def statuses(patch: pytest.MonkeyPatch, **of_category: int) -> None:
    """Answer a refusal of these categories with these statuses, in a GraphQL body."""

    def status_of(original: Any, result: Any, kind: str) -> int:
        said = [(error.extensions or {}).get("category", "") for error in result.errors or []]
        known = (of_category.get(category.rpartition("-")[2]) for category in said)
        return next(filter(None, known), original(result, kind))

    around(patch, endpoint, "status_of", status_of)


@variant(rows=REFUSALS)
def refuses_with_401(patch: pytest.MonkeyPatch) -> None:
    """Whoever is not let in hears so by HTTP 401 too."""
    statuses(patch, authorization=401, authentication=401)


@variant(rows=SOME_REFUSALS)
def refuses_with_403(patch: pytest.MonkeyPatch) -> None:
    """Whoever is not let in hears so by HTTP 403 too, and by 401 where the password is wrong."""
    statuses(patch, authorization=403, authentication=401)


@variant(rows=OF_THE_SCHEMA)
def hides_the_development_operations(patch: pytest.MonkeyPatch) -> None:
    """Outside development the schema has no development operations."""

    def make_schema(original: Any, query: type, mutation: type, development: bool) -> Any:
        schema = original.__wrapped__(query, mutation, development)
        if not development:
            for kind in (schema._schema.query_type, schema._schema.mutation_type):
                for name in DEVELOPMENT:
                    kind.fields.pop(name, None)
        return schema

    around(patch, app, "make_schema", make_schema)


@variant(rows=f"{SOME_REFUSALS} CORE-01 CORE-05 CORE-06 CORE-20 WIRE-11 DEV-08 GQL")
def answers_in_graphql_s_own_type(patch: pytest.MonkeyPatch) -> None:
    """Every answer is application/graphql-response+json, asked for or not."""
    patch.setattr(endpoint, "wanted_type", lambda accept: GRAPHQL)


@variant(rows=REFUSALS)
def says_everything_in_other_words(patch: pytest.MonkeyPatch) -> None:
    """No message is the reference's own, and all are one."""
    for error in vars(errors).values():
        if isinstance(error, type) and issubclass(error, AuthError):
            patch.setattr(error, "message", "Leider nein – bitte neu anmelden")


@variant(rows=OF_TIME)
def takes_its_time(patch: pytest.MonkeyPatch) -> None:
    """Every answer takes 200 ms."""

    at_once = Endpoint.answer

    async def answer(self: Endpoint, request: Request) -> Response:
        await anyio.sleep(0.2)
        return await at_once(self, request)

    patch.setattr(Endpoint, "answer", answer)


@variant(rows=OF_LOGINS)
def throttles_logins(patch: pytest.MonkeyPatch) -> None:
    """Every fourth login is answered 429, and with how many seconds to wait."""
    unhindered, turns = Endpoint.answer, itertools.count(1)

    async def answer(self: Endpoint, request: Request) -> Response:
        is_login = b"generateCustomerToken" in await request.body()
        if is_login and next(turns) % 4 == 0:
            return Response("slow down", 429, {"Retry-After": "1"})
        return await unhindered(self, request)

    patch.setattr(Endpoint, "answer", answer)
