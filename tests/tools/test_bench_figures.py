"""A benchmark's sums: percentiles, medians over rounds, ratios round by round, shares."""

from __future__ import annotations

import asyncio
import io
import math
import socket
import time
from typing import Any

import pytest
from rich.console import Console

from tools.bench.calls import Address, Pair, Shop
from tools.bench.figures import Sample, percentile, ratio, typical
from tools.bench.floor import Floor
from tools.bench.load import drive
from tools.bench.report import Measured
from tools.bench.soak import MOST_GROWTH, thirds, verdict

FLOOR = Floor(per_second=240.0, cpu_ms=4.0, plain_per_second=180.0, plain_cpu_ms=5.5)


def sample(target: str, per_second: float, **changes: Any) -> Sample:
    plain: dict[str, Any] = {
        "operation": "rotate",
        "connections": 8,
        "round": 0,
        "calls": 100,
        "wrong": 0,
        "p50": 1000 / per_second,
        "p95": 2000 / per_second,
        "p99": 3000 / per_second,
        "cpu_ms": {"server": 18.0, "table": 1.5, "load": 0.5},
        "memory": 80.0,
        "derivations": 4.0 if target == "ours" else math.nan,
    }
    return Sample(target=target, per_second=per_second, **{**plain, **changes})


def run(*rates: tuple[float, float], **changes: Any) -> Measured:
    """Rounds in which the one target and the other reached these rates."""
    samples = [
        sample(target, rate, round=number)
        for number, pair in enumerate(rates)
        for target, rate in zip(("ours", "theirs"), pair, strict=True)
    ]
    return Measured(samples, [FLOOR], ["ours", "theirs"], **changes)


@pytest.mark.parametrize(
    "share, expected", [(0.01, 1), (0.5, 50), (0.501, 51), (0.95, 95), (0.99, 99), (1.0, 100)]
)
def test_a_percentile_is_a_value_that_was_seen(share: float, expected: int) -> None:
    """The p-th percentile of 1 to 100 is p, and a little more needs the next value."""
    assert percentile([float(n) for n in range(100, 0, -1)], share) == expected


def test_a_median_round_is_not_pulled_by_one_bad_round() -> None:
    """Rates, times and CPU are medians over the rounds; calls and errors are sums."""
    rounds = [
        sample("ours", 100.0, cpu_ms={"server": 18.0}),
        sample("ours", 10.0, cpu_ms={"server": 90.0}, wrong=2),
        sample("ours", 110.0, cpu_ms={"server": 20.0}),
    ]
    found = typical(rounds)
    assert (found.per_second, found.cpu_ms) == (100.0, {"server": 20.0})
    assert (found.calls, found.wrong) == (300, 2)


def test_a_ratio_is_taken_within_each_round() -> None:
    """A machine that is slow for a whole round leaves the ratio alone."""
    found = run((100.0, 25.0), (50.0, 12.5), (120.0, 40.0)).ratios()
    rate = found["ours", "rotate", 8]["per_second"]
    assert (rate.median, rate.least, rate.most) == (4.0, 3.0, 4.0)


def test_a_round_that_one_target_missed_gives_no_ratio() -> None:
    """Rounds are paired by their number, so that a missing one shifts nothing."""
    ours = [sample("ours", 100.0, round=0), sample("ours", 60.0, round=1)]
    found = ratio(ours, [sample("theirs", 20.0, round=1)], "per_second")
    assert (found.least, found.most) == (3.0, 3.0)
    assert math.isnan(ratio(ours, [], "per_second").median)


def test_the_floor_is_what_deriving_alone_allows() -> None:
    """A rotation derives four times: at 240 derivations a second, 51 rotations are 85 %."""
    measured = run((51.0, 17.0))
    assert measured.share_of_floor(measured.samples[0]) == pytest.approx(0.85)


def test_the_cpu_of_every_program_counts() -> None:
    """Four derivations of 4 ms are 80 % of the 20 ms that server, table and load spent."""
    measured = run((51.0, 17.0))
    assert measured.share_of_cpu(measured.samples[0]) == pytest.approx(0.8)


def test_every_target_is_compared_with_the_last() -> None:
    """Warm and cold are each so many times the plain server."""
    samples = [sample("warm", 80.0), sample("cold", 40.0), sample("plain", 20.0)]
    found = Measured(samples, [FLOOR], ["warm", "cold", "plain"]).ratios()
    rates = {key[0]: ratios["per_second"].median for key, ratios in found.items()}
    assert rates == {"warm": 4.0, "cold": 2.0}


@pytest.mark.parametrize(
    "operation, derivations, rate",
    [("rotate", 2.0, 1.0), ("rotate", 3.5, 0.25), ("echo", 0.5, 0.75), ("revoke", 2.0, 0.0)],
)
def test_the_hit_rate_is_the_share_that_was_not_derived(
    operation: str, derivations: float, rate: float
) -> None:
    """Of the two derivations that a presented pair needs; those of the new pair never hit."""
    found = sample("ours", 50.0, operation=operation, derivations=derivations)
    assert found.hit_rate == pytest.approx(rate)
    assert math.isnan(sample("ours", 50.0, operation="login", derivations=2.0).hit_rate)


def test_growth_is_seen_between_the_first_third_and_the_last() -> None:
    """One peak in between is no growth; a steady climb is."""
    assert thirds([80.0, 80.0, 120.0, 80.0, 80.0, 80.0]) == (80.0, 80.0)
    assert thirds([80.0, 81.0, 82.0, 83.0, 84.0, 85.0]) == (80.0, 84.0)


@pytest.mark.parametrize(
    "last, wrong, code, said",
    [
        (80.0 + MOST_GROWTH, {}, 0, "grown by 2.0."),
        (80.1 + MOST_GROWTH, {}, 1, "GROWN by more than 2.0 MiB."),
        (80.0, {"login: status 500": 3}, 1, "WRONG, 3 times: login: status 500"),
    ],
)
def test_a_soak_that_grows_or_errs_fails(
    last: float, wrong: dict[str, int], code: int, said: str
) -> None:
    """Up to the limit memory is flat; beyond it, or with a wrong answer, the soak ends with 1."""
    console = Console(file=io.StringIO(), width=160)
    assert verdict(console, [80.0, 80.0, last], wrong) == code
    assert said in console.file.getvalue()  # type: ignore[attr-defined]


def test_an_operation_may_use_the_pairs_that_are_ready() -> None:
    """Rotations need expired pairs, revocations rotated ones; logins and echoes use none up."""
    shop = Shop(Address("http://127.0.0.1:1/graphql", "a@example.com", "a-password", 1))
    now = int(time.time())
    shop.fresh.extend(Pair("token", "refresh token", exp) for exp in (now - 9, now - 8, now + 9))
    assert (shop.available("rotate"), shop.available("revoke")) == (2, 3)
    shop.rotated.append(Pair("token", "refresh token", now + 9))
    assert shop.available("revoke") == 1
    assert shop.available("login") == shop.available("echo") == math.inf


def test_a_spell_ends_when_its_share_is_used() -> None:
    """Four connections together make no more calls than the share allows."""
    calls = 0

    async def call(_: object) -> None:
        nonlocal calls
        calls += 1
        await asyncio.sleep(0)

    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/"
        tally = asyncio.run(drive(call, url, 4, seconds=5, most=10.5))
    assert calls == len(tally.latencies) == 10
    assert tally.seconds < 5
