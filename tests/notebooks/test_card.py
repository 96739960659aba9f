"""A card of the suite is shown whole but for what every request has, the same in each run."""

from __future__ import annotations

import datetime as dt

import pytest

from conformance_tests.report.finding import Card, Finding
from conformance_tests.report.verdict import Report, Run, judge
from conformance_tests.requirements import REQUIREMENTS
from conformance_tests.target.load import from_url
from lessons.card import WIDTH, card_of, renumbered

TRANSCRIPT = (
    "* the clock was moved by 3 s",
    "> POST http://127.0.0.1:1/graphql",
    "> authorization: Bearer <access#12>",
    "> content-type: application/json",
    "> accept: application/json",
    '> {"query": "…"}',
    "< HTTP 200 OK",
    "< content-type: application/json",
    "< cache-control: no-store",
    '< {"data": "<access#12> <refresh#7> <access#3>"}',
)


@pytest.fixture
def report() -> Report:
    card = Card("no row to change", "<refresh#7> gone", TRANSCRIPT, ("again --only X", "curl"))
    finding = Finding("HARD-01", "fail", test="suite/test_it.py::test_a_story", card=card)
    target = from_url("http://127.0.0.1:1/graphql", {})
    return judge(target, Run((finding,), dt.datetime.now(dt.UTC)))


def test_a_card_tells_what_was_expected_and_how_to_see_it_again(report: Report) -> None:
    """Sentence, both sides, cause, reason and command are there, in lines for the eye."""
    shown, row = repr(card_of(report, "HARD-01")), REQUIREMENTS["HARD-01"]
    words_shown = " ".join(shown.split())
    for words in (row.sentence, row.likely_cause, row.why, "no row to change", "again --only X"):
        assert words in words_shown
    assert "case a story expected" in words_shown
    assert shown.startswith("HARD-01 MUST")
    assert all(len(line) <= WIDTH for line in shown.splitlines())


def test_a_card_shows_every_request_without_its_usual_headers(report: Report) -> None:
    """Who is asking stays, and so do both bodies; media types and moves of the clock go."""
    shown = repr(card_of(report, "HARD-01"))
    kept = [line for line in shown.splitlines() if line.startswith("  ") and line[2] in "<>*"]
    assert [line[2:8] for line in kept] == ["> POST", "> auth", '> {"qu', "< HTTP", '< {"da']


def test_secrets_are_counted_from_the_card_s_beginning(report: Report) -> None:
    """Numbers that depend on the rest of the run are gone; equal secrets are still equal."""
    shown = repr(card_of(report, "HARD-01"))
    assert "actual          <refresh#1> gone" in shown
    assert "Bearer <access#1>" in shown
    assert '"<access#1> <refresh#1> <access#2>"' in shown


def test_other_words_in_angles_are_no_secrets() -> None:
    """Only what has a kind and a number is renumbered."""
    assert renumbered("<a> <b#x> <c#9>") == "<a> <b#x> <c#1>"
