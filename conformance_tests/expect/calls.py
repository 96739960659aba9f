"""What must pass the fault proxy: which calls, and whether a fault was hit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from conformance_tests.expect.base import Checks
from conformance_tests.outcomes import NotApplicable, NotTestable

if TYPE_CHECKING:
    from concurrent.futures import Future

    from conformance_tests.deployment.faults.calls import Call
    from conformance_tests.deployment.faults.fault import Fault
    from conformance_tests.deployment.faults.proxy import FaultProxy
    from conformance_tests.deployment.http.answer import Answer

#: How often a call that is to be held is looked for, in seconds.
LOOK_SECONDS = 0.05
#: What a missing id turns into when somebody makes text of it.
MISSING_IDS = ("undefined", "None", "null", "")


class Calls(Checks):
    """Expectations of the calls to the table; NotTestable where they do not pass the proxy."""

    def table_seen(self, calls: Sequence[Call]) -> None:
        """The proxy has seen calls of the deployment; NotTestable where it stands elsewhere."""
        if not any(call.accesses for call in calls):
            raise NotTestable("faults", "no call of the deployment passes the fault proxy")

    @contextmanager
    def table_untouched(self, faults: FaultProxy) -> Iterator[None]:
        """What happens in here reads, writes and deletes nothing, in no partition at all."""
        with faults.watch() as calls:
            yield
        made = [call.operation for call in calls if call.accesses]
        self.that(not made, "no call to the table", ", ".join(made))

    @contextmanager
    def nothing_under_missing_id(self) -> Iterator[None]:
        """What happens in here writes nothing, and as far as is seen reads nothing, under none."""
        self._deployment.need_alone()
        table, faults = self._deployment.table, self._deployment.faults
        if table is None and faults is None:
            raise NotTestable("table")
        before = table.rows_of(*MISSING_IDS) if table else {}
        with faults.watch() if faults else nullcontext(()) as calls:
            yield
        after = table.rows_of(*MISSING_IDS) if table else {}
        changed = [id_ for id_, rows in before.items() if after[id_] != rows]
        self.that(not changed, "no row written under a missing id", f"rows under {changed}")
        made = [call.operation for call in calls if call.has_key(*MISSING_IDS)]
        self.that(not made, "no call to the table under a missing id", ", ".join(made))
        if table is None:
            self.table_seen(calls)

    def fault_hit(self, fault: Fault, answers: Sequence[Answer] = ()) -> None:
        """The fault was hit, and one of these answers came; otherwise the test has seen nothing."""
        if not fault.hits or (answers and not any(answer.status for answer in answers)):
            raise NotTestable("faults", "no call of this kind passed the fault proxy")

    def held(self, fault: Fault, by: Future[Any], calls: int = 1) -> None:
        """So many calls of a request in the background stop; otherwise the test sees nothing."""
        while not fault.held(calls, LOOK_SECONDS):
            if by.done() or fault.timed_out:
                raise NotTestable("faults", "no call of this kind passed the fault proxy")

    def fault_hit_by(self, operation: str, fault: Fault) -> None:
        """The same of a fault that only this operation can hit."""
        if not fault.hits:
            raise NotApplicable(f"the deployment sends no {operation} here")

    def rivals_met(self, fault: Fault) -> None:
        """Rivals have really met at a barrier; otherwise the race was never run."""
        self.fault_hit(fault)
        if not fault.complete:
            raise NotTestable("faults", "the rivals never met: the deployment takes them in turn")
