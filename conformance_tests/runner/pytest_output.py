"""What pytest writes by itself, such as logs and tracebacks, holds no secret either."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from conformance_tests.redaction import Redactor

#: What these log are addresses, headers and bodies, before anybody knows the tokens in them.
LIBRARIES: Final = (
    *("asyncio", "boto3", "botocore", "graphql", "h11", "httpcore", "httpx", "moto"),
    *("responses", "strawberry", "urllib3", "uvicorn", "werkzeug"),
)
SILENT: Final = logging.CRITICAL + 1
#: pytest's options that show values as they are, by the name that pytest keeps them under.
REFUSED: Final[Mapping[str, str]] = {
    "showlocals": "--showlocals",
    "fulltrace": "--full-trace",
    "debug": "--debug",
    "usepdb": "--pdb",
    "trace": "--trace",
    "pastebin": "--pastebin",
}


def refuse_what_shows_secrets(config: pytest.Config) -> None:
    """UsageError where an option would show passwords and tokens."""
    for name, option in REFUSED.items():
        if getattr(config.option, name, None):
            raise pytest.UsageError(f"{option} would show passwords and tokens: leave it out")


@contextmanager
def silent_libraries() -> Iterator[None]:
    """While this lasts, no library logs anything."""
    loggers = [logging.getLogger(name) for name in LIBRARIES]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(SILENT)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


class _Redacting(logging.Formatter):
    """Formats as another formatter does, without the secrets."""

    def __init__(self, usual: logging.Formatter, redactor: Redactor) -> None:
        super().__init__()
        self._usual = usual
        self._redactor = redactor

    def format(self, record: logging.LogRecord) -> str:
        return self._redactor.redact(self._usual.format(record))


def redact_logs(config: pytest.Config, redactor: Redactor) -> None:
    """What pytest logs to a terminal, a file or a report passes the redactor."""
    plugin = config.pluginmanager.get_plugin("logging-plugin")
    for handler in vars(plugin).values() if plugin else ():
        if isinstance(handler, logging.Handler):
            usual = handler.formatter or logging.Formatter()
            handler.setFormatter(_Redacting(usual, redactor))
