"""The `pytest11` entry point: `pytest --pyargs conformance_tests --conformance-target FILE`.

Without that option it does nothing. Its options begin with `--conformance-`, as it is loaded in
every project of an environment that it is installed in, beside whatever other plugins are there.
"""

from __future__ import annotations

import os
import shlex
from contextlib import ExitStack
from typing import Any, Final

import pytest

from conformance_tests.runner.options import RUN_CONTEXT, WALKS, Options, RunContext

PREFIX: Final = "--conformance-"
ALLOWS: Final = "allow-destructive"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("auth-conformance", "judge a deployment of the auth flow")
    options: dict[str, dict[str, Any]] = {
        "target": {"metavar": "FILE", "help": "target file of the deployment to judge"},
        "profile": {"choices": ("documented", "hardened"), "help": "overrides the file's profile"},
        "only": {"action": "append", "metavar": "ID|GROUP", "default": [], "help": "only these"},
        "claimed-only": {"action": "store_true", "help": "leave out rows beyond the claim"},
        "walks": {"type": float, "metavar": "SECONDS", "help": "time for walks; 0 for none"},
        "seed": {"type": int, "default": 0, "metavar": "N", "help": "which walks"},
        ALLOWS: {"action": "store_true", "help": "burn, fault and load rows too"},
    }
    for name, settings in options.items():
        group.addoption(f"{PREFIX}{name}", **settings)


def pytest_configure(config: pytest.Config) -> None:
    path = config.getoption(f"{PREFIX}target", None)
    if path is not None and RUN_CONTEXT not in config.stash:
        _refuse_workers(config)
        _register(config, path)


def _register(config: pytest.Config, path: str) -> None:
    """Judge the target file's deployment with the plugin that our own run uses."""
    # Here, and not at the top: pytest imports this module at every start, wherever it is installed.
    from conformance_tests.actors.pool import Customers
    from conformance_tests.deployment.instances import Instances
    from conformance_tests.deployment.opening import assemble
    from conformance_tests.printable import on_one_line
    from conformance_tests.redaction import SHOWN
    from conformance_tests.runner.cleanup import clean_up
    from conformance_tests.runner.plugin import ConformancePlugin
    from conformance_tests.runner.preflight import prepare
    from conformance_tests.runner.pytest_output import (
        refuse_what_shows_secrets,
        silent_libraries,
    )
    from conformance_tests.target.load import TargetError, load, with_profile

    try:
        target = load(path, os.environ)
        profile = config.getoption(f"{PREFIX}profile")
        target = with_profile(target, profile) if profile else target
    except TargetError as error:
        raise pytest.UsageError(str(error)) from None
    options = Options(
        only=tuple(config.getoption(f"{PREFIX}only")),
        claimed_only=config.getoption(f"{PREFIX}claimed-only"),
        allow_destructive=config.getoption(PREFIX + ALLOWS),
        rerun=_rerun(config, path),
        only_option=f"{PREFIX}only",
        walks=_walks(config),
        seed=config.getoption(f"{PREFIX}seed"),
    )
    refuse_what_shows_secrets(config)
    ends = ExitStack()
    config.add_cleanup(ends.close)
    ends.enter_context(silent_libraries())
    deployment = assemble(target, ends)
    customers = Customers(deployment)
    try:
        problem = prepare(customers, ends)
    finally:
        ends.callback(clean_up, customers)
    if problem is not None and not customers.locked_out:
        raise pytest.UsageError(on_one_line(deployment.recorder.redact(problem, SHOWN)))
    context = RunContext(customers, Instances(deployment, ends), options)
    config.pluginmanager.register(ConformancePlugin(context), "conformance-run")


def _walks(config: pytest.Config) -> float:
    """Seconds for walks: none beside a few requirements, unless they are asked for."""
    asked = config.getoption(f"{PREFIX}walks")
    default = 0.0 if config.getoption(f"{PREFIX}only") else WALKS
    return default if asked is None else float(asked)


def _refuse_workers(config: pytest.Config) -> None:
    """UsageError where pytest-xdist would let several processes judge the deployment at once."""
    if hasattr(config, "workerinput") or config.getoption("dist", "no") != "no":
        raise pytest.UsageError("one process judges a deployment: add -n 0")


def _rerun(config: pytest.Config, path: str) -> str:
    """The command that a card repeats for its one requirement."""
    profile, allowed = (config.getoption(PREFIX + name) for name in ("profile", ALLOWS))
    words = ["pytest", "--pyargs", "conformance_tests", f"{PREFIX}target", path]
    words += [f"{PREFIX}profile", profile] if profile else []
    return shlex.join([*words, *[f"{PREFIX}{ALLOWS}"] * bool(allowed)])
