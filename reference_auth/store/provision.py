"""Create the table, with two keys and TTL on `ttl`. Running it again changes nothing.

A table for tests does without TTL: an emulator may delete at once what a moved clock made old.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reference_auth.core.config import ConfigError
from reference_auth.store.storage import make_client

REGION, TABLE = "DYNAMO_DB__REGION", "DYNAMO_DB_AUTH_TABLE"
PARTITION_KEY = "customer_id"
SORT_KEY = "refresh_token_hash"
TTL = "ttl"
WAITING = {"Delay": 1, "MaxAttempts": 60}  # seconds

KEYS = [(PARTITION_KEY, "HASH"), (SORT_KEY, "RANGE")]


class WrongTable(Exception):
    """The table of that name cannot be used; the message says why."""


def provision(environ: Mapping[str, str], *, ttl: bool = True) -> list[str]:
    """Create the table that the environment names, or raise ConfigError with one sentence."""
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

    region, table = (environ.get(name) for name in (REGION, TABLE))
    if not (region and table):
        raise ConfigError(f"Set {TABLE if region else REGION}, or use its flag: it is missing.")
    try:
        return create_table(make_client(region, environ), table, ttl=ttl)
    except WrongTable as reason:
        raise ConfigError(str(reason)) from None
    except NoCredentialsError:
        raise ConfigError(
            "Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; an emulator accepts any text."
        ) from None
    except (BotoCoreError, ClientError, ValueError) as error:
        raise ConfigError(f"The table {table} could not be created: {error}") from None


def create_table(client: Any, name: str, *, ttl: bool = True) -> list[str]:
    """Create what is missing of the table `name`; return one sentence for each step."""
    created = _ensure_table(client, name)
    return [created, _ensure_ttl(client, name)] if ttl else [created]


def _ensure_table(client: Any, name: str) -> str:
    try:
        client.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": key, "KeyType": kind} for key, kind in KEYS],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"} for key, _ in KEYS],
            BillingMode="PAY_PER_REQUEST",
        )
    except client.exceptions.ResourceInUseException:
        _check_keys(client, name)
        return f"The table {name} was there already, with the right keys."
    client.get_waiter("table_exists").wait(TableName=name, WaiterConfig=WAITING)
    return f"Created the table {name}, keyed by {PARTITION_KEY} and {SORT_KEY}, paid per request."


def _check_keys(client: Any, name: str) -> None:
    table = client.describe_table(TableName=name)["Table"]
    keys = [(key["AttributeName"], key["KeyType"]) for key in table["KeySchema"]]
    types = {item["AttributeName"]: item["AttributeType"] for item in table["AttributeDefinitions"]}
    if keys != KEYS or {types[key] for key, _ in keys} != {"S"}:
        raise WrongTable(
            f"The table {name} has other keys: use another name, or delete that table first."
        )


def _ensure_ttl(client: Any, name: str) -> str:
    described = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if described.get("TimeToLiveStatus") not in {"ENABLED", "ENABLING"}:
        wanted = {"Enabled": True, "AttributeName": TTL}
        client.update_time_to_live(TableName=name, TimeToLiveSpecification=wanted)
        return f"Turned TTL on for its attribute {TTL}."
    attribute = described.get("AttributeName", TTL)
    if attribute != TTL:
        raise WrongTable(
            f"The table {name} has TTL on {attribute}: turn it off, then run this again."
        )
    return f"TTL on its attribute {TTL} was on already."
