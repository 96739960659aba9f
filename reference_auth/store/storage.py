"""One shared boto3 client, called off the event loop, whose every failure has one of five names.

Busy: nothing was done, try again.
OutcomeUnknown: it may or may not have been done.
StorageTrouble: it was not done.
ConditionFailed and Cancelled: the table answered, and something was in the way.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import anyio
import anyio.to_thread
from botocore.exceptions import ClientError

from reference_auth.core.config import Config
from reference_auth.core.errors import OutcomeUnknown, StorageTrouble
from reference_auth.store.retry import Busy, patiently

CONNECTIONS = 32
CONNECT_SECONDS = 1
READ_SECONDS = 2
ATTEMPTS = 2

CONDITION = "ConditionalCheckFailed"
BUSY_REASONS = frozenset(
    {
        "TransactionConflict",
        "ThrottlingError",
        "ProvisionedThroughputExceeded",
    }
)
BUSY_ERRORS = frozenset(
    {
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)

Item = Mapping[str, Any]

log = logging.getLogger("reference_auth.store.storage")


class Client(Protocol):
    """The few operations of a boto3 DynamoDB client that the reference uses."""

    def get_item(self, **parameters: Any) -> Mapping[str, Any]: ...
    def put_item(self, **parameters: Any) -> Mapping[str, Any]: ...
    def update_item(self, **parameters: Any) -> Mapping[str, Any]: ...
    def delete_item(self, **parameters: Any) -> Mapping[str, Any]: ...
    def query(self, **parameters: Any) -> Mapping[str, Any]: ...
    def scan(self, **parameters: Any) -> Mapping[str, Any]: ...
    def batch_write_item(self, **parameters: Any) -> Mapping[str, Any]: ...
    def transact_write_items(self, **parameters: Any) -> Mapping[str, Any]: ...


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one part of a transaction stood in the way: its code, and what the table holds there."""

    code: str
    item: Item | None

    @property
    def failed(self) -> bool:
        return self.code == CONDITION


class ConditionFailed(Exception):
    """The condition of a single write did not hold; `item` is what the table holds there."""

    def __init__(self, item: Item | None) -> None:
        super().__init__()
        self.item = item


class Cancelled(Exception):
    """A condition of a transaction did not hold, and nothing of it was written."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__()
        self.reasons = reasons

    def at(self, part: int) -> Reason:
        """Why the part at this position stood in the way; an engine may tell of fewer parts."""
        return self.reasons[part] if part < len(self.reasons) else Reason("None", None)


def make_client(config: Config, environ: Mapping[str, str]) -> Client:
    """One client for the whole server: bounded waits, as many connections as calls at once.

    `AWS_ENDPOINT_URL_DYNAMODB` picks another engine than the real one.
    """
    import boto3
    from botocore.config import Config as BotoConfig

    client: Client = boto3.client(
        "dynamodb",
        region_name=config.region,
        endpoint_url=environ.get("AWS_ENDPOINT_URL_DYNAMODB") or None,
        config=BotoConfig(  # Departs: FAULT-10 the module sets no bound.
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
            retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
            max_pool_connections=CONNECTIONS,
            # An eighth of what a call costs here: botocore describes the machine twice a call, and
            # looks once more at parameters that are all built in `items` and `sessions`.
            user_agent="reference-auth",
            parameter_validation=False,
        ),
    )
    return client


class Storage:
    """Calls of one client, each in a thread behind the storage limiter."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._limiter = anyio.CapacityLimiter(CONNECTIONS)

    async def call(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        """Do one operation, patiently; failures come out under the names above."""
        return await patiently(lambda: self._once(operation, parameters))

    async def transact(self, items: Sequence[Item]) -> None:
        """Write all the items or none.

        One request token for all tries: a try whose answer was lost is not done twice (FAULT-08).
        """
        token = str(uuid.uuid4())
        await self.call("transact_write_items", TransactItems=items, ClientRequestToken=token)

    async def _once(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        # A thread that waits for a hanging table is left behind, not waited for (FAULT-10).
        return await anyio.to_thread.run_sync(
            lambda: self._ask(operation, parameters), limiter=self._limiter, abandon_on_cancel=True
        )

    def _ask(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call the client, and let no other error than ours out (FAULT-05, HARD-20)."""
        # Departs: FAULT-03, FAULT-05, WIRE-12 the module goes on, or ends the session.
        try:
            answer: Mapping[str, Any] = getattr(self._client, operation)(**parameters)
        except ClientError as error:
            raise self._noted(operation, refusal_of(error.response)) from None
        except Exception as error:  # whatever a connection, a parser or an emulator may raise
            log.warning("%s: no answer (%s)", operation, type(error).__name__)
            raise OutcomeUnknown from None
        return answer

    def _noted(self, operation: str, refusal: Exception) -> Exception:
        if isinstance(refusal, StorageTrouble):
            log.warning("%s: %s", operation, type(refusal).__name__)
        return refusal


def refusal_of(response: Mapping[str, Any]) -> Exception:
    """Name what the table refused with."""
    code = response.get("Error", {}).get("Code", "")
    if code == "TransactionCanceledException":
        return cancellation_of(read_reasons(response))
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(response.get("Item"))
    if code in BUSY_ERRORS:
        return Busy()
    if response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500) >= 500:
        return OutcomeUnknown()
    return StorageTrouble()


def read_reasons(response: Mapping[str, Any]) -> tuple[Reason, ...]:
    """The cancellation reasons, one for each part of the transaction, in its order (FAULT-09)."""
    reasons = response.get("CancellationReasons") or ()
    return tuple(Reason(reason.get("Code", ""), reason.get("Item")) for reason in reasons)


def cancellation_of(reasons: Sequence[Reason]) -> Exception:
    """A failed condition is an answer; a conflict is none, and is tried again (FAULT-09)."""
    if any(reason.failed for reason in reasons):
        return Cancelled(reasons)
    if any(reason.code in BUSY_REASONS for reason in reasons):
        return Busy()
    return StorageTrouble()
