"""Real server processes: started on a port of their own, killed when a test says so."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.ports import free_port

ROOT = Path(__file__).parent.parent.parent
START_SECONDS = 120.0  # of a machine that has much else to do
END_SECONDS = 30.0


class ServerProcess:
    """One `reference-auth serve`; any warning in it is an error, and its output is kept."""

    def __init__(self, log: Path, environ: Mapping[str, str], *flags: str) -> None:
        self.log = log
        self.origin = f"http://127.0.0.1:{(port := free_port())}"
        command = [sys.executable, "-W", "error", "-m", "reference_auth", "serve"]
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*command, "--port", str(port), *flags],
                env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def ready(self) -> Self:
        """Wait until it answers."""
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end and self.running:
            try:
                with urllib.request.urlopen(f"{self.origin}/healthz", timeout=2):
                    return self
            except OSError:
                time.sleep(0.02)
        self.kill()
        raise AssertionError(f"no server: {self.log.read_text()[-2000:]}")

    def kill(self) -> None:
        """End it without a chance to clean up."""
        self._process.kill()
        self._process.wait(END_SECONDS)

    def close(self) -> None:
        """Ask it to end; one that does not in time is a failure."""
        self._process.terminate()
        try:
            self._process.wait(END_SECONDS)
        finally:
            self._process.kill()
            self._process.wait(END_SECONDS)

    def __enter__(self) -> Self:
        return self.ready()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()
