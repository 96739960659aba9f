"""The fault proxy stands between a deployment and its table, and does to a call what a test asks.

It listens and forwards on the loopback only. A call that no fault concerns passes as it is.
Every word below gives a context manager; the fault is in force inside it, for the next `times`
calls of the `role` on the session rows of customer `of` (None: always, anybody's).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from conformance_tests.deployment.faults import acts, answers
from conformance_tests.deployment.faults.calls import ROLES, Call, CallLog
from conformance_tests.deployment.faults.earlier_answers import EarlierAnswers
from conformance_tests.deployment.faults.fault import Act, Exchange, Fault, Faults
from conformance_tests.deployment.faults.server import Closable, Server
from conformance_tests.deployment.faults.upstream import Upstream, upstream_address
from conformance_tests.deployment.faults.wire import Message, Stream

HANG_SECONDS = 30.0
HOLD_SECONDS = 10.0
BARRIER_SECONDS = 1.5  # less than the two seconds after which a client may send the call again
SAYING = "The fault proxy answered in place of the table."

Customer = str | int | None


class FaultProxy(Closable):
    """The proxy on `listen` (host:port) in front of `upstream` (http://host:port)."""

    def __init__(self, listen: str, upstream: str) -> None:
        self._upstream = upstream_address(upstream)
        self._faults = Faults()
        self._earlier = EarlierAnswers()
        self._logs: list[CallLog] = []
        self._lock = threading.Lock()
        self._server = Server(listen, self._converse)

    @property
    def url(self) -> str:
        """Where the deployment's AWS_ENDPOINT_URL_DYNAMODB has to point."""
        return self._server.url

    @property
    def idle(self) -> bool:
        """Whether no test watches or disturbs the calls now."""
        return not self._logs and not self._faults.any_in_force

    def close(self) -> None:
        """End every hold and every connection."""
        self._faults.release()
        self._server.close()

    # What a test can say.

    @contextmanager
    def watch(self) -> Iterator[CallLog]:
        """The calls that come while it is open."""
        log = CallLog()
        with self._lock:
            self._logs.append(log)
        try:
            yield log
        finally:
            with self._lock:
                self._logs.remove(log)

    def refuse(
        self,
        role: str = "any",
        how: str = "error",
        *,
        of: Customer = None,
        times: int | None = None,
        saying: str = SAYING,
    ) -> AbstractContextManager[Fault]:
        """Answer error (500), denied, missing, unknown (400) or garbage (HTML), or reset."""
        if how == "reset":
            return self._force(acts.reset, role, of, times)
        if how == "garbage":
            return self._force(acts.answer_with(answers.garbage(saying)), role, of, times)
        status, code = answers.REFUSALS[how]
        return self._force(acts.answer_with(answers.error(status, code, saying)), role, of, times)

    def throttle(
        self,
        role: str = "any",
        how: str = "throughput",
        *,
        of: Customer = None,
        times: int | None = None,
    ) -> AbstractContextManager[Fault]:
        """Answer that too much is asked: throughput, rate or requests."""
        status, code = answers.THROTTLES[how]
        return self._force(acts.answer_with(answers.error(status, code, SAYING)), role, of, times)

    def delay(
        self, role: str, seconds: float, *, of: Customer = None, times: int | None = None
    ) -> AbstractContextManager[Fault]:
        """Pass the call on after a while."""
        longest = max(seconds, HOLD_SECONDS)
        return self._force(acts.delay(seconds), role, of, times, patience=longest)

    def hang(
        self,
        role: str = "any",
        *,
        of: Customer = None,
        times: int | None = None,
        seconds: float = HANG_SECONDS,
    ) -> AbstractContextManager[Fault]:
        """Neither pass the call on nor answer; the connection is closed when it ends."""
        return self._force(acts.hang(seconds), role, of, times, patience=seconds)

    def drop_answer(
        self, role: str, *, of: Customer = None, times: int | None = 1
    ) -> AbstractContextManager[Fault]:
        """Let the table do it, then close the connection without the answer."""
        return self._force(acts.drop, role, of, times)

    def stale(
        self, role: str = "read", *, of: Customer = None, times: int | None = None
    ) -> AbstractContextManager[Fault]:
        """Answer a read as it was last answered while its rows were there, to the same question."""
        earlier = self._earlier.earlier
        return self._force(
            acts.answer_stale(earlier), role, of, times, only=lambda call: earlier(call) is not None
        )

    def conflict(
        self,
        role: str = "change",
        reason: str = "TransactionConflict",
        *,
        of: Customer = None,
        times: int | None = None,
    ) -> AbstractContextManager[Fault]:
        """Cancel the transaction for `reason` (or ThrottlingError, …): no condition failed."""
        return self._force(acts.cancel(reason, of), role, of, times, only=acts.in_transaction)

    def in_progress(
        self, role: str = "change", *, of: Customer = None, times: int | None = None
    ) -> AbstractContextManager[Fault]:
        """Answer that the same transaction is still under way."""
        said = answers.error(400, "TransactionInProgressException", SAYING)
        return self._force(acts.answer_with(said), role, of, times, only=acts.in_transaction)

    def leave_unprocessed(
        self, items: int = 1, *, of: Customer = None, times: int | None = 1
    ) -> AbstractContextManager[Fault]:
        """Keep the last `items` of a batch from the table and hand them back as unprocessed."""
        return self._force(acts.keep_back(items), "change", of, times, only=acts.in_batch)

    def hold(
        self,
        role: str,
        *,
        of: Customer = None,
        times: int | None = None,
        seconds: float = HOLD_SECONDS,
    ) -> AbstractContextManager[Fault]:
        """Stop calls until the test says `release()`; reads stop with their answer."""
        return self._force(acts.gate(role), role, of, times, patience=seconds)

    def barrier(
        self,
        role: str,
        parties: int = 2,
        *,
        of: Customer = None,
        seconds: float = BARRIER_SECONDS,
    ) -> AbstractContextManager[Fault]:
        """Stop the next calls until `parties` have come, then let them go together."""
        return self._force(acts.gate(role), role, of, parties, patience=seconds, parties=parties)

    # How it is done.

    def _force(
        self,
        act: Act,
        role: str,
        of: Customer,
        times: int | None,
        *,
        only: Callable[[Call], bool] = lambda call: True,
        patience: float = HOLD_SECONDS,
        parties: int | None = None,
    ) -> AbstractContextManager[Fault]:
        if role not in ROLES and not role[:1].isupper():
            raise ValueError(f"{role!r} is neither a role nor the name of an operation.")

        def concerns(call: Call) -> bool:
            return call.has_role(role, of) and only(call)

        return self._faults.force(
            Fault(act, concerns, times=times, patience=patience, parties=parties)
        )

    def _converse(self, caller: Stream) -> None:
        with contextlib.closing(Upstream(*self._upstream)) as upstream:
            while (request := caller.receive()) is not None:
                answer = self._answer(request, caller, upstream)
                if answer is None:
                    return
                caller.send(answer)

    def _answer(self, request: Message, caller: Stream, upstream: Upstream) -> Message | None:
        call = Call.of(request)
        self._note(call)

        def forward(request: Message) -> Message:
            answer = upstream.ask(request)
            self._earlier.note(call, answer)
            return answer

        exchange = Exchange(call, request, caller, forward)
        fault = self._faults.meeting(call)
        return fault.perform(exchange) if fault else exchange.ask()

    def _note(self, call: Call) -> None:
        if not self._logs:
            return
        with self._lock:
            for log in self._logs:
                log.note(call)
