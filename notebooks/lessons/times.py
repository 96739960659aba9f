"""Times are epoch seconds; people see them in UTC, whatever the machine's time zone is."""

from __future__ import annotations

from datetime import UTC, datetime


def date_and_time(second: int) -> str:
    """Date and time of an epoch second."""
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%d %H:%M:%S}"


def time_of_day(second: int) -> str:
    """The time alone."""
    return f"{datetime.fromtimestamp(second, UTC):%H:%M:%S}"


def duration(seconds: int) -> str:
    """A length of time, in its largest whole unit."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("min", 60)):
        count, rest = divmod(seconds, size)
        if count and not rest:
            plural = "s" if count > 1 and unit != "min" else ""
            return f"{count} {unit}{plural}"
    return f"{seconds} s"
