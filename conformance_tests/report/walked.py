"""How far the walks of a run went."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from operator import add


@dataclass(frozen=True, slots=True)
class Walked:
    """So many walks of so many steps, and how many conditions of steps they met."""

    seed: int
    walks: int = 0
    steps: int = 0
    conditions: int = 0

    def __add__(self, other: Walked) -> Walked:
        conditions = max(self.conditions, other.conditions)
        return Walked(self.seed, self.walks + other.walks, self.steps + other.steps, conditions)

    def __str__(self) -> str:
        told = f"{self.walks} walks of {self.steps} steps in all"
        return f"{told}, {self.conditions} combinations of conditions planned, seed {self.seed}"


def sum_of(parts: Sequence[Walked]) -> Walked | None:
    """The walks of all workers together."""
    return reduce(add, parts) if parts else None
