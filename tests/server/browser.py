"""A headless Chromium on the page, which it uses as a person would: by names and roles."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

PATIENCE = 10_000  # milliseconds for whatever is waited for


class Tab:
    """One tab; what it asked for elsewhere and what it complained about is kept."""

    def __init__(self, page: Page, origin: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._note(request.url, origin))
        page.goto(origin)
        page.get_by_text("30 days instead of 15 minutes").wait_for()

    def _note(self, url: str, origin: str) -> None:
        if not url.startswith((f"{origin}/", "data:")):
            self.elsewhere.append(url)

    def press(self, name: str) -> str:
        """Press a button, wait until all is drawn, and give the state that is named then."""
        self.page.get_by_role("button", name=name, exact=True).click()
        return self.settled()

    def settled(self) -> str:
        """The state, once nothing is under way."""
        self.page.locator("body[data-busy='0']").wait_for()
        return self.text("state")

    def text(self, id: str) -> str:
        return self.page.locator(f"#{id}").inner_text()

    def lit(self) -> list[str]:
        """The cells that are lit, as `access refresh`, by their headings in row and column."""
        found: list[str] = self.page.evaluate(
            """[...document.querySelectorAll("#grid [aria-current]")].map((cell) => [
                cell.parentElement.cells[0].textContent,
                document.querySelector("#grid thead tr").cells[cell.cellIndex].textContent,
            ].join(" "))"""
        )
        return found

    def rows(self) -> int:
        return self.page.locator("#rows tbody tr").count()


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's own Chromium: nothing is downloaded."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), timeout=30_000
        )
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def tab(browser: Browser, origin: str, **options: Any) -> Iterator[Tab]:
    """A tab of its own, that must neither complain nor ask anyone else."""
    context = browser.new_context(viewport={"width": 1280, "height": 720}, **options)
    try:
        opened = Tab(context.new_page(), origin)
        yield opened
        assert opened.complaints == []
        assert opened.elsewhere == []
    finally:
        context.close()
