"""Log lines are JSON and cannot quote: no argument of a library, no message of an exception."""

from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from reference_auth.serve import logs

SECRET = "hunter2-hunter2"


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    """What is logged while the logs are configured as the server's."""
    names = ("", "reference_auth", "some.library")
    before = [(name, logging.getLogger(name).level) for name in names]
    handlers = logging.getLogger().handlers
    stream = io.StringIO()
    logs.configure(stream)
    yield stream
    logging.getLogger().handlers = handlers
    for name, level in before:
        logging.getLogger(name).setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """What was logged, but for the last request of an earlier test, which a server notes late."""
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    return [line for line in told if line["event"] != "request"]


def test_an_event(stream: io.StringIO) -> None:
    """One of our events is one line with its fields beside time, level and logger."""
    logging.getLogger("reference_auth.burn").warning("burn", extra={"customer_id": "7", "rows": 2})
    (line,) = lines(stream)
    assert line.pop("time").endswith("+00:00")
    assert line == {
        "level": "warning",
        "logger": "reference_auth.burn",
        "event": "burn",
        "customer_id": "7",
        "rows": 2,
    }


def test_our_arguments_are_shown(stream: io.StringIO) -> None:
    """What our own code logs is shown whole."""
    logging.getLogger("reference_auth.x").info("%s: no answer", "get_item")
    assert lines(stream)[0]["event"] == "get_item: no answer"


def test_a_librarys_arguments_are_not(stream: io.StringIO) -> None:
    """A library's message is its template: its arguments could be anything."""
    logging.getLogger("some.library").warning("sent %s", SECRET)
    logging.getLogger("some.library").info("not shown at all")
    (line,) = lines(stream)
    assert line["event"] == "sent %s"


def test_a_task_that_nobody_waits_for_tells_nothing(stream: io.StringIO) -> None:
    """asyncio writes a lost exception, with its words, into the lines of its own message."""

    async def fail() -> None:
        raise ValueError(SECRET)

    async def lose() -> None:
        asyncio.create_task(fail())  # noqa: RUF006
        await asyncio.sleep(0)
        gc.collect()

    asyncio.run(lose())
    (line,) = lines(stream)
    assert line["logger"] == "asyncio"
    assert SECRET not in stream.getvalue()


def test_an_exception_is_named_and_placed(stream: io.StringIO) -> None:
    """An exception is its type and the functions that it passed, never its message."""
    try:
        raise ValueError(SECRET)
    except ValueError:
        logging.getLogger("some.library").exception("failed")
    (line,) = lines(stream)
    assert line["exception"] == "ValueError"
    assert line["at"][0].endswith("test_an_exception_is_named_and_placed")
    assert SECRET not in stream.getvalue()


def test_an_object_is_named_by_its_type(stream: io.StringIO) -> None:
    """A field that JSON cannot hold is shown as its type."""
    logging.getLogger("reference_auth.x").info("event", extra={"odd": ValueError(SECRET)})
    assert lines(stream)[0]["odd"] == "ValueError"


def test_lines_stay_lines(stream: io.StringIO) -> None:
    """A line break or a surrogate in a value does not break the line."""
    logging.getLogger("reference_auth.x").info("event", extra={"id": "a\n\ud800\u2028b"})
    assert lines(stream)[0]["id"] == "a\n\ud800\u2028b"
    assert len(stream.getvalue().splitlines()) == 1
