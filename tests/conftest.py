"""A test that needs a program says so, and is counted as "not run here" where that is missing.

With REQUIRE_TOOLS=1, as .ci/run sets it, such a test fails instead.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.ports import free_port

LIBFAKETIME = "*/faketime/libfaketimeMT.so.1"


def _libfaketime() -> bool:
    return any(Path("/usr/lib").glob(LIBFAKETIME))


def _ministack() -> str | None:
    return shutil.which(os.environ.get("MINISTACK") or "ministack")


PROGRAMS: dict[str, tuple[Callable[[], bool], str]] = {
    "faketime": (_libfaketime, "apt install faketime"),
    "chromium": (lambda: shutil.which("chromium") is not None, "apt install chromium"),
    "node": (lambda: shutil.which("node") is not None, "apt install nodejs"),
    "npm": (lambda: shutil.which("npm") is not None, "apt install npm"),
    "ministack": (lambda: _ministack() is not None, "nox -s tests"),
}
NOT_RUN_HERE = "not run here"


def pytest_configure(config: pytest.Config) -> None:
    names = ", ".join(PROGRAMS)
    config.addinivalue_line("markers", f"needs(program): what the test cannot do without: {names}")


def pytest_runtest_setup(item: pytest.Item) -> None:
    for marker in item.iter_markers("needs"):
        found, remedy = PROGRAMS[marker.args[0]]
        if found():
            continue
        if os.environ.get("REQUIRE_TOOLS"):
            pytest.fail(f"{marker.args[0]} is missing: {remedy}", pytrace=False)
        pytest.skip(f"{NOT_RUN_HERE}: {remedy}")


def _reason(report: pytest.TestReport) -> str:
    """What a skipped test's report says, without pytest's own prefix."""
    text = report.longrepr[2] if isinstance(report.longrepr, tuple) else ""
    return text.removeprefix("Skipped: ")


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    if report.skipped and _reason(report).startswith(NOT_RUN_HERE):
        return NOT_RUN_HERE, "n", NOT_RUN_HERE.upper()
    return None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    missing = Counter(_reason(report) for report in terminalreporter.stats.get(NOT_RUN_HERE, []))
    for reason, count in sorted(missing.items()):
        terminalreporter.write_line(f"{count} {reason}", yellow=True)


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A second table engine, as a process of its own for the whole session: its URL."""
    program, port = _ministack(), free_port()
    assert program is not None, "mark the test with needs('ministack')"
    settings = {"SERVICES": "dynamodb", "BIND_HOST": "127.0.0.1", "GATEWAY_PORT": str(port)}
    home = tmp_path_factory.mktemp("ministack")
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [program], env=os.environ | settings, cwd=home, stdout=log, stderr=log
        )
    try:
        _wait_until_it_listens(process, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    pytest.fail(f"ministack does not listen on port {port}")
