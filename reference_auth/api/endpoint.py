"""GraphQL over HTTP: one POST of JSON in, one JSON answer out.

A body that is not a GraphQL request is answered 4xx, and nothing of it runs. Only POST is
accepted: no mutation runs by GET, and no credential is read from a URL (GQL-03, GQL-10).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from anyio import fail_after
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult

from reference_auth.api.error_messages import AuthSchema
from reference_auth.api.request import AuthRequest, Service
from reference_auth.api.schema import CONTEXT_KEY
from reference_auth.core.errors import CODES, SERVER, Retry
from reference_auth.store.retry import request_limit

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"

REFUSED = re.compile(r" *q *= *0(\.0{0,3})? *")
RETRYABLE = {"category": SERVER, "code": CODES[SERVER]}

LONGEST_BODY = 256 * 1024  # bytes
LONGEST_WAIT = 10  # seconds for a body
LONGEST_READ = 64 * 1024 * 1024  # bytes read and dropped, so that the caller gets the refusal


class BadRequest(Exception):
    """Not a GraphQL request: a status and one sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


@dataclass(frozen=True, slots=True)
class Operation:
    """What a request asks to run; its values may be credentials."""

    query: str = field(repr=False)
    variables: Mapping[str, Any] | None = field(repr=False)
    name: str | None


class Endpoint:
    def __init__(self, schema: AuthSchema, service: Service) -> None:
        self.schema = schema
        self.service = service

    async def answer(self, request: Request) -> Response:
        """Answer one request; a refusal is a GraphQL answer too."""
        kind = wanted_type(request.headers.getlist("accept"))
        try:
            operation = read_operation(await read_json(request))
            with request_limit():
                result = await self._run(request, operation)
        except BadRequest as refused:
            return respond(refusal(refused.sentence), refused.status, kind)
        except TimeoutError:
            return respond(refusal(Retry.message, RETRYABLE), 503, kind)
        return respond(body_of(result), status_of(result, kind), kind)

    async def _run(self, request: Request, operation: Operation) -> ExecutionResult:
        auth = AuthRequest(self.service, request.headers.getlist("authorization"))
        try:
            return await self.schema.execute(
                operation.query,
                variable_values=operation.variables,
                context_value={"request": request, CONTEXT_KEY: auth},
                operation_name=operation.name,
            )
        except MissingQueryError:
            raise BadRequest(400, "The query is empty.") from None
        except (CannotGetOperationTypeError, InvalidOperationTypeError):
            raise BadRequest(400, "The document has no such operation.") from None


async def read_json(request: Request) -> object:
    """Read a JSON body strictly, or refuse it (GQL-04, GQL-05)."""
    if not is_json(request.headers.get("content-type", "")):
        raise BadRequest(415, "Send the body as application/json in UTF-8.")
    try:
        return json.loads((await read_body(request)).decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BadRequest(400, "The body is not JSON.") from None


async def read_body(request: Request) -> bytes:
    """Read the body to its end, and keep no more of it than the limit."""
    kept, length = bytearray(), 0
    try:
        with fail_after(LONGEST_WAIT):
            async for chunk in request.stream():
                length += len(chunk)
                if length <= LONGEST_BODY:
                    kept += chunk
                if length > LONGEST_READ:
                    break
    except (TimeoutError, ClientDisconnect):
        raise BadRequest(408, "The body is incomplete.") from None
    if length > LONGEST_BODY:
        raise BadRequest(413, f"The body is longer than {LONGEST_BODY} bytes.")
    return bytes(kept)


def is_json(content_type: str) -> bool:
    """Only application/json in UTF-8: browsers send it to another origin only after a preflight."""
    kind, *parameters = (part.strip().lower() for part in content_type.split(";"))
    return kind == JSON and all(
        part in {"", "charset=utf-8", 'charset="utf-8"'} for part in parameters
    )


def read_operation(body: object) -> Operation:
    """Take query, variables and operationName from a body; other members are ignored."""
    if not isinstance(body, dict):
        raise BadRequest(400, "Send one JSON object with a query; batches are not accepted.")
    query, variables, name = (body.get(key) for key in ("query", "variables", "operationName"))
    if not isinstance(query, str):
        raise BadRequest(400, "The query must be text.")
    if not isinstance(variables, dict | None):
        raise BadRequest(400, "The variables must be an object.")
    if not isinstance(name, str | None):
        raise BadRequest(400, "The operationName must be text.")
    return Operation(query, variables, name or None)


def wanted_type(accept: list[str]) -> str:
    """Answer in GraphQL's own media type if the caller accepts it (GQL-02)."""
    ranges = (part.strip().lower().split(";") for line in accept for part in line.split(","))
    wanted = any(
        kind.strip() == GRAPHQL and not any(map(REFUSED.fullmatch, parameters))
        for kind, *parameters in ranges
    )
    return GRAPHQL if wanted else JSON


def body_of(result: ExecutionResult) -> dict[str, Any]:
    """The answer's members: always data, and errors if there are any."""
    body: dict[str, Any] = {"data": result.data}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    return body


def status_of(result: ExecutionResult, kind: str) -> int:
    """200 if it ran; 400 if the document could not run and GraphQL's own type was accepted."""
    ran = result.data is not None or any(error.path for error in result.errors or [])
    return 200 if ran or kind == JSON else 400


def refusal(message: str, extensions: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The body of an answer to a request that does not run."""
    return {"errors": [{"message": message, **({"extensions": extensions} if extensions else {})}]}


def respond(body: dict[str, Any], status: int, kind: str) -> Response:
    """Write a body in ASCII, so that any text in it can be sent (GQL-06)."""
    text = json.dumps(body, separators=(",", ":"))
    return Response(text, status, media_type=f"{kind}; charset=utf-8")


def _refuse_constant(constant: str) -> NoReturn:
    raise ValueError(constant)
