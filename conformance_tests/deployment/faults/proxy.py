"""The fault proxy stands between a deployment and its table, and does to a call what a test asks.

It listens and forwards on the loopback only. A call that no fault concerns passes as it is.
Every word below gives a context manager; the fault is in force inside it, for the next `times`
calls of the `role` on the session rows of customer `of` (None: always, anybody's), once `after`
such calls have passed.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TypedDict, Unpack

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
InForce = AbstractContextManager[Fault]


class Which(TypedDict, total=False):
    """The calls that a fault concerns: of which customer (None: anybody's), how many, and how many
    of them pass first.
    """

    of: Customer
    times: int | None
    after: int


def _ignore(told: str) -> None:
    """The default: nobody is told."""


class FaultProxy(Closable):
    """The proxy on `listen` (host:port) in front of `upstream` (http://host:port)."""

    def __init__(self, listen: str, upstream: str) -> None:
        #: Is told of each fault that a test sets.
        self.tell: Callable[[str], None] = _ignore
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
        saying: str = SAYING,
        **which: Unpack[Which],
    ) -> InForce:
        """Answer error (500), denied, missing, unknown (400) or garbage (HTML), or reset."""
        if how == "reset":
            return self._force("refuse", acts.reset, role, which)
        if how == "garbage":
            return self._force("refuse", acts.answer_with(answers.garbage(saying)), role, which)
        status, code = answers.REFUSALS[how]
        return self._force(
            "refuse", acts.answer_with(answers.error(status, code, saying)), role, which
        )

    def throttle(
        self, role: str = "any", how: str = "throughput", **which: Unpack[Which]
    ) -> InForce:
        """Answer that too much is asked: throughput, rate or requests."""
        status, code = answers.THROTTLES[how]
        return self._force(
            "throttle", acts.answer_with(answers.error(status, code, SAYING)), role, which
        )

    def delay(self, role: str, seconds: float, **which: Unpack[Which]) -> InForce:
        """Pass the call on after a while."""
        longest = max(seconds, HOLD_SECONDS)
        return self._force("delay", acts.delay(seconds), role, which, patience=longest)

    def hang(
        self, role: str = "any", *, seconds: float = HANG_SECONDS, **which: Unpack[Which]
    ) -> InForce:
        """Neither pass the call on nor answer; the connection is closed when it ends."""
        return self._force("hang", acts.hang(seconds), role, which, patience=seconds)

    def drop_answer(self, role: str, **which: Unpack[Which]) -> InForce:
        """Let the table do it (once, if not said otherwise), then close without the answer."""
        return self._force("drop_answer", acts.drop, role, {"times": 1, **which})

    def stale(self, role: str = "read", **which: Unpack[Which]) -> InForce:
        """Answer a read as it was last answered while its rows were there, to the same question."""
        earlier = self._earlier.earlier
        answer = acts.answer_stale(earlier)
        return self._force(
            "stale", answer, role, which, only=lambda call: earlier(call) is not None
        )

    def conflict(
        self, role: str = "change", reason: str = "TransactionConflict", **which: Unpack[Which]
    ) -> InForce:
        """Cancel the transaction for `reason` (or ThrottlingError, …): no condition failed."""
        cancel = acts.cancel(reason, which.get("of"))
        return self._force("conflict", cancel, role, which, only=acts.in_transaction)

    def in_progress(self, role: str = "change", **which: Unpack[Which]) -> InForce:
        """Answer that the same transaction is still under way."""
        answer = answers.error(400, "TransactionInProgressException", SAYING)
        return self._force(
            "in_progress", acts.answer_with(answer), role, which, only=acts.in_transaction
        )

    def leave_unprocessed(self, items: int = 1, **which: Unpack[Which]) -> InForce:
        """Keep the last `items` of a batch (of one, if not said otherwise) from the table, and hand
        them back as unprocessed.
        """
        once: Which = {"times": 1, **which}
        return self._force(
            "leave_unprocessed", acts.keep_back(items), "change", once, only=acts.in_batch
        )

    def hold(self, role: str, *, seconds: float = HOLD_SECONDS, **which: Unpack[Which]) -> InForce:
        """Stop calls until the test says `release()`; reads stop with their answer."""
        return self._force("hold", acts.gate(role), role, which, patience=seconds)

    def barrier(
        self,
        role: str,
        parties: int = 2,
        *,
        of: Customer = None,
        seconds: float = BARRIER_SECONDS,
    ) -> InForce:
        """Stop the next calls until `parties` have come, then let them go together."""
        which: Which = {"of": of, "times": parties}
        return self._force(
            "barrier", acts.gate(role), role, which, patience=seconds, parties=parties
        )

    def confine(self, ours: Callable[[str], bool]) -> InForce:
        """Deny every change in a partition that is not ours."""
        status, code = answers.REFUSALS["denied"]
        act = acts.answer_with(answers.error(status, code, SAYING))
        return self._force("", act, "any", {}, only=lambda call: not call.changes_only(ours))

    # How it is done.

    def _force(
        self,
        name: str,
        act: Act,
        role: str,
        which: Which,
        *,
        only: Callable[[Call], bool] = lambda call: True,
        patience: float = HOLD_SECONDS,
        parties: int | None = None,
    ) -> InForce:
        if role not in ROLES and not role[:1].isupper():
            raise ValueError(f"{role!r} is neither a role nor the name of an operation.")

        def concerns(call: Call) -> bool:
            return call.has_role(role, which.get("of")) and only(call)

        if name:  # what only guards other people's rows is no news
            self.tell(f"{name.replace('_', ' ')}, for calls of the kind {role}")
        times, after = which.get("times"), which.get("after", 0)
        fault = Fault(act, concerns, times=times, after=after, patience=patience, parties=parties)
        return self._faults.force(fault)

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
                log.append(call)
