"""What the machine can derive at most: on one core, on all of them, and in CPU time each.

`python -m tools.bench.floor SECONDS` prints it as JSON, from a process that does nothing else.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass

from reference_auth.core.config import Secret
from tools.bench.processes import ROOT

SECRET = Secret("a-secret-for-the-benchmark-of-32-bytes")
TEXT = "0" * 128

Stretch = Callable[[str, Secret], str]


@dataclass(frozen=True, slots=True)
class Floor:
    """Derivations per second on all cores, and CPU milliseconds of one, by each library."""

    per_second: float
    cpu_ms: float
    plain_per_second: float
    plain_cpu_ms: float


def measure(seconds: float) -> Floor:
    """Calibrate: the reference's derivation on all cores, the standard library's on one."""
    from reference_auth.core import tokens
    from tools.bench.plain import stretch

    cores = os.cpu_count() or 1
    all_cores = derive_for(tokens._stretch, cores, seconds)
    return Floor(*all_cores, *derive_for(stretch, 1, seconds / 2))


def derive_for(stretch: Stretch, threads: int, seconds: float) -> tuple[float, float]:
    """Derivations per second, and CPU milliseconds of each."""
    began, spent = time.perf_counter(), time.process_time()

    def work() -> int:
        count = 0
        while time.perf_counter() - began < seconds:
            stretch(TEXT, SECRET)
            count += 1
        return count

    with ThreadPoolExecutor(threads) as pool:
        done = sum(future.result() for future in [pool.submit(work) for _ in range(threads)])
    took, cpu = time.perf_counter() - began, time.process_time() - spent
    return done / took, 1000 * cpu / done


def calibrate(seconds: float) -> Floor:
    """The same, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench.floor", str(seconds)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return Floor(**json.loads(done.stdout))


if __name__ == "__main__":
    print(json.dumps(asdict(measure(float(sys.argv[1])))))
