"""Defects in what a document may say, and in what is said of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from graphql import FieldNode, FragmentDefinitionNode, GraphQLError, ValidationRule
from starlette.requests import Request
from starlette.responses import Response

from reference_auth.api import endpoint, error_messages, limits
from reference_auth.api.endpoint import JSON, Endpoint
from reference_auth.api.error_messages import AuthSchema
from reference_auth.api.limits import WithinLimits
from reference_auth.core import tokens
from reference_auth.serve import app
from tests.mutants.catalogue import mutant


def schema_of_its_own(patch: pytest.MonkeyPatch) -> None:
    """No schema, and nothing that was judged by one, is shared with a server without the defect."""
    patch.setattr(app, "make_schema", app.make_schema.__wrapped__)


# -- odd characters ----------------------------------------------------------------------------


@mutant("GQL-06")
def hashes_a_password_that_is_no_text(patch: pytest.MonkeyPatch) -> None:
    """A lone surrogate in e-mail or password breaks what checks them."""
    patch.setattr(tokens, "is_text", lambda value: bool(value.encode()) or True)


@mutant("GQL-06")
def encodes_a_refresh_token_before_it_looks(patch: pytest.MonkeyPatch) -> None:
    """A lone surrogate in a refresh token breaks what compares it."""
    is_refresh_token = tokens.is_refresh_token
    patch.setattr(tokens, "is_refresh_token", lambda text: is_refresh_token(text.encode().decode()))


# -- how much one request may try --------------------------------------------------------------


@mutant("GQL-07")
def allows_one_login_too_many(patch: pytest.MonkeyPatch) -> None:
    """Eleven logins may stand in one document."""
    schema_of_its_own(patch)
    patch.setattr(limits, "MUTATIONS", limits.MUTATIONS + 1)


@mutant("GQL-07")
def counts_no_login_in_a_fragment(patch: pytest.MonkeyPatch) -> None:
    """What stands in a fragment is counted neither as a mutation nor as an alias."""
    schema_of_its_own(patch)
    enter_field = WithinLimits.enter_field

    def enter(self: WithinLimits, node: FieldNode, *rest: Any) -> None:
        if not any(isinstance(each, FragmentDefinitionNode) for each in rest[-1]):
            enter_field(self, node, *rest)

    patch.setattr(WithinLimits, "enter_field", enter)


@mutant("GQL-07")
def takes_batches_of_any_length(patch: pytest.MonkeyPatch) -> None:
    """An array of requests is answered request by request, each with limits of its own."""
    answer = Endpoint.answer

    async def answer_all(self: Endpoint, request: Request) -> Response:
        body = await request.body()
        if not body.startswith(b"[{"):
            return await answer(self, request)
        operations = map(endpoint.read_operation, json.loads(body))
        told = [endpoint.body_of(await self._run(request, each)) for each in operations]
        return Response(json.dumps(told), media_type=JSON)

    patch.setattr(Endpoint, "answer", answer_all)


# -- what an error says ------------------------------------------------------------------------


@mutant(
    "GQL-08",
    also=(
        "API-02 CORE-11 CORE-12 CORE-13 CORE-14 CORE-15 CORE-17 CORE-22 CORE-23 CORE-24 "
        "CORE-27 DEV-01 DEV-02 DEV-03 DEV-04 FAULT-05 FAULT-07 FAULT-10 HARD-01 HARD-02 "
        "HARD-03 HARD-04 HARD-05 HARD-06 HARD-07 HARD-08 HARD-09 HARD-10 HARD-11 HARD-12 "
        "HARD-13 HARD-14 HARD-15 HARD-17 HARD-23 HARD-24 HARD-25 HARD-28 HARD-29 HARD-30 "
        "HARD-31 RACE-09 RACE-10 RACE-12 RACE-14 STORE-06 STORE-08 STORE-09 WIRE-12"
    ),
    known_as="M58",
)
def masks_intended_errors_too(patch: pytest.MonkeyPatch) -> None:
    """Every error becomes the mask, without category."""
    patch.setattr(
        error_messages,
        "public_error",
        lambda error: GraphQLError(error_messages.UNEXPECTED, nodes=error.nodes, path=error.path),
    )


@mutant("GQL-09")
def tells_of_single_types(patch: pytest.MonkeyPatch) -> None:
    """Outside development `__schema` is refused, and `__type` is answered."""
    schema_of_its_own(patch)

    class NoWholeSchema(ValidationRule):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            if node.name.value == "__schema":
                self.report_error(GraphQLError("Not here.", node))

    patch.setattr(limits, "CLOSED_RULES", [WithinLimits, NoWholeSchema])


@mutant("GQL-09")
def corrects_slips(patch: pytest.MonkeyPatch) -> None:
    """Outside development a misspelt field is answered with the right name."""
    schema_of_its_own(patch)
    patch.setattr(AuthSchema, "_shown", lambda self, error: error_messages.public_error(error))


@mutant("GQL-09")
def corrects_slips_in_arguments(patch: pytest.MonkeyPatch) -> None:
    """Outside development a misspelt argument is answered with the right name."""
    schema_of_its_own(patch)
    shown = AuthSchema._shown

    def helpful(self: AuthSchema, error: GraphQLError) -> GraphQLError:
        return (
            error_messages.public_error(error)
            if "argument" in error.message
            else shown(self, error)
        )

    patch.setattr(AuthSchema, "_shown", helpful)


@mutant("DEV-10", also="GQL-09")
def shows_its_schema_to_everybody(patch: pytest.MonkeyPatch) -> None:
    """Introspection is open outside development, and names the development operations."""
    schema_of_its_own(patch)
    patch.setattr(limits, "CLOSED_RULES", limits.OPEN_RULES)
