"""Notices that a run has to stop: the deployment answers no more, or the time is up.

A deployment that answers again, or that `[launch]` can start again, is taken up again. The request
that it died of is then a failure of the requirement that the test was about.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from conformance_tests.deployment.http.recorder import NO_ANSWER
from conformance_tests.deployment.http.throttle import Throttled
from conformance_tests.deployment.launch import LaunchError
from conformance_tests.marks import requirements_of
from conformance_tests.outcomes import NotReached
from conformance_tests.report.finding import Card, Finding
from conformance_tests.report.verdict import case_of

if TYPE_CHECKING:
    import pytest

    from conformance_tests.deployment.http.recorder import Exchange
    from conformance_tests.deployment.instances import Instances

#: A deployment that answers again within so many seconds is taken up again.
BACK_SECONDS: Final = 10.0
PAUSE_SECONDS: Final = 0.25


class Watch:
    """One run's reasons to stop."""

    def __init__(self, instances: Instances, seconds: float) -> None:
        """The time is up after so many seconds."""
        self.stopped: str | None = None
        #: The request that was answered no more.
        self.last_request: str | None = None
        self._instances = instances
        self._deployment = instances.main
        self._minutes = seconds / 60
        self._until = self._deployment.client.rate.until = time.monotonic() + seconds

    def need_time(self) -> None:
        """NotReached where the run has stopped, or has to."""
        if self.stopped is None and time.monotonic() > self._until:
            self.stopped = (
                f"the run was stopped after {self._minutes:g} minutes; give it longer with "
                "--max-duration"
            )
        if self.stopped is not None:
            raise NotReached(self.stopped)

    def looked_at(self, item: pytest.Item, found: list[Finding]) -> list[Finding]:
        """What a test found, after a look whether the deployment outlived it."""
        fatal = self._deployment.recorder.first_unanswered(self._deployment.client.url)
        if fatal is None or (self.stopped is None and self.answers()):
            return found
        if self.stopped is None and self._comes_back():
            return self._killed_by(item, fatal, found)
        if self.stopped is None:
            self._stop([(item, fatal)])
        return instead(item, "not-reached", self.stopped)

    def revive(self, ended: Sequence[tuple[pytest.Item, Exchange]]) -> None:
        """Take the deployment up again, or stop the run.

        ended: the tests that were under way, each with a request that got no answer.
        """
        if self.stopped is None and not self.answers() and not self._comes_back():
            self._stop(ended)

    def answers(self) -> bool:
        """Whether the deployment is there."""
        try:
            return self._deployment.client.trivial().status is not None
        except Throttled:
            return True

    def _comes_back(self) -> bool:
        """Whether it answers within seconds, or once it has been started again."""
        end = time.monotonic() + (0 if self._instances.can_restart else BACK_SECONDS)
        while time.monotonic() < end:
            time.sleep(PAUSE_SECONDS)
            if self.answers():
                return self._taken_up()
        try:
            return self._instances.restart() and self._taken_up()
        except LaunchError:
            return False

    def _taken_up(self) -> bool:
        self._deployment.clock.set_again()
        return True

    def _killed_by(self, item: pytest.Item, fatal: Exchange, found: list[Finding]) -> list[Finding]:
        recorder = self._deployment.recorder
        curl = recorder.command(fatal)
        card = Card(
            "an answer, and a deployment that goes on serving",
            f"{recorder.redact(fatal.status_line)}; the deployment ended and was started again",
            recorder.transcript(),
        )
        return [
            replace(
                each,
                card=replace(
                    card, reproduce=(*(each.card.reproduce[:1] if each.card else ()), curl)
                ),
            )
            for each in instead(item, "fail", None, found)
        ]

    def _stop(self, ended: Sequence[tuple[pytest.Item, Exchange]]) -> None:
        """The run is over; the tests under way may each be at fault."""
        recorder, [(item, fatal), *_] = self._deployment.recorder, ended
        ids = " ".join(dict.fromkeys(row.id for test, _ in ended for row in requirements_of(test)))
        said = recorder.redact(fatal.status_line).removeprefix(NO_ANSWER)
        self._deployment.gone = True
        self.stopped = f"the deployment stopped answering in the test of {ids}"
        self.last_request = (
            f"{said}; this request came last ({case_of(item.nodeid)}): {recorder.command(fatal)}"
        )


def instead(
    item: pytest.Item, status: str, detail: str | None, found: Iterable[Finding] = ()
) -> list[Finding]:
    """One finding for each requirement of a test, in place of what was found."""
    cards = {each.requirement: each.card for each in found}
    ids = [row.id for row in requirements_of(item)] or list(cards)  # a walk's finding names its own
    return [
        Finding(id_, status, detail, item.nodeid, cards.get(id_))  # type: ignore[arg-type]
        for id_ in ids
    ]
