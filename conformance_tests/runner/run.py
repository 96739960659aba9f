"""One run: look around, let pytest run the suite in this process, clean up."""

from __future__ import annotations

import datetime as dt
import os
import time
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.instances import Instances
from conformance_tests.deployment.opening import assemble
from conformance_tests.deployment.wiring import NO_WIRING, Wiring
from conformance_tests.redaction import SHOWN
from conformance_tests.report.verdict import Run
from conformance_tests.runner.cleanup import clean_up
from conformance_tests.runner.discover import other_environment, other_lifetimes
from conformance_tests.runner.findings import redacted_again
from conformance_tests.runner.loop import Loop
from conformance_tests.runner.options import Options, Progress, RunContext, Silence
from conformance_tests.runner.plugin import ConformancePlugin
from conformance_tests.runner.preflight import prepare
from conformance_tests.runner.pytest_output import silent_libraries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from conformance_tests.target.model import Target

PACKAGE = Path(str(resources.files("conformance_tests")))
#: pytest is told everything: neither the user's settings nor plugins change a verdict.
SETTINGS = (
    str(PACKAGE / "suite"),
    f"--rootdir={PACKAGE}",
    f"--confcutdir={PACKAGE}",
    "-c",
    str(PACKAGE / "suite" / "pytest.ini"),
    "-p",
    "no:cacheprovider",
    "--assert=plain",
    # Both collect garbage for seconds at the end, and judge nothing of a deployment.
    "-p",
    "no:unraisableexception",
    "-p",
    "no:threadexception",
)

#: Nor does it gather what its own report would tell, where nobody asked for that.
QUIET = ("-p", "no:terminal", "-p", "no:logging", "--capture=sys")

DEFAULTS = Options()
CLOSED = "the deployment closes idle connections early"
COOKIES = "the deployment sets cookies, and the suite sends none back"


def run_suite(
    target: Target,
    options: Options = DEFAULTS,
    progress: Progress | None = None,
    *,
    wiring: Wiring = NO_WIRING,
) -> Run:
    """Judge a target. Never raises for what a deployment does; `Run` says what stopped it."""
    started, clock = dt.datetime.now(dt.UTC), time.monotonic()
    with silent_libraries(), ExitStack() as ends, ExitStack() as instances_end:
        deployment = assemble(target, ends, wiring)
        customers = Customers(deployment)
        context = RunContext(
            customers,
            Instances(deployment, instances_end),
            options,
            progress or Silence(),
            # What pytest itself writes knows of no tests that run side by side.
            parallel=1 if options.pytest_args else target.parallel,
        )
        unreachable = remark = None
        code: int = pytest.ExitCode.OK
        # What comes before the tests may wait as long as they may.
        deployment.client.rate.until = time.monotonic() + options.max_seconds
        try:
            unreachable = prepare(customers, ends, side_by_side=context.parallel > 1)
            remark = None if unreachable else remark_about(customers)
            if unreachable is None or customers.locked_out:
                code = run_pytest(context)
        except KeyboardInterrupt:
            code = pytest.ExitCode.INTERRUPTED
        finally:
            left_behind = clean_up(customers)

    if times := deployment.client.resent:
        remark = "; ".join(filter(None, [remark, f"{CLOSED}: requests sent again: {times}"]))

    lost = deployment.table.lost if deployment.table else None

    def redacted(sentence: str | None) -> str | None:
        return sentence and deployment.recorder.redact(sentence, SHOWN)

    return Run(
        findings=tuple(
            redacted_again(each, deployment.recorder.redactor) for each in context.findings
        ),
        started=started,
        duration_s=round(time.monotonic() - clock, 3),
        clock=deployment.clock.name,
        skew_s=deployment.clock.skew,
        command=options.rerun,
        unreachable=redacted(unreachable),
        crashed=context.crash or crash_sentence(code),
        stopped=redacted(context.stopped or lost),
        last_request=redacted(context.last_request),
        interrupted=code == pytest.ExitCode.INTERRUPTED and context.crash is None,
        left_behind=tuple(filter(None, map(redacted, left_behind))),
        remark=redacted(remark),
        walked=context.walked,
    )


def remark_about(customers: Customers) -> str | None:
    """Where it is not what the target says: what a reader should know before the rows."""
    deployment = customers.deployment
    seen = [other_environment(deployment.client, deployment.target.environment)]
    seen += [COOKIES] if deployment.client.sets_cookies else []
    seen += [other_lifetimes(one, deployment.lifetimes) for one in customers.sessions[:1]]
    seen += [deployment.wrong_secret, deployment.opaque, *deployment.about_runs]
    return "; ".join(filter(None, seen)) or None


def run_pytest(context: RunContext) -> int:
    extra = list(context.options.pytest_args)
    quiet = () if extra else QUIET
    if context.deployment.clock.moves_now:
        context.parallel = 1  # each move is a second less for every open session
    plugin = ConformancePlugin(context)
    plugins = [plugin] if extra else [plugin, Loop(plugin)]
    code = pytest_main([*SETTINGS, *quiet, *extra], plugins)
    context.progress.finished()
    return code


def pytest_main(arguments: Sequence[str], plugins: Sequence[object]) -> int:
    """pytest's exit code, with no plugin and no option that the user's environment adds."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with patch.dict(os.environ, {**others, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, clear=True):
        return int(pytest.main(list(arguments), plugins=list(plugins)))


def crash_sentence(code: int) -> str | None:
    """What pytest's exit code says of the suite itself."""
    return {
        pytest.ExitCode.INTERNAL_ERROR: "pytest failed inside",
        pytest.ExitCode.USAGE_ERROR: "pytest did not understand its arguments",
    }.get(pytest.ExitCode(code))
