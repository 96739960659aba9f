"""The pytest side: chooses and orders the tests of a run, and makes findings of their endings.

As a `pytest11` entry point it does nothing until `--target FILE` is given.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import pytest

from conformance_tests.actors import customer_schedule
from conformance_tests.marks import declare_marker, fixtures_of, manner_of, requirements_of
from conformance_tests.runner import estimate, overlap

if TYPE_CHECKING:
    from conformance_tests.deployment.deployment import Deployment
    from conformance_tests.deployment.instances import Instances
    from conformance_tests.expect.sessions import Expect
    from conformance_tests.report.verdict import Finding
    from conformance_tests.requirements import Requirement
    from conformance_tests.runner.work_queue import Share

EXPECT: pytest.StashKey[Expect] = pytest.StashKey()
CAST: pytest.StashKey[customer_schedule.Cast] = pytest.StashKey()
STRAND: pytest.StashKey[overlap.Strand] = pytest.StashKey()
BENCH: pytest.StashKey[Bench] = pytest.StashKey()


class Progress(Protocol):
    """Who wants to know how far a run has come."""

    def started(self, total: int, logins: int, seconds: float) -> None: ...
    def testing(self, ids: tuple[str, ...], name: str) -> None: ...
    def waiting(self, told: str) -> None: ...
    def finding(self, finding: Finding) -> None: ...
    def finished(self) -> None: ...


class Silence:
    """A progress that shows nothing."""

    def started(self, total: int, logins: int, seconds: float) -> None: ...
    def testing(self, ids: tuple[str, ...], name: str) -> None: ...
    def waiting(self, told: str) -> None: ...
    def finding(self, finding: Finding) -> None: ...
    def finished(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for. `again` is the command line that a card repeats for one row.

    share: where other runs do the same tests at once, which of them are this one's.
    """

    only: tuple[str, ...] = ()
    claimed_only: bool = False
    allow_destructive: bool = False
    pytest_args: tuple[str, ...] = ()
    again: str = "auth-conformance run"
    share: Share | None = None


@dataclass
class Bench:
    """What the tests of one run stand on.

    overlapping: tests that really wait may do so together; pytest's own report knows no such thing.
    """

    deployment: Deployment
    instances: Instances
    options: Options = Options()
    progress: Progress = field(default_factory=Silence)
    overlapping: bool = False
    crash: str | None = None
    findings: list[Finding] = field(default_factory=list)


class ConformancePlugin:
    """Turns each test's ending into findings, one a requirement and part."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._crowd: overlap.Crowd[pytest.Item] = overlap.Crowd()

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[BENCH] = self.bench
        declare_marker(config)
        if not config.pluginmanager.has_plugin("terminalreporter"):
            config.option.tbstyle = "native"  # nobody reads what pytest draws, and it takes long

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.bench.crash = f"{report.nodeid} cannot be read as tests"

    # -- which tests, in which order -----------------------------------------------------------

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        wanted = [item for item in items if self._wanted(item)]
        left_out = [item for item in items if not self._wanted(item)]
        if left_out:
            config.hook.pytest_deselected(items=left_out)
        items[:] = sorted(wanted, key=self._turn)

    def _turn(self, item: pytest.Item) -> tuple[bool, bool, bool, int]:
        """Burns need a customer whom nobody else needs; long jumps end whatever is open; a look
        back on the run comes at its end."""
        long_jump = manner_of(item, "long_jump") and self.bench.deployment.clock.movable
        late = any(manner_of(item, manner) for manner in ("burns", "apart", "alone"))
        return bool(manner_of(item, "last")), long_jump, late, _part(item).customers if late else 0

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        deployment, progress = self.bench.deployment, self.bench.progress
        share = self.bench.options.share
        announced = share.announced(session.items) if share else session.items
        logins = estimate.logins(announced, deployment)
        before = deployment.client.logins  # to look around takes some as well
        seconds = estimate.seconds(logins, deployment)
        progress.started(len(announced), before + logins, seconds)
        deployment.tell = deployment.client.pace.tell = progress.waiting
        if share is None:
            self.start_ahead(session.items)
        done = yield
        while self._crowd.sleepers:
            self._hear_the_crowd()
        return done

    def _wanted(self, item: pytest.Item) -> bool:
        rows = requirements_of(item)
        target, options = self.bench.deployment.target, self.bench.options
        claimed = any(target.answers_for(row) for row in rows)
        named = any({row.id, row.group} & set(options.only) for row in rows)
        return bool(rows) and (claimed or not options.claimed_only) and (named or not options.only)

    def start_ahead(self, items: list[pytest.Item]) -> None:
        """Begin to start the deployment as these tests will want it, if their rows concern it."""
        leaves_out = self.bench.deployment.target.leaves_out
        concerned = [i for i in items if not any(leaves_out(row) for row in requirements_of(i))]
        modes = {mode for item in concerned for mode in manner_of(item, "modes") or ()}
        self.bench.instances.start_ahead(*modes)

    # -- one test ------------------------------------------------------------------------------

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.bench.deployment.recorder.begin()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        rows = requirements_of(item)
        self.bench.progress.testing(tuple(row.id for row in rows), item.name)
        for row in rows:
            self._check_applies(row, manner_of(item, "hazard"))
        self._take_a_part(item)

    def _check_applies(self, row: Requirement, hazard: str) -> None:
        """Raise where the row does not concern the target, or would disturb it unasked."""
        from conformance_tests.outcomes import NotApplicable, NotTestable

        target = self.bench.deployment.target
        if reason := target.leaves_out(row):
            raise NotApplicable(reason)
        guarded = target.environment == "production" and not self.bench.options.allow_destructive
        if (row.destructive or hazard) and guarded:
            raise NotTestable("destructive")

    def _take_a_part(self, item: pytest.Item) -> None:
        """Choose the customers of a test; where others are asleep, wait until enough are free."""
        most = 0 if _needs_quiet(item) else overlap.AT_ONCE - 1
        while len(self._crowd.sleepers) > most or (chosen := self._chosen(item)) is None:
            self._hear_the_crowd()
        item.stash[CAST] = chosen
        customer_schedule.enter(chosen)

    def _chosen(self, item: pytest.Item) -> customer_schedule.Cast | None:
        rested = [customer.rested_since for customer in self.bench.deployment.registered]
        return customer_schedule.choose(rested, _part(item), self._crowd.casts)

    def _hear_the_crowd(self) -> None:
        """Wait until a test that was asleep has ended; it says what it saw."""
        for sleeper in self._crowd.leaving():
            self._tell(sleeper.strand.within(self._findings, sleeper.test, sleeper.strand.error))

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Where time can only be waited for, go on with the next test while this one sleeps."""
        waits = self.bench.overlapping and self.bench.deployment.only_waits
        if not waits or _needs_quiet(pyfuncitem):
            return None
        strand = overlap.Strand(lambda: _call(pyfuncitem))
        if not strand.begin():
            pyfuncitem.stash[STRAND] = strand
            self._crowd.join(pyfuncitem, strand, pyfuncitem.stash[CAST])
        elif strand.error is not None:
            raise strand.error
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        from conformance_tests.runner import findings as endings

        report = yield
        report.sections = []  # what was printed, by whomever, nobody has redacted
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, (KeyboardInterrupt, pytest.exit.Exception)):
            return report
        if error is None and (call.when != "call" or STRAND in item.stash):
            return report
        findings = self._findings(item, error)
        self._tell(findings)
        return endings.retold(report, findings)

    def _tell(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.bench.findings.append(finding)
            self.bench.progress.finding(finding)

    def _findings(self, item: pytest.Item, error: BaseException | None) -> list[Finding]:
        from conformance_tests.runner import findings as endings

        recorder, judge = self.bench.deployment.recorder, item.stash.get(EXPECT, None)
        return endings.findings(item, error, judge, recorder, self.bench.options.again)


def _part(item: pytest.Item) -> customer_schedule.Part:
    """What a test asks of the customers; most that need none could do with one."""
    two = not fixtures_of(item).isdisjoint({"bob", "another"})
    apart = bool(manner_of(item, "burns") or manner_of(item, "apart"))
    return customer_schedule.Part(2 if two else 1, apart)


def _needs_quiet(item: pytest.Item) -> bool:
    return bool(manner_of(item, "alone") or manner_of(item, "last"))


def _call(item: pytest.Function) -> None:
    """The test function with the fixtures that it asks for."""
    names = item._fixtureinfo.argnames
    item.obj(**{name: item.funcargs[name] for name in names})


# -- under plain pytest ------------------------------------------------------------------------


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("auth-conformance", "judge a deployment of the auth flow")
    group.addoption("--target", metavar="FILE", help="target file of the deployment to judge")
    group.addoption("--profile", choices=("documented", "hardened"), help="over the file's profile")
    group.addoption("--only", action="append", metavar="ID|GROUP", default=[], help="only these")
    group.addoption("--claimed-only", action="store_true", help="leave out rows beyond the claim")
    group.addoption("--allow-destructive", action="store_true", help="burn, fault, load rows too")


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption("--target", None)
    if path is None or BENCH in config.stash:
        return
    from conformance_tests.runner.run import plug_into_pytest

    plug_into_pytest(config, path)
