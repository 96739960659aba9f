"""The stage: the real reference app in this process, its table in moto, its clock in your hand.

Requests go through the app as they would over HTTP. The secret and the clock are fixed, so the
same steps give the same tokens, byte for byte, on every machine.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import cache
from itertools import count
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal

from conformance_tests.embedded.in_process import InProcess
from lessons.exchange import Exchange
from lessons.mutant import with_flow
from lessons.reading import Pair, claims_of
from lessons.rows import Change, Snapshot
from reference_auth.core import tokens
from reference_auth.core.config import Config, Secret
from reference_auth.core.login import LoginService
from reference_auth.core.states import Access, Refresh
from reference_auth.core.tokens import AccessToken, RefreshToken
from reference_auth.flow.flow import Flow
from reference_auth.serve.app import create_app, make_service
from reference_auth.serve.demo import ALICE, CUSTOMERS, DIRECTORY, DemoQuery
from reference_auth.store.memory import REGION, memory_table

SECRET = Secret("a-secret-for-lessons-and-for-nothing-else")
START = 1_709_283_600  # 2024-03-01 09:00:00 UTC
ADDRESS = "127.0.0.1:8000"  # no socket: only the name that requests are addressed to

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
_ENDS = ExitStack()  # what lasts as long as the notebook does


class Stage:
    """One server with a table of its own; `settings` are fields of Config.

    flow: another one than the reference's, to see what its fault does.
    beside: the server that this one shares table, clock and settings with.
    """

    def __init__(
        self,
        *,
        start: int = START,
        secret: str = SECRET,
        platform: LoginService = DIRECTORY,
        flow: type[Flow] = Flow,
        beside: Stage | None = None,
        **settings: Any,
    ) -> None:
        settings = {"development": True, **settings}
        self._time: Time = beside._time if beside else Time(start)
        self.config: Config = (
            beside.config
            if beside
            else Config(
                secret=Secret(secret), region=REGION, table=f"lesson-{next(_tables)}", **settings
            )
        )
        self.client = Watched(memory_table(self.config.table))
        self.security_events: list[str] = beside.security_events if beside else []
        given: dict[str, Any] = {"client": self.client, "clock": lambda: self.now}
        with with_flow(flow):
            app = create_app(self.config, platform, query=DemoQuery, **given)
            self._flow = make_service(self.config, platform, **given).flow
        transport = InProcess(_portal(), {ADDRESS: app})
        self._http = httpx.Client(base_url=f"http://{ADDRESS}", transport=transport)

    # The clock

    @property
    def now(self) -> int:
        """The second at which the clock stands."""
        return self._time.now

    @now.setter
    def now(self, second: int) -> None:
        self._time.now = second

    def at(self, second: int) -> Stage:
        """Set the clock."""
        self.now = second
        return self

    def later(self, seconds: int) -> Stage:
        """Move the clock on."""
        return self.at(self.now + seconds)

    # Requests

    def log_in(
        self, email: str = ALICE.email, password: str | None = None, *, remember_me: bool = False
    ) -> Exchange:
        """generateCustomerToken; a demo customer's password is known."""
        password = _PASSWORDS.get(email, "") if password is None else password
        return self.ask(LOGIN, email=email, password=password, remember_me=remember_me)

    def refresh(self, pair: Pair) -> Exchange:
        """refreshCustomerToken."""
        return self.ask(REFRESH, token=pair.token, refresh_token=pair.refresh_token)

    def revoke(self, pair: Pair) -> Exchange:
        """revokeCustomerToken: a logout."""
        return self.ask(REVOKE, token=pair.token, refresh_token=pair.refresh_token)

    def me(self, token: str) -> Exchange:
        """The host's own field, which only a live access token opens."""
        return self.ask(ME, token=token)

    def ask(
        self, document: str, *, token: str | None = None, scheme: str = "Bearer", **variables: Any
    ) -> Exchange:
        """Post any document, with an access token if there is one."""
        headers = {} if token is None else {"Authorization": f"{scheme} {token}"}
        self.client.calls.clear()
        now = self.now
        with _events().told_to(self.security_events):
            answer = self._http.post(
                "/graphql", json={"query": document, "variables": variables}, headers=headers
            )
        request = {"query": document, "variables": variables, "headers": headers}
        return Exchange.of(now, request, answer, self.client.calls)

    # What can be seen from behind

    def table(self) -> Snapshot:
        """All that the table holds now."""
        return Snapshot.of(self.client.watched.scan(TableName=self.config.table)["Items"])

    def since(self, before: Snapshot) -> Change:
        """What changed in the table since a snapshot."""
        return Change(before, self.table())

    def put(self, item: Mapping[str, Any]) -> None:
        """Write one item as DynamoDB has it, behind the flow's back."""
        self.client.watched.put_item(TableName=self.config.table, Item=item)

    def lose(self, pair: Pair) -> None:
        """Delete a pair's row behind the flow's back, as the table's TTL does with an old one."""
        claims = claims_of(pair.token)
        key = {
            "customer_id": {"S": str(claims.customer_id)},
            "refresh_token_hash": {
                "S": tokens.hash_of(RefreshToken(pair.refresh_token), self.config.secret)
            },
        }
        self.client.watched.delete_item(TableName=self.config.table, Key=key)

    def cells(self, pair: Pair) -> list[tuple[Access, Refresh]]:
        """The cell that the flow's own judgement puts a pair into.

        Beside a forged access token nothing is known of the refresh token: all four cells.
        """
        return _portal().call(self._judge, pair)

    async def _judge(self, pair: Pair) -> list[tuple[Access, Refresh]]:
        presented = self._flow.present(
            AccessToken(pair.token), RefreshToken(pair.refresh_token), self.now
        )
        if presented.access is Access.FORGED:
            return [(Access.FORGED, refresh) for refresh in Refresh]
        return [await presented.cell()]


@dataclass
class Time:
    """A clock that stands still; servers beside one another share it."""

    now: int


class Watched:
    """A table's client that notes which operations were called, and can be interrupted.

    tell: is told of each call with its parameters and its answer, None where it was refused.
    """

    def __init__(self, client: Any) -> None:
        self.watched = client
        self.calls: list[str] = []
        self.tell: Callable[[str, Mapping[str, Any], Any], object] = lambda *_: None
        self._interruptions: dict[str, Callable[[], object]] = {}

    def before_next(self, operation: str, action: Callable[[], object]) -> None:
        """Do something just before the table next does this: that is how a race is lost."""
        self._interruptions[operation] = action

    def __getattr__(self, name: str) -> Any:
        found = getattr(self.watched, name)

        def call(**parameters: Any) -> Any:
            if action := self._interruptions.pop(name, None):
                action()
            self.calls.append("".join(map(str.title, name.split("_"))))
            answer = None
            try:
                answer = found(**parameters)
            finally:
                self.tell(name, parameters, answer)
            return answer

        return call


class _Events(logging.Handler):
    """Keeps what a server says of security with the stage that is being asked."""

    def __init__(self) -> None:
        super().__init__()
        self._listening: list[list[str]] = []

    @contextmanager
    def told_to(self, told: list[str]) -> Iterator[None]:
        """One stage may be asked in the middle of another's request: the inner one listens."""
        self._listening.append(told)
        try:
            yield
        finally:
            self._listening.pop()

    def emit(self, record: logging.LogRecord) -> None:
        customer = getattr(record, "customer_id", None)
        if customer is not None and self._listening:
            self._listening[-1].append(f"{record.getMessage()} (customer {customer})")


@cache
def _events() -> _Events:
    """What the server logs goes to the stages from now on, and not to stderr."""
    logger, handler = logging.getLogger("reference_auth"), _Events()
    logger.addHandler(handler)
    return handler


@cache
def _portal() -> BlockingPortal:
    """One event loop on a thread of its own: Jupyter's is busy with the notebook itself."""
    return _ENDS.enter_context(start_blocking_portal())
