"""Past the first look: what a server keeps by chance is known by name, and is no refusal.

Each has a table, a secret, a clock and a fault proxy to offer: nearly every test really runs.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from conformance_tests.report.exit_codes import FAILED
from conformance_tests.report.verdict import judge
from conformance_tests.requirements import REQUIREMENTS
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from tests.conformance.small_server import Reply
from tests.degenerate.liars import KINDS, Liar, lying, opaque_tokens, signed_gibberish
from tests.degenerate.servers import Asked

#: How the registry says that somebody or something is turned away.
REFUSING = re.compile(
    "refus|cannot|not honoured|not accepted|only HS256|never works|issues nothing"
)
OF_THE_DOOR = {
    "GQL-11": "no WebSocket is opened",
    "GQL-15": "no other origin is let in",
}
#: What a login with a password that is looked at keeps, whatever happens to the session.
OF_LOGINS = {
    "CORE-01": "the login is sound",
    "CORE-02": "and looks at the password",
    "CORE-03": "and at the time",
    "CORE-04": "and at remember_me",
    "WIRE-06": "the refresh token is derived",
    "STORE-01": "its row is written",
    "HARD-18": "the odd logins are no customers here",
    "GQL-07": "a document of many logins is one",
    "HARD-36": "every refusal is the same",
}
#: What each server really does, by the row that it keeps so; the others keep none.
PASSES: Mapping[str, Mapping[str, str]] = {
    "another API": OF_THE_DOOR,
    "every refusal": {**OF_THE_DOOR, "GQL-01": "a query is answered, a refusal is in its form"},
    "one pair": {
        **OF_THE_DOOR,
        "WIRE-04": "its payload is empty",
        "WIRE-05": "its refresh token has the form of one",
        "WIRE-13": "nor does it say when it was issued",
        "GQL-13": "no header is looked at",
        "HARD-16": "every revoke answers true",
        "HARD-26": "nothing is derived",
        "HARD-37": "nothing that was sent comes back",
    },
    "fresh pairs": {
        **OF_THE_DOOR,
        **dict.fromkeys(("CORE-01", "CORE-03", "CORE-26"), "a genuine pair for everybody"),
        **dict.fromkeys(("WIRE-01", "WIRE-02", "WIRE-04", "WIRE-05"), "of the right form"),
        **dict.fromkeys(("WIRE-06", "WIRE-07", "WIRE-10"), "whose halves belong together"),
        **dict.fromkeys(("CORE-06", "CORE-09"), "and another one for each refresh"),
        "CORE-28": "though one and the same within a second",
        "CORE-29": "as often as one likes",
        "CORE-19": "in whatever scheme",
        "WIRE-13": "issued now",
        "GQL-13": "however many spaces there are",
        "RACE-13": "an alias is not looked at",
        "API-06": "the query is open to all",
        "HARD-26": "hardly anything is derived",
    },
    "sound logins, then no": {
        **OF_THE_DOOR,
        **OF_LOGINS,
        "GQL-01": "a query is answered, a refusal is in its form",
    },
    "sound logins, then yes": {
        **OF_THE_DOOR,
        **OF_LOGINS,
        "CORE-05": "a live pair is repeated",
        "CORE-28": "and any other, for every tab",
        "GQL-13": "no header is looked at",
        "HARD-26": "nothing is derived",
    },
}
#: So many rows of the registry speak of a refusal, at the least.
FEW = 30
#: Refusals that a server really makes, because it looks at the password of a login.
LOOKED_AT = {"CORE-02", "HARD-18", "HARD-36", "GQL-07"}


@pytest.mark.parametrize("name", KINDS)
def test_nothing_is_kept_but_what_the_server_really_does(name: str) -> None:
    """The rows that pass are those written down; no other is green, and the verdict is red."""
    with lying(KINDS[name]) as (target, wiring):
        run = run_suite(target, wiring=wiring)
        report = judge(target, run)
    ended = {row.requirement.id: (row.status, row.detail) for row in report.rows}
    assert {id_: said for id_, said in ended.items() if said[0] == "error"} == {}
    kept = {id_ for id_, (status, _) in ended.items() if status == "pass"}
    assert kept == PASSES.get(name, {}).keys()
    assert (report.conformant, report.exit) == (False, FAILED)


@pytest.mark.parametrize("speak", [opaque_tokens, signed_gibberish])
def test_a_token_that_is_no_jwt_is_a_finding_and_no_accident(
    speak: Callable[[Liar, Asked], Reply],
) -> None:
    """With and without the secret, the run comes to its end and the rows of tokens are red."""
    with lying(speak) as (target, wiring):
        for seen in (target, replace(target, secret=None, table=None)):
            run = run_suite(seen, Options(only=("CORE-01", "WIRE-04")), wiring=wiring)
            assert {finding.status for finding in run.findings} <= {"fail", "not-testable"}
            assert any(finding.status == "fail" for finding in run.findings)


def test_no_refusal_is_kept_by_refusing_or_by_accepting_everything() -> None:
    """None of the rows that pass speaks of a refusal, but for logins that are really judged."""
    refusals = {row.id for row in REQUIREMENTS.values() if REFUSING.search(row.sentence)}
    assert len(refusals) > FEW
    kept = {id_ for rows in PASSES.values() for id_ in rows}
    assert kept & refusals <= LOOKED_AT
