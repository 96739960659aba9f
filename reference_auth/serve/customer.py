"""What an operator does for one customer: look at the sessions, or end them all.

Nothing is derived, so the secret is not needed; nothing that is printed is secret.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime

import anyio

from reference_auth.core import tokens
from reference_auth.core.config import ConfigError, read_environment
from reference_auth.core.errors import StorageError
from reference_auth.core.rows import Row
from reference_auth.flow.burn import Burn
from reference_auth.serve.settings import SECRET
from reference_auth.store.sessions import Sessions
from reference_auth.store.storage import make_client

NO_SECRET = {SECRET: "nothing is derived or signed with this one"}


def act(command: str, customer_id: str, environ: Mapping[str, str]) -> list[str]:
    """Do `sessions` or `burn`, and return what to print; raises ConfigError with one sentence."""
    if not tokens.is_customer_id(customer_id):
        raise ConfigError(f"--customer {customer_id!r} cannot be a customer's id.")
    config = read_environment({**environ, **NO_SECRET})
    act_on = burn if command == "burn" else describe
    try:
        sessions = Sessions(make_client(config.region, environ), config)
        return anyio.run(act_on, sessions, customer_id, int(time.time()))
    except (StorageError, ValueError) as error:
        why = type(error).__name__
        raise ConfigError(f"The table {config.table} failed ({why}): run this again.") from None


async def burn(sessions: Sessions, customer_id: str, now: int) -> list[str]:
    """End all sessions as a replay does, so that none of their pairs can burn a later login."""
    found = [row async for row in sessions.rows(customer_id)]
    await Burn(sessions, sessions.config).end_all(customer_id, now)
    return [f"Ended every session of customer {customer_id} ({len(found)} found)."]


async def describe(sessions: Sessions, customer_id: str, now: int) -> list[str]:
    """A line for each row that the table has, and one for the last burn."""
    lines = [_line(row, now) async for row in sessions.rows(customer_id)]
    if fence := await sessions.fence(customer_id):
        lines.append(f"burned: every pair with an access token until {_utc(fence.before)}")
    return [f"Customer {customer_id}:", *(lines or ["no sessions"])]


def _line(row: Row, now: int) -> str:
    kind = "expired" if row.is_expired(now) else "rotated" if row.rotated_from else "logged in"
    return f"{kind}: access token until {_utc(row.exp)}, session until {_utc(row.ttl)}"


def _utc(seconds: int | None) -> str:
    """A time; rows of other programs may have none, or one that no calendar has."""
    if seconds is not None:
        with suppress(ValueError, OverflowError):
            return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%SZ}"
    return "?"
