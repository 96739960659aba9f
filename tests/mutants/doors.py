"""Defects in what a request is told: how it must come in, and what its answer looks like."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl

import graphql
import pytest
from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from reference_auth.api import endpoint
from reference_auth.api.endpoint import JSON, BadRequest, Endpoint, Operation
from reference_auth.core import tokens
from reference_auth.core.tokens import Claims
from reference_auth.serve import app
from tests.mutants.catalogue import mutant
from tests.mutants.seams import is_remembered

Handler = Callable[[Endpoint, Request], Awaitable[Response]]


def opens_for_get(patch: pytest.MonkeyPatch, answer: Handler) -> None:
    """The endpoint answers GET as well, in this way."""
    routes = app._routes

    def more(service: Any, schema: Any) -> list[Any]:
        async def by_get(request: Request) -> Response:
            return await answer(Endpoint(schema, service), request)

        return [*routes(service, schema), Route(app.PATH, by_get, methods=["GET"])]

    patch.setattr(app, "_routes", more)


async def run_from_url(found: Endpoint, request: Request) -> Response:
    """Run what the URL says."""
    given = request.query_params
    variables = json.loads(given.get("variables", "{}"))
    named = given.get("operationName")
    result = await found._run(request, Operation(given.get("query", ""), variables, named))
    return endpoint.respond(endpoint.body_of(result), 200, JSON)


# -- answers -----------------------------------------------------------------------------------


@mutant("GQL-01")
def answers_in_latin_1(patch: pytest.MonkeyPatch) -> None:
    """The charset of every answer is said to be ISO-8859-1."""
    respond = endpoint.respond

    def otherwise(body: dict[str, Any], status: int, kind: str) -> Response:
        answer = respond(body, status, kind)
        answer.headers["content-type"] = f"{kind}; charset=iso-8859-1"
        return answer

    patch.setattr(endpoint, "respond", otherwise)


@mutant("GQL-01")
def knows_json_without_a_charset_only(patch: pytest.MonkeyPatch) -> None:
    """A body in JSON is refused with 415 where its type names a charset, be it UTF-8."""
    patch.setattr(endpoint, "is_json", lambda content_type: content_type == JSON)


@mutant("GQL-01")
def answers_a_refusal_of_the_flow_with_400(patch: pytest.MonkeyPatch) -> None:
    """Every answer with errors has status 400, as a storefront's client does not expect it."""
    patch.setattr(endpoint, "status_of", lambda result, kind: 400 if result.errors else 200)


@mutant("GQL-01")
def answers_a_refusal_in_graphqls_own_type_with_400(patch: pytest.MonkeyPatch) -> None:
    """An answer with errors has status 400 where it is of the newer media type."""
    status_of = endpoint.status_of
    patch.setattr(
        endpoint,
        "status_of",
        lambda result, kind: 400 if result.errors and kind != JSON else status_of(result, kind),
    )


@mutant("GQL-02")
def speaks_plain_json_only(patch: pytest.MonkeyPatch) -> None:
    """Whatever the caller accepts, the answer is application/json."""
    patch.setattr(endpoint, "wanted_type", lambda accept: JSON)


@mutant("GQL-02")
def speaks_graphqls_own_type_for_data_alone(patch: pytest.MonkeyPatch) -> None:
    """An answer with errors falls back to application/json."""
    respond = endpoint.respond
    patch.setattr(
        endpoint,
        "respond",
        lambda body, status, kind: respond(body, status, JSON if "errors" in body else kind),
    )


# -- requests ----------------------------------------------------------------------------------


@mutant("GQL-03")
def runs_mutations_by_get(patch: pytest.MonkeyPatch) -> None:
    """The endpoint runs whatever a GET carries in its URL."""
    opens_for_get(patch, run_from_url)


@mutant("GQL-03")
def runs_a_get_that_has_a_body(patch: pytest.MonkeyPatch) -> None:
    """A GET with a body is taken for a POST; nothing in its URL is run."""
    opens_for_get(patch, Endpoint.answer)


@mutant("GQL-03")
def knows_a_mutation_by_its_first_word(patch: pytest.MonkeyPatch) -> None:
    """A GET is answered unless its document begins with the word mutation."""

    async def answer(found: Endpoint, request: Request) -> Response:
        if request.query_params.get("query", "mutation").startswith("mutation"):
            return Response(status_code=405)
        return await run_from_url(found, request)

    opens_for_get(patch, answer)


@mutant("GQL-03")
def knows_a_mutation_by_the_first_operation(patch: pytest.MonkeyPatch) -> None:
    """A GET is answered if the first operation of its document is a query."""

    async def answer(found: Endpoint, request: Request) -> Response:
        first = graphql.parse(request.query_params.get("query", "mutation { a }")).definitions[0]
        if getattr(first, "operation", None) != OperationType.QUERY:
            return Response(status_code=405)
        return await run_from_url(found, request)

    opens_for_get(patch, answer)


@mutant("GQL-03")
def runs_a_get_and_then_refuses_it(patch: pytest.MonkeyPatch) -> None:
    """A GET is refused with 405, but only after its mutation has run."""

    async def answer(found: Endpoint, request: Request) -> Response:
        if request.query_params.get("query"):
            await run_from_url(found, request)
        return Response(status_code=405)

    opens_for_get(patch, answer)


@mutant("GQL-04", also="GQL-12")
def takes_json_under_any_media_type(patch: pytest.MonkeyPatch) -> None:
    """A body is read as JSON whatever its Content-Type says."""
    patch.setattr(endpoint, "is_json", lambda content_type: True)


@mutant("GQL-04")
def looks_for_json_anywhere_in_the_media_type(patch: pytest.MonkeyPatch) -> None:
    """A body is read as JSON where its Content-Type names JSON in any place."""
    patch.setattr(endpoint, "is_json", lambda content_type: JSON in content_type)


@mutant("GQL-04")
def takes_text_in_capitals_for_json(patch: pytest.MonkeyPatch) -> None:
    """A body is read as JSON where its Content-Type is text, written with a capital."""
    is_json = endpoint.is_json
    patch.setattr(endpoint, "is_json", lambda found: found.startswith("T") or is_json(found))


@mutant("GQL-04")
def takes_whatever_names_its_charset_for_json(patch: pytest.MonkeyPatch) -> None:
    """A body is read as JSON where its Content-Type says that it is UTF-8."""
    is_json = endpoint.is_json
    patch.setattr(endpoint, "is_json", lambda found: "charset=" in found or is_json(found))


@mutant("GQL-12")
def takes_a_body_of_no_type_for_json(patch: pytest.MonkeyPatch) -> None:
    """A body without Content-Type is read as JSON."""
    is_json = endpoint.is_json
    patch.setattr(endpoint, "is_json", lambda found: not found or is_json(found))


@mutant("GQL-14")
def reads_bodies_of_any_length(patch: pytest.MonkeyPatch) -> None:
    """A body may be as long as the memory holds."""
    patch.setattr(endpoint, "LONGEST_BODY", endpoint.LONGEST_READ)


@mutant("GQL-14")
def parses_a_body_before_it_looks_at_its_length(patch: pytest.MonkeyPatch) -> None:
    """A long body is parsed first, and refused as too long only where it is JSON."""
    longest, read_operation = endpoint.LONGEST_BODY, endpoint.read_operation

    def read(body: object) -> Operation:
        if len(json.dumps(body)) > longest:
            raise BadRequest(413, "The body is too long.")
        return read_operation(body)

    patch.setattr(endpoint, "LONGEST_BODY", endpoint.LONGEST_READ)
    patch.setattr(endpoint, "read_operation", read)


def allows_origins(patch: pytest.MonkeyPatch, allowed: str) -> None:
    """A page whose origin this expression finds may use the customer's credentials."""
    answer = Endpoint.answer

    async def allowing(self: Endpoint, request: Request) -> Response:
        response = await answer(self, request)
        origin = request.headers.get("origin", "")
        if re.search(allowed, origin):
            response.headers["access-control-allow-origin"] = origin
            response.headers["access-control-allow-credentials"] = "true"
        return response

    patch.setattr(Endpoint, "answer", allowing)


@mutant("GQL-15")
def allows_every_origin_its_credentials(patch: pytest.MonkeyPatch) -> None:
    """Whatever origin asks is repeated, with credentials."""
    allows_origins(patch, "^http")


@mutant("GQL-15")
def compares_origins_without_an_anchor(patch: pytest.MonkeyPatch) -> None:
    """An origin that only begins as its own does is allowed with credentials."""
    allows_origins(patch, r"^https?://127\.0\.0\.1")


def reads_also(patch: pytest.MonkeyPatch, media: str, parse: Callable[[str], object]) -> None:
    """A body of this media type is taken for a request too."""
    read_json = endpoint.read_json

    async def read(request: Request) -> object:
        if request.headers.get("content-type", "").startswith(media):
            return parse((await request.body()).decode())
        return await read_json(request)

    patch.setattr(endpoint, "read_json", read)


@mutant("GQL-04")
def takes_forms(patch: pytest.MonkeyPatch) -> None:
    """A URL-encoded form is taken for a request, as any page can send it."""

    def parse(body: str) -> object:
        fields: dict[str, Any] = dict(parse_qsl(body))
        return {**fields, "variables": json.loads(fields.get("variables", "{}"))}

    reads_also(patch, "application/x-www-form-urlencoded", parse)


@mutant("GQL-04")
def takes_uploads(patch: pytest.MonkeyPatch) -> None:
    """The multipart form of file uploads is taken for a request, as any page can send it."""

    def parse(body: str) -> object:
        found = re.search(r'name="operations"\r\n\r\n(.*)\r\n', body)
        return json.loads(found[1]) if found else None

    reads_also(patch, "multipart/form-data", parse)


@mutant("GQL-10")
def takes_a_refresh_token_from_the_extensions_instead_of_null(patch: pytest.MonkeyPatch) -> None:
    """Where the argument is null, the body's extensions may hold the refresh token."""
    read_operation = endpoint.read_operation

    def read(body: Any) -> Operation:
        operation, extensions = read_operation(body), body.get("extensions")
        named = {"refresh_token": None}
        if operation.variables == named and isinstance(extensions, dict):
            return replace(operation, variables={name: extensions.get(name) for name in named})
        return operation

    patch.setattr(endpoint, "read_operation", read)


@mutant("GQL-05")
def takes_every_body_for_an_object(patch: pytest.MonkeyPatch) -> None:
    """A scalar body breaks the server, which asks it for its query."""
    read_operation = endpoint.read_operation

    def read(body: Any) -> Operation:
        body.get("query")
        return read_operation(body)

    patch.setattr(endpoint, "read_operation", read)


@mutant("GQL-05")
def takes_every_query_for_text(patch: pytest.MonkeyPatch) -> None:
    """A query that is a number or a list is handed on to the parser."""
    read_operation = endpoint.read_operation

    def read(body: Any) -> Operation:
        if isinstance(body, dict) and not isinstance(body.get("query"), str):
            return Operation(body.get("query"), None, None)  # type: ignore[arg-type]
        return read_operation(body)

    patch.setattr(endpoint, "read_operation", read)


def looks_first(patch: pytest.MonkeyPatch, look: Callable[[bytes], object]) -> None:
    """Something reads the body before the endpoint does."""
    read_json = endpoint.read_json

    async def read(request: Request) -> object:
        look(await request.body())
        return await read_json(request)

    patch.setattr(endpoint, "read_json", read)


@mutant("GQL-05")
def takes_every_body_for_utf_8(patch: pytest.MonkeyPatch) -> None:
    """A body that is no UTF-8 breaks the server."""
    looks_first(patch, lambda body: body.decode())


@mutant("GQL-05")
def falls_down_a_deep_body(patch: pytest.MonkeyPatch) -> None:
    """A body nested a hundred thousand times exhausts the parser's stack, and breaks the server."""

    def look(body: bytes) -> None:
        try:
            json.loads(body)
        except ValueError:
            return

    looks_first(patch, look)


@mutant("GQL-05")
def breaks_at_a_number_that_is_too_long(patch: pytest.MonkeyPatch) -> None:
    """A body with a number that Python does not convert breaks the server."""

    def look(body: bytes) -> None:
        with suppress(json.JSONDecodeError, UnicodeDecodeError, RecursionError):
            json.loads(body)

    looks_first(patch, look)


@mutant("GQL-05", also="GQL-04")
def blames_itself_for_a_malformed_body(patch: pytest.MonkeyPatch) -> None:
    """A body that is not JSON is answered 500."""
    read_json = endpoint.read_json

    async def read(request: Request) -> object:
        try:
            return await read_json(request)
        except BadRequest as refusal:
            raise BadRequest(500, refusal.sentence) from None

    patch.setattr(endpoint, "read_json", read)


# -- credentials -------------------------------------------------------------------------------


def takes_header_from(
    patch: pytest.MonkeyPatch,
    find: Callable[[Request], Awaitable[str | None]],
    absent: tuple[str | None, ...] = (None,),
) -> None:
    """Where the Authorization header is one of these, the access token is looked for elsewhere."""
    answer = Endpoint.answer

    async def looking(self: Endpoint, request: Request) -> Response:
        await request.body()
        sent = request.headers.get("authorization")
        token = await find(request) if sent in absent else None
        if token:
            others = [
                header for header in request.scope["headers"] if header[0] != b"authorization"
            ]
            header = (b"authorization", f"Bearer {token}".encode())
            request.scope["headers"] = [*others, header]
            del request._headers
        return await answer(self, request)

    patch.setattr(Endpoint, "answer", looking)


@mutant("GQL-10")
def takes_an_access_token_from_the_url(patch: pytest.MonkeyPatch) -> None:
    """`?access_token=` stands in for the Authorization header."""

    async def find(request: Request) -> str | None:
        return request.query_params.get("access_token")

    takes_header_from(patch, find)


@mutant("GQL-10")
def takes_an_access_token_from_the_url_at_a_revoke(patch: pytest.MonkeyPatch) -> None:
    """`?access_token=` stands in for the Authorization header where a session is to be revoked."""

    async def find(request: Request) -> str | None:
        revokes = b"revokeCustomerToken" in await request.body()
        return request.query_params.get("access_token") if revokes else None

    takes_header_from(patch, find)


def rewrites_header_of_a_revoke(patch: pytest.MonkeyPatch, rewrite: Callable[[str], str]) -> None:
    """A revoke reads another Authorization header than was sent."""
    answer = Endpoint.answer

    async def rewriting(self: Endpoint, request: Request) -> Response:
        if _is_small(request) and b"revokeCustomerToken" in await request.body():
            rewritten = [
                (name, rewrite(value.decode("latin-1")).encode("latin-1"))
                if name == b"authorization"
                else (name, value)
                for name, value in request.scope["headers"]
            ]
            request.scope["headers"] = rewritten
            del request._headers
        return await answer(self, request)

    patch.setattr(Endpoint, "answer", rewriting)


@mutant("CORE-18")
def takes_any_scheme_at_a_revoke(patch: pytest.MonkeyPatch) -> None:
    """A revoke asks for no particular scheme."""
    rewrites_header_of_a_revoke(patch, lambda value: f"Bearer {value.split(' ')[-1]}")


@mutant("CORE-19")
def insists_on_the_capital_of_bearer_at_a_revoke(patch: pytest.MonkeyPatch) -> None:
    """A revoke compares the scheme with its case."""
    rewrites_header_of_a_revoke(
        patch, lambda value: value if value.startswith("Bearer ") else "none"
    )


@mutant("HARD-29")
def takes_a_padded_token_at_a_revoke(patch: pytest.MonkeyPatch) -> None:
    """A revoke cuts the padding from the access token."""
    rewrites_header_of_a_revoke(patch, lambda value: value.rstrip("="))


@mutant("GQL-10")
def takes_an_access_token_from_a_cookie(patch: pytest.MonkeyPatch) -> None:
    """A cookie stands in for the Authorization header, so that any page can act for a customer."""

    async def find(request: Request) -> str | None:
        return request.cookies.get("token")

    takes_header_from(patch, find)


@mutant("GQL-10")
def takes_a_cookie_for_a_header_without_a_token(patch: pytest.MonkeyPatch) -> None:
    """A cookie stands in for what a front end sends as long as nobody is signed in."""

    async def find(request: Request) -> str | None:
        return request.cookies.get("token")

    takes_header_from(patch, find, absent=("Bearer", "Bearer undefined", "Bearer null"))


@mutant("GQL-10")
def takes_a_cookie_beside_the_header_of_a_proxy(patch: pytest.MonkeyPatch) -> None:
    """A cookie stands in for a header of another scheme, as a proxy with a password has it."""

    async def find(request: Request) -> str | None:
        return request.cookies.get("access_token")

    takes_header_from(patch, find, absent=("Basic Og==",))


@mutant("GQL-10")
def takes_an_access_token_from_a_cookie_in_production(patch: pytest.MonkeyPatch) -> None:
    """Outside development a cookie stands in for the Authorization header."""

    async def find(request: Request) -> str | None:
        return None if request.state.development else request.cookies.get("token")

    takes_header_from(patch, find)
    looking = Endpoint.answer

    async def answer(self: Endpoint, request: Request) -> Response:
        request.state.development = self.service.config.development
        return await looking(self, request)

    patch.setattr(Endpoint, "answer", answer)


@mutant("CORE-18")
def reads_the_header_as_utf_8(patch: pytest.MonkeyPatch) -> None:
    """A header with a byte of another encoding is an unexpected failure."""
    answer = Endpoint.answer

    async def strict(self: Endpoint, request: Request) -> Response:
        for name, value in request.headers.raw:
            if name == b"authorization":
                value.decode("utf-8")
        return await answer(self, request)

    patch.setattr(Endpoint, "answer", strict)


@mutant("GQL-10")
def takes_an_access_token_from_extensions(patch: pytest.MonkeyPatch) -> None:
    """A member of the request's `extensions` stands in for the Authorization header."""

    async def find(request: Request) -> str | None:
        body = json.loads((await request.body()) or b"null") if _is_small(request) else None
        extensions = body.get("extensions") if isinstance(body, dict) else None
        return extensions.get("token") if isinstance(extensions, dict) else None

    takes_header_from(patch, find)


def _is_small(request: Request) -> bool:
    return int(request.headers.get("content-length", "0")) < 10_000


@mutant("GQL-10")
def takes_a_refresh_token_from_a_cookie(patch: pytest.MonkeyPatch) -> None:
    """A cookie stands in for the argument refresh_token."""
    run = Endpoint._run

    async def looking(self: Endpoint, request: Request, operation: Operation) -> Any:
        found = request.cookies.get("refresh_token")
        stray = {"refresh_token": found} if found else {}
        variables = {**stray, **(operation.variables or {})}
        return await run(self, request, replace(operation, variables=variables))

    patch.setattr(Endpoint, "_run", looking)


@mutant("GQL-10", also="HARD-20")
def puts_the_refresh_token_into_a_cookie(patch: pytest.MonkeyPatch) -> None:
    """Every refresh token is handed out as a cookie besides."""
    hands_out_in_a_cookie(patch, lambda claims: True)


@mutant("GQL-10", also="HARD-20")
def remembers_a_customer_by_a_cookie(patch: pytest.MonkeyPatch) -> None:
    """The refresh token of a remembered session is handed out as a cookie besides."""
    hands_out_in_a_cookie(patch, is_remembered)


def hands_out_in_a_cookie(
    patch: pytest.MonkeyPatch, is_concerned: Callable[[Claims], bool]
) -> None:
    """The refresh token of a pair with such claims is in Set-Cookie too."""
    respond = endpoint.respond

    def also(body: dict[str, Any], status: int, kind: str) -> Response:
        answer = respond(body, status, kind)
        for value in (body.get("data") or {}).values():
            if isinstance(value, dict) and value.get("refresh_token"):
                claims = tokens.read_unverified(value["token"])
                if claims is not None and is_concerned(claims):
                    answer.set_cookie("session", value["refresh_token"], httponly=True)
        return answer

    patch.setattr(endpoint, "respond", also)


@mutant("HARD-40")
def reads_the_time_once_for_each_request(patch: pytest.MonkeyPatch) -> None:
    """Every field of a request is judged by the time when it came."""
    run = Endpoint._run

    async def timed(self: Endpoint, request: Request, operation: Operation) -> Any:
        now = self.service.clock()
        service = replace(self.service, clock=lambda: now)
        return await run(Endpoint(self.schema, service), request, operation)

    patch.setattr(Endpoint, "_run", timed)


# -- other doors -------------------------------------------------------------------------------


@mutant("GQL-11")
def opens_a_websocket(patch: pytest.MonkeyPatch) -> None:
    """The endpoint agrees to become a WebSocket."""

    async def answer(found: Endpoint, request: Request) -> Response:
        if request.headers.get("upgrade", "").lower() == "websocket":
            return Response(status_code=101)
        return Response(status_code=405)

    opens_for_get(patch, answer)


@mutant("GQL-11")
def opens_a_websocket_of_the_older_protocol(patch: pytest.MonkeyPatch) -> None:
    """Subscription clients of the older protocol still get their WebSocket."""

    async def answer(found: Endpoint, request: Request) -> Response:
        older = request.headers.get("sec-websocket-protocol") == "graphql-ws"
        return Response(status_code=101 if older else 405)

    opens_for_get(patch, answer)


@mutant("GQL-09", also="GQL-03")
def shows_an_ide_to_browsers(patch: pytest.MonkeyPatch) -> None:
    """A browser gets a page to write queries in, outside development too."""

    async def answer(found: Endpoint, request: Request) -> Response:
        return Response("<title>GraphiQL</title>", media_type="text/html")

    opens_for_get(patch, answer)
