"""Is memory flat? Minutes of every operation in turn, after a warm-up, watched from outside.

It is flat where the last third's median is at most MOST_GROWTH above the first's.
"""

from __future__ import annotations

import time
from collections.abc import Mapping

from rich.console import Console

from tools.bench import deployment
from tools.bench.figures import percentile
from tools.bench.report import table
from tools.bench.runs import Plan, Run, Target

WARM_UP = 0.1  # of the minutes, at most one, and on top of them
MOST_GROWTH = 2.0  # MiB; ten minutes have shown 0.2
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
    return verdict(console, [memory for _, memory, _ in seen], run.wrong)


def watch(run: Run, target: Target, minutes: float) -> list[tuple[float, float, int]]:
    """Minutes, MiB and calls so far, once after each turn of the four operations."""
    began, calls, seen = time.monotonic(), 0, list[tuple[float, float, int]]()
    warm = began + 60 * min(1.0, WARM_UP * minutes)
    while (now := time.monotonic()) < warm + 60 * minutes:
        samples = [
            run.spell(target, operation, CONNECTIONS, seconds)
            for operation, seconds in SPELLS.items()
        ]
        calls += sum(sample.calls for sample in samples)
        if now >= warm:
            seen.append(((time.monotonic() - began) / 60, samples[-1].memory, calls))
    return seen


def verdict(console: Console, memory: list[float], wrong: Mapping[str, int]) -> int:
    """Say what memory did and what was answered wrongly; 1 if there is anything to complain of."""
    first, last = thirds(memory)
    grown = last - first
    console.print(f"first third {first:.1f} MiB, last third {last:.1f} MiB, grown by {grown:.1f}.")
    if grown > MOST_GROWTH:
        console.print(f"GROWN by more than {MOST_GROWTH:.1f} MiB.")
    for sentence, times in wrong.items():
        console.print(f"WRONG, {times} times: {sentence}")
    return 1 if wrong or grown > MOST_GROWTH else 0


def thirds(memory: list[float]) -> tuple[float, float]:
    """The medians of the first third and of the last."""
    third = max(1, len(memory) // 3)
    return percentile(memory[:third], 0.5), percentile(memory[-third:], 0.5)
