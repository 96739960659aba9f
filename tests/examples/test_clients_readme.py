"""Each README of examples/clients is right, word for word, in a clean folder."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.docs.pages import Block, Page
from tests.examples.clients import CLIENTS, LIBRARIES, QUIET, copy, install
from tests.examples.proxy import proxying
from tests.examples.served import Reference
from tests.ports import free_port

PAGES = [
    Page(path) for path in sorted(CLIENTS.rglob("README.md")) if "node_modules" not in path.parts
]
SECONDS = 120
BIN = Path(sys.executable).parent
ADDRESS = "http://127.0.0.1:8000/graphql"
INDEXED_DB = "fake-indexeddb@6.2.5"  # for Node; a browser has its own
each_library = pytest.mark.parametrize("library", LIBRARIES)


def blocks(library: str, language: str) -> list[Block]:
    page = Page(CLIENTS / library / "README.md")
    return [block for block in page.blocks if block.language == language]


def run(command: str, folder: Path, **environ: str) -> str:
    """Run a command of a page as its reader would."""
    env = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"} | environ
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def other_terminal(command: str) -> Iterator[str]:
    """Run the server's command, at a port of our own: its GraphQL address."""
    env = {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    words = [*command.split(), "--port", str(free_port())]
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield next(line.split()[1] for line in server.stdout if line.startswith("GraphQL "))
        finally:
            server.terminate()


@pytest.mark.needs("npm")
@each_library
def test_the_commands_of_the_page(library: str, tmp_path: Path) -> None:
    """In a clean copy, the commands of the page print what it says."""
    serve, start = blocks(library, "sh")
    (printed,) = blocks(library, "text")
    folder = copy(tmp_path)
    with other_terminal(serve.text) as url:
        output = run(start.text, folder / library, GRAPHQL_URL=url)
    assert output.endswith(printed.text)
    assert not list(folder.rglob("package-lock.json")), "it would name a registry"


@pytest.mark.needs("npm")
@each_library
def test_the_code_of_the_page(library: str, tmp_path: Path, without_grace: Reference) -> None:
    """The code for an application logs in, asks and logs out."""
    folder = copy(tmp_path)
    install(folder, library)
    without_grace.begin()
    with proxying(without_grace.origin, folder) as proxy:
        code = blocks(library, "python" if library == "python" else "js")[0].text
        assert ADDRESS in code
        code = code.replace(ADDRESS, f"{proxy.origin}/graphql")
        if library == "python":
            (folder / library / "app.py").write_text(code)
            run(".venv/bin/python app.py", folder / library)
        else:
            run(f"npm install {' '.join(QUIET)} --no-save {INDEXED_DB}", folder / library)
            (folder / "node_modules").symlink_to(folder / library / "node_modules")
            (folder / "app.mjs").write_text(code)
            run("node --import fake-indexeddb/auto app.mjs", folder)
    assert proxy.seen == Counter(["generateCustomerToken", "me", "revokeCustomerToken"])
    assert without_grace.sessions() == 0


def test_versions_are_exact() -> None:
    """What is installed is what was tested: every version is pinned, without lock files."""
    for file in CLIENTS.glob("*/package.json"):
        versions = json.loads(file.read_text())["dependencies"].values()
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in versions), file
        assert (file.parent / ".npmrc").read_text() == "package-lock=false\n"
    for line in (CLIENTS / "python" / "requirements.txt").read_text().splitlines():
        assert re.fullmatch(r"[\w\[\]-]+==[\d.]+", line), line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.path.parent.name)
def test_links_lead_somewhere(page: Page) -> None:
    """A relative link names a file, and a heading of it if it has a `#`."""
    assert page.links
    for link in page.links:
        name, _, anchor = link.partition("#")
        target = (page.path.parent / name).resolve()
        assert target.exists(), link
        assert not anchor or anchor in Page(target).anchors, link
