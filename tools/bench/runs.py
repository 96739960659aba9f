"""One run: rounds in which every target is measured in turn, the floor calibrated around each."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from typing import Any

from tools.bench.calls import Address
from tools.bench.figures import Sample, percentile
from tools.bench.floor import Floor, calibrate
from tools.bench.processes import Program

FIRST = ("login", "echo")  # echoes need pairs that were made a moment ago
THEN = ("rotate", "revoke")  # rotations need pairs that have expired
LONGEST_WAIT = 30.0  # seconds for the first pairs to expire


@dataclass(frozen=True, slots=True)
class Target:
    """A deployment to measure; with its program, what it spends is measured too."""

    name: str
    address: Address
    program: Program | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """How often, how long and on how many connections."""

    rounds: int = 5
    seconds: float = 1.5
    levels: tuple[int, ...] = (1, 8, 32)
    floor_seconds: float = 1.0


class Run:
    """Drives the load process, and reads from outside what each program spends."""

    def __init__(
        self, load: Program, table: Program | None, targets: Sequence[Target], plan: Plan
    ) -> None:
        self.load = load
        self.table = table
        self.targets = targets
        self.plan = plan
        self.floors: list[Floor] = []
        self.wrong: dict[str, int] = {}
        self.missing: dict[str, None] = {}  # in the order in which they were found

    def measure(self, note: Callable[[str], None]) -> Iterator[Sample]:
        """Warm up, then give each round's samples."""
        for target in self.targets:
            self.open(target)
        note("warming up")
        for target, level in product(self.targets, self.plan.levels):
            self.spell(target, "login", level, self.plan.seconds)
        for target in self.targets:
            self.order(wait=target.name, longest=LONGEST_WAIT)
        for number in range(self.plan.rounds):
            note(f"round {number + 1} of {self.plan.rounds}")
            self.floors.append(calibrate(self.plan.floor_seconds))
            targets = self.targets if number % 2 else self.targets[::-1]
            for sample in self.round(targets):
                if sample.calls:
                    yield replace(sample, round=number)
                else:
                    self.missing[" ".join(map(str, sample.key))] = None
        self.floors.append(calibrate(self.plan.floor_seconds))

    def open(self, target: Target) -> None:
        """Tell the load of a target."""
        self.order(open=target.name, **asdict(target.address))

    def round(self, targets: Sequence[Target]) -> Iterator[Sample]:
        for level, target, operation in product(self.plan.levels, targets, FIRST):
            yield self.spell(target, operation, level, self.plan.seconds)
        for operation, (number, level), target in product(
            THEN, enumerate(self.plan.levels), targets
        ):
            share = len(self.plan.levels) - number  # the same number of pairs for each level
            yield self.spell(target, operation, level, self.plan.seconds, share)

    def spell(
        self, target: Target, operation: str, connections: int, seconds: float, share: int = 1
    ) -> Sample:
        """Measure one operation for a short while, with one pair in `share`."""
        before, derived = self.spent(target), self.derived(target)
        tally = self.order(
            shop=target.name,
            call=operation,
            connections=connections,
            seconds=seconds,
            share=share,
        )
        after = self.spent(target)
        for sentence, times in tally["wrong"].items():
            told = f"{target.name}, {operation}: {sentence}"
            self.wrong[told] = self.wrong.get(told, 0) + times
        latencies = tally["latencies"]
        calls = len(latencies)
        return Sample(
            target.name,
            operation,
            connections,
            round=0,
            calls=calls,
            wrong=sum(tally["wrong"].values()),
            per_second=calls / tally["seconds"],
            p50=percentile(latencies, 0.5),
            p95=percentile(latencies, 0.95),
            p99=percentile(latencies, 0.99),
            cpu_ms={name: 1000 * (after[name] - before[name]) / (calls or 1) for name in after},
            memory=target.program.memory() if target.program else 0.0,
            derivations=(self.derived(target) - derived) / (calls or 1),
        )

    def derived(self, target: Target) -> float:
        """Derivations of the target so far; NaN if they are not counted."""
        counted = target.program.derived() if target.program else None
        return math.nan if counted is None else counted

    def spent(self, target: Target) -> Mapping[str, float]:
        """CPU seconds by program so far."""
        programs = {"server": target.program, "table": self.table, "load": self.load}
        return {name: program.cpu_seconds() for name, program in programs.items() if program}

    def order(self, **order: Any) -> Any:
        """Send the load one order, and wait for its answer."""
        process = self.load.process
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(json.dumps(order) + "\n")
        process.stdin.flush()
        answer = process.stdout.readline()
        if not answer:
            raise RuntimeError("the load ended before its time")
        return json.loads(answer)
