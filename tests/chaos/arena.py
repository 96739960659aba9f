"""A table behind the fault proxy, server processes over it, and what a test may look at in it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance_tests.deployment.faults.proxy import FaultProxy
from conformance_tests.deployment.forge import Forge
from reference_auth.core.rows import FENCE, Fence, Row
from reference_auth.core.tokens import RefreshTokenHash
from reference_auth.store import items
from tests.chaos.callers import Pair
from tests.chaos.processes import ServerProcess

SECRET = "a-secret-for-chaos-of-thirty-two-bytes-or-more"
REGION = "us-east-1"
LIVE_SECONDS, GOOD_SECONDS = 840, 900

Item = Mapping[str, Any]


@dataclass(frozen=True)
class Arena:
    """One empty table; servers reach it through `proxy`, the test's own client does not."""

    proxy: FaultProxy
    client: Any
    table: str
    folder: Path

    def server(self, *flags: str, platform: str = "platform", **environ: str) -> ServerProcess:
        """Start a server; use it in a `with`, or wait for it with `ready()`."""
        settings = {
            "JWT_PRIVATE_KEY": SECRET,
            "AWS_ENDPOINT_URL_DYNAMODB": self.proxy.url,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "DYNAMO_DB__REGION": REGION,
            "DYNAMO_DB_AUTH_TABLE": self.table,
        }
        anyone = ("--login-service", f"tests.chaos.{platform}:ANYONE")
        return ServerProcess(self.log, settings | environ, *anyone, *flags)

    @property
    def log(self) -> Path:
        """What all servers of this arena write."""
        return self.folder / "server.log"

    def events(self) -> list[str]:
        """The names of the events in the servers' logs; lines that are no JSON are told whole."""
        return [_event(line) for line in self.log.read_text().splitlines()]

    # sessions as if they had been issued earlier

    def session(
        self, customer_id: str, *, age: int = LIVE_SECONDS + 1, stored: bool = True
    ) -> Pair:
        """The pair of a login `age` seconds ago, remembered; `stored` False leaves its row out."""
        forge, claims = Forge(SECRET), claims_of(customer_id, age)
        exp, refresh_expiry = claims["exp"], claims["refresh_expiry"]
        refresh_token = forge.refresh_token(customer_id, exp)
        if stored:
            row = Row(
                customer_id, RefreshTokenHash(forge.hash_of(refresh_token)), refresh_expiry, exp
            )
            self.client.put_item(TableName=self.table, Item=items.row_item(row))
        return Pair(forge.mint(claims), refresh_token)

    def access_token(self, customer_id: str) -> str:
        """A live access token whose refresh token nobody has derived yet."""
        return Forge(SECRET).mint(claims_of(customer_id, age=0))

    # what the table holds

    def hash_of(self, pair: Pair) -> str:
        return Forge(SECRET).hash_of(pair.refresh_token)

    def rows(self, customer_id: str) -> list[Row]:
        """A customer's sessions."""
        return [items.read_row(item) for item in self._partition(customer_id)]

    def fence(self, customer_id: str) -> Fence | None:
        """What a burn left."""
        kept = self._partition(f"ended#{customer_id}")
        fences = [item for item in kept if item["refresh_token_hash"]["S"] == FENCE]
        return items.read_fence(fences[0]) if fences else None

    def fences(self) -> list[str]:
        """The partitions in which a burn left something."""
        return [
            item["customer_id"]["S"]
            for item in self.everything()
            if item["refresh_token_hash"]["S"] == FENCE
        ]

    def everything(self) -> list[Item]:
        """Every item of the table."""
        return self._pages("scan")

    def _partition(self, key: str) -> list[Item]:
        return self._pages(
            "query",
            KeyConditionExpression="customer_id = :key",
            ExpressionAttributeValues={":key": {"S": key}},
        )

    def _pages(self, operation: str, **parameters: Any) -> list[Item]:
        found: list[Item] = []
        start: dict[str, Any] = {}
        while True:
            page = getattr(self.client, operation)(
                TableName=self.table, ConsistentRead=True, **parameters, **start
            )
            found += page["Items"]
            if "LastEvaluatedKey" not in page:
                return found
            start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def claims_of(customer_id: str, age: int) -> dict[str, Any]:
    """The claims of a login `age` seconds ago."""
    now = int(time.time())
    return {
        "customer_id": customer_id,
        "exp": now - age + LIVE_SECONDS,
        "refresh_expiry": now + 100 * GOOD_SECONDS,
        "iat": now - age,
    }


def _event(line: str) -> str:
    try:
        return str(json.loads(line)["event"])
    except ValueError:
        return line
