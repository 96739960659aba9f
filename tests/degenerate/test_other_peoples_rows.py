"""Whatever a deployment makes of what it is asked, the rows of strangers stay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest

from conformance_tests.commands import doctor, init
from conformance_tests.deployment import opening
from conformance_tests.embedded import boot
from conformance_tests.embedded.boot import Booted
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from conformance_tests.target.model import Target
from tests.conformance.suite.ways import blind
from tests.degenerate.obedient import OBEYED, STRANGE, obey
from tests.mutants.judged import derive_briefly, server

#: Ids that a careless server might take something for, and some that a shop gives out.
STRANGERS = (
    *("undefined", "None", "null", "NaN", "false", "true", "0", "1", "2", "nobody"),
    *("somebody-else", "junk", "conformance", "31415", "a4c1e9d2-77b1-4a0f-9a61-3e1f5ac0b7aa"),
    *("carol@example.com", "ended#undefined", "ended#31415"),
)

#: What asks for something without a customer's own id, or in an odd form: less is seen without
#: the fault proxy, and these must see it.
RISKY = ("STORE", "DEV", "WIRE", "GQL", "CORE-18", "HARD-08", "HARD-21", "HARD-35")
#: All but the races and the faults, which ask in no odd form, and take longest.
ALL = ("CORE", "WIRE", "STORE", "DEV", "HARD", "GQL", "API")


@contextmanager
def obedient(**options: Any) -> Iterator[Booted]:
    """A server that obeys, on a table that strangers use too."""
    with (
        pytest.MonkeyPatch.context() as patch,
        server("tests.degenerate.obedient") as command,
    ):
        derive_briefly(patch)
        obey(patch)
        with boot.embedded_reference(over_http=False, command=command, **options) as booted:
            target, wiring = booted
            assert target.table is not None
            for id_ in STRANGERS:
                wiring.table_client.put_item(TableName=target.table.name, Item=row_of(id_))
            shared = replace(target.table, ends_with_run=False)
            yield Booted(replace(target, table=shared), wiring)
            assert OBEYED == []
            found = wiring.table_client.scan(TableName=target.table.name)["Items"]
            assert [id_ for id_ in STRANGERS if row_of(id_) not in found] == []


def row_of(stranger: str) -> dict[str, dict[str, str]]:
    return {
        "customer_id": {"S": stranger},
        "refresh_token_hash": {"S": STRANGE},
        "ttl": {"N": "4102444800"},
    }


def with_everything(target: Target) -> Target:
    return target


def without_the_proxy(target: Target) -> Target:
    return replace(target, faults=None)


def with_credentials_alone(target: Target) -> Target:
    url = target.instances["production"].url
    return replace(blind(target), environment="production", url=url)


@pytest.mark.parametrize(
    "seen, only, passes",
    [
        (with_everything, ALL, 100),
        (without_the_proxy, RISKY, 30),
        (with_credentials_alone, RISKY, 5),
    ],
)
def test_a_run_deletes_nothing_of_strangers(
    seen: Callable[[Target], Target], only: tuple[str, ...], passes: int
) -> None:
    """Whatever the suite was given, and however careless the server is."""
    with obedient() as (target, wiring):
        run = run_suite(seen(target), Options(only=only, allow_destructive=True), wiring=wiring)
        assert run.unreachable is None
        assert run.crashed is None
        assert sum(finding.status == "pass" for finding in run.findings) > passes


def test_nor_does_a_look_at_a_deployment() -> None:
    """doctor and init ask which operations there are, and call none of them for a stranger."""
    with obedient() as (target, wiring), ExitStack() as ends:
        closed = with_credentials_alone(target)
        assert "operations" in {line.what for line in doctor.examine(closed, ends, wiring)}
        client = opening.assemble(closed, ends, wiring).client
        _, told = init.find_out(closed, client)
        assert told[0].startswith("Operations, by probing: generateCustomerToken,")
