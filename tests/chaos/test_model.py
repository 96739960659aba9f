"""Random requests and clocks: the reference never does anything but what SPEC.md says."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from reference_auth.core.judge import Presented
from reference_auth.core.rows import Fence, Row
from reference_auth.core.states import Access
from reference_auth.core.tokens import Claims
from reference_auth.flow.flow import Flow
from reference_auth.store.sessions import Sessions
from tests.chaos.figures import note
from tests.chaos.machine import machine
from tests.chaos.sizes import LONG, SEED, size
from tests.reference.interleaving import cheap_stretching

RUNS = size(100, 3000)
STEPS = 60
ENOUGH = 1500  # runs within which a broken rule must be seen

PLAIN = settings(
    max_examples=RUNS,
    stateful_step_count=STEPS,
    deadline=None,
    database=None,
    print_blob=False,
    report_multiple_bugs=False,
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def runner() -> Iterator[asyncio.Runner]:
    """A loop for all steps, cheap derivations, and no log of the burns."""
    logging.disable()
    with cheap_stretching(), asyncio.Runner() as runner:
        yield runner
    logging.disable(logging.NOTSET)


def test_the_reference_is_the_specification(runner: asyncio.Runner) -> None:
    """Every answer, and every item in the table after it, is what the clauses say."""
    reached = run(runner, PLAIN)
    note("model", runs=RUNS, steps=STEPS, **reached)
    assert set(reached) == {"rotations", "graces", "burns", "successors revoked"}


class ForgetfulRevoke(Sessions):
    async def end(self, row: Row, tombstones: Any) -> None:
        await super().end(row, [])


class LeakyBurn(Flow):
    """A burn that spares what was rotated."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        self.burn.is_to_delete = lambda row, fence, with_skew: (  # type: ignore[method-assign]
            row.rotated_from is None and fence.covers(row.exp)
        )


class LowFence(Flow):
    """A fence that a login of the burn's own second gets over."""

    def __init__(self, *parts: Any) -> None:
        super().__init__(*parts)
        fence_at = self.burn.fence_at

        def lower(now: int, reused: Claims | None = None) -> Fence:
            fence = fence_at(now, reused)
            return Fence(fence.before - 1, fence.ttl)

        self.burn.fence_at = lower  # type: ignore[method-assign]


class EarlyEnd(Flow):
    """The last good second of a refresh token is taken for one too late."""

    def present(self, *given: Any) -> Presented:
        presented = super().present(*given)
        if presented.access is not Access.FORGED:
            claims = presented.claims
            vars(presented)["claims"] = replace(claims, refresh_expiry=claims.refresh_expiry - 1)
        return presented


class EagerBurn(Flow):
    """Whatever is absent was spent."""

    async def successor_within_grace(self, presented: Presented) -> Any:
        await self.burn_for_reuse(presented)
        return await super().successor_within_grace(presented)


class DoubtfulGrace(Flow):
    """An ancestor inside its window is let off where another server's clock may be ahead."""

    async def successor_within_grace(self, presented: Presented) -> Any:
        claims, row = presented.claims, await presented.row()
        kept = await self.burn.look_up(claims.customer_id, row)
        if kept.is_over or await self.grace.successor(kept.tombstone, presented.now):
            return await super().successor_within_grace(presented)
        return None


QUICKLY_SEEN: list[dict[str, Any]] = [
    {"sessions_class": ForgetfulRevoke},
    {"flow_class": LowFence},
    {"flow_class": EagerBurn},
    {"flow_class": DoubtfulGrace},
]
SEEN_IN_THE_LONG_FORM: list[dict[str, Any]] = [
    {"flow_class": LeakyBurn},
    {"flow_class": EarlyEnd},
]


@pytest.mark.parametrize(
    "parts",
    [*QUICKLY_SEEN, *(SEEN_IN_THE_LONG_FORM if LONG else [])],
    ids=lambda parts: next(iter(parts.values())).__name__,
)
def test_a_broken_rule_is_seen(runner: asyncio.Runner, parts: dict[str, Any]) -> None:
    """A reference that breaks one clause differs from the model within a bounded number of runs."""
    quick = settings(PLAIN, max_examples=ENOUGH, phases=[Phase.generate])
    with pytest.raises(AssertionError):
        run(runner, quick, **parts)


def run(runner: asyncio.Runner, chosen: settings, **parts: Any) -> Counter[str]:
    """Run the machine; what its runs reached."""
    made = machine(runner, **parts)
    run_state_machine_as_test(seed(SEED)(made), settings=chosen)
    return made.reached
