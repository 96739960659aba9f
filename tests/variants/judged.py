"""One variant before the suite, held to the documented profile."""

from __future__ import annotations

from dataclasses import replace

from conformance_tests.report.verdict import Report, Terms, judge
from conformance_tests.requirements import REQUIREMENTS
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.load import with_profile
from conformance_tests.target.model import Target
from tests.mutants.judged import changed
from tests.variants.catalogue import Variant

SERVE = "tests.variants.serve"


def judged(
    variant: Variant, only: tuple[str, ...] = (), command: tuple[str, ...] | None = None
) -> Report:
    """The verdict on the reference with this difference, by the rows that look at it.

    only: these rows instead.
    command: what a `server` of `SERVE` gave, where there is one already.
    """
    rows = only or rows_of(variant)
    lifetimes = variant.lifetimes
    with changed(variant, briefly=True, serve=SERVE, command=command, lifetimes=lifetimes) as (
        target,
        wiring,
    ):
        claiming = held_to(variant, target)
        run = run_suite(claiming, Options(only=rows, claimed_only=True), wiring=wiring)
        return judge(claiming, run, Terms(only=rows))


def held_to(variant: Variant, target: Target) -> Target:
    """The target as the variant's owner would describe it."""
    documented = with_profile(target, "documented")
    claims = tuple(group for group in documented.claims if group in variant.claims)
    return replace(documented, claims=claims, claims_named=True)


def rows_of(variant: Variant) -> tuple[str, ...]:
    """The documented rows that look at what it does otherwise, of those that it claims."""
    return tuple(
        row.id
        for row in REQUIREMENTS.values()
        if row.documented and row.group in variant.claims and {row.id, row.group} & variant.rows
    )
