"""Let the suite judge the reference, with any flow in it, inside this process."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

from conformance_tests.embedded import boot
from conformance_tests.report.finding import Status
from conformance_tests.report.verdict import Report, Terms, judge
from conformance_tests.report.wording import sentence
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.load import from_url
from lessons.mutant import app_with
from reference_auth.flow.flow import Flow


def judged(flow: type[Flow] = Flow, only: tuple[str, ...] = (), **without: Any) -> Report:
    """Start the reference with this flow, run the tests of some requirements, and judge.

    The requests are those of any client; within one process they need no socket.
    without: parts of the target to replace, such as `table=None`, as if there were no table.
    """
    booted = boot.embedded_reference(app_with(flow), over_http=False, behind_proxy=False)
    with booted as (target, wiring):
        target = replace(target, **without)
        run = run_suite(target, Options(only=only), wiring=wiring)
        return judge(target, run, Terms(only=only))


def statuses(report: Report) -> dict[str, Status]:
    """The status of each requirement that was asked for."""
    asked = report.terms.only
    return {row.requirement.id: row.status for row in report.rows if row.requirement.id in asked}


def judged_address(url: str, only: tuple[str, ...]) -> str:
    """Judge the server at an address, and say the verdict in one sentence.

    The customers are in the environment: AUTH_CONFORMANCE_CUSTOMER_1 and so on.
    """
    target = from_url(url, os.environ)
    return sentence(judge(target, run_suite(target, Options(only=only)), Terms(only=only)))
