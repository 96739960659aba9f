"""From many calls to a few figures: percentiles, medians over rounds, ratios round by round."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

Key = tuple[str, str, int]  # target, operation, connections

# Derivations without a cache: for the pair that is presented, and for the one that is minted.
PRESENTED = {"login": 0, "echo": 2, "rotate": 2, "revoke": 2}
MINTED = {"login": 2, "echo": 0, "rotate": 2, "revoke": 0}


@dataclass(frozen=True, slots=True)
class Sample:
    """One operation on one target for one spell: rates, milliseconds and what it cost."""

    target: str
    operation: str
    connections: int
    round: int
    calls: int
    wrong: int
    per_second: float
    p50: float
    p95: float
    p99: float
    cpu_ms: Mapping[str, float]  # of one call, by program
    memory: float  # MiB
    derivations: float = math.nan  # of one call; NaN if they are not counted

    @property
    def hit_rate(self) -> float:
        """How often the cache had what the presented pair needs; NaN if nothing is presented."""
        presented = PRESENTED[self.operation]
        found = presented - (self.derivations - MINTED[self.operation])
        return found / presented if presented else math.nan

    @property
    def key(self) -> Key:
        return self.target, self.operation, self.connections


@dataclass(frozen=True, slots=True)
class Ratio:
    """A median and how far single rounds lie from it."""

    median: float
    least: float
    most: float


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that this share of all is no greater than; NaN of nothing."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def by_key(samples: Iterable[Sample]) -> dict[Key, list[Sample]]:
    """The samples of each target, operation and number of connections, in their order."""
    found: dict[Key, list[Sample]] = {}
    for sample in samples:
        found.setdefault(sample.key, []).append(sample)
    return found


def typical(samples: Sequence[Sample]) -> Sample:
    """One sample whose every figure is the median of these rounds' figures."""
    first = samples[0]
    programs = {name for sample in samples for name in sample.cpu_ms}
    return Sample(
        *first.key,
        round=0,
        calls=sum(sample.calls for sample in samples),
        wrong=sum(sample.wrong for sample in samples),
        **{
            name: median(getattr(sample, name) for sample in samples)
            for name in ("per_second", "p50", "p95", "p99", "memory", "derivations")
        },
        cpu_ms={
            name: median(sample.cpu_ms.get(name, 0.0) for sample in samples)
            for name in sorted(programs)
        },
    )


def ratio(ours: Sequence[Sample], theirs: Sequence[Sample], figure: str) -> Ratio:
    """How many times theirs our figure is, round by round: both saw the same machine."""
    by_round = {sample.round: getattr(sample, figure) for sample in theirs}
    each = [
        getattr(sample, figure) / by_round[sample.round]
        for sample in ours
        if by_round.get(sample.round)
    ]
    if not each:
        return Ratio(math.nan, math.nan, math.nan)
    return Ratio(median(each), min(each), max(each))
