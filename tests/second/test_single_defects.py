"""One defect in the second implementation: its own requirement is the first card, and nearly alone.

Without its table and without `[launch]`, as somebody else's deployment is judged.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from conformance_tests.report import terminal, wording
from conformance_tests.report.verdict import Report, judge
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from tests.second.errors import Unauthorised
from tests.second.flow import Flow
from tests.second.served import served
from tests.second.store import Store
from tests.second.tokens import Pair

#: More rows than these are never red for one defect.
MOST_RED = 2
Patch = Callable[[pytest.MonkeyPatch], None]


def rotates_a_live_pair(patch: pytest.MonkeyPatch) -> None:
    refresh = Flow.refresh

    def always(flow: Flow, bearer: str, refresh_token: str, now: int) -> Pair:
        pair = refresh(flow, bearer, refresh_token, now)
        if pair.token != bearer:
            return pair
        claims = flow.signer.claims(bearer, now)
        hash_ = flow.signer.stretch(refresh_token)
        return flow._issue(claims.customer_id, flow._rolled(claims, now), now, old=hash_)

    patch.setattr(Flow, "refresh", always)


def forgets_remember_me(patch: pytest.MonkeyPatch) -> None:
    log_in = Flow.log_in
    patch.setattr(Flow, "log_in", lambda flow, id_, remember, now: log_in(flow, id_, False, now))


def revokes_nothing(patch: pytest.MonkeyPatch) -> None:
    revoke = Flow.revoke

    class Spares(Store):
        def delete(self, customer: str, hash_: str) -> bool:
            return True

    spares = Spares()

    def keeps(flow: Flow, bearer: str, refresh_token: str | None, now: int) -> None:
        revoke(replace(flow, store=spares), bearer, refresh_token, now)

    patch.setattr(Flow, "revoke", keeps)


def slides_every_session(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Flow, "_rolled", lambda flow, claims, now: now + flow.settings.refresh)


def sees_no_replay(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Flow, "_missing", lambda *_: Unauthorised("The session is over"))


DEFECTS: dict[Patch, str] = {
    rotates_a_live_pair: "CORE-05",
    forgets_remember_me: "CORE-04",
    revokes_nothing: "CORE-24",
    slides_every_session: "CORE-08",
    sees_no_replay: "CORE-12",
}


def judged() -> Report:
    with served() as target:
        return judge(target, run_suite(target, Options(claimed_only=True)))


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda defect: defect.__name__)
def test_the_first_card_is_the_defect_s_own(
    defect: Patch, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At most two requirements are red, and the first screen names the right one."""
    defect(monkeypatch)
    report = judged()
    red: list[Any] = [row.requirement.id for row in wording.by_cause(report)]
    assert red[0] == DEFECTS[defect]
    assert len(report.failed) <= MOST_RED, red
    terminal.show(report, terminal.console())
    screen = capsys.readouterr().out.splitlines()[:40]
    assert any(line.startswith(f"✗ {red[0]} MUST") for line in screen)
