"""A mutant that lies about a logout: does the suite catch it, and catch nothing else?"""

from __future__ import annotations

from collections.abc import Iterator

from lessons.exercise import Hints, exercise
from lessons.mutant import app_with
from lessons.stage import Stage
from reference_auth.flow.flow import Flow

ROWS = ("CORE-05", "CORE-06", "CORE-20", "HARD-14")
#: With the row still there a revoked pair goes on, so this one shows the same lie.
TOO = "HARD-14"


@exercise
def is_caught(answer: type[Flow]) -> Hints:
    """A subclass of Flow whose logout says true and ends nothing."""
    if not (isinstance(answer, type) and issubclass(answer, Flow)):
        yield "A mutant is a class that inherits from Flow: hand over the class itself."
        return
    yield from what_a_stage_shows(answer)
    red = {id for id, status in found(answer).items() if status in ("fail", "warn")}
    if others := sorted(red - {"CORE-20", TOO}):
        yield f"{', '.join(others)} turned red too: one mutant has one defect."
    if "CORE-20" not in red:
        yield "The suite saw nothing: CORE-20 passed."


def what_a_stage_shows(mutant: type[Flow]) -> Iterator[str]:
    """The quick look, before the suite is asked."""
    stage = Stage(flow=mutant)
    login = stage.log_in()
    if login.category:
        yield f"Nobody can log in: {login.message}. Leave log_in alone."
    revoked = stage.revoke(login.pair)
    if revoked.data != {"result": True}:
        yield f"The logout does not say true: it answered {revoked.data or revoked.message!r}."
    if not stage.table().of_customer(23):
        yield "The session's row is gone: this logout tells the truth."


def found(mutant: type[Flow]) -> dict[str, str]:
    """What the suite says of a few rows; it is imported only when it is asked."""
    from conformance_tests.embedded import boot
    from conformance_tests.report.verdict import judge
    from conformance_tests.runner.options import Options
    from conformance_tests.runner.run import run_suite

    booted = boot.embedded_reference(app_with(mutant), over_http=False, behind_proxy=False)
    with booted as (target, wiring):
        report = judge(target, run_suite(target, Options(only=ROWS), wiring=wiring))
    return {row.requirement.id: row.status for row in report.rows if row.requirement.id in ROWS}
