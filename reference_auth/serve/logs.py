"""Logs are JSON lines that cannot hold a secret: names, numbers and code lines, never free text.

Of a library's message only the template is printed, without arguments. Of an exception only the
type and the code lines are printed, without its message. Both could quote a query or a key.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO

from reference_auth.api.error_messages import code_lines

OURS = "reference_auth"
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


class JsonLines(logging.Formatter):
    """One JSON object a line: time, level, logger, event, and the event's fields."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage() if record.name.startswith(OURS) else template(record),
            **{name: value for name, value in vars(record).items() if name not in _STANDARD},
        }
        if record.exc_info and (kind := record.exc_info[0]):
            line |= {"exception": kind.__name__, "at": code_lines(record.exc_info[2])}
        # Any other object is named by its type: its text could hold anything.
        return json.dumps(line, default=lambda value: type(value).__name__)


def template(record: logging.LogRecord) -> str:
    """A library's words without its arguments: asyncio writes those into further lines."""
    return str(record.msg).partition("\n")[0]


def configure(stream: TextIO | None = None, level: int = logging.INFO) -> None:
    """Write our events and all warnings to `stream` (standard error)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level)
