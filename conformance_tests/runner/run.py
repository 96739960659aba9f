"""One run: look around, let pytest run the suite in this process, tidy up."""

from __future__ import annotations

import datetime as dt
import os
import shlex
import time
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from conformance_tests.deployment.instances import Instances
from conformance_tests.report.verdict import Run
from conformance_tests.runner.cleanup import tidy
from conformance_tests.runner.discover import other_environment, other_lifetimes
from conformance_tests.runner.environment import variables
from conformance_tests.runner.plugin import Bench, ConformancePlugin, Options, Progress, Silence
from conformance_tests.runner.preflight import assemble, prepare
from conformance_tests.runner.work_queue import SharedLoop

if TYPE_CHECKING:
    from conformance_tests.deployment.deployment import Deployment
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
UNTOLD = ("-p", "no:terminal", "-p", "no:logging", "--capture=sys")

DEFAULTS = Options()


def run(target: Target, options: Options = DEFAULTS, progress: Progress | None = None) -> Run:
    """Judge a target. Never raises for what a deployment does; `Run` says what stopped it."""
    started, clock = dt.datetime.now(dt.UTC), time.monotonic()
    with ExitStack() as ends, ExitStack() as instances_end:
        deployment = assemble(target, ends)
        bench = Bench(
            deployment,
            Instances(deployment, instances_end),
            options,
            progress or Silence(),
            overlapping=True,
        )
        unreachable = remark = None
        code: int = pytest.ExitCode.OK
        try:
            unreachable = prepare(deployment, ends)
            remark = None if unreachable else remark_about(deployment)
            if unreachable is None or deployment.locked_out:
                code = run_pytest(bench)
        except KeyboardInterrupt:
            code = pytest.ExitCode.INTERRUPTED
        finally:
            left_behind = tidy(deployment)
    return Run(
        findings=tuple(bench.findings),
        started=started,
        duration_s=round(time.monotonic() - clock, 3),
        clock=deployment.clock.name,
        skew_s=deployment.clock.skew,
        command=options.again,
        unreachable=unreachable,
        crashed=bench.crash or crash_sentence(code),
        interrupted=code == pytest.ExitCode.INTERRUPTED and bench.crash is None,
        left_behind=tuple(left_behind),
        remark=remark,
    )


def remark_about(deployment: Deployment) -> str | None:
    """Where it is not what the target says: what a reader should know before the rows."""
    seen = [other_environment(deployment.client, deployment.target.environment)]
    seen += [other_lifetimes(one, deployment.lifetimes) for one in deployment.sessions[:1]]
    return "; ".join(filter(None, [*seen, deployment.wrong_secret])) or None


def run_pytest(bench: Bench) -> int:
    extra = list(bench.options.pytest_args)
    quiet = () if extra else UNTOLD
    plugin, share = ConformancePlugin(bench), bench.options.share
    plugins = [plugin, SharedLoop(share, plugin.start_ahead)] if share else [plugin]
    with variables(PYTEST_DISABLE_PLUGIN_AUTOLOAD="1", PYTEST_ADDOPTS=None):
        code = pytest.main([*SETTINGS, *quiet, *extra], plugins=plugins)
    bench.progress.finished()
    return int(code)


def crash_sentence(code: int) -> str | None:
    """What pytest's exit code says of the suite itself."""
    return {
        pytest.ExitCode.INTERNAL_ERROR: "pytest failed inside",
        pytest.ExitCode.USAGE_ERROR: "pytest did not understand its arguments",
    }.get(pytest.ExitCode(code))


def again_by_pytest(config: pytest.Config, path: str) -> str:
    """The command that a card repeats for its one row."""
    profile, leave = config.getoption("--profile"), config.getoption("--allow-destructive")
    words = ["pytest", "--pyargs", "conformance_tests", "--target", path]
    words += ["--profile", profile] if profile else []
    return shlex.join([*words, *["--allow-destructive"] * bool(leave)])


def plug_into_pytest(config: pytest.Config, path: str) -> None:
    """Under plain pytest: judge the target file's deployment by the same plugin."""
    from conformance_tests.target.model import TargetError, load, with_profile

    try:
        target = load(path, os.environ)
        profile = config.getoption("--profile")
        target = with_profile(target, profile) if profile else target
    except TargetError as error:
        raise pytest.UsageError(str(error)) from None
    options = Options(
        only=tuple(config.getoption("--only")),
        claimed_only=config.getoption("--claimed-only"),
        allow_destructive=config.getoption("--allow-destructive"),
        again=again_by_pytest(config, path),
    )
    ends = ExitStack()
    config.add_cleanup(ends.close)
    deployment = assemble(target, ends)
    try:
        trouble = prepare(deployment, ends)
    finally:
        ends.callback(tidy, deployment)
    if trouble is not None and not deployment.locked_out:
        raise pytest.UsageError(trouble)
    bench = Bench(deployment, Instances(deployment, ends), options)
    config.pluginmanager.register(ConformancePlugin(bench), "conformance-run")
