"""The HTML pages in a real browser: on a phone and on a desk nothing runs out at the side."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from conformance_tests.commands.compare import Judged, grid_page
from conformance_tests.report import html, json
from conformance_tests.report.finding import Finding
from conformance_tests.report.verdict import Report, judge
from tests.conformance.report.sample_report import CARD, passed, run, target
from tests.server.browser import chromium

pytestmark = pytest.mark.needs("chromium")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


def unwieldy() -> Report:
    """A report of everything that is wide: long words, long lines and many statuses."""
    word = "W" * 400
    card = replace(CARD, expected=word, actual=word, transcript=(word,), reproduce=(word,))
    findings = (
        *passed(*(f"CORE-{number:02}" for number in range(1, 12))),
        Finding("CORE-12", "fail", test=f"suite/test_a.py::test_{word}", card=card),
        Finding("CORE-13", "warn", card=card),
        Finding("CORE-14", "error", word),
        Finding("CORE-16", "fail", card=card, rests_on=("CORE-12",)),
        Finding("CORE-17", "unanswered", word),
        Finding("CORE-19", "fail", card=card),
        Finding("CORE-20", "not-testable", f"{word}: needs the table; add [table]"),
        Finding("HARD-22", "fail", card=card),
    )
    return judge(
        target(name=word, version=word, url=f"http://127.0.0.1/{word}"),
        run(*findings, command=word, remark=word, left_behind=(word,)),
    )


def grid() -> str:
    """The grid of three deployments with such names."""
    document = json.document(unwieldy())
    return grid_page([Judged("W" * 400, document) for _ in range(3)])


@pytest.mark.parametrize("width", [390, 768, 1280])
@pytest.mark.parametrize("text", [lambda: html.text(unwieldy()), grid], ids=["report", "grid"])
def test_nothing_runs_out_at_the_side(
    browser: Browser, tmp_path: Path, text: Callable[[], str], width: int
) -> None:
    """With every detail unfolded; only a table may be wider, and scrolls in its own box."""
    file = tmp_path / "page.html"
    file.write_text(text(), encoding="utf-8")
    context = browser.new_context(viewport={"width": width, "height": 800})
    try:
        page = context.new_page()
        page.goto(file.as_uri())
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    finally:
        context.close()


VISIBLE = (
    "[...document.querySelectorAll('.row')].filter((row) => row.offsetParent).map((r) => r.id)"
)


def test_the_filter_stands_in_the_address(browser: Browser, tmp_path: Path) -> None:
    """A link with a choice shows those rows only; a link to a row shows it whatever was chosen."""
    file = tmp_path / "page.html"
    file.write_text(html.text(unwieldy()), encoding="utf-8")
    context = browser.new_context(viewport={"width": 390, "height": 800})
    try:
        page = context.new_page()
        page.goto(f"{file.as_uri()}#status=unanswered&group=CORE")
        assert page.evaluate(VISIBLE) == ["CORE-17"]
        page.select_option("#status", "blocked")
        assert page.evaluate(VISIBLE) == ["CORE-16"]
        assert page.evaluate("location.hash") == "#status=blocked&group=CORE"
        page.evaluate("location.hash = '#CORE-05'")
        page.wait_for_function("document.querySelector('#status').value === ''")
        assert "CORE-05" in page.evaluate(VISIBLE)
    finally:
        context.close()


def test_a_printed_page_shows_every_card_and_no_control(browser: Browser, tmp_path: Path) -> None:
    """What is folded on the screen is on the paper."""
    file = tmp_path / "page.html"
    file.write_text(html.text(unwieldy()), encoding="utf-8")
    context = browser.new_context(color_scheme="dark")
    try:
        page = context.new_page()
        page.goto(file.as_uri())
        page.emulate_media(media="print")
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details:not([open])").count() == 0
        assert not page.locator(".filter").is_visible()
        background = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(background) == "rgb(255, 255, 255)"
    finally:
        context.close()
