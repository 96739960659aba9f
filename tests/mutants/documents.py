"""Defects in what a document may say, and in what is said of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    InlineFragmentNode,
    Node,
    ValidationRule,
)
from starlette.requests import Request
from starlette.responses import Response

from reference_auth.api import endpoint, error_messages, limits
from reference_auth.api.endpoint import JSON, Endpoint
from reference_auth.api.error_messages import AuthSchema
from reference_auth.api.limits import WithinLimits
from reference_auth.core import tokens
from reference_auth.flow.flow import Flow
from reference_auth.serve import app
from tests.mutants.catalogue import mutant
from tests.mutants.seams import around


def schema_of_its_own(patch: pytest.MonkeyPatch) -> None:
    """No schema, and nothing that was judged by one, is shared with a server without the defect."""
    patch.setattr(app, "make_schema", app.make_schema.__wrapped__)


# -- odd characters ----------------------------------------------------------------------------


@mutant("GQL-06")
def hashes_a_password_that_is_no_text(patch: pytest.MonkeyPatch) -> None:
    """A lone surrogate in e-mail or password breaks what checks them."""
    patch.setattr(tokens, "is_text", lambda value: bool(value.encode()) or True)


@mutant("GQL-06")
def reads_a_password_up_to_a_nul(patch: pytest.MonkeyPatch) -> None:
    """What follows a NUL in a password is dropped before the password is judged."""

    async def customer(original: Any, flow: Flow, email: str, password: str) -> Any:
        return await original(flow, email, password.partition("\0")[0])

    around(patch, Flow, "ask_platform", customer)


@mutant("GQL-06")
def drops_lone_surrogates_from_a_password(patch: pytest.MonkeyPatch) -> None:
    """What of a password is no UTF-8 is left out before the password is judged."""

    async def customer(original: Any, flow: Flow, email: str, password: str) -> Any:
        return await original(flow, email, password.encode(errors="ignore").decode())

    around(patch, Flow, "ask_platform", customer)


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


def counts_only(patch: pytest.MonkeyPatch, counts: Callable[[FieldNode, list[Any]], bool]) -> None:
    """Other fields than these, by what stands above them, are neither mutations nor aliases."""
    schema_of_its_own(patch)
    enter_field = WithinLimits.enter_field

    def enter(self: WithinLimits, node: FieldNode, *rest: Any) -> None:
        if counts(node, rest[-1]):
            enter_field(self, node, *rest)

    patch.setattr(WithinLimits, "enter_field", enter)


@mutant("GQL-07")
def counts_no_login_in_a_fragment(patch: pytest.MonkeyPatch) -> None:
    """What stands in a fragment is counted neither as a mutation nor as an alias."""
    counts_only(patch, lambda _, above: not has(above, FragmentDefinitionNode))


@mutant("GQL-07")
def counts_no_login_in_an_inline_fragment(patch: pytest.MonkeyPatch) -> None:
    """What stands in an inline fragment is counted neither as a mutation nor as an alias."""
    counts_only(patch, lambda _, above: not has(above, InlineFragmentNode))


def has(above: list[Any], kind: type[Node]) -> bool:
    return any(isinstance(each, kind) for each in above)


@mutant("GQL-07")
def counts_no_login_under_a_condition(patch: pytest.MonkeyPatch) -> None:
    """What might be skipped is counted neither as a mutation nor as an alias."""
    counts_only(patch, lambda node, _: not node.directives)


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


@mutant("GQL-08", also="FAULT-05 WIRE-12", known_as="M58")
def masks_the_intended_errors_of_a_login_too(patch: pytest.MonkeyPatch) -> None:
    """Every error of a login becomes the mask, without category."""

    def public_error(original: Any, error: GraphQLError) -> GraphQLError:
        if error.path != ["generateCustomerToken"]:
            shown: GraphQLError = original(error)
            return shown
        return GraphQLError(error_messages.UNEXPECTED, nodes=error.nodes, path=error.path)

    around(patch, error_messages, "public_error", public_error)


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
