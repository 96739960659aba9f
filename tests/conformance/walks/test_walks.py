"""Walks before the reference: a defect is told as a short story, and the sound one has none."""

from __future__ import annotations

import pytest

from conformance_tests.model.flow import Customer, Expected, Reply
from conformance_tests.report.verdict import Run
from conformance_tests.walks.run import TRIES
from conformance_tests.walks.walker import Walk
from tests.conformance.walks.alone import SECONDS, walked

STORIES = {
    "signs_a_live_token_anew": ("CORE-05", "session 1: log in with remember_me absent"),
    "makes_a_text_of_the_id_in_a_renewed_token": (
        "CORE-26",
        "session 1: log in with remember_me absent",
    ),
}


def told(run: Run) -> dict[str, set[tuple[str, ...]]]:
    """The stories of what was found, by requirement."""
    assert run.crashed is None
    stories: dict[str, set[tuple[str, ...]]] = {}
    for finding in run.findings:
        assert finding.card is not None
        stories.setdefault(finding.requirement, set()).add(finding.card.story)
    return stories


def test_the_sound_reference_has_no_story() -> None:
    """Nor does a walk make any requirement pass; the run says how far it went."""
    run = walked()
    assert told(run) == {}
    assert run.findings == ()
    assert run.walked is not None
    assert run.walked.walks >= 4


@pytest.mark.parametrize("name", STORIES)
def test_a_defect_is_told_as_the_same_short_story(name: str) -> None:
    """One seed, twice: the same requirements are red for the same reasons, in few steps."""
    requirement, first = STORIES[name]
    stories = [told(walked(name, walks=0.1)) for _ in range(2)]  # as few walks as there can be
    assert stories[0] == stories[1]
    for story in stories[0][requirement]:
        assert len(story) <= 4
        assert first in story


def test_a_card_says_how_to_walk_again() -> None:
    """Its requirement alone, by the same seed; and what the steps sent."""
    [finding, *_] = walked("signs_a_live_token_anew", seed=3).findings
    assert finding.card is not None
    again = f"--only {finding.requirement} --walks {SECONDS:g} --seed 3"
    assert finding.card.reproduce[0].endswith(again)
    assert any("refreshCustomerToken" in line for line in finding.card.transcript)


def test_another_requirement_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of a few requirements walks for them alone."""
    assert told(walked("signs_a_live_token_anew", only=("CORE-20", "HARD"))) == {}


def test_a_walk_that_breaks_is_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    """The suite says that it has failed, and never that all is well."""

    def run(walk: Walk) -> None:
        raise TypeError("a mistake of the suite")

    monkeypatch.setattr(Walk, "run", run)
    assert "TypeError" in (walked().crashed or "")


@pytest.mark.parametrize(
    "method, wrong, broken",
    [
        ("_refresh_current", Expected((Reply.NEW,), "CORE-05"), "CORE-05"),
        ("_refresh_when_over", Expected((Reply.SAME,), "CORE-15"), "CORE-15"),
        ("revoke_mixed", Expected((Reply.TRUE,), "CORE-22"), "CORE-22"),
        ("revoke", Expected((Reply.TRUE,), "CORE-20", rows="CORE-20"), "CORE-20"),
    ],
)
def test_a_model_that_is_wrong_is_seen(
    monkeypatch: pytest.MonkeyPatch, method: str, wrong: Expected, broken: str
) -> None:
    """The reference contradicts each mistake of the model."""
    monkeypatch.setattr("conformance_tests.walks.run.TRIES", min(TRIES, 3))
    monkeypatch.setattr(Customer, method, lambda *given: wrong)
    assert broken in told(walked())
