"""Has the scheduler run the tests of a run, in place of pytest's own loop."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from conformance_tests.deployment.clock import ClockToCome
from conformance_tests.deployment.waiting import BESIDE_OTHERS
from conformance_tests.outcomes import NotTestable, RunAlone
from conformance_tests.report.finding import Finding
from conformance_tests.runner import fixtures
from conformance_tests.runner.clock_check import take_clock
from conformance_tests.runner.schedule import Next, Scheduler
from conformance_tests.runner.work_queue import batches, last_tests

if TYPE_CHECKING:
    from conformance_tests.deployment.http.recorder import Exchange
    from conformance_tests.runner.plugin import ConformancePlugin

#: What a clock lacks that cannot be moved.
OF_TIME = ("clock", "frozen clock", "time")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a test: its findings, or why it is run again.

    unanswered: the request that got no answer. Which of the tests under way is at fault shows when
    they are run alone.
    """

    findings: tuple[Finding, ...] | None = None
    unanswered: Exchange | None = None


class Loop:
    """The tests of a run, as the scheduler runs them."""

    def __init__(self, plugin: ConformancePlugin) -> None:
        self._plugin = plugin
        self._context = plugin.context
        self._lost: list[tuple[pytest.Item, Exchange]] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        queue = self._context.options.queue
        if queue is None:
            self._run(session.items)
            return True
        for batch in queue.take(batches(session.items)):
            self._plugin.start_ahead(batch)
            self._run(batch)
        self._run(last_tests(session.items))
        return True

    def _run(self, items: Iterable[pytest.Item]) -> None:
        jobs = [self._plugin.job(item) for item in items]
        if self._context.options.shuffle is not None:
            random.Random(self._context.options.shuffle).shuffle(jobs)
        moved_later = isinstance(self._context.deployment.clock, ClockToCome)
        Scheduler(self, self._context.parallel, alone_last=moved_later).run(jobs)

    # -- what the scheduler asks ---------------------------------------------------------------

    def run(self, item: pytest.Item, alone: bool) -> Result:
        """One test, in its own thread or alone."""
        deployment = self._context.deployment
        error: BaseException | None = None
        if alone:
            take_clock(self._context.customers, self._context.instances)
        BESIDE_OTHERS.set(not alone)
        deployment.recorder.start_test()
        try:
            assert isinstance(item, pytest.Function)
            self._plugin.begin(item)
            fixtures.call(item)
        except RunAlone:
            return Result()
        except NotTestable as lack:
            if lack.capability in OF_TIME and isinstance(deployment.clock, ClockToCome):
                return Result()
            error = lack
        except (KeyboardInterrupt, pytest.exit.Exception):
            raise
        except BaseException as problem:  # whatever it is, it is this test's end
            error = problem
        unanswered = deployment.recorder.first_unanswered(deployment.client.url)
        if unanswered is not None and not alone:
            return Result(unanswered=unanswered)
        return Result(tuple(self._plugin.findings(item, error)))

    def take(self, item: pytest.Item, result: Result) -> Next:
        """Keep what a test found."""
        self._context.progress.ended(item.name, result.findings is None)
        if result.findings is not None:
            self._plugin.add(result.findings)
            return Next.DONE
        if result.unanswered is None or self._plugin.watch.answers():
            return Next.AGAIN
        self._lost.append((item, result.unanswered))
        return Next.LOST

    def revive(self) -> None:
        """Take the deployment up again that some test under way has ended, or stop the run."""
        self._plugin.watch.revive(self._lost)
        self._lost.clear()

    def last_active(self) -> Sequence[float]:
        """When each of the target's customers last did something."""
        return [one.last_active for one in self._context.customers.registered]

    def waits(self, told: str) -> None:
        """Tell for what tests wait."""
        self._context.progress.queued(told)
