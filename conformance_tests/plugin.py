"""The pytest side: chooses and orders the tests of a run, and makes findings of their endings.

As a `pytest11` entry point it does nothing until `--target FILE` is given.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from conformance_tests import overlap

if TYPE_CHECKING:
    from conformance_tests.deployment import Deployment
    from conformance_tests.expect import Expect
    from conformance_tests.instances import Instances
    from conformance_tests.registry import Requirement
    from conformance_tests.verdict import Card, Finding

EXPECT: pytest.StashKey[Expect] = pytest.StashKey()
#: The fixtures by which a test can meet a customer who really logs in.
REAL = {"alice", "bob", "instances", "launcher", "protected"}
STRAND: pytest.StashKey[overlap.Strand] = pytest.StashKey()
BENCH: pytest.StashKey[Bench] = pytest.StashKey()
#: How a test that looks further than its row asks for may end without a word.
UNMISSED = ("not-applicable", "not-testable")


class Progress(Protocol):
    """Who wants to know how far a run has come."""

    def started(self, total: int, logins: int) -> None: ...
    def testing(self, ids: tuple[str, ...], name: str) -> None: ...
    def finding(self, finding: Finding) -> None: ...
    def finished(self) -> None: ...


class Silence:
    """A progress that shows nothing."""

    def started(self, total: int, logins: int) -> None: ...
    def testing(self, ids: tuple[str, ...], name: str) -> None: ...
    def finding(self, finding: Finding) -> None: ...
    def finished(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Options:
    """What a run was asked for. `again` is the command line that a card repeats for one row."""

    only: tuple[str, ...] = ()
    claimed_only: bool = False
    allow_destructive: bool = False
    pytest_args: tuple[str, ...] = ()
    again: str = "auth-conformance run"


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
        self._sleeping: list[tuple[pytest.Item, overlap.Strand]] = []

    def pytest_configure(self, config: pytest.Config) -> None:
        config.stash[BENCH] = self.bench
        declare_marker(config)

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

    def _turn(self, item: pytest.Item) -> tuple[bool, bool, bool]:
        """Burns need a customer whom nobody else needs; long jumps end whatever is open; a look
        back on the run comes at its end."""
        long_jump = _mark(item, "long_jump") and self.bench.deployment.clock.movable
        return bool(_mark(item, "last")), long_jump, self._needs_quiet(item)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtestloop(self, session: pytest.Session) -> Generator[None, object, object]:
        logins = sum(map(self._logins, session.items))
        self.bench.progress.started(len(session.items), logins)
        self.bench.instances.start_ahead(*self._modes(session.items))
        done = yield
        self._await_strands(0)
        return done

    def _wanted(self, item: pytest.Item) -> bool:
        rows = requirements_of(item)
        target, options = self.bench.deployment.target, self.bench.options
        claimed = any(target.answers_for(row) for row in rows)
        named = any({row.id, row.group} & set(options.only) for row in rows)
        return bool(rows) and (claimed or not options.claimed_only) and (named or not options.only)

    def _modes(self, items: list[pytest.Item]) -> set[str | None]:
        """The modes in which the tests of rows that concern the target will start it."""
        leaves_out = self.bench.deployment.target.leaves_out
        concerned = [i for i in items if not any(leaves_out(row) for row in requirements_of(i))]
        return {mode for item in concerned for mode in _mark(item, "modes") or ()}

    def _logins(self, item: pytest.Item) -> int:
        """How often a test may log in at most; a customer who is made up never does."""
        made_up = self.bench.deployment.can_forge and not REAL & set(_fixtures(item))
        return 0 if made_up else int(_mark(item, "logins"))

    # -- one test ------------------------------------------------------------------------------

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        self.bench.deployment.recorder.begin()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        rows = requirements_of(item)
        self.bench.progress.testing(tuple(row.id for row in rows), item.name)
        for row in rows:
            self._check_applies(row, _mark(item, "hazard"))

    def _check_applies(self, row: Requirement, hazard: str) -> None:
        """Raise where the row does not concern the target, or would disturb it unasked."""
        from conformance_tests.outcomes import NotApplicable, NotTestable

        target = self.bench.deployment.target
        if reason := target.leaves_out(row):
            raise NotApplicable(reason)
        guarded = target.environment == "production" and not self.bench.options.allow_destructive
        if (row.destructive or hazard) and guarded:
            raise NotTestable("destructive")

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(self, pyfuncitem: pytest.Function) -> bool | None:
        """Where time can only be waited for, go on with the next test while this one sleeps."""
        if not (self.bench.overlapping and self.bench.deployment.only_waits):
            return None
        quiet = self._needs_quiet(pyfuncitem)
        self._await_strands(0 if quiet else overlap.AT_ONCE - 1)
        if quiet:
            return None
        strand = overlap.Strand(lambda: _call(pyfuncitem))
        if not strand.begin():
            pyfuncitem.stash[STRAND] = strand
            self._sleeping.append((pyfuncitem, strand))
        elif strand.error is not None:
            raise strand.error
        return True

    @staticmethod
    def _needs_quiet(item: pytest.Item) -> bool:
        return bool(_mark(item, "burns") or _mark(item, "alone") or _mark(item, "last"))

    def _await_strands(self, most: int) -> None:
        """Wait until no more than so many tests are asleep; those that ended say what they saw."""
        while len(self._sleeping) > most:
            overlap.until_one_ends([strand for _, strand in self._sleeping])
            for item, strand in [each for each in self._sleeping if each[1].ended]:
                self._sleeping.remove((item, strand))
                self._tell(strand.within(self._findings_now, item, strand.error))

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        report.sections = []  # what was printed, by whomever, nobody has redacted
        error = call.excinfo.value if call.excinfo else None
        if isinstance(error, (KeyboardInterrupt, pytest.exit.Exception)):
            return report
        if error is None and (call.when != "call" or STRAND in item.stash):
            return report
        findings = self._findings_now(item, error)
        self._tell(findings)
        return _told(report, findings)

    def _tell(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self.bench.findings.append(finding)
            self.bench.progress.finding(finding)

    def _findings_now(self, item: pytest.Item, error: BaseException | None) -> list[Finding]:
        return list(self._findings(item, error))

    def _findings(self, item: pytest.Item, error: BaseException | None) -> Iterable[Finding]:
        from conformance_tests.verdict import Finding

        endings = [self._ending(error)] if error else list(self._quiet_endings(item))
        if _mark(item, "extra"):
            endings = [ending for ending in endings if ending[0] not in UNMISSED]
        for row in requirements_of(item):
            for status, detail, card in endings:
                yield Finding(
                    requirement=row.id,
                    status=status,
                    detail=detail,
                    test=item.nodeid,
                    card=card and self._card_for(card, row.id),
                    level=_mark(item, "level") or None,
                )

    def _ending(self, error: BaseException) -> tuple[Any, str | None, Card | None]:
        from conformance_tests import outcomes

        redact = self.bench.deployment.recorder.redact
        if isinstance(error, outcomes.NotApplicable):
            return "not-applicable", redact(str(error)), None
        if isinstance(error, outcomes.NotTestable):
            return "not-testable", redact(str(error)), None
        if isinstance(error, outcomes.Broken):
            return "fail", None, self._card(error)
        return "error", redact(f"{type(error).__name__}: {error}"), None

    def _quiet_endings(self, item: pytest.Item) -> Iterable[tuple[Any, str | None, Card | None]]:
        """What a test says that ran to its end: passed, perhaps with a part unseen or a warning."""
        expect = item.stash.get(EXPECT, None)
        yield "pass", None, None
        for unseen in dict.fromkeys(expect.unseen_parts if expect else ()):
            yield "not-testable", str(unseen), None
        for broken in expect.warnings if expect else ():
            yield "warn", None, self._card(broken)

    def _card(self, broken: Any) -> Card:
        from conformance_tests.verdict import Card

        recorder = self.bench.deployment.recorder
        return Card(
            expected=recorder.redact(broken.expected),
            actual=recorder.redact(broken.actual),
            transcript=recorder.transcript(),
        )

    def _card_for(self, card: Card, id_: str) -> Card:
        from dataclasses import replace

        curl = self.bench.deployment.recorder.curl()
        again = f"{self.bench.options.again} --only {id_}"
        return replace(card, reproduce=(again, curl) if curl else (again,))


def _call(item: pytest.Function) -> None:
    """The test function with the fixtures that it asks for."""
    names = item._fixtureinfo.argnames
    item.obj(**{name: item.funcargs[name] for name in names})


def declare_marker(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "requirement(*ids): the requirement that a test proves")


def requirements_of(item: pytest.Item) -> list[Requirement]:
    """The registry rows that a test names."""
    from conformance_tests.registry import REQUIREMENTS

    mark = item.get_closest_marker("requirement")
    return [REQUIREMENTS[id_] for id_ in mark.args] if mark else []


def _fixtures(item: pytest.Item) -> list[str]:
    return item.fixturenames if isinstance(item, pytest.Function) else []


def _mark(item: pytest.Item, name: str) -> Any:
    mark = item.get_closest_marker("requirement")
    return mark.kwargs.get(name, False) if mark else False


def _told(report: pytest.TestReport, findings: list[Finding]) -> pytest.TestReport:
    """The same ending in pytest's own terms, with nothing in it that is not redacted."""
    worst = next(
        (f for s in ("error", "fail", "warn", "not-testable", "not-applicable") for f in findings
         if f.status == s),
        None,
    )  # fmt: skip
    if worst is None:
        return _unmissed(report) if report.failed else report
    text = worst.detail or (
        f"expected {worst.card.expected}; got {worst.card.actual}" if worst.card else ""
    )
    sentence = f"{worst.requirement} {worst.status}: {text}"
    if worst.status in ("error", "fail"):
        report.outcome, report.longrepr = "failed", sentence
    else:
        report.outcome, report.longrepr = "skipped", (report.nodeid, 0, sentence)
    return report


def _unmissed(report: pytest.TestReport) -> pytest.TestReport:
    """A test that could not look, and that no row misses."""
    sentence = "looks further than this target lets be seen, and is not missed"
    report.outcome, report.longrepr = "skipped", (report.nodeid, 0, sentence)
    return report


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
    from conformance_tests.runner import plug_into_pytest

    plug_into_pytest(config, path)
