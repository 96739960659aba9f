"""One made-up run with a row of every kind, for the tests of the reports."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from conformance_tests.report.finding import Card, Finding
from conformance_tests.report.verdict import Report, Run, Terms, judge
from conformance_tests.report.walked import Walked
from conformance_tests.target.model import Target
from conformance_tests.target.parts import Credentials, KnownFailure

STARTED = dt.datetime(2026, 11, 23, 4, 0, tzinfo=dt.UTC)
CUSTOMERS = (Credentials("alice@example.com", "pw-a"), Credentials("bob@example.com", "pw-b"))
#: What a hostile deployment might answer, to steer a terminal, a browser or a parser.
HOSTILE = "\x1b[31m<script>alert(1)</script> | `` ]]> & \x00"

CARD = Card(
    expected="the customer's partition to be empty",
    actual=f"2 rows and {HOSTILE}",
    transcript=(
        "> POST http://127.0.0.1:4000/graphql",
        "> authorization: Bearer <access#1>",
        '> {"query": "mutation { … }", "variables": {"refresh_token": "<refresh#1>"}}',
        "< HTTP 200 OK",
        '< {"data": {"refreshCustomerToken": null}}',
    ),
    reproduce=(
        "auth-conformance run --target staging.toml --only CORE-12",
        "curl -sS http://127.0.0.1:4000/graphql -H 'authorization: Bearer <access#1>'",
    ),
)
STORY = replace(
    CARD,
    story=("session 1: log in with remember_me true", "refresh with the newest pair of session 1"),
)


def target(**changes: object) -> Target:
    """A deployment that claims two groups."""
    values: dict[str, object] = {
        "url": "http://127.0.0.1:4000/graphql",
        "name": "staging",
        "version": "1.4.2",
        "claims": ("CORE", "GQL"),
        "customers": CUSTOMERS,
        "known_failures": (KnownFailure("CORE-19", "the proxy changes it", "#412"),),
    }
    return Target(**{**values, **changes})  # type: ignore[arg-type]


def run(*findings: Finding, **changes: object) -> Run:
    """A run with these findings."""
    values: dict[str, object] = {
        "findings": findings,
        "started": STARTED,
        "duration_s": 7.1,
        "clock": "http",
        "skew_s": 0.2,
        "command": "auth-conformance run --target staging.toml",
        "walked": Walked(seed=0, walks=12, steps=251, conditions=1800),
    }
    return Run(**{**values, **changes})  # type: ignore[arg-type]


def passed(*ids: str) -> tuple[Finding, ...]:
    """A pass for each of these rows."""
    return tuple(Finding(name, "pass", test=f"suite/test_flow.py::test_{name}") for name in ids)


def sample() -> Report:
    """Passes, a failure with its card, a warning beyond the claim, and parts unseen."""
    return judge(
        target(),
        run(
            *passed(*(f"CORE-{n:02}" for n in range(1, 12)), "CORE-16", "GQL-01", "GQL-03"),
            Finding("CORE-12", "fail", test="suite/test_replay.py::test_replay", card=CARD),
            Finding("CORE-19", "fail", test="suite/test_header.py::test_case", card=CARD),
            Finding("CORE-12", "fail", test="suite/test_walks.py::test_walks[plain]", card=STORY),
            Finding("CORE-20", "pass", test="suite/test_revoke.py::test_revoke"),
            Finding(
                "CORE-20",
                "not-testable",
                "that the row is gone: needs the table; add [table]",
                "suite/test_revoke.py::test_revoke",
            ),
            Finding("HARD-22", "fail", test="suite/test_hard.py::test_cache", card=CARD),
            Finding("HARD-16", "fail", test="suite/test_hard.py::test_twice", card=CARD),
        ),
        Terms(),
    )
