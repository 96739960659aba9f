"""The pytest plugin: it chooses and orders the tests of a run, and turns results into findings."""

from __future__ import annotations

import datetime as dt
from collections.abc import Generator, Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Final

import pytest

from conformance_tests.actors import customer_schedule
from conformance_tests.marks import declare_marker, marker_option, requirements_of
from conformance_tests.report import known_failures
from conformance_tests.report.finding import UNJUDGED, Status
from conformance_tests.requirements import REQUIREMENTS
from conformance_tests.runner import estimate
from conformance_tests.runner.findings import (
    findings_of,
    redacted_report,
    walk_crash,
    walk_findings,
)
from conformance_tests.runner.needs import first, job_of
from conformance_tests.runner.options import EXPECT, RUN_CONTEXT, RunContext
from conformance_tests.runner.pytest_output import redact_logs
from conformance_tests.runner.watch import Watch, instead

if TYPE_CHECKING:
    from conformance_tests.report.finding import Finding
    from conformance_tests.requirements import Requirement
    from conformance_tests.runner.schedule import Job

#: What is red of a SHOULD under --strict.
SHOULD_RED: Final[tuple[Status, ...]] = ("fail", "warn")


class ConformancePlugin:
    """Turns each test's result into findings, one a requirement and part."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.watch = Watch(context.instances, context.options.max_seconds)
        self._done: set[str] = set()

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[RUN_CONTEXT] = self.context
        declare_marker(config)
        if not config.pluginmanager.has_plugin("terminalreporter"):
            config.option.tbstyle = (
                "native"  # nobody reads pytest's own tracebacks, and they take long
            )

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        redact_logs(session.config, self.context.deployment.recorder.redactor)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.context.crash = f"{report.nodeid} cannot be read as tests"

    # -- which tests, in which order -----------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        wanted = [item for item in items if self._wanted(item)]
        left_out = [item for item in items if not self._wanted(item)]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
        jobs = [self.job(item) for item in sorted(wanted, key=first)]
        items[:] = [job.test for job in sorted(jobs, key=lambda job: job.place)]

    def job(self, item: pytest.Item) -> Job[pytest.Item]:
        """A test as the scheduler sees it."""
        return job_of(item, self.context.deployment, parallel=self.context.parallel > 1)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        deployment, progress = self.context.deployment, self.context.progress
        queue = self.context.options.queue
        counted = queue.counted(session.items) if queue else session.items
        logins = estimate.logins(counted, self.context.customers)
        before = deployment.client.logins  # to look around takes some as well
        seconds = estimate.seconds(logins, self.context.customers)
        progress.started(len(counted), before + logins, seconds)
        deployment.tell = deployment.client.rate.tell = progress.waiting
        if queue is None:
            self.start_ahead(session.items)
        try:
            return (yield)
        except (KeyboardInterrupt, pytest.exit.Exception):
            if queue is None:
                self._leave_undone(session.items)
            raise
        finally:
            self.context.stopped = self.watch.stopped
            self.context.last_request = self.watch.last_request

    def _leave_undone(self, items: Iterable[pytest.Item]) -> None:
        """Say of each test that an interrupted run did not reach that it was not reached."""
        for item in items:
            if item.nodeid not in self._done:
                self.add(instead(item, "not-reached", "the run was interrupted"))

    def _wanted(self, item: pytest.Item) -> bool:
        rows = requirements_of(item)
        target, options = self.context.deployment.target, self.context.options
        if marker_option(item, "walk"):
            return options.walks > 0
        claimed = any(target.answers_for(row) for row in rows)
        named = any({row.id, row.group} & set(options.only) for row in rows)
        return bool(rows) and (claimed or not options.claimed_only) and (named or not options.only)

    def start_ahead(self, items: list[pytest.Item]) -> None:
        """Begin to start the deployment in the modes that these tests will ask for."""
        leaves_out = self.context.deployment.target.leaves_out
        concerned = [i for i in items if not any(leaves_out(row) for row in requirements_of(i))]
        modes = {mode for item in concerned for mode in marker_option(item, "modes") or ()}
        self.context.instances.start_ahead(*modes)

    # -- one test, where pytest runs it --------------------------------------------------------

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.context.deployment.recorder.start_test()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.begin(item)
        last_active = [one.last_active for one in self.context.customers.registered]
        chosen = customer_schedule.choose(last_active, self.job(item).need, ())
        assert chosen is not None  # nobody else has any
        customer_schedule.assign(chosen)

    def begin(self, item: pytest.Item) -> None:
        """Raise where a test is not to be run; tell that it begins."""
        rows = requirements_of(item)
        self.watch.need_time()
        self.context.progress.testing(tuple(row.id for row in rows), item.name)
        for row in rows:
            self._check_applies(row, marker_option(item, "hazard"))

    def _check_applies(self, row: Requirement, hazard: str) -> None:
        """Raise where the row does not concern the target, or would disturb it unasked."""
        from conformance_tests.outcomes import NotApplicable, NotTestable

        target = self.context.deployment.target
        if reason := target.leaves_out(row):
            raise NotApplicable(reason)
        guarded = target.environment == "production" and not self.context.options.allow_destructive
        if (row.destructive or hazard) and guarded:
            raise NotTestable("destructive")

    @pytest.hookimpl(optionalhook=True, tryfirst=True)
    def pytest_timeout_set_timer(self) -> bool:
        """No limit of pytest-timeout ends a test: how long one takes is the deployment's affair."""
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        report.sections = []  # what was printed, by whomever, nobody has redacted
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, (KeyboardInterrupt, pytest.exit.Exception)):
            return report
        if error is None and call.when != "call":
            return report
        found = self.findings(item, error)
        self.add(found)
        return redacted_report(report, found, any(map(self._is_red, found)))

    def _is_red(self, finding: Finding) -> bool:
        """Whether it keeps the verdict from being conformant, as far as is known by now."""
        target, requirement = self.context.deployment.target, REQUIREMENTS[finding.requirement]
        if not target.answers_for(requirement) or requirement.id in self._excused:
            return False
        must = (finding.level or requirement.level_with(target.declared)) == "MUST"
        red: set[Status] = {"error", *UNJUDGED}
        red |= {"fail"} if must else set()
        red |= {*SHOULD_RED} if self.context.options.strict else set()
        return finding.status in red

    @cached_property
    def _excused(self) -> frozenset[str]:
        """The known failures of which the day has not gone by."""
        known, today = self.context.deployment.target.known_failures, dt.date.today()
        return frozenset(f.id for f in known if not known_failures.overdue(f, today))

    def add(self, found: Iterable[Finding]) -> None:
        """Keep what a test found."""
        for finding in found:
            self._done.add(finding.test)
            self.context.findings.append(finding)
            self.context.progress.finding(finding)

    def findings(self, item: pytest.Item, error: BaseException | None) -> list[Finding]:
        """What a test found that ended in this way."""
        expect, instances = item.stash.get(EXPECT, None), self.context.instances
        options = self.context.options
        rerun = f"{options.rerun} {options.only_option}"
        if marker_option(item, "walk"):
            found = walk_findings(item, error, instances, rerun, options.walks_again)
            self.context.crash = self.context.crash or walk_crash(item, error)
        else:
            found = findings_of(item, error, expect, instances, rerun)
        return self.watch.looked_at(item, found)
