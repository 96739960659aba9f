"""The suite's own way to the table: its client, and what trouble on the way becomes.

Trouble is one reason for all that needs the table, never an error of the suite.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from conformance_tests.deployment import waiting
from conformance_tests.outcomes import NotTestable

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from conformance_tests.target.parts import TableAddress

#: How often a write is tried that DynamoDB asks to try again, and the seconds before the second.
TRIES: Final = 6
PAUSE_SECONDS: Final = 0.05
#: What DynamoDB answers to a single call, for whoever made it: all else is trouble on the way.
ANSWERS: Final = frozenset(
    {
        "AccessDeniedException",
        "ConditionalCheckFailedException",
        "TransactionCanceledException",
        "UnknownOperationException",
        "ParamValidationError",
        "ValidationException",
    }
)
#: A call meets a transaction of the deployment's: it is tried again.
CONFLICT: Final = "TransactionConflictException"


class TableLost(NotTestable):
    """The suite's own way to the table failed in the middle of a run."""

    def __init__(self, reason: str) -> None:
        super().__init__("table", reason)


class Watched:
    """A client of the table, of which trouble on the way is one reason for all that need it."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.lost: str | None = None

    def __getattr__(self, name: str) -> Any:
        operation = getattr(self._client, name)
        if name == "close" or not callable(operation):
            return operation

        def call(**asked: Any) -> Any:
            waiting.check()
            if self.lost is not None:
                raise TableLost(self.lost)
            for pause in pauses():
                try:
                    return operation(**asked)
                except troubles() as error:
                    code = _name_of(error)
                    if code in ANSWERS:
                        raise
                    if code != CONFLICT:
                        break
                time.sleep(pause)
            self.lost = f"the suite's own way to the table failed ({code}): run again"
            raise TableLost(self.lost)

        return call


def troubles() -> tuple[type[Exception], ...]:
    """What a call of the table may raise for no fault of the suite's."""
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    of_boto = (BotoCoreError, ClientError, ResponseParserError)
    return *of_boto, TableLost, OSError, ValueError, ArithmeticError


def _name_of(error: Exception) -> str:
    from botocore.exceptions import ClientError

    return code_of(error) if isinstance(error, ClientError) else type(error).__name__


def pauses() -> Iterator[float]:
    """The seconds after each try: twice as many each time."""
    return (PAUSE_SECONDS * 2**number for number in range(TRIES))


def denial(error: BaseException | None) -> NotTestable | None:
    """What a test cannot see where the credentials lack a right to the table; else None."""
    from botocore.exceptions import ClientError

    if not isinstance(error, ClientError) or code_of(error) != "AccessDeniedException":
        return None
    needed = f"a right to the table that these credentials lack, {error.operation_name}"
    return NotTestable("table", f"needs {needed}; let them have it")


def code_of(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])


def open_client(address: TableAddress) -> Any:
    import boto3
    from botocore.config import Config
    from botocore.session import get_session

    session = get_session()
    # A role that asks for a one-time code would make a run wait for somebody to type it.
    session.get_component("credential_provider").get_provider("assume-role")._prompter = _no_prompt
    return boto3.session.Session(botocore_session=session).client(
        "dynamodb",
        region_name=address.region,
        endpoint_url=address.endpoint_url,
        config=Config(
            connect_timeout=3,
            read_timeout=10,
            retries={"total_max_attempts": TRIES, "mode": "standard"},
        ),
    )


def _no_prompt(question: str) -> str:
    raise PromptRefused("a role asks for a one-time code")


class PromptRefused(ValueError):
    """Nobody is there to answer."""
