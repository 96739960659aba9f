"""On paper: what a month costs on DynamoDB, and how many servers so many customers need."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from rich.table import Table

from tools.bench.report import table

# Assumed: on-demand list prices in us-east-1 in US dollars, as of November 2026.
MILLION_WRITE_UNITS = 0.625
MILLION_READ_UNITS = 0.125
GIGABYTE_MONTH = 0.25

# Assumed: what a shop's customers do in a day, and how much of it in the busiest hour.
ACTIVE = 0.2  # of all customers, on one day
PER_ACTIVE: Mapping[str, float] = {
    "log in": 0.5,
    "refresh, rotated": 3.0,  # three quarters of an hour in the shop
    "refresh, echoed": 3.0,
    "revoke": 0.1,
}
BUSIEST_HOUR = 0.1  # of a day's operations
SESSIONS_KEPT = 1.5  # rows a customer, tombstones among them
ROW_BYTES = 500  # the largest row, and what DynamoDB adds to each

# Assumed: servers of two cores, filled so far at the busiest hour, and one more in case one fails.
CORES = 2
FILLED = 0.6
DAYS = 30
CUSTOMERS = (1_000_000, 10_000_000, 100_000_000)


@dataclass(frozen=True, slots=True)
class Cost:
    """One operation in DynamoDB's units."""

    reads: int
    writes: int

    @property
    def dollars_a_million(self) -> float:
        return self.reads * MILLION_READ_UNITS + self.writes * MILLION_WRITE_UNITS


# Whatever the customer has.
COSTS: Mapping[str, Cost] = {
    "log in": Cost(reads=0, writes=6),
    "refresh, echoed": Cost(reads=1, writes=0),
    "refresh, rotated": Cost(reads=1, writes=8),
    "refresh, rotated with grace": Cost(reads=1, writes=10),
    "revoke": Cost(reads=0, writes=4),
}
# With so many sessions of the customer; too rare to count in a fleet.
GROWING: Mapping[tuple[str, int], Cost] = {
    ("revoke, already rotated", 1): Cost(reads=3, writes=6),
    ("revoke, already rotated", 100): Cost(reads=7, writes=6),
    ("revoke, already rotated", 10_000): Cost(reads=454, writes=6),
    ("listing", 1): Cost(reads=1, writes=0),
    ("listing", 100): Cost(reads=5, writes=0),
    ("listing", 10_000): Cost(reads=452, writes=0),
    ("burn", 1): Cost(reads=5, writes=4),
    ("burn", 100): Cost(reads=9, writes=103),
    ("burn", 10_000): Cost(reads=456, writes=10_003),
}

# Measured: the server's CPU milliseconds at 8 connections, medians of five rounds of
# `nox -s bench` at 3.8 ms a derivation; without grace, and without the cache (cold).
CPU_MS: Mapping[str, float] = {
    "log in": 11.3,
    "refresh, rotated": 20.9,
    "refresh, echoed": 11.4,
    "revoke": 11.1,
}


@dataclass(frozen=True, slots=True)
class Fleet:
    """What so many customers need."""

    customers: int

    @property
    def daily(self) -> dict[str, float]:
        return {name: self.customers * ACTIVE * times for name, times in PER_ACTIVE.items()}

    @property
    def peak(self) -> float:
        """Operations a second in the busiest hour."""
        return sum(self.daily.values()) * BUSIEST_HOUR / 3600

    @property
    def cores(self) -> float:
        """Cores that are busy in that hour."""
        spent = sum(CPU_MS[name] * times for name, times in self.daily.items())
        return spent / 1000 * BUSIEST_HOUR / 3600

    @property
    def servers(self) -> int:
        return math.ceil(self.cores / (CORES * FILLED)) + 1

    @property
    def write_units(self) -> float:
        """Write units a second in the busiest hour."""
        daily = sum(COSTS[name].writes * times for name, times in self.daily.items())
        return daily * BUSIEST_HOUR / 3600

    @property
    def gigabytes(self) -> float:
        return self.customers * SESSIONS_KEPT * ROW_BYTES / 1e9

    @property
    def dollars(self) -> float:
        """The table's price for a month."""
        millions = {name: DAYS * times / 1e6 for name, times in self.daily.items()}
        requests = sum(COSTS[name].dollars_a_million * times for name, times in millions.items())
        return requests + self.gigabytes * GIGABYTE_MONTH


def prices() -> Table:
    """Dollars for a million of each operation."""
    made = table(
        *("operation", "sessions of the customer", "read units", "write units", "US$ a million")
    )
    any_number = {(name, "any"): cost for name, cost in COSTS.items()}
    growing = {(name, f"{sessions:,}"): cost for (name, sessions), cost in GROWING.items()}
    for (name, sessions), cost in (any_number | growing).items():
        units = (f"{cost.reads:,}", f"{cost.writes:,}")
        made.add_row(name, sessions, *units, f"{cost.dollars_a_million:,.3f}")
    return made


def fleet() -> Table:
    """What 1, 10 and 100 million customers need."""
    made = table(
        *("customers", "operations/s at peak", "cores busy", "servers"),
        *("write units/s at peak", "GB", "table US$ a month"),
    )
    for customers in CUSTOMERS:
        need = Fleet(customers)
        made.add_row(
            *(f"{customers:,}", f"{need.peak:,.0f}", f"{need.cores:,.1f}", f"{need.servers:,}"),
            *(f"{need.write_units:,.0f}", f"{need.gigabytes:,.1f}", f"{need.dollars:,.0f}"),
        )
    return made
