"""A new user's first minutes, on the wheel alone: `python stranger.py WHEEL`, as nox runs it.

Each job is done in an environment of its own, in a folder far from any checkout. Once the
packages are installed, a process that turns to any address but this machine's own fails.
"""

from __future__ import annotations

import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

MOST_MEBIBYTES = 70
with socket.create_server(("127.0.0.1", 0)) as free:
    PORT = int(free.getsockname()[1])
URL = f"http://127.0.0.1:{PORT}/graphql"
CUSTOMERS = {
    "AUTH_CONFORMANCE_CUSTOMER_1": "alice@example.com",
    "AUTH_CONFORMANCE_PASSWORD_1": "alice-demo-password",
    "AUTH_CONFORMANCE_CUSTOMER_2": "bob@example.com",
    "AUTH_CONFORMANCE_PASSWORD_2": "bob-demo-password",
}
TARGET = f"""
url = "{URL}"
[[customers]]
email = "alice@example.com"
password = "alice-demo-password"
[[customers]]
email = "bob@example.com"
password = "bob-demo-password"
"""
#: Requirements whose tests log in, end sessions and ask for much else.
ROWS = ("CORE-01", "CORE-04", "CORE-05", "CORE-06", "CORE-10", "CORE-25", "GQL")
#: Plugins that most projects have, and such a project: they order, time and spread its tests.
PLUGINS = ("pytest-asyncio", "pytest-cov", "pytest-randomly", "pytest-timeout", "pytest-xdist")
PROJECT = {
    "pytest.ini": """
[pytest]
pythonpath = .
addopts = --strict-config --strict-markers --import-mode=importlib --cov=shop -n 2
asyncio_mode = strict
asyncio_default_fixture_loop_scope = function
filterwarnings = error
""",
    "conftest.py": """
import pytest

def pytest_addoption(parser):
    parser.addoption("--target", default="a shop")

@pytest.fixture
def client(pytestconfig):
    return pytestconfig.getoption("--target")
""",
    "shop.py": "def price():\n    return 3\n",
    "test_shop.py": """
import asyncio
import pytest
import shop

def test_a_price(client):
    assert (shop.price(), client) == (3, "a shop")

@pytest.mark.asyncio
async def test_a_wait():
    await asyncio.sleep(0)
""",
}
#: Python reads this at its start, in every process of the stranger's.
OFFLINE = """
import sys

def refuse(event, arguments):
    if event == "socket.connect":
        address = arguments[1]
        host = address[0] if isinstance(address, tuple) else "localhost"
    elif event == "socket.getaddrinfo":
        host = arguments[0] or "localhost"
    else:
        return
    if str(host) not in ("127.0.0.1", "::1", "localhost"):
        raise OSError(f"offline: {host}")

sys.addaudithook(refuse)
"""


class Stranger:
    """One clean environment with the wheel in it, and a folder to work in."""

    def __init__(self, home: Path, wheel: Path, extra: str = "") -> None:
        self.home = home
        self.folder = home / "work"
        self.folder.mkdir(parents=True)
        (home / "offline").mkdir()
        (home / "offline" / "sitecustomize.py").write_text(OFFLINE)
        subprocess.run([sys.executable, "-m", "venv", str(home / "env")], check=True)
        self.empty = mebibytes(home / "env")
        self.install(f"{wheel}{extra}")
        self.heavier = mebibytes(home / "env") - self.empty

    def install(self, *what: str) -> None:
        pip = str(self.home / "env" / "bin" / "pip")
        quietly = ("-q", "--disable-pip-version-check", "--no-compile")
        subprocess.run([pip, "install", *quietly, *what], check=True)

    def environ(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """A user's environment: nothing of ours, and no way out."""
        path = f"{self.home / 'env' / 'bin'}{os.pathsep}{os.environ['PATH']}"
        bare = {"PATH": path, "HOME": str(self.home), "LC_ALL": "C.UTF-8"}
        return {**bare, "PYTHONPATH": str(self.home / "offline"), **(more or {})}

    def run(self, *words: str, environ: Mapping[str, str] | None = None) -> str:
        """What a command prints; it must end well."""
        done = subprocess.run(
            words, cwd=self.folder, env=self.environ(environ), text=True, capture_output=True
        )
        if done.returncode != 0:
            raise SystemExit(
                f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
            )
        return done.stdout

    @contextmanager
    def serving(self, *words: str) -> Iterator[None]:
        """`reference-auth serve` as a deployment, as long as it is needed."""
        program = str(self.home / "env" / "bin" / "reference-auth")
        command = [program, "serve", "--port", str(PORT), *words]
        secret = {"JWT_PRIVATE_KEY": secrets.token_hex(32)}
        with (self.home / "server.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=self.environ(secret), stdout=log, stderr=log
            )
        try:
            await_answer(process)
            yield
        finally:
            process.terminate()
            process.wait(20)


def mebibytes(folder: Path) -> float:
    """What `du` says of a folder."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*")) / 2**20


def await_answer(process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{PORT}/healthz", timeout=1)
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise SystemExit("reference-auth serve does not answer")


def judge_the_reference(full: Stranger) -> None:
    """The first command of the README, on the wheel."""
    full.run("auth-conformance", "run", "--json", "report.json")
    report = json.loads((full.folder / "report.json").read_text())
    assert report["verdict"]["conformant"], report["verdict"]["sentence"]
    assert not report["verdict"]["partial"], report["verdict"]["sentence"]


def judge_an_address(small: Stranger) -> None:
    """`auth-conformance run URL` from the install without extras, which must be small."""
    assert small.heavier <= MOST_MEBIBYTES, f"{small.heavier:.1f} MiB"
    words = ["auth-conformance", "run", URL, "--walks", "5"]  # in place of a minute
    words += ["--json", "report.json", "--html", "report.html", "--junit", "report.xml"]
    small.run(*words, environ=CUSTOMERS)
    report = json.loads((small.folder / "report.json").read_text())
    assert report["verdict"]["conformant"], report["verdict"]["sentence"]


def judge_under_pytest(small: Stranger, *more: str, **environ: str) -> dict[str, list[str]]:
    """The same tests by the stranger's own pytest, with a target file: how each of them ended."""
    (small.folder / "target.toml").write_text(TARGET)
    words = ["pytest", "-q", "--pyargs", "conformance_tests", "--junit-xml", "pytest.xml", *more]
    words += ["--conformance-target", "target.toml"]
    words += ["--conformance-claimed-only"]
    words += [f"--conformance-only={row}" for row in ROWS]
    assert " passed" in small.run(*words, environ=environ)
    cases = ElementTree.parse(small.folder / "pytest.xml").iter("testcase")
    return {
        f"{one.get('classname')}.{one.get('name')}": [part.tag for part in one] for one in cases
    }


def judge_beside_other_plugins(small: Stranger) -> None:
    """In a project with plugins of its own nothing changes: neither its tests, nor the verdict."""
    alone = judge_under_pytest(small)
    small.install(*PLUGINS)
    for name, content in PROJECT.items():
        (small.folder / name).write_text(content)
    assert "2 passed" in small.run("pytest", "-q")
    limits = {"PYTEST_ADDOPTS": "--timeout=0.02"}
    assert judge_under_pytest(small, "--no-cov", "-n", "0", **limits) == alone
    run = ("auth-conformance", "run", URL, "--only", "CORE-01", "GQL")
    small.run(*run, environ={**CUSTOMERS, **limits})


def serve_as_the_image_does(image: Stranger) -> None:
    """docker/server.Dockerfile's own words, on the install that it makes."""
    (image.home / "offline" / "shop.py").write_text("service = None\n")
    production = ("--environment", "production", "--login-service", "shop:service")
    with image.serving(*production, "--region", "eu-central-1", "--table", "auth"):
        pass


def main(wheel: Path) -> None:
    """Do each of the jobs, and say how heavy the small install is."""
    with tempfile.TemporaryDirectory() as name:
        small = Stranger(Path(name) / "small", wheel)
        full = Stranger(Path(name) / "full", wheel, "[embedded]")
        judge_the_reference(full)
        serve_as_the_image_does(Stranger(Path(name) / "image", wheel, "[reference]"))
        with full.serving():
            judge_an_address(small)
            judge_beside_other_plugins(small)
        version = sys.version.split()[0]
        print(f"Python {version}: every job done; the small install takes {small.heavier:.1f} MiB.")


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
