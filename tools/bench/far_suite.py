"""How long the suite takes for a deployment that is far away, and what it spends the time on."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rich.console import Console

from conformance_tests.report.verdict import judge
from conformance_tests.runner.options import Options, Silence
from conformance_tests.runner.run import run_suite
from tools.bench.far import Distance, far_reference
from tools.bench.report import table

#: So many of the longest tests are shown.
SHOWN = 8


@dataclass(frozen=True, slots=True)
class Span:
    """When a test began and ended."""

    name: str
    begun: float
    ended: float
    again: bool

    @property
    def seconds(self) -> float:
        return self.ended - self.begun


@dataclass
class Spans(Silence):
    """A progress that notes when each test begins and ends."""

    spans: list[Span] = field(default_factory=list)
    _begun: dict[str, float] = field(default_factory=dict)

    def testing(self, ids: tuple[str, ...], name: str) -> None:
        self._begun[name] = time.monotonic()

    def ended(self, name: str, again: bool) -> None:
        now = time.monotonic()
        self.spans.append(Span(name, self._begun.pop(name, now), now, again))

    @property
    def seconds(self) -> float:
        """From the first test's begin to the last one's end."""
        return max(s.ended for s in self.spans) - min(s.begun for s in self.spans)

    def alone(self) -> float:
        """Seconds in which one test was under way, and no other one."""
        changes = sorted(change for s in self.spans for change in ((s.begun, 1), (s.ended, -1)))
        seconds, running, since = 0.0, 0, 0.0
        for moment, change in changes:
            seconds += moment - since if running == 1 else 0.0
            running, since = running + change, moment
        return seconds


def main(console: Console, distance: Distance, customers: int, parallel: int, *, bare: bool) -> int:
    """Judge the far reference and print where the time went; 1 if it is not conformant.

    bare: nothing is known of it but the credentials of its customers.
    """
    spans = Spans()
    with far_reference(distance, customers, parallel, credentials=bare) as (target, counts):
        began = time.monotonic()
        run = run_suite(target, Options(), spans)
        wall = time.monotonic() - began
        requests, calls = counts()
    report = judge(target, run)
    figures = {
        "wall": f"{wall:.1f} s",
        "before and after the tests": f"{wall - spans.seconds:.1f} s",
        "one test alone": f"{spans.alone():.1f} s",
        "tests, one after the other": f"{sum(s.seconds for s in spans.spans):.1f} s",
        "tests run again, alone": str(sum(s.again for s in spans.spans)),
        "requests to the server": str(requests),
        "requests to the table": str(calls),
        "conformant": "yes" if report.conformant else f"no; {run.stopped or 'see a run of it'}",
    }
    made = table("what", "how much")
    for name, told in figures.items():
        made.add_row(name, told)
    console.print(made)
    longest = table("longest tests", "seconds")
    for span in sorted(spans.spans, key=lambda s: -s.seconds)[:SHOWN]:
        longest.add_row(span.name, f"{span.seconds:.1f}")
    console.print(longest)
    return 0 if report.conformant else 1
