"""Customers and their sessions: the words in which a conformance test is written.

A registered customer logs in over HTTP. A made-up one exists in the table alone: her logins are
forged as the deployment would have written them, and nobody else is affected. Both have the same
methods.
"""

from __future__ import annotations

import contextvars
import json
import secrets
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from conformance_tests.actors import developed_rows
from conformance_tests.actors.session import Session, expired
from conformance_tests.deployment.http.answer import SERVER_ERROR, Answer
from conformance_tests.deployment.http.documents import ABSENT
from conformance_tests.deployment.row import Row
from conformance_tests.good_calls import LOGIN, ROTATION
from conformance_tests.outcomes import NotTestable, good_call

if TYPE_CHECKING:
    from conformance_tests.deployment.clock import Clock
    from conformance_tests.deployment.deployment import Deployment
    from conformance_tests.target.parts import Credentials


#: So often a request is made that is asked to try again.
TRIES = 3
#: So many rows at most are asked of a developer, who writes and removes each by itself.
MOST_DEVELOPED = 30
#: Seconds by which a burn may cover more than what can have been issued: clocks differ.
LATEST_BURN = 15


class Customer(ABC):
    """What registered and made-up customers share."""

    def __init__(self, deployment: Deployment, id_: int | str | None) -> None:
        self.deployment = deployment
        self._id = id_
        #: When something last happened on each clock, at any instance.
        self._latest: dict[Clock, float] = {}
        self.sessions: list[Session] = []
        self._earlier: frozenset[str] = frozenset()
        #: Is held from the look at the second until the login or the rotation: tests may share her.
        self._turn = threading.RLock()

    @property
    def id(self) -> int | str:
        """The id in the claims, its type kept; NotTestable where no login has told it."""
        if self._id is None:
            raise NotTestable("customer", "no login has told whose it is, see CORE-01")
        return self._id

    @property
    def name(self) -> str:
        """The customer's name in what the user is told."""
        return str(self._id)

    @property
    def known_id(self) -> int | str | None:
        """The id, or None where nobody has logged in as this customer yet."""
        return self._id

    def rows(self) -> list[Row]:
        """The rows of the customer's own partition; NotTestable where nothing shows them."""
        return self.deployment.rows_of(self.id)

    def rows_of_this_test(self) -> list[Row]:
        """Those rows that other tests have not left to a customer of many tests."""
        return [row for row in self.rows() if row.hash not in self._earlier]

    @contextmanager
    def extra_rows(self, count: int, size: int = 0) -> Iterator[list[Row]]:
        """So many more rows in the customer's partition, of so many bytes; deleted afterwards.

        They stand before her own: a page of them does not hold hers. NotTestable where a developer
        would have to write many, or large ones.
        """
        if self.deployment.developer is not None and count <= MOST_DEVELOPED and not size:
            with developed_rows.extra(self.deployment, self.id, count) as rows:
                yield rows
            return
        table = self.deployment.need_table()
        now = int(self.deployment.clock.now())
        ttl = now + self.deployment.lifetimes.extended
        more = {"padding": {"S": "x" * size}} if size else {}
        more |= {"exp": {"N": str(now)}} if self.deployment.rows_tell_exp else {}
        hashes = (f"{0:08}{secrets.token_hex(60)}" for _ in range(count))
        rows = [Row.of(self.id, hash_, ttl, more) for hash_ in hashes]
        table.put_many(rows)
        try:
            yield rows
        finally:
            table.delete_many(rows)

    @property
    def must_wait(self) -> bool:
        """Whether a session of hers can only expire by really waiting."""
        return self.deployment.must_wait

    def need_time(self) -> None:
        """NotTestable, before she logs in, where her access token cannot be seen expired."""
        if self.must_wait:
            self.deployment.need_wait()

    @abstractmethod
    def need_unfenced(self, exp: int) -> None:
        """NotTestable where an earlier burn of hers covers a pair that is forged with this exp."""

    @abstractmethod
    def log_in(self, remember_me: Any = ABSENT) -> Session:
        """A new session, of other tokens than each earlier one of this customer."""

    @abstractmethod
    def on(self, deployment: Deployment) -> Customer:
        """The same customer before another instance."""

    def expired_sessions(self, count: int, remember_me: Any = ABSENT) -> list[Session]:
        """So many sessions, their access tokens expired."""
        self.need_time()
        if remember_me is ABSENT and (self.must_wait or self.deployment.sessions_are_short):
            remember_me = True  # it must outlast the tests that wait, or the making of the others
        return expired(*(self.log_in(remember_me) for _ in range(count)))

    def expired_session(self, remember_me: Any = ABSENT) -> Session:
        """One session, its access token expired."""
        return self.expired_sessions(1, remember_me)[0]

    def renewed_session(self, remember_me: Any = ABSENT) -> Session:
        """One session that was renewed once, its access token expired again; where that takes a
        wait, one that was not renewed.
        """
        session = self.expired_session(remember_me)
        if self.must_wait:
            return session
        with good_call(*ROTATION):
            return self.successor_of(session).expired()

    def live_sessions(self, count: int) -> list[Session]:
        """So many sessions."""
        return [self.log_in() for _ in range(count)]

    def soon_expired_sessions(self, count: int) -> list[Session]:
        """The same, expired; NotTestable where that takes a wait. Only for optional tests."""
        if self.must_wait:
            raise NotTestable("clock", self.deployment.clock.unusable)
        return self.expired_sessions(count)

    def session_with_left(self, seconds: int, remember_me: Any = ABSENT) -> Session:
        """One session, its access token expired, with so many seconds of refresh left."""
        self.need_time()
        return self.log_in(remember_me).with_left(seconds)

    def successor_of(self, session: Session) -> Session:
        """The session that a refresh of this one hands out."""
        return self.issued_by(session.refresh)

    def issued_by(self, ask: Callable[[], Answer]) -> Session:
        """The session that a request hands out."""
        with self._turn:
            self._wait_unless_apart()
            return self._adopt(lambda: self._ask_again_if_told(ask))

    def _ask_again_if_told(self, ask: Callable[[], Answer]) -> Answer:
        """Where tests wait together and share her, others may have taken all that was free in this
        second: who is asked to try again does so, a few times.
        """
        answer, tries = ask(), 1
        while answer.asks_to_retry and self.must_wait and tries < TRIES:
            self.mark_active()
            self.wait_for_new_second()
            answer, tries = ask(), tries + 1
        return answer

    def session_from(self, answer: Answer) -> Session:
        """The session that an answer (of a login, of a refresh) hands out."""
        return self._adopt(lambda: answer)

    def session_unless_retry(self, answer: Answer) -> Session | None:
        """The session that an answer hands out; None where it asks to try again."""
        return None if SERVER_ERROR in answer.categories else self.session_from(answer)

    def keep(self, *pairs: tuple[str, str]) -> None:
        """Keep these pairs, so that they are ended with the run."""
        self.sessions += (Session(self, *pair) for pair in pairs)
        self.mark_active()

    def mark_active(self) -> None:
        """Something happened in this second: a later login needs another one."""
        clock = self.deployment.clock
        self._latest[clock] = clock.now()

    @property
    def last_active(self) -> float:
        """When this customer last did something, on the deployment's clock; 0 for never."""
        return self._latest.get(self.deployment.clock, 0.0)

    def _wait_unless_apart(self) -> None:
        """Wait for a second of its own, unless the deployment tells pairs of one second apart.

        Where time need not be waited for, an aged pair may have left its tokens to the next one.
        """
        if not (self.must_wait and self.deployment.tells_pairs_apart):
            self.wait_for_new_second()

    def wait_for_new_second(self) -> None:
        """Wait for another second, if this customer did something in this one."""
        clock = self.deployment.clock
        while not clock.second_has_passed(self._latest.get(clock, 0)):
            if not clock.moves_now:
                self.deployment.tell(f"waiting for a second of its own for {self.name}")
            clock.wait_for_next_second(self._latest[clock])

    def _adopt(self, ask: Callable[[], Answer]) -> Session:
        with self._new_row() as found:
            token, refresh_token = ask().pair()
        self.mark_active()
        session = Session(self, token, refresh_token, found[0] if found else None)
        self.sessions.append(session)
        return session

    @contextmanager
    def _new_row(self) -> Iterator[list[Row]]:
        """The one row that appears in here, where it cannot be found by its hash."""
        found: list[Row] = []
        if self.deployment.can_hash or self.deployment.table is None or self._id is None:
            yield found
            return
        before = {row.hash for row in self.rows()}
        yield found
        new = [row for row in self.rows() if row.hash not in before]
        found.extend(new if len(new) == 1 else [])


class RegisteredCustomer(Customer):
    """One of the target file's customers."""

    def __init__(
        self, deployment: Deployment, credentials: Credentials, id_: int | str | None = None
    ) -> None:
        super().__init__(deployment, id_)
        self.credentials = credentials
        #: The wrong passwords since the last login: a platform may lock the account for them.
        self._wrong: list[object] = []

    @property
    def must_wait(self) -> bool:
        """So it is too where a developer writes rows: none tells whether a burn covers hers."""
        return self.deployment.must_wait or self.deployment.developer is not None

    def ignoring_earlier_rows(self) -> RegisteredCustomer:
        """The same customer, for a test that counts her rows."""
        same = self.on(self.deployment)
        if self.deployment.sees_rows and self.known_id is not None:
            same._earlier = frozenset(row.hash for row in self.rows())
        return same

    def log_in(self, remember_me: Any = ABSENT) -> Session:
        with self._turn, good_call(*LOGIN):
            self._wait_unless_apart()
            ask = partial(self.ask_to_log_in, remember_me)
            session = self._adopt(lambda: self._unless_locked(self._ask_again_if_told(ask)))
        self.learn_id(session)
        return session

    @property
    def name(self) -> str:
        return self.credentials.email.partition("@")[0]

    @property
    def id_as_json(self) -> str:
        """The id as JSON."""
        return json.dumps(self.id)

    @property
    def unknown_id_as_json(self) -> str:
        """An id of the same kind that nobody has, as JSON."""
        if isinstance(self.id, int):
            return json.dumps(9_007_199_254_740_000 - self.id)
        return json.dumps(self.deployment.nobody)

    def need_unfenced(self, exp: int) -> None:
        deployment, until = self.deployment, self.deployment.need_table().fence(self.id)
        now = deployment.clock.now()
        # A burn covers what was issued until then: one that reaches further is the deployment's.
        if exp <= until <= now + deployment.lifetimes.access + LATEST_BURN:
            at = time.strftime("%H:%M:%S", time.localtime(until + 1))
            told = f"an earlier burn of {self.name} covers every older pair until {at}"
            raise NotTestable("clock", f"{told}; run it again then, or add [clock]")

    def learn_id(self, session: Session) -> None:
        """Take the id from a session's claims."""
        self._id = session.claims.get("customer_id", self._id)

    def ask_to_log_in(self, remember_me: Any = ABSENT, *, password: Any = None) -> Answer:
        """The raw login, at once; with another password if one is named."""
        given = self.credentials
        if password is not None:
            self._wrong.append(password)
        return self.deployment.client.log_in(
            given.email, given.password if password is None else password, remember_me
        )

    def _unless_locked(self, login: Answer) -> Answer:
        """A login with the right password; NotTestable where wrong ones have locked the account."""
        tries = len(self._wrong)
        if tries and login.is_refusal and not login.asks_to_retry:
            locked = f"{self.name} cannot log in after {tries} wrong passwords"
            raise NotTestable("customer", f"{locked}: the platform seems to lock the account")
        self._wrong.clear()
        return login

    def log_in_at_once(
        self, remember_me: Any = ABSENT, *, patience: float | None = None
    ) -> Session | None:
        """A login in the second of what just happened; None where it asks to try again.

        patience: seconds after which a clock that stands still is moved on; the deployment may
        wait for the next second.
        """
        own = contextvars.copy_context()
        with ThreadPoolExecutor(1) as pool:
            asked = pool.submit(own.run, self.ask_to_log_in, remember_me)
            if wait([asked], timeout=patience).not_done and self.deployment.clock.frozen:
                self.deployment.clock.next_second()
        return self.session_unless_retry(asked.result())

    def on(self, deployment: Deployment) -> RegisteredCustomer:
        other = RegisteredCustomer(deployment, self.credentials, self._id)
        other.sessions = self.sessions  # one that was made at any instance is ended with the run
        other._latest = self._latest
        other._wrong = self._wrong
        other._turn = self._turn
        return other


class MadeUpCustomer(Customer):
    """A customer who exists in the table only; the id begins `conformance-<run>-`.

    Her rows are written into the table, or by a development operation where the suite has none.
    """

    def log_in(self, remember_me: Any = ABSENT) -> Session:
        """A session as a login now would have made it: minted, and its row written."""
        self.wait_for_new_second()
        self.mark_active()
        left = self.deployment.session_lasts(remember_me=remember_me is True)
        access_left = min(self.deployment.lifetimes.access, left - 1)
        now = int(self.deployment.clock.now())
        began = {"auth_time": now} if self.deployment.longest_session else {}
        return self.forge_session(access_left, left, claims=began, like_login=True)

    def forge_session(
        self,
        access_left: int,
        refresh_left: int,
        *,
        claims: Mapping[str, Any] | None = None,
        ttl: Any = ...,
        extra: Mapping[str, Mapping[str, Any]] | None = None,
        like_login: bool = False,
    ) -> Session:
        """A session with so many seconds left of each token (negative: past).

        claims: more claims, or other values for the usual ones.
        ttl: the row's, stored as Number (int), String (str) or left out (None); the type `str`
            stores refresh_expiry as a String.
        extra: further attributes of the row.
        like_login: the row tells exp where those of logins do.
        """
        now = int(self.deployment.clock.now())
        usual = {
            "customer_id": self.id,
            "exp": now + access_left,
            "refresh_expiry": now + refresh_left,
            "iat": now,
        }
        minted = {**usual, **(claims or {})}
        return self.mint_session(minted, ttl=ttl, extra=extra, like_login=like_login)

    def mint_session(
        self,
        claims: Mapping[str, Any],
        *,
        ttl: Any = ...,
        extra: Mapping[str, Mapping[str, Any]] | None = None,
        like_login: bool = False,
    ) -> Session:
        """A genuine pair of these claims with its row; `exp` moves down where it is taken."""
        forge = self.deployment.need_forge()
        claims = dict(claims)
        while claims["exp"] in {session.claims.get("exp") for session in self.sessions}:
            claims["exp"] -= 1
        # A server may make a token anew from such a row, and spell other letters as it pleases.
        if like_login and self.deployment.rows_tell_exp and str(self.id).isascii():
            extra = {"exp": {"N": str(claims["exp"])}, **(extra or {})}
        refresh_token = forge.refresh_token(claims["customer_id"], claims["exp"])
        row = self.add_row(refresh_token, claims["refresh_expiry"], ttl=ttl, extra=extra)
        session = Session(
            self, self.deployment.add_access_token(forge.mint(claims)), refresh_token, row
        )
        self.sessions.append(session)
        return session

    def add_row(
        self,
        refresh_token: str,
        end: int,
        *,
        ttl: Any = ...,
        extra: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> Row:
        """The row of a pair with this refresh token and refresh_expiry; ttl and extra as above.

        NotTestable where a row of another form than usual needs the table.
        """
        if self.deployment.developer is not None and ttl is ... and not extra:
            return developed_rows.write(self.deployment, self.id, refresh_token, end)
        stored: Any = {...: end, str: str(end)}.get(ttl, ttl)
        hash_ = self.deployment.need_forge().hash_of(refresh_token)
        return self.deployment.need_table().put(self.id, hash_, stored, extra)

    def need_unfenced(self, exp: int) -> None:
        """Only the test that made her up has burned her."""

    def on(self, deployment: Deployment) -> MadeUpCustomer:
        return MadeUpCustomer(deployment, self._id)
