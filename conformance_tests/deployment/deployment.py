"""The deployment under test, with everything the target lets the suite see and move."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

from conformance_tests.deployment.faults.server import RequestCounter
from conformance_tests.deployment.row import OWN_IDS, Row
from conformance_tests.deployment.waiting import BESIDE_OTHERS
from conformance_tests.deployment.wiring import NO_WIRING, Wiring
from conformance_tests.loopback import is_loopback
from conformance_tests.outcomes import NotApplicable, NotTestable, RunAlone

if TYPE_CHECKING:
    from conformance_tests.deployment.clock import Clock
    from conformance_tests.deployment.faults.proxy import FaultProxy
    from conformance_tests.deployment.forge import Forge
    from conformance_tests.deployment.http.answer import Answer
    from conformance_tests.deployment.http.client import Client
    from conformance_tests.deployment.http.developer import Developer
    from conformance_tests.deployment.http.recorder import Recorder
    from conformance_tests.deployment.log import RunLog
    from conformance_tests.deployment.table import Table
    from conformance_tests.target.model import Target
    from conformance_tests.target.parts import Features, Lifetimes

R = TypeVar("R")
#: A replay is told from an expired pair only where more seconds are left than clocks differ.
HARDLY_ANY_SECONDS = 30


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
    developer: Developer | None = None  # writes the suite's rows where there is no table
    faults: FaultProxy | None = None
    run_log: RunLog | None = None
    wrong_secret: str | None = None  # why the secret is of no use
    odd_pairs: str | None = None  # why no session can be forged
    opaque: str | None = None  # why no derivation of refresh tokens can be judged
    alone_in_table: bool = False  # whether the table held no row of others when the run began
    tells_pairs_apart: bool = False  # whether logins of one second were seen to give other pairs
    rows_tell_exp: bool = False  # whether its rows hold the exp of their pair
    wiring: Wiring = NO_WIRING
    #: What is known of other runs, and of what they have left behind, a sentence each.
    about_runs: list[str] = field(default_factory=list)
    gone: bool = False  # it has stopped answering for good
    #: Shows the user what is being waited for.
    tell: Callable[[str], None] = lambda reason: None

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
        return self.can_hash and self.sees_rows

    @property
    def sees_rows(self) -> bool:
        """Whether customers' rows can be looked at: in the table, or by development operations."""
        return self.table is not None or self.developer is not None

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
    def nobody(self) -> str:
        """An id that no customer has, and that only this run can have made."""
        return f"{OWN_IDS}{self.run}-nobody"

    @property
    def must_wait(self) -> bool:
        """Whether a session can only expire by really waiting."""
        return not self.clock.moves_now and not self.can_forge

    @property
    def ages_by_replacing(self) -> bool:
        """Whether a session expires by a forged older pair that takes its place."""
        return self.can_forge and not self.clock.moves_now

    @property
    def sessions_are_short(self) -> bool:
        """Whether a normal session is nearly over once its access token has expired."""
        return self.lifetimes.refresh - self.lifetimes.access < HARDLY_ANY_SECONDS

    def need_alone(self) -> None:
        """RunAlone where other tests are under way, which this one would disturb, or they it."""
        if BESIDE_OTHERS.get():
            raise RunAlone

    def need_wait(self) -> None:
        """NotTestable where nobody waits as long as an access token lives."""
        if self.lifetimes.access > self.clock.max_wait:
            raise NotTestable("time", self.clock.unusable)

    def need_long_sessions(self, seconds: int) -> None:
        """NotTestable where the clock cannot be moved so far within a remembered session."""
        lasts = self.session_lasts(remember_me=True)
        if not self.clock.movable or lasts - self.lifetimes.refresh < 2 * seconds:
            raise NotTestable("clock", self.clock.unusable)

    def need_sessions_of(self, seconds: int) -> None:
        """NotApplicable where a session ends no later than so long after its login, by what is
        declared.
        """
        if 0 < self.longest_session <= seconds:
            raise NotApplicable("the target declares an absolute end")

    @property
    def lasting_table(self) -> Table | None:
        """The table, unless it is deleted with the run."""
        address = self.target.table
        return None if address is None or address.ends_with_run else self.table

    def need_table(self) -> Table:
        if self.table is None:
            raise NotTestable("table")
        return self.table

    def need_rows(self) -> None:
        """NotTestable where nobody's rows can be looked at."""
        if not self.sees_rows:
            raise NotTestable("table")

    def rows_of(self, customer_id: object) -> list[Row]:
        """The rows of a customer's own partition; NotTestable where nothing shows them."""
        if self.developer is not None:
            return [*self.developer.rows(customer_id)]
        return self.need_table().rows(customer_id)

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

    # -- what a test asks of it ----------------------------------------------------------------

    def at(self, client: Client, features: Features) -> Deployment:
        """Another instance of the deployment, on the same table and clock."""
        return replace(self, client=client, features=features)

    @property
    def slack(self) -> int:
        """Seconds by which a test stays on the safe side of a lifetime; a small part of it."""
        if self.clock.frozen:
            return 0
        return max(2, min(30, self.lifetimes.refresh // 8))

    @property
    def longest_session(self) -> int:
        """Seconds from a login to the absolute end of its session, where one is declared."""
        return int(self.features.max_session_minutes * 60)

    def session_lasts(self, *, remember_me: bool) -> int:
        """Seconds from a login to the refresh_expiry that it gives."""
        lasts = self.lifetimes.extended if remember_me else self.lifetimes.refresh
        return min(lasts, self.longest_session or lasts)

    def add_access_token(self, token: str) -> str:
        """Let the recorder know an access token that the suite minted."""
        self.recorder.add_secret("access", token)
        return token

    def request_counter(self) -> RequestCounter:
        """An address that nobody should ask; NotTestable where the deployment cannot reach it."""
        if not is_loopback(urlsplit(self.client.url).hostname):
            raise NotTestable("launch", "the deployment is on another machine")
        return RequestCounter()

    def pass_seconds(self, seconds: int) -> None:
        """Let time pass: by its clock, or by waiting, within `max_wait`."""
        self.clock.move_to(self.clock.now() + seconds)

    def wait_out_grace(self) -> None:
        """Let the grace window of a rotation that just happened pass, where there is one."""
        if self.features.grace_seconds:
            self.pass_seconds(self.features.grace_seconds + 1)

    def in_one_second(
        self, *calls: Callable[[], Answer], tries: int = 1
    ) -> tuple[Sequence[Answer], int]:
        """Make these calls within one second of the deployment's clock; gives the tries it took."""
        for tried in range(1, tries + 1):
            self.clock.next_second(after=len(calls))
            began = int(self.clock.now())
            answers = self.together(*calls)
            if int(self.clock.now()) == began:
                return answers, tried
        self.need_alone()
        raise NotTestable("frozen clock", f"no second held {len(calls)} calls, in {tries} tries")

    def need_two_generations_in_a_window(self) -> None:
        """NotTestable where an access token outlives a grace window."""
        if self.lifetimes.access + self.clock.margin >= self.features.grace_seconds:
            raise NotTestable("clock", "it needs an access lifetime shorter than grace_seconds")

    @staticmethod
    def together(*calls: Callable[[], R]) -> Sequence[R]:
        """Make these calls at the same moment, each on a connection of its own."""
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
        """Make this call in the background; it has ended when the block has."""
        own = contextvars.copy_context()
        with ThreadPoolExecutor(1) as pool:
            yield pool.submit(own.run, call)
