"""The deployment under test, with everything the target lets the suite see and move."""

from __future__ import annotations

import contextvars
import math
import re
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from conformance_tests.actors import ageing, customer_schedule
from conformance_tests.actors.customers import Customer, MadeUpCustomer, RegisteredCustomer
from conformance_tests.deployment.faults.server import RequestCounter
from conformance_tests.deployment.http.load import Load
from conformance_tests.loopback import is_loopback
from conformance_tests.outcomes import NotApplicable, NotTestable

if TYPE_CHECKING:
    from conformance_tests.actors.session import Session
    from conformance_tests.deployment.clock import Clock
    from conformance_tests.deployment.faults import FaultProxy
    from conformance_tests.deployment.forge import Forge
    from conformance_tests.deployment.http.answer import Answer
    from conformance_tests.deployment.http.client import Client
    from conformance_tests.deployment.http.recorder import Recorder
    from conformance_tests.deployment.log import RunLog
    from conformance_tests.deployment.table import Table
    from conformance_tests.target.model import Target
    from conformance_tests.target.parts import Features, Lifetimes

R = TypeVar("R")
#: A replay may be told from an expired pair only with more seconds left than clocks differ.
HARDLY_ANY_SECONDS = 30
#: How often a test renews one session to see its absolute end.
MOST_RENEWALS = 100


@dataclass
class Deployment:
    """One instance. Capabilities that the target does not offer are None."""

    target: Target
    client: Client
    recorder: Recorder
    clock: Clock
    features: Features
    lifetimes: Lifetimes
    run: str
    forge: Forge | None = None
    table: Table | None = None
    faults: FaultProxy | None = None
    run_log: RunLog | None = None
    registered: tuple[RegisteredCustomer, ...] = ()
    locked_out: str | None = None
    wrong_secret: str | None = None
    odd_pairs: str | None = None
    made_up: list[MadeUpCustomer] = field(default_factory=list)
    #: Whoever shows the user what is being waited for.
    tell: Callable[[str], None] = lambda told: None
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def sessions(self) -> list[Session]:
        """Those of the customers given, as far as they were opened here."""
        return [session for customer in self.registered for session in customer.sessions]

    # -- what can be done here -----------------------------------------------------------------

    @property
    def derives(self) -> bool:
        """Whether refresh tokens are derived from the claims: only claimed with WIRE."""
        return "WIRE" in self.target.claims

    @property
    def can_hash(self) -> bool:
        """Whether a row can be found from the refresh token."""
        sound = self.wrong_secret is None and self.odd_pairs is None
        return self.derives and self.forge is not None and sound

    @property
    def can_forge(self) -> bool:
        """Whether sessions can be made without a login."""
        return self.can_hash and self.table is not None

    @property
    def forging_lacks(self) -> str:
        """The first capability that is missing before sessions can be made without a login."""
        has = {"secret": self.forge, "table": self.table, "derivation": self.derives}
        return next((name for name, given in has.items() if not given), "secret")

    def need_forging(self) -> None:
        """NotTestable where sessions cannot be made without a login; it names what is missing."""
        if not self.can_forge:
            raise NotTestable(self.forging_lacks, self.wrong_secret or self.odd_pairs)

    @property
    def must_wait(self) -> bool:
        """Whether a session can grow old in no other way than by really waiting."""
        return not self.clock.movable and not self.can_forge

    @property
    def ages_by_replacing(self) -> bool:
        """Whether a session grows old by an older pair that takes its place."""
        return not self.clock.movable and self.can_forge

    @property
    def sessions_are_short(self) -> bool:
        """Whether a normal session has hardly any time left once its access token has expired."""
        return self.lifetimes.refresh - self.lifetimes.access < HARDLY_ANY_SECONDS

    def need_time(self) -> None:
        """NotTestable, before anybody logs in, where an access token cannot be seen expired."""
        if self.must_wait and self.lifetimes.access > self.clock.max_wait:
            raise NotTestable("time", self.clock.unusable)

    def need_table(self) -> Table:
        if self.table is None:
            raise NotTestable("table")
        return self.table

    def need_forge(self) -> Forge:
        if self.forge is None or self.wrong_secret:
            raise NotTestable("secret", self.wrong_secret)
        return self.forge

    def need_faults(self) -> FaultProxy:
        if self.faults is None:
            raise NotTestable("faults")
        return self.faults

    def need_run_log(self) -> RunLog:
        if self.run_log is None:
            raise NotTestable("log")
        return self.run_log

    # -- customers -----------------------------------------------------------------------------

    @property
    def alice(self) -> RegisteredCustomer:
        """One of the target's customers: the first of those who play in this test."""
        return self._registered(0, "customer")

    @property
    def bob(self) -> RegisteredCustomer:
        """Another one."""
        return self._registered(1, "second customer")

    def _registered(self, place: int, capability: str) -> RegisteredCustomer:
        if self.locked_out:
            raise NotTestable("customer", self.locked_out)
        if len(self.registered) <= place:
            raise NotTestable(capability)
        return customer_schedule.in_order(self.registered)[place]

    def someone(self) -> Customer:
        """A customer of this test's own: made up where that can be, else alice."""
        return self.made_up_customer() if self.can_forge else self.alice.ignoring_earlier_rows()

    def made_up_customer(self, id_: str | None = None) -> MadeUpCustomer:
        """A made-up customer with a fresh id; NotTestable where sessions cannot be forged."""
        self.need_forging()
        customer = MadeUpCustomer(self, id_ or f"conformance-{self.run}-{next(self._numbers)}")
        self.made_up.append(customer)
        return customer

    def expired_apart(self, count: int) -> list[Session]:
        """So many sessions, soon expired, each of a customer of its own where it can be."""
        if not self.can_forge:
            return self.alice.soon_expired_sessions(count)
        return ageing.expired(*(self.made_up_customer().log_in() for _ in range(count)))

    def customer_named_like(self, customer: Customer) -> MadeUpCustomer | None:
        """Somebody whose id begins with a made-up customer's; None beside a real one."""
        if not isinstance(customer, MadeUpCustomer):
            return None
        return self.made_up_customer(f"{customer.id}-longer")

    def numbered_customer(self, kind: type[int] | type[str] = int) -> MadeUpCustomer:
        """A registered customer whose id is a number, with forged logins of her own.

        kind: whether their tokens write the id as a number or as its digits; the partition is one.
        """
        self.need_forging()
        known = [c for c in (self.alice, *self.registered) if _is_number(c.known_id)]
        if not known:
            raise NotApplicable("no customer's id is a number")
        forged = MadeUpCustomer(self, kind(known[0].id))
        forged.sessions = known[0].sessions  # so that none shares an `exp`, and all are revoked
        return forged

    # -- more words for tests ------------------------------------------------------------------

    def at(self, client: Client, features: Features) -> Deployment:
        """Another instance of the deployment, on the same table and clock."""
        other = replace(self, client=client, features=features, registered=())
        other.registered = tuple(customer.on(other) for customer in self.registered)
        return other

    @property
    def slack(self) -> int:
        """Seconds by which a test stays on the safe side of a lifetime; few beside it."""
        if self.clock.standing:
            return 0
        return max(2, min(30, self.lifetimes.refresh // 8))

    def latest_end(self, session: Session) -> float:
        """The absolute end of a session, where the deployment declares one; else infinity."""
        minutes = self.features.max_session_minutes
        begun = session.claims.get("auth_time", session.claims.get("iat", 0))
        return begun + minutes * 60 if minutes else math.inf

    @property
    def longest_session(self) -> int:
        """Seconds from a login to the absolute end of its session, where one is declared."""
        return int(self.features.max_session_minutes * 60)

    def next_renewal(self, session: Session, end: float) -> float | None:
        """When a session is about to run out or to end; None where it is live until then.

        NotTestable where it would have to be renewed too often to get there.
        """
        access, refresh, margin = self.lifetimes.access, self.lifetimes.refresh, self.clock.margin
        left = max(1, min(refresh - access, refresh // 10) - margin)
        if (end - session.refresh_expiry) / (refresh - left) > MOST_RENEWALS:
            raise NotTestable("clock", f"more than {MOST_RENEWALS} renewals until the absolute end")
        moment = min(session.refresh_expiry, end) - left
        return moment if moment >= session.exp + margin else None

    def add_access_token(self, token: str) -> str:
        """Let the recorder know an access token that the suite minted."""
        self.recorder.add_secret("access", token)
        return token

    def request_counter(self) -> RequestCounter:
        """An address that nobody should visit; NotTestable for a deployment that cannot."""
        if not is_loopback(urlsplit(self.client.url).hostname):
            raise NotTestable("launch", "the deployment is on another machine")
        return RequestCounter()

    def pass_seconds(self, seconds: int) -> None:
        """Let time go by: on its clock, or really, within `max_wait`."""
        self.clock.move_to(self.clock.now() + seconds)

    def wait_out_grace(self) -> None:
        """Let any grace window of a rotation that just happened go by."""
        if self.features.grace_seconds:
            self.pass_seconds(self.features.grace_seconds + 1)

    def load(self, sessions: Sequence[Session], at_once: int) -> Load:
        """A refresh of each session, on so many connections."""
        requests = [
            self.client.refresh_request(session.token, session.refresh_token)
            for session in sessions
        ]
        http, transport = self.target.http, self.target.transport
        return Load(requests, http, at_once, transport, self.recorder)

    def in_one_second(
        self, *calls: Callable[[], Answer], tries: int = 1
    ) -> tuple[Sequence[Answer], int]:
        """These calls within one second of the deployment's clock, and the tries that took."""
        for tried in range(1, tries + 1):
            self.clock.next_second(after=len(calls))
            began = int(self.clock.now())
            answers = self.together(*calls)
            if int(self.clock.now()) == began:
                return answers, tried
        raise NotTestable("standing clock", f"no second held {len(calls)} calls, in {tries} tries")

    def need_two_generations_in_a_window(self) -> None:
        """NotTestable where an access token outlives a grace window."""
        if self.lifetimes.access + self.clock.margin >= self.features.grace_seconds:
            raise NotTestable("clock", "it needs an access lifetime shorter than grace_seconds")

    @staticmethod
    def together(*calls: Callable[[], R]) -> Sequence[R]:
        """These calls at the same moment, each on a connection of its own."""
        gate = threading.Barrier(len(calls))

        def start(call: Callable[[], R]) -> R:
            gate.wait(timeout=10)
            return call()

        contexts = [contextvars.copy_context() for _ in calls]  # each keeps the test's transcript
        with ThreadPoolExecutor(len(calls)) as pool:
            return list(pool.map(lambda own, call: own.run(start, call), contexts, calls))

    @staticmethod
    @contextmanager
    def meanwhile(call: Callable[[], R]) -> Iterator[Future[R]]:
        """This call in the background; it has ended when the block has."""
        own = contextvars.copy_context()
        with ThreadPoolExecutor(1) as pool:
            yield pool.submit(own.run, call)


def _is_number(id_: int | str | None) -> bool:
    """Whether an id is a whole number, or written like one."""
    return re.fullmatch("-?[1-9][0-9]{0,14}", str(id_)) is not None
