"""A run as a table to read and as JSON to keep."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

from rich.box import MARKDOWN
from rich.console import Console
from rich.table import Table

from tools.bench.figures import Key, Ratio, Sample, by_key, ratio, typical
from tools.bench.floor import Floor

OPERATIONS = ("login", "rotate", "revoke", "echo")


@dataclass(frozen=True, slots=True)
class Measured:
    """All that one run found."""

    samples: Sequence[Sample]
    floors: Sequence[Floor]
    targets: Sequence[str]
    wrong: Mapping[str, int] = field(default_factory=dict)
    missing: Sequence[str] = ()
    ready_seconds: Mapping[str, float] = field(default_factory=dict)

    @property
    def derivations_per_second(self) -> float:
        """The floor: what all cores can derive."""
        return median(floor.per_second for floor in self.floors)

    def shares(self, sample: Sample) -> dict[str, float | None]:
        """What can be said of the reference only: its derivations are counted."""
        shares = {
            "hit_rate": sample.hit_rate,
            "share_of_cpu": self.share_of_cpu(sample),
            "share_of_floor": self.share_of_floor(sample),
        }
        return {name: None if math.isnan(share) else share for name, share in shares.items()}

    def share_of_floor(self, sample: Sample) -> float:
        """The rate as a share of what deriving alone would allow."""
        return sample.per_second * sample.derivations / self.derivations_per_second

    def share_of_cpu(self, sample: Sample) -> float:
        """Of the CPU time that all programs spent on a call, the share that derived."""
        derived = sample.derivations * median(floor.cpu_ms for floor in self.floors)
        spent = sum(sample.cpu_ms.values())
        return derived / spent if spent else math.nan

    def place(self, key: Key) -> tuple[int, int, int]:
        """Where a key stands in a table."""
        target, operation, connections = key
        return OPERATIONS.index(operation), connections, self.targets.index(target)

    def ratios(self) -> dict[Key, dict[str, Ratio]]:
        """Each target against the last one, round by round: rates and medians of time."""
        found, (*ours, last) = by_key(self.samples), self.targets
        return {
            key: {
                figure: ratio(samples, found.get((last, *key[1:]), []), figure)
                for figure in ("per_second", "p50")
            }
            for key, samples in found.items()
            if key[0] in ours
        }


def show(measured: Measured, console: Console) -> None:
    """Print the floor, each operation's figures, the ratios, and what went wrong."""
    console.print(machine())
    console.print(floors(measured.floors))
    console.print(figures(measured))
    if len(measured.targets) > 1:
        console.print(comparison(measured))
    console.print(derivations(measured.floors))
    for what in measured.missing:
        console.print(f"Not measured in some round: {what}.")
    for name, seconds in measured.ready_seconds.items():
        console.print(f"{name} answers {seconds:.2f} s after its start.")
    for sentence, times in measured.wrong.items():
        console.print(f"WRONG, {times} times: {sentence}")


def machine() -> str:
    """Where this was measured."""
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


def table(*columns: str) -> Table:
    made = Table(box=MARKDOWN)
    for place, column in enumerate(columns):
        made.add_column(column, justify="right" if place else "left", no_wrap=True)
    return made


def floors(all_of_them: Sequence[Floor]) -> Table:
    """The floor before, between and after the rounds."""
    made = table("floor", "derivations/s, all cores", "CPU ms", "plain/s, one core", "CPU ms")
    for number, floor in enumerate(all_of_them):
        made.add_row(f"before round {number + 1}", *_floor_cells(floor))
    return made


def _floor_cells(floor: Floor) -> Iterator[str]:
    yield f"{floor.per_second:.0f}"
    yield f"{floor.cpu_ms:.2f}"
    yield f"{floor.plain_per_second:.0f}"
    yield f"{floor.plain_cpu_ms:.2f}"


def derivations(all_of_them: Sequence[Floor]) -> str:
    """How much of a ratio to the plain server is its slower derivation alone."""
    times = median(floor.plain_cpu_ms / floor.cpu_ms for floor in all_of_them)
    return f"One derivation of the plain server takes {times:.2f} times the reference's CPU."


def figures(measured: Measured) -> Table:
    """One line for each operation, number of connections and target."""
    programs = ("server", "table", "load")
    made = table(
        *("operation", "connections", "target", "per s", "p50 ms", "p95", "p99"),
        *(f"{name} CPU ms" for name in programs),
        *("derivations", "hit rate", "deriving", "of floor", "MiB"),
    )
    found = by_key(measured.samples)
    order = {name: place for place, name in enumerate(OPERATIONS)}
    for key in sorted(
        found, key=lambda key: (order[key[1]], key[2], measured.targets.index(key[0]))
    ):
        sample = typical(found[key])
        made.add_row(
            *(sample.operation, str(sample.connections), sample.target),
            f"{sample.per_second:.1f}",
            *(f"{value:.1f}" for value in (sample.p50, sample.p95, sample.p99)),
            *(f"{sample.cpu_ms[name]:.2f}" if name in sample.cpu_ms else "" for name in programs),
            "" if math.isnan(sample.derivations) else f"{sample.derivations:.2f}",
            *("" if one is None else f"{one:.0%}" for one in measured.shares(sample).values()),
            f"{sample.memory:.0f}" if sample.memory else "",
        )
    return made


def comparison(measured: Measured) -> Table:
    """How many times the last target's figures the others' are."""
    made = table("operation", "connections", f"against {measured.targets[-1]}", "rate", "p50")
    found = measured.ratios()
    for key in sorted(found, key=measured.place):
        target, operation, connections = key
        made.add_row(operation, str(connections), target, *map(spelt, found[key].values()))
    return made


def spelt(ratio: Ratio) -> str:
    return f"{ratio.median:.2f} ({ratio.least:.2f} to {ratio.most:.2f})"


def as_json(measured: Measured) -> dict[str, Any]:
    """Everything, for a program to read."""
    return {
        "machine": machine(),
        "targets": list(measured.targets),
        "ready_seconds": dict(measured.ready_seconds),
        "floors": [asdict(floor) for floor in measured.floors],
        "medians": [
            asdict(sample) | measured.shares(sample)
            for sample in map(typical, by_key(measured.samples).values())
        ],
        "ratios": [
            {"target": key[0], "operation": key[1], "connections": key[2]}
            | {name: asdict(one) for name, one in ratios.items()}
            for key, ratios in measured.ratios().items()
        ],
        "rounds": [asdict(sample) for sample in measured.samples],
        "wrong": dict(measured.wrong),
        "missing": list(measured.missing),
    }
