"""One shared boto3 client, called off the event loop. Every failure is one of five errors.

Busy: the table did nothing; try again.
OutcomeUnknown: the table may or may not have done it.
StorageError: the table did not do it.
ConditionFailed, Cancelled: a condition did not hold, and nothing was written.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import anyio
import anyio.to_thread
from botocore.exceptions import BotoCoreError, ClientError

from reference_auth.core.config import ConfigError
from reference_auth.core.errors import OutcomeUnknown, StorageError
from reference_auth.store.retry import Busy, retry_while_busy

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
Client = Any  # a boto3 DynamoDB client, which has no type

log = logging.getLogger("reference_auth.store.storage")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why one part of a transaction failed, or "None": its code, and the item that is there."""

    code: str
    item: Item | None

    @property
    def failed(self) -> bool:
        return self.code == CONDITION


class ConditionFailed(Exception):
    """The condition of a single write did not hold; `item` is the item that is there."""

    def __init__(self, item: Item | None) -> None:
        super().__init__()
        self.item = item


class Cancelled(Exception):
    """A condition of a transaction did not hold, and none of it was written."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        super().__init__()
        self.reasons = reasons

    def at(self, part: int) -> Reason:
        """The reason of the part at this position; an engine may return fewer reasons."""
        return self.reasons[part] if part < len(self.reasons) else Reason("None", None)


def make_client(region: str, environ: Mapping[str, str]) -> Client:
    """One client for the whole server: short timeouts, and a connection for each call at once.

    `AWS_ENDPOINT_URL_DYNAMODB` names a DynamoDB other than AWS's. Raises ConfigError.
    """
    import boto3
    from botocore.config import Config as BotoConfig

    try:
        return boto3.client(
            "dynamodb",
            region_name=region,
            endpoint_url=environ.get("AWS_ENDPOINT_URL_DYNAMODB") or None,
            config=BotoConfig(  # Departs: FAULT-10 the module sets no bound.
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                retries={"total_max_attempts": ATTEMPTS, "mode": "standard"},
                max_pool_connections=CONNECTIONS,
            ),
        )
    except (BotoCoreError, ValueError) as error:
        raise ConfigError(f"The AWS settings are wrong: {error}") from None


class Storage:
    """Calls of one client, each in a thread behind the storage limiter."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._limiter = anyio.CapacityLimiter(CONNECTIONS)

    async def call(self, operation: str, **parameters: Any) -> Mapping[str, Any]:
        return await retry_while_busy(lambda: self._once(operation, parameters))

    async def transact(self, items: Sequence[Item]) -> None:
        """Write all the items or none.

        All tries have the same request token: after a lost answer nothing is done twice (FAULT-08).
        """
        token = str(uuid.uuid4())
        await self.call("transact_write_items", TransactItems=items, ClientRequestToken=token)

    async def _once(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        # At the deadline do not wait for a thread that waits for a hanging table (FAULT-10).
        return await anyio.to_thread.run_sync(
            lambda: self._call_client(operation, parameters),
            limiter=self._limiter,
            abandon_on_cancel=True,
        )

    def _call_client(self, operation: str, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Call the client, and turn its errors into ours (FAULT-05, HARD-20)."""
        # Departs: FAULT-03, FAULT-05, WIRE-12 the module goes on, or ends the session.
        try:
            answer: Mapping[str, Any] = getattr(self._client, operation)(**parameters)
        except ClientError as error:
            ours = error_of(error.response)
            if isinstance(ours, StorageError):
                log.warning("%s: %s", operation, type(ours).__name__)
            raise ours from None
        except Exception as error:  # whatever a connection, a parser or an emulator may raise
            log.warning("%s: no answer (%s)", operation, type(error).__name__)
            raise OutcomeUnknown from None
        return answer


def error_of(response: Mapping[str, Any]) -> Exception:
    code = response.get("Error", {}).get("Code", "")
    if code == "TransactionCanceledException":
        return cancellation_of(read_reasons(response))
    if code == "ConditionalCheckFailedException":
        return ConditionFailed(response.get("Item"))
    if code in BUSY_ERRORS:
        return Busy()
    if response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500) >= 500:
        return OutcomeUnknown()
    return StorageError()


def read_reasons(response: Mapping[str, Any]) -> tuple[Reason, ...]:
    """The cancellation reasons, one for each part of the transaction, in its order (FAULT-09)."""
    reasons = response.get("CancellationReasons") or ()
    return tuple(Reason(reason.get("Code", ""), reason.get("Item")) for reason in reasons)


def cancellation_of(reasons: Sequence[Reason]) -> Exception:
    """A failed condition is an answer. A conflict is not: the call is repeated (FAULT-09)."""
    if any(reason.failed for reason in reasons):
        return Cancelled(reasons)
    if any(reason.code in BUSY_REASONS for reason in reasons):
        return Busy()
    return StorageError()
