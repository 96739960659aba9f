"""Is memory flat? Minutes of every operation in turn, after a warm-up, watched from outside."""

from __future__ import annotations

import time

from rich.console import Console

from tests.bench import deployment
from tests.bench.figures import percentile
from tests.bench.report import table
from tests.bench.runs import Plan, Run, Target

WARM_UP = 0.1  # of the minutes, at most one
CONNECTIONS = 8
SPELLS = {"login": 5.0, "echo": 2.0, "rotate": 5.0, "revoke": 3.0}  # seconds; logins feed the rest


def main(console: Console, minutes: float, workers: int) -> int:
    """Load the reference for so long, and print its memory ten times."""
    with (
        deployment.engine() as engine,
        deployment.load() as load,
        deployment.reference("reference", engine, workers) as program,
    ):
        target = Target(program.name, deployment.address(program.origin), program)
        run = Run(load, engine, [target], Plan())
        run.open(target)
        seen = watch(run, target, minutes)
    tenth = max(1, len(seen) // 10)
    made = table("minutes", "MiB", "calls")
    for minute, memory, calls in seen[::tenth]:
        made.add_row(f"{minute:.1f}", f"{memory:.1f}", str(calls))
    console.print(made)
    console.print(growth_of([memory for _, memory, _ in seen]))
    return 1 if run.wrong else 0


def watch(run: Run, target: Target, minutes: float) -> list[tuple[float, float, int]]:
    """Minutes, MiB and calls so far, once after each turn of the four operations."""
    began, calls, seen = time.monotonic(), 0, list[tuple[float, float, int]]()
    warm = began + 60 * min(1.0, WARM_UP * minutes)
    while (now := time.monotonic()) < began + 60 * minutes:
        samples = [
            run.spell(target, operation, CONNECTIONS, seconds)
            for operation, seconds in SPELLS.items()
        ]
        calls += sum(sample.calls for sample in samples)
        if now >= warm:
            seen.append(((time.monotonic() - began) / 60, samples[-1].memory, calls))
    return seen


def growth_of(memory: list[float]) -> str:
    """The last third beside the first, by their medians."""
    third = max(1, len(memory) // 3)
    first, last = (percentile(part, 0.5) for part in (memory[:third], memory[-third:]))
    return f"first third {first:.1f} MiB, last third {last:.1f} MiB, grown by {last - first:.1f}."
