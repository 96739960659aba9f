"""What the caller and the log are told of an error.

Our own errors keep their message and category, and GraphQL's errors keep their message. Any other
message is replaced (GQL-08, HARD-20). The query is never logged: it may hold a password.
"""

from __future__ import annotations

import logging
import re
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult

from reference_auth.api.limits import extensions
from reference_auth.core.errors import CODES, SERVER, AuthError, BadAccessToken

UNEXPECTED = "Something went wrong, try again"
TOO_DEEP = "The document is nested too deeply."
#: GraphQL's words about a value of the wrong kind, and the value, which may be a password.
REFUSED_VALUE = re.compile(
    r"(cannot represent [^:]*|Expected value of type [^,]*)(: |, found ).*", re.S
)
#: The same about a value in a document that cannot be read.
MISPLACED_VALUE = re.compile(
    r"((?:found|Unexpected) (?:BlockString|String|Name|Int|Float)|escape sequence):? .*", re.S
)

log = logging.getLogger(__name__)


class AuthSchema(strawberry.Schema):
    """A schema whose errors are safe to show to anyone."""

    def __init__(self, query: type, mutation: type | None, *, development: bool) -> None:
        super().__init__(
            query,
            mutation,
            config=StrawberryConfig(auto_camel_case=False),
            extensions=extensions(introspection=development),
        )
        self._suggests_names = development

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Run one operation; its errors hold only what may be shown."""
        result = await super().execute(*args, **kwargs)
        result.errors = [self._shown(error) for error in result.errors or []] or None
        return result

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Log unexpected errors by type and code lines, without message or query (HARD-28)."""
        for error in errors:
            cause = error.original_error
            if isinstance(cause, BadAccessToken):
                log.info("bad-access-token", extra={"check": cause.check})
            elif cause is not None and not isinstance(cause, EXPECTED):
                log.error(
                    "unexpected-error",
                    extra={"kind": type(cause).__name__, "at": code_lines(cause.__traceback__)},
                )

    def _shown(self, error: GraphQLError) -> GraphQLError:
        shown = public_error(error)
        for value in (REFUSED_VALUE, MISPLACED_VALUE):
            shown.message = value.sub(r"\1.", shown.message)  # HARD-37
        if not self._suggests_names:
            shown.message = shown.message.split(" Did you mean", 1)[0]  # GQL-09
        return shown


EXPECTED = (AuthError, GraphQLError, RecursionError)


def public_error(error: GraphQLError) -> GraphQLError:
    cause = error.original_error
    if isinstance(cause, AuthError):
        return _with_message(error, cause.message, cause.category)
    if isinstance(cause, RecursionError):
        return GraphQLError(TOO_DEEP)
    if cause is None or isinstance(cause, GraphQLError):
        return error
    return _with_message(error, UNEXPECTED, SERVER)


def _with_message(error: GraphQLError, message: str, category: str) -> GraphQLError:
    extensions = {"category": category, "code": CODES.get(category, CODES[SERVER])}
    return GraphQLError(message, nodes=error.nodes, path=error.path, extensions=extensions)


def code_lines(trace: TracebackType | None) -> list[str]:
    return [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)
    ]
