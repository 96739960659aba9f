"""The benchmark's command line; `nox -s bench -- --help` shows it."""

from __future__ import annotations

import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from rich.console import Console

from conformance_tests.target.keys import PARALLEL
from tools.bench import deployment, far_suite, growth, soak, suite_speed
from tools.bench.calls import Address
from tools.bench.customers import COUNT, EMAIL, PASSWORD
from tools.bench.far import Distance
from tools.bench.processes import Program
from tools.bench.report import Measured, as_json, show
from tools.bench.runs import Plan, Run, Target

USUAL = Plan()
QUICK = Plan(rounds=1, seconds=0.4, levels=(8,), floor_seconds=0.2)
CONSOLE_WIDTH = 160


def parser() -> ArgumentParser:
    """Without an option: the reference with and without its cache, and the plain server."""
    commands = ArgumentParser(
        prog="nox -s bench --",
        description="Measure the reference beside a plain server, or any deployment. The reference "
        "runs twice: warm, with its cache of derived pairs, and cold, without it.",
        epilog="Customers of a deployment: --email and --customers; the password is in "
        "BENCH_PASSWORD. Its access tokens must live at most 25 s, or rotations are left out.",
    )
    add = commands.add_argument
    add("--url", help="measure this GraphQL endpoint instead")
    add("--vs", metavar="URL", help="and this one in turn with it")
    add("--email", default=EMAIL, help="e-mail of a customer; {n} counts from 0 (%(default)s)")
    add("--customers", type=int, default=COUNT, help="how many there are (%(default)s; far: 2)")
    add("--workers", type=int, default=1, help="processes of the reference (%(default)s)")
    add("--rounds", type=int, default=USUAL.rounds, help="(%(default)s)")
    add("--seconds", type=float, default=USUAL.seconds, help="of each spell (%(default)s)")
    add("--quick", action="store_true", help="one short round: does it run at all?")
    add("--json", type=Path, metavar="FILE", help="write everything that was found")
    other = commands.add_mutually_exclusive_group()
    other.add_argument(
        "--soak", type=float, metavar="MINUTES", help="is its memory flat? 1 if it grows"
    )
    other.add_argument("--growth", action="store_true", help="how cost grows, for docs/COST.md")
    other.add_argument("--suite", action="store_true", help="how long the suite takes, by phase")
    add("--rtt", type=float, metavar="MS", help="with --suite: of a deployment so far away")
    add("--table-rtt", type=float, default=0.0, metavar="MS", help="whose table is so far away")
    add("--parallel", type=int, default=PARALLEL, metavar="N", help="tests at once (%(default)s)")
    add("--credentials", action="store_true", help="without its secret, table and clock")
    return commands


def main(argv: Sequence[str] | None = None) -> int:
    """Measure; 1 if a call was answered wrongly."""
    flags = parser().parse_args(argv)
    console = Console(width=CONSOLE_WIDTH, highlight=False)
    if flags.growth:
        return growth.main(console, quick=flags.quick)
    if flags.suite and flags.rtt is not None:
        distance = Distance(flags.rtt, flags.table_rtt)
        named = flags.customers if flags.customers != COUNT else 2
        return far_suite.main(console, distance, named, flags.parallel, bare=flags.credentials)
    if flags.suite:
        return suite_speed.main(console)
    if flags.soak:
        return soak.main(console, minutes=flags.soak, workers=flags.workers)
    measured = measure(flags)
    show(measured, console)
    if flags.json:
        flags.json.write_text(json.dumps(as_json(measured), indent=1) + "\n")
    return 1 if measured.wrong else 0


def measure(flags: Namespace) -> Measured:
    """Start what is needed, and run."""
    plan = QUICK if flags.quick else Plan(rounds=flags.rounds, seconds=flags.seconds)
    with deployment.load() as load, named(flags) if flags.url else ours(flags) as (table, targets):
        run = Run(load, table, targets, plan)
        samples = list(run.measure(lambda line: print(line, file=sys.stderr)))
    return Measured(
        samples,
        run.floors,
        [target.name for target in targets],
        run.wrong,
        list(run.missing),
        {target.name: target.program.ready_seconds for target in targets if target.program},
    )


@contextmanager
def named(flags: Namespace) -> Iterator[tuple[None, list[Target]]]:
    """The deployments that --url and --vs name."""
    named = {"url": flags.url, "vs": flags.vs}
    yield None, [Target(name, address_of(url, flags)) for name, url in named.items() if url]


def address_of(url: str, flags: Namespace) -> Address:
    password = os.environ.get("BENCH_PASSWORD", PASSWORD)
    return Address(url, flags.email, password, flags.customers)


@contextmanager
def ours(flags: Namespace) -> Iterator[tuple[Program, list[Target]]]:
    """The reference warm and cold, and the plain server or the deployment that --vs names."""
    with ExitStack() as running:
        engine = running.enter_context(deployment.engine())
        warm = deployment.reference("warm", engine, flags.workers)
        cold = deployment.reference("cold", engine, flags.workers, cached_pairs=0)
        targets = [target(running.enter_context(server)) for server in (warm, cold)]
        if flags.vs:
            targets.append(Target("vs", address_of(flags.vs, flags)))
        else:
            targets.append(target(running.enter_context(deployment.plain("plain", engine))))
        yield engine, targets


def target(program: Program) -> Target:
    return Target(program.name, deployment.address(program.origin), program)
