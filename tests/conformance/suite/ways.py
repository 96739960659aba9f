"""One deployment, and how much of it can be seen: with everything, with little, with patience."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conformance_tests.deployment.launch import Launcher
from conformance_tests.embedded import boot
from conformance_tests.embedded.boot import Booted
from conformance_tests.embedded.moto_endpoint import MotoEndpoint
from conformance_tests.report.verdict import Report, Run, judge
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.keys import PARALLEL
from conformance_tests.target.model import Target
from conformance_tests.target.parts import ClockAddress, Credentials, Features, Lifetimes
from reference_auth.serve.demo import CUSTOMERS
from reference_auth.store.memory import memory_client

OVER_HTTP, IN_PROCESS = "over HTTP, with everything", "in the process"
QUICK = Lifetimes(access=15, refresh=24, extended=72)


def blind(target: Target, **seen: Any) -> Target:
    """The same deployment, of which nothing can be seen but this; its tests run side by side."""
    nothing: dict[str, Any] = {
        "secret": None,
        "table": None,
        "clock": ClockAddress(),
        "faults": None,
        "log_file": None,
        "launch": None,
        "instances": {},
        "features": Features(),
        "parallel": PARALLEL,
    }
    return replace(target, **{**nothing, **seen})


#: What can be seen of a deployment that is started with grace and an absolute end.
SEEN: dict[str, tuple[str, ...]] = {
    "secret, table and clock": ("secret", "table", "clock"),
    "secret": ("secret",),
    "clock": ("clock",),
}


def featured(target: Target, seen: str) -> Target:
    """The server with grace and an absolute end as the one and only, of which so much is seen."""
    server = target.instances["featured"]
    alone = blind(target, **{name: getattr(target, name) for name in SEEN[seen]})
    lifetimes = server.lifetimes or target.lifetimes
    return replace(alone, url=server.url, lifetimes=lifetimes, features=target.features)


@contextmanager
def over_http_throughout() -> Iterator[Booted]:
    """Servers and table alike are asked over HTTP; nobody takes the short cut in the process."""
    with (
        MotoEndpoint(memory_client()) as table,
        boot.embedded_reference(engine=table.url) as booted,
    ):
        yield booted


@contextmanager
def with_the_secret() -> Iterator[Booted]:
    with boot.embedded_reference(behind_proxy=False) as (target, wiring):
        yield Booted(blind(target, secret=target.secret), wiring)


@contextmanager
def with_the_secret_and_the_table() -> Iterator[Booted]:
    with boot.embedded_reference(behind_proxy=False) as (target, wiring):
        assert target.table is not None
        lasting = replace(target.table, ends_with_run=False)
        yield Booted(blind(target, secret=target.secret, table=lasting), wiring)


@contextmanager
def with_credentials() -> Iterator[Booted]:
    with boot.embedded_reference(behind_proxy=False) as (target, wiring):
        yield Booted(blind(target), wiring)


@contextmanager
def with_patience() -> Iterator[Booted]:
    """Of as many customers as there are: each who waits is one test's alone."""
    customers = tuple(Credentials(one.email, one.password) for one in CUSTOMERS)
    with boot.embedded_reference(behind_proxy=False, lifetimes=QUICK) as (target, wiring):
        seen = {"clock": ClockAddress(max_wait=60), "customers": customers}
        yield Booted(blind(target, **seen), wiring)


@contextmanager
def under_libfaketime(folder: Path) -> Iterator[Booted]:
    """A server in a process of its own, its clock set through the file that libfaketime reads."""
    clock = folder / "faketimerc"
    clock.write_text("+0\n")
    [library] = Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
    environ = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_FORCE_MONOTONIC_FIX": "0",  # else threads that wait for each other spin
    }
    alone = (sys.executable, "-m", "reference_auth")  # a fork would not load the library
    with boot.embedded_reference(behind_proxy=False, command=alone) as (target, wiring):
        assert target.launch is not None
        launcher = Launcher(target.launch, target.secret, environ=environ)
        with launcher.start(mode="development") as launched:
            seen = {"secret": target.secret, "table": target.table}
            moved = blind(target, clock=ClockAddress(faketime=str(clock)), **seen)
            yield Booted(replace(moved, url=launched.url), wiring)


def report_of(way: AbstractContextManager[Booted], *only: str) -> Report:
    with way as (target, wiring):
        return judge(target, run_suite(target, Options(only=only), wiring=wiring))


@dataclass(frozen=True)
class Way:
    """How a deployment is looked at.

    rows: how many rows it can judge at least.
    clock: what moves time, by the name that a report gives it.
    """

    seen: Callable[[Path], AbstractContextManager[Booted]]
    rows: int
    clock: str = "real"


#: The longest come first.
WAYS = {
    "with the secret and the table": Way(lambda _: with_the_secret_and_the_table(), 80),
    "by waiting": Way(lambda _: with_patience(), 40),
    OVER_HTTP: Way(lambda _: over_http_throughout(), 130, "http"),
    IN_PROCESS: Way(lambda _: boot.embedded_reference(over_http=False), 130, "http"),
    "with the secret": Way(lambda _: with_the_secret(), 50),
    "with credentials": Way(lambda _: with_credentials(), 27),
    "under libfaketime": Way(under_libfaketime, 90, "faketime"),
}


def run_by(way: str, folder: Path) -> tuple[Target, Run]:
    """What the suite finds when it looks in this way: in a form that another process can take."""
    with WAYS[way].seen(folder) as (target, wiring):
        return target, run_suite(target, Options(), wiring=wiring)
