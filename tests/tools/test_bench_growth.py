"""What the pages on cost rest on: units are counted on the real flow, and the sums are right."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import anyio
import pytest
from rich.table import Table

from reference_auth.core import lifetimes
from reference_auth.core.config import Config, Lifetimes, Secret
from reference_auth.store.memory import memory_table
from reference_auth.store.sessions import Sessions
from tools.bench import plain
from tools.bench.fleet import CORES, COSTS, FILLED, GROWING, Fleet, fleet, prices
from tools.bench.growth import LIFETIME, ON_PAPER, Case, cells, on_paper, row_sizes
from tools.bench.meter import Spent
from tools.bench.plain import PlainFlow

PAGE = (Path(__file__).parents[2] / "docs" / "COST.md").read_text()
TABLES = itertools.count(1)
NOW = 1_800_000_000
SECRET = Secret("a-secret-for-tests-of-thirty-two-bytes-or-more")


def spent(grace_seconds: int = 0, sessions: int = 1) -> dict[str, Spent]:
    """What each operation costs on a table in this process."""
    config = Config(
        secret=SECRET,
        region="ap-southeast-2",
        table=f"growth-{next(TABLES)}",
        lifetimes=Lifetimes(access=LIFETIME, refresh=900, extended=1800),
        grace_seconds=grace_seconds,
    )
    case = Case(config, memory_table(config.table))
    case.log_in()
    case.seed(1, sessions - 1)
    return dict(case.measure())


def test_the_units_of_each_operation_are_those_that_are_counted() -> None:
    """What a month is reckoned with is what the flow really asks of the table."""
    counted = spent()
    graced = spent(grace_seconds=30)["refresh, rotated"]
    counted["refresh, rotated with grace"] = graced
    assert {name: (cost.reads, cost.writes) for name, cost in COSTS.items()} == {
        name: (counted[name].read_units, counted[name].write_units) for name in COSTS
    }


def test_the_plain_server_s_rotation_takes_six_derivations_and_three_calls(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What the reference is compared with reads, then deletes, then puts, and derives six times."""
    config = Config(secret=SECRET, region="ap-southeast-2", table=f"growth-{next(TABLES)}")
    done: list[str] = []
    client = memory_table(config.table)
    client.meta.events.register("before-call.dynamodb", lambda model, **_: done.append(model.name))
    really = plain.stretch

    def counted(text: str, secret: str) -> str:
        done.append("derive")
        return really(text, secret)

    monkeypatch.setattr(plain, "stretch", counted)
    flow = PlainFlow(config, Sessions(client, config))
    claims = lifetimes.first_claims(23, False, NOW, config)
    pair = anyio.run(flow.write, claims)
    done.clear()
    anyio.run(flow.refresh, pair.token, pair.refresh_token, claims.exp)
    assert done.count("derive") == 6
    assert [one for one in done if one != "derive"] == ["GetItem", "DeleteItem", "PutItem"]


@pytest.mark.parametrize("sessions", [1, 100])
def test_the_page_on_cost_has_what_is_counted(sessions: int) -> None:
    """Derivations, calls and units of every operation stand on the page as they are counted."""
    for name, cost in spent(sessions=sessions).items():
        counted = " | ".join([name, str(sessions), *list(cells(cost))[:4]])
        assert f"\n| {counted} |" in PAGE


@pytest.mark.parametrize("name, sessions", GROWING)
def test_what_grows_is_priced_as_it_is_counted(name: str, sessions: int) -> None:
    """The units that are priced are those of the page's first table, which is counted."""
    cost = GROWING[name, sessions]
    line = rf"^\| {name} \| {sessions:,} \| \d+ \| \d+ \| {cost.reads:,} \| {cost.writes:,} \|"
    assert re.search(line, PAGE, re.MULTILINE)


def test_a_larger_table_is_told_on_paper() -> None:
    """The page's million rows ask for what was counted, and claim no time."""
    counted = spent()
    for name, cost in on_paper(counted).items():
        cells_of = list(cells(cost))
        assert cells_of == [*list(cells(counted[name]))[:-1], ""]
        assert f"\n| {name} | {ON_PAPER} | {' | '.join(list(cells_of)[:3])} |" in PAGE


@pytest.mark.parametrize("made", [prices(), fleet()], ids=["prices", "fleet"])
def test_the_page_on_cost_has_the_sums_of_today(made: Table) -> None:
    """Prices and fleet stand on the page as the constants make them."""
    lines = zip(*(column.cells for column in made.columns), strict=True)
    for line in lines:
        assert f"\n| {' | '.join(map(str, line))} |" in PAGE
    assert row_sizes() in PAGE


def test_the_fleet_is_filled_no_further_than_said() -> None:
    """With one server down, the others are filled to the share that was assumed, and no further."""
    for customers in (1_000_000, 100_000_000):
        need = Fleet(customers)
        others = need.servers - 1
        assert need.cores <= others * CORES * FILLED < need.cores + CORES * FILLED
