"""What the lessons share: the real server in this process, pictures, and hidden checks."""

from lessons import checks, pictures
from lessons.exchange import Exchange, Refused
from lessons.pairs import Pair, short, take_apart
from lessons.rows import Change, Snapshot
from lessons.server import SECRET, START, Server
from lessons.source_code import arm, show_refusals_in_one_line, source
from lessons.times import date_and_time, duration, time_of_day
from lessons.trace import Trace

__all__ = [
    "SECRET",
    "START",
    "Change",
    "Exchange",
    "Pair",
    "Refused",
    "Server",
    "Snapshot",
    "Trace",
    "arm",
    "checks",
    "date_and_time",
    "duration",
    "pictures",
    "short",
    "source",
    "take_apart",
    "time_of_day",
]

show_refusals_in_one_line()
