"""gql with a session: a transport that attaches the token, refreshes once, and tries again."""

from typing import Any

from gql import Client, GraphQLRequest
from gql.transport.httpx import HTTPXTransport
from graphql import ExecutionResult, OperationType, get_operation_ast
from session import AUTHORIZATION, INTERNAL, Headers, Session, category_of
from tenacity import Retrying, retry_if_result, stop_after_attempt, wait_random


def create_client(session: Session) -> Client:
    return Client(transport=SessionTransport(session))


class SessionTransport(HTTPXTransport):
    """As gql's own; a SessionOver that it raises means: log in again."""

    def __init__(self, session: Session) -> None:
        super().__init__(session.url, timeout=30)
        self.session = session

    def execute(self, request: GraphQLRequest, **options: Any) -> ExecutionResult:
        headers = self.session.headers()
        result = self._send(request, headers)
        if category_of(result.errors) != AUTHORIZATION:
            return result
        self.session.refresh(headers)
        return self._send(request, self.session.headers())

    def _send(self, request: GraphQLRequest, headers: Headers) -> ExecutionResult:
        send = super().execute
        retry = with_retries if is_query(request) else (lambda run: run())
        return retry(lambda: send(request, extra_args={"headers": headers}))


#: `with_retries(run)` runs a query up to three times while the server is in trouble.
with_retries = Retrying(
    retry=retry_if_result(lambda result: category_of(result.errors) == INTERNAL),
    stop=stop_after_attempt(3),
    wait=wait_random(0.3, 0.9),
    retry_error_callback=lambda state: state.outcome and state.outcome.result(),
)


def is_query(request: GraphQLRequest) -> bool:
    """A mutation is not tried again: it may have been done."""
    operation = get_operation_ast(request.document, request.operation_name)
    return operation is not None and operation.operation is OperationType.QUERY
