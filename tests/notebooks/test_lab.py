"""`nox -s lab` opens a start page; each lesson is one click from it and is opened unchanged.

Its pictures also show where an editor puts them into its own page, as VS Code does.
"""

from __future__ import annotations

import asyncio
import os
import re
import runpy
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from ipykernel.ipkernel import IPythonKernel
from playwright.sync_api import Browser, Page, expect

from lessons.pictures.palette import PALETTE
from tests.notebooks.guards import METADATA
from tests.notebooks.lessons_on_disk import FOLDER, PATHS, ROOT, read
from tests.ports import free_port
from tests.server.browser import chromium

SETTINGS = FOLDER / "jupyter"
NO_HELP = """<meta http-equiv="Content-Security-Policy"
content="default-src 'none'; style-src 'unsafe-inline'">"""
LONGEST_WAIT = 60  # seconds for a server or a page; a busy machine is slow


@pytest.fixture(scope="module")
def config() -> Any:
    """What JupyterLab reads from our configuration file."""
    config = SimpleNamespace(ServerApp=SimpleNamespace(), LabApp=SimpleNamespace())
    runpy.run_path(str(SETTINGS / "jupyter_server_config.py"), {"get_config": lambda: config})
    return config


def test_an_opened_lesson_has_the_metadata_that_this_kernel_writes(config: Any) -> None:
    """What JupyterLab would write on opening is there already, and what is kept is kept."""
    contents = config.ServerApp.contents_manager_class(root_dir=str(FOLDER))
    metadata = asyncio.run(contents.get(PATHS[0].name))["content"]["metadata"]
    assert metadata["language_info"] == IPythonKernel.language_info
    assert metadata["kernelspec"] == METADATA["kernelspec"]


def test_a_file_is_opened_as_it_is(config: Any) -> None:
    """Only a notebook has such metadata."""
    contents = config.ServerApp.contents_manager_class(root_dir=str(FOLDER))
    opened = asyncio.run(contents.get("README.md"))
    assert opened["content"] == (FOLDER / "README.md").read_text()


def test_a_saved_lesson_names_no_version(config: Any, tmp_path: Path) -> None:
    """Opened and saved unchanged, a lesson's metadata is that of the committed one."""
    lesson = Path(shutil.copy(PATHS[0], tmp_path))
    contents = config.ServerApp.contents_manager_class(root_dir=str(tmp_path))

    async def open_and_save() -> None:
        await contents.save(await contents.get(lesson.name), lesson.name)

    asyncio.run(open_and_save())
    assert lesson.read_text() == PATHS[0].read_text()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """JupyterLab as `nox -s lab` starts it, with nothing of the user's own settings: its URL."""
    own = tmp_path_factory.mktemp("jupyter")
    folders = {f"JUPYTER_{name}_DIR": str(own / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    env = {**os.environ, **folders, "JUPYTER_CONFIG_PATH": str(SETTINGS)}
    jupyter = [sys.executable, "-m", "jupyter"]
    subprocess.run([*jupyter, "trust", str(PATHS[0])], env=env, check=True, capture_output=True)
    url = f"http://127.0.0.1:{free_port()}"
    options = [
        "--no-browser",
        "--allow-root",
        "--IdentityProvider.token=",
        "--ServerApp.port_retries=0",
    ]
    process = subprocess.Popen(
        [*jupyter, "lab", *options, f"--port={url.rpartition(':')[2]}"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until_it_answers(f"{url}/api")
        yield url
    finally:
        process.terminate()
        process.wait()


def wait_until_it_answers(url: str) -> None:
    """Return as soon as the server answers."""
    give_up = time.monotonic() + LONGEST_WAIT
    while time.monotonic() < give_up:
        try:
            httpx.get(url).raise_for_status()
        except httpx.HTTPError:
            time.sleep(0.2)
        else:
            return
    pytest.fail("JupyterLab did not start")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for all tests here."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def page(lab: str, browser: Browser) -> Page:
    """A page at the address that JupyterLab opens."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.set_default_timeout(LONGEST_WAIT * 1000)
    page.goto(lab)
    return page


@pytest.mark.needs("chromium")
def test_each_lesson_is_one_click_from_the_start_page(page: Page) -> None:
    """JupyterLab opens README.md as a page; a click on a lesson opens it, unchanged."""
    links = page.locator(".jp-MarkdownViewer a[href*='.ipynb']")
    links.first.wait_for()
    linked = " ".join(str(link.get_attribute("href")) for link in links.all())
    assert [path.name for path in PATHS if path.name not in linked] == []
    links.first.click()
    page.locator(".jp-Notebook-ExecutionIndicator[data-status=idle]").wait_for()
    tab = page.locator(".lm-TabBar-tab", has_text=PATHS[0].name)
    expect(tab).to_have_class(re.compile("jp-mod-current"))
    expect(page.locator(".jp-RenderedSVG").first).to_be_visible()
    time.sleep(2)  # for a change that must not come
    expect(tab).not_to_have_class(re.compile("jp-mod-dirty"))


@pytest.mark.needs("chromium")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_an_editor_can_put_the_pictures_into_its_own_page(browser: Browser, scheme: Any) -> None:
    """Without scripts and with nothing fetched, each has the paper of the page's colour scheme."""
    page = browser.new_page(color_scheme=scheme)
    shown = [output.get("data", {}) for path in PATHS for _, output in read(path).outputs]
    papers = []
    for picture in (data["image/svg+xml"] for data in shown if "image/svg+xml" in data):
        page.set_content(NO_HELP + "".join(picture))
        paper = page.locator("svg > rect").first
        papers.append(paper.evaluate("paper => getComputedStyle(paper).fill"))
    red, green, blue = bytes.fromhex(getattr(PALETTE["paper"], scheme).removeprefix("#"))
    assert set(papers) == {f"rgb({red}, {green}, {blue})"}
