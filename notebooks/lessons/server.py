"""The server of the lessons: the real reference in this process, over a table in memory.

Requests go through the application as they would over HTTP. The secret is fixed, and the clock
stands still where the lesson puts it. So the same steps give the same tokens on every machine.
"""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import cache
from itertools import count
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from conformance_tests.embedded.in_process import InProcess
from lessons.exchange import Exchange
from lessons.mutant import with_flow
from lessons.pairs import Pair, claims_of
from lessons.rows import Change, Snapshot
from reference_auth.core import tokens
from reference_auth.core.config import Config, Secret
from reference_auth.core.login import LoginService
from reference_auth.core.rows import Row
from reference_auth.core.states import Access, Refresh
from reference_auth.flow.flow import Flow
from reference_auth.serve.app import create_app, make_service
from reference_auth.serve.demo import ALICE, CUSTOMERS, DIRECTORY, DemoQuery
from reference_auth.store import items
from reference_auth.store.memory import REGION, memory_table

SECRET = Secret("a-secret-for-lessons-and-for-nothing-else")
START = 1_709_283_600  # 2024-03-01 09:00:00 UTC
ADDRESS = "127.0.0.1:8000"  # no socket: only a name in the requests

LONGEST_ANSWER = 30  # seconds: a lesson must run on a slow machine, too

LOGIN = """\
mutation ($email: String!, $password: String!, $remember_me: Boolean) {
  generateCustomerToken(email: $email, password: $password, remember_me: $remember_me) {
    token refresh_token
  }
}"""
REFRESH = """\
mutation ($refresh_token: String!) {
  refreshCustomerToken(refresh_token: $refresh_token) { token refresh_token }
}"""
REVOKE = """\
mutation ($refresh_token: String) {
  revokeCustomerToken(refresh_token: $refresh_token) { result }
}"""
ME = "{ me { customer_id email } }"

_PASSWORDS = {customer.email: customer.password for customer in CUSTOMERS}
_tables = count(1)
_AT_EXIT = ExitStack()
atexit.register(_AT_EXIT.close)  # the event loop ends with the notebook: left open, it would hang


class Server:
    """The reference with a table of its own; `settings` are fields of Config.

    flow: the reference's Flow, or one with a fault, to see what the fault does.
    same_table_as: another server, whose table, clock and settings this one shares.
    """

    def __init__(
        self,
        *,
        start: int = START,
        secret: str = SECRET,
        platform: LoginService = DIRECTORY,
        flow: type[Flow] = Flow,
        same_table_as: Server | None = None,
        **settings: Any,
    ) -> None:
        if same_table_as is None:
            self._clock = Clock(start)
            self.config = Config(
                **{"development": True, **settings},
                secret=Secret(secret),
                region=REGION,
                table=f"lesson-{next(_tables)}",
            )
            self.security_events: list[str] = []
        else:
            self._clock = same_table_as._clock
            self.config = same_table_as.config
            self.security_events = same_table_as.security_events
        self.dynamodb = WatchedClient(memory_table(self.config.table))
        given: dict[str, Any] = {"client": self.dynamodb, "clock": lambda: self.now}
        with with_flow(flow):
            app = create_app(self.config, platform, query=DemoQuery, **given)
            self._flow = make_service(self.config, platform, **given).flow
        transport = InProcess(_event_loop(), {ADDRESS: app})
        self._http = httpx.Client(
            base_url=f"http://{ADDRESS}", transport=transport, timeout=LONGEST_ANSWER
        )

    # The clock

    @property
    def now(self) -> int:
        """The second that the clock shows."""
        return self._clock.now

    def at(self, second: int) -> Server:
        """Set the clock."""
        self._clock.now = second
        return self

    def later(self, seconds: int) -> Server:
        """Move the clock forward."""
        return self.at(self.now + seconds)

    # Requests

    def log_in(
        self, email: str = ALICE.email, password: str | None = None, *, remember_me: bool = False
    ) -> Exchange:
        """Send generateCustomerToken; a demo customer's password may be left out."""
        password = _PASSWORDS.get(email, "") if password is None else password
        return self.ask(LOGIN, email=email, password=password, remember_me=remember_me)

    def refresh(self, pair: Pair) -> Exchange:
        """Send refreshCustomerToken."""
        return self.ask(REFRESH, token=pair.token, refresh_token=pair.refresh_token)

    def revoke(self, pair: Pair) -> Exchange:
        """Send revokeCustomerToken: a logout."""
        return self.ask(REVOKE, token=pair.token, refresh_token=pair.refresh_token)

    def me(self, token: str) -> Exchange:
        """Ask for the customer's own data, which needs a live access token."""
        return self.ask(ME, token=token)

    def ask(
        self, document: str, *, token: str | None = None, scheme: str = "Bearer", **variables: Any
    ) -> Exchange:
        """Post any document, with an access token if one is given."""
        headers = {} if token is None else {"Authorization": f"{scheme} {token}"}
        self.dynamodb.calls.clear()
        now = self.now
        with _security_log().collected_in(self.security_events):
            answer = self._http.post(
                "/graphql", json={"query": document, "variables": variables}, headers=headers
            )
        request = {"query": document, "variables": variables, "headers": headers}
        return Exchange.of(now, request, answer, self.dynamodb.calls)

    # What a client cannot see

    def table(self) -> Snapshot:
        """Everything that the table holds now."""
        return Snapshot.of(self.dynamodb.client.scan(TableName=self.config.table)["Items"])

    def since(self, before: Snapshot) -> Change:
        """What changed in the table since a snapshot."""
        return Change(before, self.table())

    def put_item(self, item: Mapping[str, Any]) -> None:
        """Write one item in DynamoDB's own form; the server is not asked."""
        self.dynamodb.client.put_item(TableName=self.config.table, Item=item)

    def delete_row(self, pair: Pair) -> None:
        """Delete a pair's row, as DynamoDB's TTL does with an old one; the server is not asked."""
        row = self._row_of(pair)
        key = {
            "customer_id": {"S": row.customer_id},
            "refresh_token_hash": {"S": row.hash},
        }
        self.dynamodb.client.delete_item(TableName=self.config.table, Key=key)

    def end_row(self, pair: Pair, at: int) -> None:
        """Let a pair's row end at another second than its token; the server is not asked."""
        self.put_item(items.row_item(replace(self._row_of(pair), ttl=at)))

    def _row_of(self, pair: Pair) -> Row:
        hash = tokens.hash_of(pair.refresh_token, self.config.secret)
        return Row.of(claims_of(pair.token), hash)

    def cell(self, pair: Pair) -> tuple[Access, Refresh]:
        """The cell that the reference's own judge puts a pair into now."""
        return _event_loop().call(self._judge, pair)

    async def _judge(self, pair: Pair) -> tuple[Access, Refresh]:
        return await self._flow.present(pair.token, pair.refresh_token, self.now).cell()


@dataclass
class Clock:
    """A clock that stands still; servers with the same table share it."""

    now: int


class WatchedClient:
    """A DynamoDB client that lists its calls, and can be interrupted before one.

    on_call: gets each call's name, parameters and answer; the answer is None if it was refused.
    """

    def __init__(self, client: Any) -> None:
        self.client = client
        self.calls: list[str] = []
        self.on_call: Callable[[str, Mapping[str, Any], Any], object] = lambda *_: None
        self._interruptions: dict[str, Callable[[], object]] = {}

    def before_next(self, operation: str, action: Callable[[], object]) -> None:
        """Do something just before the next call of an operation: so a request loses a race."""
        self._interruptions[operation] = action

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self.client, name)

        def call(**parameters: Any) -> Any:
            if action := self._interruptions.pop(name, None):
                action()
            self.calls.append("".join(map(str.title, name.split("_"))))
            answer = None
            try:
                answer = operation(**parameters)
            finally:
                self.on_call(name, parameters, answer)
            return answer

        return call


class _SecurityLog(logging.Handler):
    """Collects the security events that a server logs while it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self._collecting: list[list[str]] = []

    @contextmanager
    def collected_in(self, events: list[str]) -> Iterator[None]:
        """One server may be asked in the middle of another's request: the inner one collects."""
        self._collecting.append(events)
        try:
            yield
        finally:
            self._collecting.pop()

    def emit(self, record: logging.LogRecord) -> None:
        customer = getattr(record, "customer_id", None)
        if customer is not None and self._collecting:
            self._collecting[-1].append(f"{record.getMessage()} (customer {customer})")


@cache
def _security_log() -> _SecurityLog:
    """The reference's log goes here, and not to stderr."""
    logger, handler = logging.getLogger("reference_auth"), _SecurityLog()
    logger.addHandler(handler)
    return handler


@cache
def _event_loop() -> BlockingPortal:
    """One event loop in a thread of its own: Jupyter uses the main thread's for the notebook."""
    return _AT_EXIT.enter_context(start_blocking_portal())
