"""Each ending of a conformance test becomes findings, and nothing else comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from textwrap import dedent, indent
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from conformance_tests.actors.customers import RegisteredCustomer
from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.clock import Clock
from conformance_tests.deployment.deployment import Deployment
from conformance_tests.deployment.instances import Instances
from conformance_tests.report.finding import Finding
from conformance_tests.runner import entry
from conformance_tests.runner.loop import Loop
from conformance_tests.runner.options import Options, RunContext
from conformance_tests.runner.plugin import ConformancePlugin
from tests.conformance.fakes import ALICE, BOB, SECRET, HandClock, deployment, error, says
from tests.conformance.report.hostile_texts import HOSTILE

CONFTEST = "from conformance_tests.suite.conftest import *"
HEAD = """
    import pytest
    from conformance_tests.marks import requirement
    from conformance_tests.outcomes import Violation, NotApplicable, NotTestable
"""
TOKEN = "ab" * 64


@dataclass
class Judged:
    """What came of a run: the findings, and what pytest itself would have told."""

    findings: list[Finding]
    told: list[str]
    order: list[str]

    @property
    def endings(self) -> list[tuple[str, str]]:
        return [(finding.requirement, finding.status) for finding in self.findings]

    def statuses(self, tests: int) -> list[list[str]]:
        """What each of the numbered tests said."""
        said: list[list[str]] = [[] for _ in range(tests)]
        for finding in self.findings:
            said[int(finding.test.rpartition("_")[2])].append(finding.status)
        return said


Judge = Callable[..., Judged]


def refuses(body: object, headers: object) -> httpx.Response:
    return says("refreshCustomerToken", None, error(message=f"not {TOKEN}"))


@pytest.fixture(autouse=True)
def no_other_plugin(monkeypatch: pytest.MonkeyPatch) -> None:
    """pytester forgets what a run imported: each run would import every plugin again, for 3 s."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


@pytest.fixture
def judge(pytester: pytest.Pytester) -> Judge:
    """Runs tests under the plugin, against a deployment that refuses everything."""
    pytester.makeconftest(CONFTEST)

    def run(tests: str, options: Options | None = None, **target: Any) -> Judged:
        pytester.makepyfile(dedent(HEAD) + dedent(tests))
        judged = deployment(refuses, clock=HandClock(), secret=True, **target)
        judged.recorder.add_secret("secret", SECRET)
        with ExitStack() as ends:
            context = RunContext(Customers(judged), Instances(judged, ends), options or Options())
            arguments = ("-p", "no:cacheprovider", "--assert=plain", "--strict-markers")
            seen = pytester.inline_run(*arguments, plugins=[ConformancePlugin(context)])
        reports = [report for report in seen.getreports() if hasattr(report, "when")]
        told = [str(report.longrepr) for report in reports if report.longrepr]
        told += [text for report in reports for _, text in report.sections]
        order = [report.nodeid.split("::")[1] for report in reports if report.when == "setup"]
        return Judged(context.findings, told, order)

    return run


def one(body: str, mark: str = '"CORE-01"', asks: str = "expect") -> str:
    """A test that does this."""
    return f"\n@requirement({mark})\ndef test_it({asks}):\n{indent(dedent(body), '    ')}\n"


# -- endings -----------------------------------------------------------------------------------


ENDINGS = {
    "pass": ["pass"],
    "raise Violation('this', 'that')": ["fail"],
    "raise NotTestable('table')": ["not-testable"],
    "raise NotApplicable('no such feature')": ["not-applicable"],
    "raise ValueError('the suite is wrong')": ["error"],
    "assert False": ["error"],
    "expect.unseen('a part', 'table')": ["pass", "not-testable"],
    "with expect.should():\n    raise Violation('this', 'that')": ["pass", "warn"],
    "expect.unseen('a part', 'table')\nraise Violation('this', 'that')": ["fail"],
    "for _ in '12':\n    expect.unseen('a part', 'table')": ["pass", "not-testable"],
}
#: The same of a test that looks further than its row asks for.
EXTRA_ENDINGS = {
    "pass": ["pass"],
    "raise Violation('this', 'that')": ["fail"],
    "raise ValueError('odd')": ["error"],
    "raise NotTestable('clock')": [],
    "raise NotApplicable('no such feature')": [],
    "expect.unseen('a part', 'table')": ["pass"],
}


def each(bodies: Iterable[str], mark: str = '"CORE-01"', asks: str = "expect") -> str:
    """A test for each body, numbered."""
    return "".join(
        one(body, mark, asks).replace("test_it", f"test_{place}")
        for place, body in enumerate(bodies)
    )


def test_each_ending_has_its_findings(judge: Judge) -> None:
    """One way to end, one set of statuses."""
    judged = judge(each(ENDINGS))
    assert judged.statuses(len(ENDINGS)) == list(ENDINGS.values())


def test_an_extra_look_is_not_missed(judge: Judge) -> None:
    """It judges where it can, and where it cannot nothing is said."""
    judged = judge(each(EXTRA_ENDINGS, '"WIRE-02", optional=True'))
    assert judged.statuses(len(EXTRA_ENDINGS)) == list(EXTRA_ENDINGS.values())
    assert not any("Traceback" in text or "def test_" in text for text in judged.told)


def test_a_failure_says_what_was_expected_and_what_came(judge: Judge) -> None:
    """The card has both, and how to see it again."""
    (finding,) = judge(one("raise Violation('this', 'that')")).findings
    assert finding.card is not None
    assert (finding.card.expected, finding.card.actual) == ("this", "that")
    assert finding.card.reproduce == ("auth-conformance run --only CORE-01",)
    assert finding.test.endswith("::test_it")


def test_what_is_missing_is_named_with_what_to_add(judge: Judge) -> None:
    """The detail is the capability and the key of the target file; for a part, the part too."""
    (whole,) = judge(one("raise NotTestable('table')")).findings
    assert whole.detail is not None
    assert whole.detail.startswith("needs the table; add [table]")
    part = judge(one("expect.unseen('the rows', 'table')")).findings[1]
    assert str(part.detail).startswith("the rows: needs the table; add [table]")


def test_a_race_says_how_often_it_tried(judge: Judge) -> None:
    """What its test remarks, and one try where that remarks nothing; other rows owe no word."""
    told = "expect.raced(3, 'at a barrier')\nexpect.raced(2, 'in one second', 4)"
    remarked = "3 rivals at a barrier, in 1 try; 2 rivals in one second, in 4 tries"
    assert judge(one(told, '"RACE-01"')).findings[0].detail == remarked
    assert judge(one("pass", '"RACE-01"', asks="")).findings[0].detail == "in 1 try"
    assert judge(one("pass")).findings[0].detail is None
    assert judge(one(f"expect.remark('{SECRET}')")).findings[0].detail == "<secret#1>"


def test_a_failure_tells_what_was_remarked_before_it(judge: Judge) -> None:
    """How often a race was tried stands in the transcript of what broke in it."""
    told = "expect.raced(3, 'at a barrier')\nraise Violation('this', 'that')"
    (finding,) = judge(one(told, '"RACE-01"')).findings
    assert finding.card is not None
    assert finding.card.transcript == ("* 3 rivals at a barrier, in 1 try",)


def test_an_error_of_the_suite_is_told_in_a_line(judge: Judge) -> None:
    """No traceback: a type and a sentence."""
    (finding,) = judge(one("raise ValueError('odd')")).findings
    assert finding.detail == "ValueError: odd"


def test_a_fixture_that_breaks_ends_the_test_alike(judge: Judge) -> None:
    """What fails before a test's first line is the deployment's, or the target's, all the same."""
    fixture = "@pytest.fixture\ndef broken(expect):\n    raise Violation('this', 'that')\n"
    assert judge(fixture + one("pass", asks="broken")).endings == [("CORE-01", "fail")]
    assert judge(one("pass", asks="table")).endings == [("CORE-01", "not-testable")]


def test_tidying_that_fails_is_an_error_beside_the_pass(judge: Judge) -> None:
    """A test that passed and could not clean up is not a pass alone."""
    fixture = "@pytest.fixture\ndef untidy():\n    yield\n    raise ValueError('left')\n"
    found = judge(fixture + one("pass", asks="untidy")).endings
    assert found == [("CORE-01", "pass"), ("CORE-01", "error")]


def test_every_requirement_of_a_test_has_its_finding(judge: Judge) -> None:
    """A test that names two rows speaks of both, each with its own command."""
    found = judge(one("raise Violation('this', 'that')", '"WIRE-06", "WIRE-07"')).findings
    assert [finding.requirement for finding in found] == ["WIRE-06", "WIRE-07"]
    again = [finding.card.reproduce[0] for finding in found if finding.card]
    assert again == [f"auth-conformance run --only WIRE-0{place}" for place in (6, 7)]


def test_a_raised_level_is_passed_on(judge: Judge) -> None:
    """A feature can make a MUST of a SHOULD."""
    (finding,) = judge(one("pass", '"RACE-05", level="MUST"')).findings
    assert finding.level == "MUST"


# -- which tests, in which order ---------------------------------------------------------------

SEVERAL = """
    @requirement("STORE-09", last=True)
    def test_last(): ...

    @requirement("CORE-12", burns=True)
    def test_burns(someone): ...

    @requirement("CORE-15", long_jump=True)
    def test_jumps(): ...

    @requirement("WIRE-05")
    def test_quiet(someone): ...

    def test_of_nothing(): ...
"""


def test_burns_come_late_jumps_later_and_a_look_back_last(judge: Judge) -> None:
    """And a test that names no requirement does not run."""
    assert judge(SEVERAL).order == ["test_quiet", "test_burns", "test_jumps", "test_last"]


def test_only_what_was_asked_for_runs(judge: Judge) -> None:
    """Ids and groups may be named."""
    assert judge(SEVERAL, Options(only=("WIRE", "CORE-12"))).order == ["test_quiet", "test_burns"]


def test_only_the_claim_runs_where_that_was_asked_for(judge: Judge) -> None:
    """Rows of another group, and rows beyond the profile, are left out."""
    judged = judge(
        SEVERAL, Options(claimed_only=True), profile="documented", claims=("WIRE", "STORE")
    )
    assert judged.order == ["test_quiet"]


# -- what is not tried -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mark", ['"CORE-12"', '"WIRE-12", hazard="fault"'], ids=["the row", "the test"]
)
def test_a_production_target_is_not_disturbed_unasked(judge: Judge, mark: str) -> None:
    """Burns and faults need leave there, and nowhere else."""
    test = one("pass", mark)
    (kept,) = judge(test).findings
    assert kept.status == "not-testable"
    assert "--allow-destructive" in str(kept.detail)
    assert judge(test, Options(allow_destructive=True)).findings[0].status == "pass"
    assert judge(test, environment="development").findings[0].status == "pass"


def test_a_row_that_does_not_concern_the_target_rests(judge: Judge) -> None:
    """Another environment's row, and a feature that is not declared."""
    (finding,) = judge(one("pass", '"STORE-02"'), claims=("CORE",)).findings
    assert (finding.status, finding.detail) == (
        "not-applicable",
        "the target does not declare wire",
    )


# -- nothing secret ----------------------------------------------------------------------------


def test_no_ending_tells_a_secret(judge: Judge) -> None:
    """Neither findings nor what pytest tells hold the secret, or a token that was sent."""
    leak = f"f'{SECRET} and {TOKEN}'"
    raised = (
        f"Violation({leak}, {leak})",
        f"ValueError({leak})",
        f"NotTestable('table', {leak})",
        f"NotApplicable({leak})",
    )
    sent = f"client.refresh({TOKEN!r}, {TOKEN!r})\nprint({leak})"
    judged = judge(each((f"{sent}\nraise {error}" for error in raised), asks="client"))
    told = f"{judged.findings} {judged.told}"
    assert SECRET not in told
    assert TOKEN not in told
    assert told.count("<secret#1>") >= len(raised)


def test_no_ending_steers_a_terminal(judge: Judge) -> None:
    """What pytest itself tells holds nothing that a terminal obeys, whatever a deployment said."""
    errors = ("Violation({0!r}, 'x')", "NotTestable('table', {0!r})", "ValueError({0!r})")
    judged = judge(each(f"raise {error.format(t)}" for t in HOSTILE.values() for error in errors))
    assert len(judged.told) >= len(HOSTILE) * len(errors)
    told = "".join(judged.told)
    assert {char for char in told if char != "\n" and not char.isprintable()} == set()


def test_a_card_shows_its_own_test_s_traffic(judge: Judge) -> None:
    """The transcript begins with the test, and the curl line is its last request."""
    tests = one("client.refresh('one', 'x')", asks="client") + one(
        "client.refresh('two', 'y')\nraise Violation('this', 'that')", asks="client"
    ).replace("test_it", "test_then")
    card = judge(tests).findings[-1].card
    assert card is not None
    transcript = "\n".join(card.transcript)
    assert "Bearer two" in transcript
    assert "Bearer one" not in transcript
    assert card.reproduce[1].startswith("curl ")
    assert "Bearer two" in card.reproduce[1]


def test_without_customers_a_test_that_needs_one_says_so(judge: Judge) -> None:
    """It is not testable, and the sentence says what to add."""
    (finding,) = judge(one("pass", asks="alice")).findings
    assert finding.status == "not-testable"
    assert "[[customers]]" in str(finding.detail)


# -- tests side by side ------------------------------------------------------------------------

SLEEPERS = """
    import time

    @pytest.mark.parametrize("number", range(4))
    @requirement("CORE-12", burns={burns})
    def test_it(alice, clock, number):
        begun = time.monotonic()
        clock.sleep(0.2)
        alice.sessions.append((begun, time.monotonic()))
        raise Violation("this", f"that of {{number}}")
"""


def side_by_side(
    pytester: pytest.Pytester, tests: str, judged: Deployment, seed: int | None = None
) -> RunContext:
    """What comes of these tests, run four at once by alice and bob."""
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(dedent(HEAD) + dedent(tests))
    registered = (RegisteredCustomer(judged, ALICE), RegisteredCustomer(judged, BOB))
    with ExitStack() as ends:
        instances = Instances(judged, ends)
        customers = Customers(judged, registered)
        context = RunContext(customers, instances, Options(shuffle=seed), parallel=4)
        plugin = ConformancePlugin(context)
        pytester.inline_run("-p", "no:cacheprovider", plugins=[plugin, Loop(plugin)])
    return context


def meets(one: Any, other: Any) -> bool:
    """Whether two stretches of time have a moment in common."""
    return bool(one[0] < other[1] and other[0] < one[1])


@pytest.mark.parametrize("burns", [True, False])
def test_waits_are_shared_but_no_customer_is_burned_in_a_sleep(
    pytester: pytest.Pytester, burns: bool
) -> None:
    """Two customers let two tests burn at once, and any number that burn nothing."""
    judged = deployment(clock=Clock(), environment="development")
    context = side_by_side(pytester, SLEEPERS.format(burns=burns), judged)
    slept: list[list[Any]] = [list(customer.sessions) for customer in context.customers.registered]
    alices, bobs = map(sorted, slept)
    assert (len(alices), len(bobs)) == (2, 2)
    assert [meets(*alices), meets(*bobs)] == [not burns] * 2
    assert meets(alices[0], bobs[0])
    told = sorted(finding.card.actual for finding in context.findings if finding.card)
    assert told == [f"that of {number}" for number in range(4)]


ALONE = """
    SEEN = []

    @requirement("CORE-03")
    def test_disturbs(deployment, expect):
        SEEN.append("begun")
        deployment.need_alone()
        SEEN.append("alone")

    @requirement("CORE-04")
    def test_is_beside_it(deployment, expect):
        deployment.clock.sleep(0.2)
        SEEN.append("the other has ended")

    @requirement("WIRE-13", last=True)
    def test_looks_back(expect):
        raise Violation("this", str(SEEN))
"""


def test_a_test_that_would_disturb_others_is_run_again_alone(pytester: pytest.Pytester) -> None:
    """What it found until then is dropped."""
    context = side_by_side(pytester, ALONE, deployment())
    found = {finding.requirement: finding for finding in context.findings}
    assert (found["CORE-03"].status, found["CORE-04"].status) == ("pass", "pass")
    assert len(context.findings) == len(found)
    card = found["WIRE-13"].card
    assert card is not None
    assert card.actual == str(["begun", "the other has ended", "begun", "alone"])


FIXTURES = """
    ENDED = []

    @pytest.fixture
    def thing(request, client):
        yield request.param * 2
        ENDED.append(request.node.name)

    @requirement("CORE-03")
    @pytest.mark.parametrize("word", ["one", "two"])
    @pytest.mark.parametrize("thing", ["x", "y"], indirect=True)
    def test_it(thing, word, expect):
        expect.remark(f"{thing} {word}")

    @requirement("WIRE-13", last=True)
    def test_looks_back(expect):
        raise Violation("this", " ".join(sorted(ENDED)))
"""


def test_each_test_has_fixtures_of_its_own(pytester: pytest.Pytester) -> None:
    """Parametrised ones too; each is ended after its test."""
    context = side_by_side(pytester, FIXTURES, deployment())
    *tests, last = context.findings
    told = sorted(str(finding.detail) for finding in tests)
    assert told == ["xx one", "xx two", "yy one", "yy two"]
    assert last.card is not None
    assert len(last.card.actual.split()) == 4


def test_under_plain_pytest_a_card_repeats_what_was_asked_there() -> None:
    """The target, and the flags that a row alone needs just as well."""
    asked: dict[str, object] = {
        "--conformance-profile": "hardened",
        "--conformance-allow-destructive": True,
    }
    for given, flags in (
        (asked, " --conformance-profile hardened --conformance-allow-destructive"),
        (dict.fromkeys(asked), ""),
    ):
        config = cast("pytest.Config", SimpleNamespace(getoption=given.get))
        command = "pytest --pyargs conformance_tests --conformance-target staging.toml"
        assert entry._rerun(config, "staging.toml") == command + flags


# -- in a project of somebody else -------------------------------------------------------------

OTHER_PLUGIN = """
def pytest_addoption(parser):
    for name in ("target", "profile", "only", "claimed-only", "allow-destructive"):
        parser.addoption(f"--{name}")
"""


def test_another_plugin_may_have_options_like_the_command_s(pytester: pytest.Pytester) -> None:
    """The plugin's own begin with its name, and it registers nothing else until it is asked to."""
    pytester.makeconftest(OTHER_PLUGIN)
    pytester.makepyfile(
        "def test_it(pytestconfig): assert pytestconfig.getoption('--target') == 'x'"
    )
    done = pytester.runpytest_inprocess("-p", "conformance_tests.runner.entry", "--target=x")
    done.assert_outcomes(passed=1)
    shown = pytester.runpytest_inprocess("-p", "conformance_tests.runner.entry", "--markers")
    shown.stdout.no_fnmatch_line("*requirement*")


def test_several_processes_are_refused_in_a_sentence(pytester: pytest.Pytester) -> None:
    """Each would burn what another one needs."""
    target = pytester.makefile(".toml", target="url = 'http://127.0.0.1:9/graphql'")
    words = ("-p", "conformance_tests.runner.entry", "-p", "xdist", "-n", "2")
    done = pytester.runpytest_inprocess(*words, f"--conformance-target={target}")
    assert done.ret == pytest.ExitCode.USAGE_ERROR
    done.stderr.fnmatch_lines(["*one process judges a deployment: add -n 0*"])
