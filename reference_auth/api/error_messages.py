"""What an error says to the caller, and what it says to the log.

Intended refusals keep their message and category, GraphQL's own complaints their message, and
everything else is masked (GQL-08, HARD-20). The log never sees the query: it may hold a password.
"""

from __future__ import annotations

import logging
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult

from reference_auth.api.limits import extensions
from reference_auth.core.errors import SERVER, AuthError

MASK = "Something went wrong, try again"
TOO_DEEP = "The document is nested too deeply."

log = logging.getLogger(__name__)


class AuthSchema(strawberry.Schema):
    """A schema whose errors are safe to show, wherever it is served."""

    def __init__(self, query: type, mutation: type | None, *, development: bool) -> None:
        super().__init__(
            query,
            mutation,
            config=StrawberryConfig(auto_camel_case=False),
            extensions=extensions(introspection=development),
        )
        self._hints = development

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Run one operation; only what may be shown comes out, whatever went wrong."""
        result = await super().execute(*args, **kwargs)
        result.errors = [self._spoken(error) for error in result.errors or []] or None
        return result

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Log what nobody intended: by type and place, without message or query (HARD-28)."""
        for error in errors:
            cause = error.original_error
            if cause is not None and not isinstance(cause, INTENDED):
                log.error(
                    "unexpected-error",
                    extra={"kind": type(cause).__name__, "at": places(cause.__traceback__)},
                )

    def _spoken(self, error: GraphQLError) -> GraphQLError:
        spoken = say(error)
        if not self._hints:
            spoken.message = spoken.message.split(" Did you mean", 1)[0]  # GQL-09
        return spoken


INTENDED = (AuthError, GraphQLError, RecursionError)


def say(error: GraphQLError) -> GraphQLError:
    """Return what the caller may read of an error."""
    cause = error.original_error
    if isinstance(cause, AuthError):
        return _replaced(error, cause.message, cause.category)
    if isinstance(cause, RecursionError):
        return GraphQLError(TOO_DEEP)
    if cause is None or isinstance(cause, GraphQLError):
        return error
    return _replaced(error, MASK, SERVER)


def _replaced(error: GraphQLError, message: str, category: str) -> GraphQLError:
    return GraphQLError(
        message, nodes=error.nodes, path=error.path, extensions={"category": category}
    )


def places(trace: TracebackType | None) -> list[str]:
    """Name the lines of code that an exception passed, outermost first."""
    return [
        f"{Path(frame.filename).name}:{frame.lineno} {frame.name}"
        for frame in traceback.extract_tb(trace)
    ]
