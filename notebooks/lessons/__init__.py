"""What the lessons share: a stage with the real server on it, pictures, and hidden checks."""

from lessons import checks, pictures
from lessons.clock_face import moment, span, time_of_day
from lessons.exchange import Exchange, Refused
from lessons.reading import Pair, short, take_apart
from lessons.rows import Change, Snapshot
from lessons.showing import quiet_refusals, source
from lessons.stage import SECRET, START, Stage
from lessons.story import Story

__all__ = [
    "SECRET",
    "START",
    "Change",
    "Exchange",
    "Pair",
    "Refused",
    "Snapshot",
    "Stage",
    "Story",
    "checks",
    "moment",
    "pictures",
    "short",
    "source",
    "span",
    "take_apart",
    "time_of_day",
]

quiet_refusals()
