"""What goes wrong between a server and its table, for one customer at a time."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from conformance_tests.deployment.faults.fault import Fault
from conformance_tests.deployment.faults.proxy import FaultProxy
from tests.chaos.sizes import size

FAULTY = 0.4  # the share of requests that meet a fault
BOTH = 0.4  # the share of those that meet a second one
ROLES = ("read", "change", "change")  # a change is what a session can be lost in
REFUSALS = ("error", "denied", "missing", "unknown", "garbage", "reset")
THROTTLES = ("throughput", "rate", "requests")
REASONS = ("TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded")
LONGEST_DELAY = 0.4
READ_TIMEOUT = 2.0  # the server's
SLOW_TIMES = size(2, 4)  # so often at most a fault lasts for seconds

InForce = AbstractContextManager[Fault]
Make = Callable[[FaultProxy, random.Random, str, int], InForce]


def _role(choose: random.Random) -> str:
    return choose.choice(ROLES)


KINDS: dict[str, Make] = {
    "refused": lambda proxy, choose, of, times: proxy.refuse(
        _role(choose), choose.choice(REFUSALS), of=of, times=times
    ),
    "throttled": lambda proxy, choose, of, times: proxy.throttle(
        _role(choose), choose.choice(THROTTLES), of=of, times=times
    ),
    "delayed": lambda proxy, choose, of, times: proxy.delay(
        _role(choose), choose.uniform(0, LONGEST_DELAY), of=of, times=times
    ),
    "dropped": lambda proxy, choose, of, times: proxy.drop_answer(
        _role(choose), of=of, times=times
    ),
    "conflicting": lambda proxy, choose, of, times: proxy.conflict(
        "change", choose.choice(REASONS), of=of, times=times
    ),
    "in progress": lambda proxy, choose, of, times: proxy.in_progress(of=of, times=times),
    "stale": lambda proxy, choose, of, times: proxy.stale(of=of, times=times),
}
# These make a request wait for seconds.
SLOW_KINDS: dict[str, Make] = {
    "hanging": lambda proxy, choose, of, times: proxy.hang(
        _role(choose), of=of, times=times, seconds=READ_TIMEOUT + 0.2
    ),
    "late": lambda proxy, choose, of, times: proxy.delay(
        _role(choose), READ_TIMEOUT + 0.2, of=of, times=times
    ),
    "refused for good": lambda proxy, choose, of, times: proxy.refuse(_role(choose), of=of),
    "throttled for good": lambda proxy, choose, of, times: proxy.throttle(_role(choose), of=of),
    "dropped for good": lambda proxy, choose, of, times: proxy.drop_answer(
        "change", of=of, times=None
    ),
}


@dataclass(frozen=True)
class Trouble:
    """One kind of fault for one customer, ready to be put in force."""

    kind: str
    fault: InForce


class Plan:
    """Chooses the faults that a request will meet; `unmet` are the kinds that none has met yet."""

    def __init__(self, proxy: FaultProxy, choose: random.Random) -> None:
        self.unmet = [*KINDS, *SLOW_KINDS]
        self._proxy = proxy
        self._choose = choose

    def met(self, kinds: Iterable[str]) -> None:
        """These have met a request."""
        self.unmet = [kind for kind in self.unmet if kind not in set(kinds)]

    def troubles(self, customer_id: str, *, slow: bool) -> list[Trouble]:
        """None for most requests; unmet kinds come first, slow ones only where `slow` allows it.

        While a kind is unmet, no request of a slow round is spared: each such round takes seconds.
        """
        spared = self._choose.random() > FAULTY
        if spared and not (slow and self.unmet):
            return []
        count = 1 + (self._choose.random() < BOTH)
        return [self._trouble(customer_id, slow) for _ in range(count)]

    def _trouble(self, customer_id: str, slow: bool) -> Trouble:
        kinds = KINDS | SLOW_KINDS if slow else KINDS
        unmet = [kind for kind in self.unmet if kind in kinds]
        kind = self._choose.choice(unmet or list(kinds))
        partition = self._choose.choice(["", "", "ended#"]) + customer_id
        times = self._choose.randint(1, SLOW_TIMES if kind in SLOW_KINDS else 4)
        return Trouble(kind, kinds[kind](self._proxy, self._choose, partition, times))
