"""Tests run side by side: as many as may, each with what it needs, and no two with the same."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from conformance_tests.actors.customer_schedule import Need, in_order
from conformance_tests.deployment import waiting
from conformance_tests.outcomes import NotReached
from conformance_tests.runner.schedule import NOTHING, Job, Next, Scheduler

CUSTOMERS = ("alice", "bob")
ONE, TWO, BURN = Need(1), Need(2), Need(1, exclusive=True)
SHORT = 0.03


@dataclass
class Log:
    """What was run when, and for what tests waited."""

    acts: dict[str, Callable[[], object]] = field(default_factory=dict)
    after: dict[str, list[Next]] = field(default_factory=dict)
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)
    begun: list[str] = field(default_factory=list)
    alone: list[str] = field(default_factory=list)
    given: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    revived: list[int] = field(default_factory=list)
    most: int = 0
    now: int = 0

    def run(self, test: str, alone: bool) -> Any:
        self.begun.append(test)
        self.alone += [test] * alone
        self.given[test] = in_order(CUSTOMERS)[0]
        self.now += 1
        self.most = max(self.most, self.now)
        begun = time.monotonic()
        try:
            return self.acts.get(test, lambda: waiting.sleep(SHORT))()
        finally:
            self.spans[test] = begun, time.monotonic()
            self.now -= 1

    def take(self, test: str, result: Any) -> Next:
        return self.after.get(test, [Next.DONE]).pop(0)

    def revive(self) -> None:
        self.revived.append(self.now)

    def last_active(self) -> Sequence[float]:
        return (0.0, 0.0)

    def waits(self, told: str) -> None:
        self.told.append(told)

    def together(self, one: str, other: str) -> bool:
        (begun, ended), (begins, ends) = self.spans[one], self.spans[other]
        return begun < ends and begins < ended


def job(test: str, need: Need = NOTHING, *, stage: int = 0, alone: bool = False) -> Job[str]:
    return Job(test, need, stage, alone)


def log_of(
    jobs: Iterable[Job[str]], parallel: int = 8, *, alone_last: bool = False, **more: Any
) -> Log:
    log = Log(**more)
    Scheduler(log, parallel, alone_last=alone_last).run(jobs)
    return log


def test_what_needs_nothing_runs_at_once_but_no_more_than_asked_for() -> None:
    """One after the other where that is asked for."""
    jobs = [job(str(number)) for number in range(12)]
    assert log_of(jobs, 3).most == 3
    assert log_of([job(str(number), alone=True) for number in range(3)], 1).most == 1


def test_no_two_tests_have_a_customer_that_one_of_them_burns() -> None:
    """Those that burn nothing share one; each is told for what it waits."""
    burns = log_of(job(name, BURN) for name in "abc")
    assert burns.most == 2
    assert {burns.given["a"], burns.given["b"]} == set(CUSTOMERS)
    assert "1 for a customer" in burns.told
    assert log_of(job(name, ONE) for name in "abc").most == 3
    both = log_of([job("both", Need(2, exclusive=True)), job("one", ONE)])
    assert not both.together("both", "one")


def test_a_long_test_holds_nobody_up_who_does_not_need_what_it_has() -> None:
    """All others are done before it."""
    long = {"long": lambda: waiting.sleep(10 * SHORT)}
    log = log_of([job("long", BURN), job("other", BURN), *map(job, "abcdef")], 3, acts=long)
    assert all(log.spans[name][1] < log.spans["long"][1] for name in "abcdef")
    assert log.together("long", "other")


def test_a_test_of_a_later_stage_waits_for_those_that_need_customers_too() -> None:
    """Not for those that need none, and nobody waits for it."""
    slow = {"slow": lambda: waiting.sleep(5 * SHORT)}
    log = log_of([job("late", ONE, stage=1), job("early", ONE), job("slow", stage=2)], acts=slow)
    assert log.spans["early"][1] <= log.spans["late"][0]
    assert log.together("late", "slow")


def test_a_test_that_must_be_alone_comes_last_and_alone() -> None:
    """One that says so while it runs is run once more; it waits for all others."""
    jobs = [job("alone", alone=True), job("moves"), *map(job, "abc")]
    log = log_of(jobs, after={"moves": [Next.AGAIN, Next.DONE]})
    assert log.alone == ["alone", "moves"]
    assert not any(log.together(name, other) for name in log.alone for other in "abc")
    assert "1 for the other tests to end" in log.told


@pytest.mark.parametrize("last", [True, False])
def test_tests_that_must_be_alone_come_after_those_of_their_stage_or_after_all(last: bool) -> None:
    """Also one that is run again: once a clock was moved for one of them, no other may follow."""
    jobs = [job("late", ONE, stage=1), job("moves", ONE), job("alone", ONE, alone=True)]
    log = log_of(jobs, alone_last=last, after={"moves": [Next.AGAIN, Next.DONE]})
    after = ["late", "alone", "moves"] if last else ["alone", "moves", "late"]
    assert log.begun == ["moves", *after]


def test_where_the_deployment_is_lost_it_is_taken_up_before_anything_else_begins() -> None:
    """Once all that were under way have ended; those at whose end it was gone are run alone."""
    after = {"deadly": [Next.LOST, Next.DONE]}
    log = log_of([job("deadly"), *map(job, "abcdef")], 3, after=after)
    assert log.revived == [0]
    assert log.alone == ["deadly"]
    assert sorted(log.begun) == sorted([*"abcdef", "deadly", "deadly"])


@pytest.mark.parametrize("where", ["in a thread", "alone"])
def test_an_interrupt_ends_what_is_under_way_at_its_next_call(where: str) -> None:
    """Nothing is begun after it, and nobody waits for a long sleep."""
    ended: list[str] = []

    def sleeps() -> None:
        try:
            waiting.sleep(30)
        except NotReached:
            ended.append("sleeper")
            raise

    def interrupt() -> None:
        time.sleep(SHORT)
        raise KeyboardInterrupt

    jobs = [job("sleeper"), job("interrupted", alone=where == "alone"), job("never", alone=True)]
    if where == "alone":
        del jobs[0]
    log = Log(acts={"sleeper": sleeps, "interrupted": interrupt})
    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        Scheduler(log, 2).run(jobs)
    assert time.monotonic() - begun < 5
    assert "never" not in log.begun
    assert ended == ([] if where == "alone" else ["sleeper"])


@pytest.mark.parametrize("seed", range(5))
def test_no_order_lets_two_tests_meet_that_may_not(seed: int) -> None:
    """Whatever is declared holds, however the tests are shuffled."""
    choose = random.Random(seed)
    needs = [Need(0), ONE, TWO, BURN, Need(2, exclusive=True), Need(1, first=True)]
    jobs = [
        job(f"{number}", choose.choice(needs), stage=choose.randrange(3), alone=number % 9 == 0)
        for number in range(30)
    ]
    held: dict[str, list[Job[str]]] = {name: [] for name in CUSTOMERS}
    wrong: list[str] = []
    lock = threading.Lock()

    def act(one: Job[str]) -> None:
        mine = in_order(CUSTOMERS)[: one.need.customers]
        with lock:
            for name in mine:
                exclusive = one.need.exclusive or any(o.need.exclusive for o in held[name])
                if held[name] and exclusive:
                    wrong.append(f"{one.test} meets {[o.test for o in held[name]]}")
                held[name].append(one)
        time.sleep(choose.random() * 0.01)
        with lock:
            for name in mine:
                held[name].remove(one)

    choose.shuffle(jobs)
    log = log_of(jobs, 4, acts={one.test: lambda one=one: act(one) for one in jobs})
    assert wrong == []
    assert sorted(log.begun) == sorted(one.test for one in jobs)
    assert not any(log.together(a, b.test) for a in log.alone for b in jobs if a != b.test)
