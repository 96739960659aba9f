"""The steps in which CONTRIBUTING.md writes a test are tests that the reference passes."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from conformance_tests.actors.pool import Customers
from conformance_tests.deployment.instances import Instances
from conformance_tests.deployment.opening import assemble
from conformance_tests.embedded import boot
from conformance_tests.runner.options import RunContext
from conformance_tests.runner.plugin import ConformancePlugin
from conformance_tests.runner.preflight import prepare
from tests.docs.pages import PAGES

CONFTEST = "from conformance_tests.suite.conftest import *"
STEPS = [
    block.text
    for page in PAGES
    if page.name == "CONTRIBUTING.md"
    for block in page.blocks
    if block.language == "python"
]


def test_each_step_is_a_test_that_the_reference_passes(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every fixture, word and option that a step uses is there, and means what the step says."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makeconftest(CONFTEST)
    for number, step in enumerate(STEPS):
        pytester.makepyfile(**{f"test_step_{number}": step})
    with ExitStack() as ends:
        target, wiring = ends.enter_context(boot.embedded_reference(over_http=False))
        deployment = assemble(target, ends, wiring)
        customers = Customers(deployment)
        assert prepare(customers, ends) is None
        context = RunContext(customers, Instances(deployment, ends))
        pytester.inline_run("-p", "no:cacheprovider", plugins=[ConformancePlugin(context)])
    told = [(finding.status, finding.detail) for finding in context.findings]
    assert told == [("pass", None)] * len(STEPS)
    assert len(STEPS) > 5
