"""The judge of what passes the fault proxy: which calls, and whether a fault was met."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from conformance_tests.expect.base import Judge
from conformance_tests.outcomes import NotApplicable, NotTestable

if TYPE_CHECKING:
    from conformance_tests.deployment.faults import Fault, FaultProxy
    from conformance_tests.deployment.faults.calls import Call

#: What a missing id turns into when somebody makes text of it.
MISSING_IDS = ("undefined", "None", "null", "")


class Calls(Judge):
    """What a deployment asks of its table; NotTestable where that does not pass the proxy."""

    def table_seen(self, calls: Sequence[Call]) -> None:
        """The proxy has seen calls of the deployment; NotTestable where it stands elsewhere."""
        if not any(call.accesses for call in calls):
            raise NotTestable("faults", "no call of the deployment passes the fault proxy")

    @contextmanager
    def table_untouched(self, faults: FaultProxy) -> Iterator[None]:
        """What happens in here reads, writes and deletes nothing, in no partition at all."""
        with faults.watch() as calls:
            yield
        touching = [call.operation for call in calls if call.accesses]
        self.that(not touching, "no call to the table", ", ".join(touching))

    @contextmanager
    def no_missing_id(self) -> Iterator[None]:
        """What happens in here writes nothing, and as far as is seen reads nothing, under none."""
        table, faults = self._deployment.table, self._deployment.faults
        if table is None and faults is None:
            raise NotTestable("table")
        before = {id_: table.rows(id_) for id_ in MISSING_IDS} if table else {}
        with faults.watch() if faults else nullcontext(()) as calls:
            yield
        touched = [id_ for id_, rows in before.items() if table and table.rows(id_) != rows]
        self.that(not touched, "no row written under a missing id", f"rows under {touched}")
        reached = [call.operation for call in calls if call.has_key(*MISSING_IDS)]
        self.that(not reached, "no call to the table under a missing id", ", ".join(reached))
        if table is None:
            self.table_seen(calls)

    def met(self, fault: Fault) -> None:
        """The fault has had something to do; otherwise the test has seen nothing."""
        if not fault.hits:
            raise NotTestable("faults", "no call of this kind passed the fault proxy")

    def met_a(self, operation: str, fault: Fault) -> None:
        """The same of a fault that only this operation can have."""
        if not fault.hits:
            raise NotApplicable(f"the deployment sends no {operation} here")

    def met_together(self, fault: Fault) -> None:
        """Rivals have really met at a barrier; otherwise the race was never run."""
        self.met(fault)
        if not fault.complete:
            raise NotTestable("faults", "the rivals never met: the deployment takes them in turn")
