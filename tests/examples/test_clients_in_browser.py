"""Two real tabs of Chromium, with its own storage and its own lock, keep their session."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.examples.clients import DRIVE, SECONDS, copy, log_in
from tests.examples.proxy import Proxy
from tests.examples.served import Reference
from tests.examples.two_tabs import ME, ROUNDS, loses_any, lost, network
from tests.server.browser import chromium

pytestmark = pytest.mark.needs("chromium")
RUNS = 50 if os.environ.get("CHAOS") == "long" else 5
OPEN = """async ({ locked, kept }) => {
    const files = ["/session.mjs", "/fetch/client.mjs", "/storage.mjs", "/tabs.mjs"];
    const [sessions, library, { browserStorage }, { createTab }] =
        await Promise.all(files.map((file) => import(file)));
    const storage = kept === "IndexedDB" ? browserStorage : localStorage;
    window.run = createTab({ sessions, library, url: "/graphql", storage, locked });
}"""
REFRESH = "refreshCustomerToken"
BEGIN = "(command) => { window.reply = window.run(command); }"


class Begun:
    """A command that a page runs."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def result(self, timeout: float | None = None) -> Any:
        return self.page.evaluate("() => window.reply")


class BrowserTab:
    """A page that takes the same commands as the programs do."""

    def __init__(self, page: Page, **how: object) -> None:
        self.page = page
        page.evaluate(OPEN, how)

    def send(self, name: str, **given: Any) -> Begun:
        self.page.evaluate(BEGIN, {"name": name, **given})
        return Begun(self.page)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What the tabs load: the examples, and a page without content."""
    copied = copy(tmp_path)
    shutil.copy(DRIVE / "tabs.mjs", copied)
    (copied / "tab.html").write_text("<!doctype html><title>a tab</title>")
    return copied


@contextmanager
def two_pages(
    browser: Browser, proxy: Proxy, *, locked: bool = True, kept: str = "IndexedDB"
) -> Iterator[list[BrowserTab]]:
    """Two tabs of one window: they share the storage and the lock."""
    with ExitStack() as ends:
        context = browser.new_context()
        ends.callback(context.close)
        pages = [context.new_page() for _ in "ab"]
        for page in pages:
            page.goto(f"{proxy.origin}/tab.html")
        yield [BrowserTab(page, locked=locked, kept=kept) for page in pages]


def test_the_browser_s_lock_keeps_every_session(
    browser: Browser, folder: Path, without_grace: Reference
) -> None:
    """With navigator.locks two tabs lose no session without grace, by one refresh each time."""
    with network(without_grace, folder) as proxy, two_pages(browser, proxy) as tabs:
        assert tabs[0].page.evaluate("() => 'locks' in navigator")
        assert lost(tabs, without_grace, RUNS) == 0
        assert proxy.seen[REFRESH] == RUNS * ROUNDS


@pytest.mark.parametrize(
    "how", [{"locked": False}, {"kept": "localStorage"}], ids=["no lock", "localStorage"]
)
def test_a_tab_needs_the_lock_and_a_storage_that_is_not_late(
    how: dict[str, Any], browser: Browser, folder: Path, without_grace: Reference
) -> None:
    """Without the lock, or with localStorage, sessions are lost: the test above can fail."""
    with network(without_grace, folder) as proxy, two_pages(browser, proxy, **how) as tabs:
        assert loses_any(tabs, without_grace)


@pytest.mark.parametrize("grace", [True, False])
def test_a_tab_closed_in_the_middle_of_a_refresh(
    grace: bool, browser: Browser, folder: Path, request: pytest.FixtureRequest
) -> None:
    """It gives its lock back; grace alone saves the session, because its answer is lost."""
    reference: Reference = request.getfixturevalue("with_grace" if grace else "without_grace")
    with (
        network(reference, folder, latency=0.3) as proxy,
        two_pages(browser, proxy) as (closed, other),
    ):
        log_in(closed, other)
        reference.advance()
        with closed.page.expect_request(lambda request: REFRESH in str(request.post_data)):
            closed.send("ask", query=ME)
        closed.page.wait_for_timeout(500)  # the server has it, the tab has no answer yet
        closed.page.close()
        reply = other.send("ask", query=ME).result(SECONDS)
        assert ("value" in reply) is grace
        assert proxy.seen[REFRESH] == 2
