"""Each report form says the same verdict, is valid in its own format and obeys no deployment."""

from __future__ import annotations

import dataclasses
import io
import json as stdlib_json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import jsonschema
import pytest

from conformance_tests.report import html, json, junit, markdown, terminal, wording
from conformance_tests.report.finding import Finding
from conformance_tests.report.square import square
from conformance_tests.report.verdict import Report, Run, Terms, judge
from conformance_tests.requirements import REQUIREMENTS
from conformance_tests.target.parts import KnownFailure
from tests.conformance.report.golden_file import matches_golden
from tests.conformance.report.sample_report import CARD, passed, run, sample, target
from tests.conformance.report.test_verdict import EXITS

FORMS = {
    "report.json": json.text,
    "report.xml": junit.text,
    "report.md": markdown.text,
    "report.html": html.text,
}
#: The forms that show a failure in full.
CARDED = {name: form for name, form in FORMS.items() if name != "report.json"}


def printed(report: Report, **options: object) -> str:
    """What the terminal report prints."""
    out = io.StringIO()
    terminal.show(report, terminal.console(file=out, **options))
    return out.getvalue()


@pytest.fixture(autouse=True)
def _steady(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version and the caller's colours do not show in golden files."""
    for module in (json, wording):
        monkeypatch.setattr(module, "__version__", "0.0.0")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("name", FORMS)
def test_a_form_looks_as_it_did(name: str) -> None:
    """UPDATE_GOLDEN=1 takes a wanted change over."""
    assert matches_golden(name, FORMS[name](sample()))


def test_the_terminal_report_looks_as_it_did() -> None:
    """Without a terminal it is plain text."""
    text = printed(sample())
    assert "\x1b" not in text
    assert matches_golden("report.txt", text)


def test_no_color_is_honoured_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A terminal gets colours, unless NO_COLOR is set."""
    assert re.search(r"\x1b\[[0-9;]*3[0-9]m", printed(sample(), force_terminal=True))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*[34][0-9]m", printed(sample(), force_terminal=True))


@pytest.mark.parametrize("name", ["report.md", "report.html", "terminal"])
def test_a_remark_about_the_target_stands_beside_the_verdict(name: str) -> None:
    """Once, as a note; a run without one has no note."""
    remarked = judge(target(), run(*passed("CORE-01"), remark="it behaves as development"))
    silent = judge(target(), run(*passed("CORE-01")))
    form = FORMS.get(name, printed)
    assert form(remarked).count("Note: it behaves as development.") == 1
    assert "Note:" not in form(silent)


@pytest.mark.parametrize("name", [*FORMS, "terminal"])
def test_what_a_deployment_says_steers_nothing(name: str) -> None:
    """Escape sequences, markup and null characters of an answer appear as text."""
    text = FORMS[name](sample()) if name in FORMS else printed(sample())
    assert "alert(1)" in text or name == "report.json"
    assert "\x1b" not in text
    assert "\x00" not in text
    if name == "report.html":
        assert text.count("<script") == 1  # the filter's


@pytest.mark.parametrize("name", [*FORMS, "terminal"])
def test_no_form_shows_a_percentage(name: str) -> None:
    """Which requirement failed says everything, a share of them nothing."""
    text = FORMS[name](sample()) if name in FORMS else printed(sample())
    body = re.sub(r"<style>.*?</style>", "", text, flags=re.DOTALL)
    assert not re.search(r"\d\s*%", body)


def test_a_long_transcript_loses_its_middle() -> None:
    """The exchange that failed stands at the end, and is shown."""
    lines = tuple(f"> line {number}" for number in range(100))
    card = dataclasses.replace(CARD, transcript=lines)
    text = markdown.text(judge(target(), run(Finding("CORE-12", "fail", card=card))))
    shown = [int(number) for number in re.findall(r"> line (\d+)", text)]
    assert shown == [*range(wording.FIRST_LINES), *range(100 - wording.LAST_LINES, 100)]
    assert "… 60 lines left out: see --html …" in text


@pytest.mark.parametrize("name", [*CARDED, "terminal"])
def test_each_card_names_its_case(name: str) -> None:
    """Several cards of one row are told apart by the test's name and parameters."""
    test = "suite/test_a.py::test_a_replay_burns"
    report = judge(
        target(),
        run(*(Finding("CORE-12", "fail", test=f"{test}[{n}-ü::x]", card=CARD) for n in range(5))),
        Terms(verbose=True),
    )
    text = CARDED[name](report) if name in CARDED else printed(report)
    assert all(f"a replay burns [{number}-ü::x]" in text for number in range(5))


# -- JSON --------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", EXITS, ids=lambda case: case.replace(" ", "-"))
def test_every_verdict_keeps_the_published_schema(case: str) -> None:
    """The schema holds for reports of every exit code, and `verdict.exit` is that code."""
    code, conformant, report = EXITS[case]
    document = stdlib_json.loads(json.text(report))
    jsonschema.validate(document, json.schema(), jsonschema.Draft202012Validator)
    assert (document["verdict"]["exit"], document["verdict"]["conformant"]) == (code, conformant)


@pytest.mark.parametrize(
    "path, value",
    [
        ("verdict.exit", 2),
        ("requirements.0.status", "ok"),
        ("run.started", "today"),
        ("surprise", 1),
        ("verdict.groups.CORE.pass", -1),
        ("verdict.groups.CORE.passed", 1),
    ],
)
def test_the_schema_refuses_what_is_no_report(path: str, value: object) -> None:
    """A schema that accepts everything would prove nothing."""
    document = json.document(sample())
    *parents, last = path.split(".")
    node = document
    for parent in parents:
        node = node[int(parent)] if isinstance(node, list) else node[parent]
    node[last] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, json.schema(), jsonschema.Draft202012Validator)


def test_the_schema_is_itself_valid() -> None:
    """Draft 2020-12."""
    jsonschema.Draft202012Validator.check_schema(json.schema())


# -- JUnit -------------------------------------------------------------------------------------


def parsed(report: Report) -> ET.Element:
    """The JUnit report as a CI server reads it."""
    return ET.fromstring(junit.text(report))


def test_every_red_case_has_a_failure_and_no_other_has() -> None:
    """The failing MUST of the claim, and nothing beyond it."""
    cases = parsed(sample()).findall(".//testcase[failure]")
    assert [str(case.get("name"))[:7] for case in cases] == ["CORE-12"]
    failure = cases[0].find("failure")
    assert failure is not None
    assert failure.get("type") == "MUST"
    assert "expected: the customer's partition to be empty" in str(failure.text)
    assert "--only CORE-12" in str(failure.text)


def test_a_warning_is_red_under_strict_alone() -> None:
    """A SHOULD that fails is output, or a failure where it was asked to be."""
    gentle, strict = (EXITS[case][2] for case in ("a SHOULD failed", "a SHOULD failed, strict"))
    assert parsed(gentle).findall(".//failure") == []
    assert len(parsed(strict).findall(".//failure")) == 1


def test_an_error_of_the_suite_is_an_error_element() -> None:
    """CI readers tell it from a failure."""
    root = parsed(EXITS["a row broke the suite"][2])
    assert len(root.findall(".//testcase[error]")) == 1
    assert (root.get("errors"), root.get("failures")) == ("1", "0")


def test_the_counts_are_those_of_the_cases() -> None:
    """Each suite and the whole count what they hold, every claimed row once."""
    root = parsed(sample())
    for suite in root:
        assert int(str(suite.get("tests"))) == len(suite)
        assert int(str(suite.get("skipped"))) == len(suite.findall("testcase/skipped"))
    assert int(str(root.get("tests"))) == len(root.findall(".//testcase"))


def test_a_stale_list_of_known_failures_shows_in_every_form() -> None:
    """Also where a failure decides the exit; in JUnit it is a red case of its own."""
    stale = judge(target(known_failures=(KnownFailure("CORE-01", "x"),)), run(*passed("CORE-01")))
    for form in FORMS.values():
        assert "Known failure CORE-01 passed" in form(stale)
    assert "Known failure CORE-01 passed" in printed(stale)
    assert len(parsed(stale).findall(".//failure")) == 1


# -- HTML --------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Collects what a page would fetch, its ids and links, and whether its tags close."""

    VOID = frozenset({"meta", "br", "hr", "img", "link", "input"})

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.open: list[str] = []
        self.crossed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes a tag; scripts, images and style sheets would be fetched."""
        values = dict(attrs)
        own_script = tag == "script" and "src" not in values
        if tag in ("script", "link", "img", "iframe", "object") and not own_script:
            self.fetched.append(tag)
        self.ids += [str(values["id"])] if "id" in values else []
        self.links += [str(values["href"])] if "href" in values else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """Closes the innermost tag, or notes that another one was open."""
        if not self.open or self.open.pop() != tag:
            self.crossed.append(tag)


def test_the_page_needs_nothing_from_elsewhere() -> None:
    """No script, picture, style sheet or font is fetched; every link stays on the page."""
    text = html.text(sample())
    page = Page()
    page.feed(text)
    assert page.fetched == []
    assert "@import" not in text
    assert "url(" not in text
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)


def test_the_page_is_well_formed() -> None:
    """Every tag is closed in its turn, and no id stands twice."""
    page = Page()
    page.feed(html.text(sample()))
    assert (page.open, page.crossed) == ([], [])
    assert len(page.ids) == len(set(page.ids))


def test_the_page_names_every_claimed_requirement_with_its_sentence() -> None:
    """Passed ones too."""
    text, report = html.text(sample()), sample()
    for row in report.claimed:
        assert f'id="{row.requirement.id}"' in text


# -- the square and the words ------------------------------------------------------------------


def test_the_square_takes_the_worst_of_each_state() -> None:
    """A failure shows where its requirement speaks, and unseen is never sound."""
    cells = {cell.state: cell for line in square(sample()) for cell in line}
    assert cells["ACCESS_INVALID_REFRESH_INVALID"].broken == ("CORE-12",)
    assert cells["ACCESS_INVALID_REFRESH_INVALID"].colour == "broken"
    assert cells["ACCESS_VALID_REFRESH_VALID"].colour == "sound"
    empty = [cell.colour for line in square(judge(target(), run())) for cell in line]
    assert empty == ["unseen"] * 4


def test_what_to_add_is_said_once_for_all_rows_that_lack_it() -> None:
    """The part that was unseen goes, the remedy stays."""
    assert "needs the table; add [table]" in wording.by_detail(sample().of_status("not-testable"))


def test_a_row_partly_seen_says_so_and_stands_once() -> None:
    """What passed, what did not show, and everything that is to be added for it, in one place."""
    lacks = ("that it is gone: needs the table; add [table]", "needs the log; add [log]")
    unseen = (Finding("CORE-20", "not-testable", lack) for lack in lacks)
    report = judge(target(), run(*passed("CORE-20"), *unseen, Finding("CORE-21", "pass")))
    rows = report.of_status("not-testable")
    (lacking,) = [lack for lack, listed in wording.by_detail(rows).items() if "table" in lack]
    assert lacking == "needs the table; add [table]; and needs the log; add [log]"
    for form in (markdown.text, html.text, printed):
        text = re.sub("</?(?:a|span)[^>]*>", "", form(report))
        assert "CORE-20 (1 check passed; unseen: that it is gone)" in " ".join(text.split())


def test_no_id_is_hidden_behind_a_number() -> None:
    """Each may be one to act on: in the verdict, and in what to add."""
    failed = [f"CORE-{number:02}" for number in range(1, 28)]
    red = judge(target(), run(*(Finding(name, "fail", card=CARD) for name in failed)))
    must = [row.requirement.id for row in red.failed]
    assert len(must) > 20
    assert all(name in wording.sentence(red) for name in must)
    silent = wording.by_detail(judge(target(), run()).of_status("not-testable"))["no test yet"]
    assert all(row.requirement.id in wording.unseen_ids(silent) for row in silent)


SENTENCES = {
    "all passed": "Conformant to what was claimed (profile documented: CORE, GQL).",
    "a MUST failed": "Not conformant: 1 MUST failed (CORE-01).",
    "a SHOULD failed, strict": "Not conformant: 1 SHOULD failed (CORE-02).",
    "nothing evaluated": "No verdict: nothing was evaluated.",
    "unreachable": "No verdict: refused.",
    "no customers": (
        "No verdict: no customers were given, so nobody could log in: name two in [[customers]], "
        "or set AUTH_CONFORMANCE_CUSTOMER_1, AUTH_CONFORMANCE_PASSWORD_1 and both _2."
    ),
    "the suite crashed": "No verdict: the suite itself failed: boom.",
    "interrupted": "No verdict: the run was interrupted.",
    "interrupted after a failure": (
        "Not conformant: 1 MUST failed (CORE-01). The run is incomplete: it stopped before its end."
    ),
}


@pytest.mark.parametrize("case", SENTENCES, ids=lambda case: case.replace(" ", "-"))
def test_the_verdict_is_one_sentence(case: str) -> None:
    """It says why, whatever the exit."""
    assert wording.sentence(EXITS[case][2]) == SENTENCES[case]


def test_a_partial_verdict_says_so() -> None:
    """How many rows were not testable."""
    report = EXITS["some unseen"][2]
    unseen = len(report.of_status("not-testable"))
    assert wording.sentence(report).endswith(
        f"as far as it could be tested: {unseen} rows not testable, so partial."
    )


def test_a_run_of_some_rows_says_how_many_it_left_out() -> None:
    """Rows that nobody asked for are not called untestable, and nothing is to be added for them."""
    asked = judge(target(), run(*passed("CORE-01")), Terms(only=("CORE-01", "GQL-10")))
    assert wording.sentence(asked) == (
        "Conformant in what was asked for (--only CORE-01 GQL-10), as far as it could be tested: "
        "1 row not testable; "
        f"{len(asked.claimed) - 2} rows of the claim (profile documented: CORE, GQL) left out, "
        "so partial."
    )
    assert wording.groups(asked) == {"CORE": {"pass": 1}, "GQL": {"not-testable": 1}}
    assert list(wording.by_detail(asked.of_status("not-testable"))) == ["no test yet"]


def test_who_asks_for_a_row_beyond_the_claim_is_told_of_it() -> None:
    """With its card where it failed, in a line where it passed; the verdict counts neither.

    Unasked, a row that failed still says why, in short.
    """
    findings = (Finding("HARD-22", "fail", card=CARD), *passed("RACE-01"))
    asked = judge(target(), run(*findings), Terms(only=("HARD-22", "RACE-01")))
    assert wording.sentence(asked) == "No verdict: nothing of the claim was evaluated."
    shown = printed(asked)
    assert CARD.transcript[0] in shown
    assert "✓ RACE-01 MUST" in shown
    unasked = printed(judge(target(), run(*findings)))
    assert CARD.expected in unasked
    assert CARD.transcript[0] not in unasked
    assert "RACE-01" not in unasked


def test_a_cell_of_which_a_part_was_seen_says_so() -> None:
    """One check passed and one unseen is more than nothing."""
    part = Finding("CORE-05", "not-testable", "that no row changes: needs the table; add [table]")
    report = judge(target(), run(*passed("CORE-05"), part))
    assert square(report)[0][0].says == "partly seen"


@pytest.mark.parametrize("form", [printed, markdown.text, html.text])
def test_the_square_is_shown_also_where_nothing_was_seen(form: Callable[[Report], str]) -> None:
    """Each of its four states says so."""
    shown = form(judge(target(), run(unreachable="refused"))).lower()
    assert "refresh_invalid" in shown
    assert shown.count("not seen") == 4


def test_excluded_rows_are_named_to_those_who_asked_for_them() -> None:
    """By the row or by its group; who asked for another row hears nothing of them."""
    excluded = judge(target(), run()).of_status("excluded", claimed=False)[0].requirement

    def shown(*only: str) -> str:
        hardened = target(profile="hardened", claims=("CORE", "GQL", excluded.group))
        return printed(judge(hardened, run(), Terms(only=only)))

    said = f"• {excluded.id}: "
    asked = [(), (excluded.id,), (excluded.group,), ("CORE-12",)]
    assert [said in shown(*only) for only in asked] == [True, True, True, False]


def test_the_clocks_difference_is_stated() -> None:
    """In whole seconds and with its direction, where anything was seen."""
    ahead = judge(target(), run(*passed("CORE-01"), skew_s=-42.3), Terms())
    assert wording.provenance(ahead)["clock"] == "http; the deployment's clock is 42 s behind ours"
    unseen = judge(target(), dataclasses.replace(_empty(), skew_s=None))
    assert wording.provenance(unseen)["clock"] == "http"


def _empty() -> Run:
    return run()


# -- the terminal ------------------------------------------------------------------------------

LONG_CARD = dataclasses.replace(
    CARD,
    expected="expected " * 100,
    actual="actual " * 100,
    transcript=tuple(f"> line {number} " + "x" * 500 for number in range(300)),
    where=("the production instance", "fault: refuse, for calls of the kind write"),
    script="#!/bin/sh\n",
)


def many_failures(count: int) -> Report:
    """So many rows that failed, each in many cases of the longest kind."""
    cases = [f"suite/test_a.py::test_a_replay_burns[{case}]" for case in "abc"]
    rows = [f"CORE-{number:02}" for number in range(1, count + 1)]
    findings = (Finding(r, "fail", test=case, card=LONG_CARD) for r in rows for case in cases)
    return judge(target(), run(*findings))


def test_the_verdict_stands_first_and_last() -> None:
    """In one sentence, before anything that explains it."""
    lines = [line for line in printed(sample()).splitlines() if line.strip()]
    assert lines[0] == lines[-1] == wording.sentence(sample())


def test_a_card_fits_in_25_lines_of_80() -> None:
    """However long the texts and the transcript are."""
    text = printed(many_failures(1), width=80, force_terminal=True, color_system=None)
    card = text[text.index("✗ CORE-01") : text.index("ACCESS × REFRESH")].rstrip()
    assert len(card.splitlines()) <= 25
    assert max(map(len, card.splitlines())) <= 80


def test_only_the_first_failures_are_shown_in_full() -> None:
    """The others are named; with -v every transcript is there in full."""
    report = many_failures(8)
    text = printed(report)
    assert text.count("cause ") == terminal.MOST_ROWS
    assert all(f"✗ CORE-0{number} " in text for number in range(1, 9))
    assert "> line 150 " not in text
    whole = printed(dataclasses.replace(report, terms=Terms(verbose=True)))
    assert whole.count("> line 150 ") == 8 * 3


def test_a_sound_deployment_fits_on_one_screen() -> None:
    """80 × 40, with all of the claim passed."""
    claims = ("CORE", "WIRE", "STORE", "DEV", "HARD", "RACE", "FAULT", "GQL", "API")
    sound = judge(
        target(profile="hardened", claims=claims, environment="development", known_failures=()),
        run(*passed(*REQUIREMENTS)),
    )
    text = printed(sound, width=80, force_terminal=True, color_system=None)
    assert sound.exit == 0
    assert len(text.splitlines()) <= 38  # two more are the command and what there is to do


def test_what_blocks_most_comes_first() -> None:
    """Of two failures the one that explains the other rows, whatever their order is."""
    blocked = Finding("CORE-16", "fail", card=CARD, rests_on=("CORE-05",))
    failed = (Finding(row, "fail", card=CARD) for row in ("CORE-01", "CORE-05"))
    report = judge(target(), run(*failed, blocked))
    for form in (printed, markdown.text, html.text):
        assert re.findall(r"✗[^A-Z]*(CORE-\d\d)", form(report))[0] == "CORE-05"


@pytest.mark.parametrize("name", [*CARDED, "terminal", "report.json"])
def test_a_card_says_where_it_failed(name: str) -> None:
    """The instance, the fault that was set, and whose part it is likely to be."""
    report = judge(target(), run(Finding("CORE-12", "fail", card=LONG_CARD)))
    text = FORMS[name](report) if name in FORMS else printed(report)
    assert "the production instance" in text
    assert "fault: refuse, for calls of the kind write" in text


UNJUDGED_ROWS = (
    Finding("CORE-01", "fail", card=CARD),
    Finding("CORE-02", "blocked", "blocked by CORE-01", blocked_by="CORE-01"),
    Finding("CORE-03", "unanswered", "HTTP 429"),
    Finding("CORE-04", "not-reached", "the deployment stopped answering"),
)


@pytest.mark.parametrize("name", [*FORMS, "terminal"])
def test_every_form_knows_what_was_not_judged(name: str) -> None:
    """Each row with its reason; the sentence that stopped the run, once."""
    report = judge(target(), run(*UNJUDGED_ROWS, stopped="it stopped", last_request="the last"))
    text = FORMS[name](report) if name in FORMS else printed(report)
    for told in ("HTTP 429", "the deployment stopped answering", "CORE-02"):
        assert told in text
    assert text.count("it stopped: the last") == (0 if name == "report.xml" else 1)


def test_junit_counts_what_was_not_judged_as_errors() -> None:
    """But not what a failure of the same file blocks."""
    root = parsed(judge(target(), run(*UNJUDGED_ROWS)))
    errors = [str(case.get("name"))[:7] for case in root.findall(".//testcase[error]")]
    assert errors == ["CORE-03", "CORE-04"]
    assert (root.get("failures"), root.get("errors")) == ("1", "2")
