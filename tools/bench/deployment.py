"""What one run starts: the table engine, the reference, the server to compare with, the load."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import NamedTemporaryFile

from reference_auth.core.config import CACHED_PAIRS
from tests.ports import free_port
from tools.bench import customers
from tools.bench.calls import Address
from tools.bench.floor import SECRET
from tools.bench.processes import Program, answering, ministack, python, running

REGION = "ap-southeast-2"
ACCESS_MINUTES = "0.25"  # the shortest there is, so that pairs made in a run expire in it


def settings(table: str, engine: str) -> Mapping[str, str]:
    """The environment of a production server on this engine."""
    return {
        "JWT_PRIVATE_KEY": SECRET,
        "NODE_ENV": "production",
        "DYNAMO_DB__REGION": REGION,
        "DYNAMO_DB_AUTH_TABLE": table,
        "ACCESS_TOKEN_EXPIRY_MINUTES": ACCESS_MINUTES,
        "AWS_ENDPOINT_URL_DYNAMODB": engine,
        "AWS_ACCESS_KEY_ID": "bench",
        "AWS_SECRET_ACCESS_KEY": "bench",
    }


@contextmanager
def engine() -> Iterator[Program]:
    """ministack, with DynamoDB and nothing else."""
    port = free_port()
    command, environment = ministack(port)
    with answering("table", command, port, "/_ministack/health", environment) as program:
        yield program


@contextmanager
def reference(
    name: str, engine: Program, workers: int = 1, cached_pairs: int = CACHED_PAIRS
) -> Iterator[Program]:
    """`reference-auth serve` on a table of its own, for the benchmark's customers."""
    port = free_port()
    command = python(
        *("-m", "tools.bench.counted", "reference-auth", "serve"),
        *("--port", str(port), "--workers", str(workers)),
        *("--login-service", "tools.bench.customers:PLATFORM"),
    )
    with NamedTemporaryFile() as derivations:
        environment = {
            **settings(name, engine.origin),
            "CACHED_PAIRS": str(cached_pairs),
            "DERIVATIONS": derivations.name,
        }
        provide(environment)
        with answering(name, command, port, "/healthz", environment) as program:
            yield replace(program, derivations=Path(derivations.name))


@contextmanager
def plain(table: str, engine: Program) -> Iterator[Program]:
    """The server to compare with, on a table of its own."""
    port = free_port()
    environment = {**settings(table, engine.origin), "PORT": str(port)}
    provide(environment)
    command = python("-m", "tools.bench.plain")
    with answering("plain", command, port, "/healthz", environment) as program:
        yield program


@contextmanager
def load() -> Iterator[Program]:
    """The load, which waits for orders."""
    with running("load", python("-m", "tools.bench.load")) as program:
        yield program


def provide(environment: Mapping[str, str]) -> None:
    """Make the table that the environment names."""
    from reference_auth.store.provision import provision

    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    os.environ.update({name: environment[name] for name in names})
    provision(environment)


def address(origin: str) -> Address:
    """The benchmark's own customers at a server that this run started."""
    return Address(
        url=f"{origin}/graphql",
        email=customers.EMAIL,
        password=customers.PASSWORD,
        customers=customers.COUNT,
    )
