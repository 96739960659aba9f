"""Changes that nobody outside can tell from the reference, and rows that a listed one spares."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Equivalent:
    """A change that breaks no row; `near` is the row that it seems to break."""

    what: str
    near: str
    why: str


EQUIVALENT = (
    Equivalent(
        "a session with exactly the normal lifetime left is extended",
        near="CORE-08",
        why="now + the lifetime is the end that it has",
    ),
    Equivalent(
        "two refresh tokens are compared with ==",
        near="HARD-24",
        why="the answer is the same, and its time is lost among ten thousand rounds",
    ),
    Equivalent(
        "a burn deletes 24 rows at a time",
        near="STORE-09",
        why="it goes on until none is left",
    ),
    Equivalent(
        "a burn reads the first page of each query only",
        near="STORE-09",
        why="it queries until nothing is found; M10 lives where it queries once",
    ),
    Equivalent(
        "a token has no iat",
        near="WIRE-02",
        why="iat is never judged, and no row promises it",
    ),
    Equivalent(
        "a token has one claim more that gives nothing away",
        near="WIRE-04",
        why="further claims are free",
    ),
    Equivalent(
        "a refresh without a header is judged as one with an empty token",
        near="CORE-17",
        why="both are refused with graphql-authorization; wording is free",
    ),
    Equivalent(
        "a rotation looks at no fence, and deletes the old row only where it is there",
        near="RACE-12",
        why="a burn deletes the old row too; the mutant of RACE-12 drops both conditions",
    ),
)


@dataclass(frozen=True, slots=True)
class Spared:
    """A row that a mutant of the requirements was said to break, and does not."""

    known_as: str
    row: str
    why: str


SPARED = (
    Spared(
        "M03",
        row="WIRE-07",
        why="its test begins with a rotation, so CORE-06 blocks it; M36 breaks it",
    ),
    Spared(
        "M53",
        row="CORE-24",
        why="a revoke that deletes nothing is CORE-20's, which blocks it; what renews an ended "
        "session breaks it",
    ),
    Spared(
        "M58",
        row="CORE-27",
        why="masking every refusal breaks whatever is refused; only a login's are masked here, and "
        "CORE-27 is broken by what forgets the category of an ended session",
    ),
    Spared(
        "M07",
        row="CORE-14",
        why="the session that is deleted is the successor's; where only the presented pair's own "
        "row goes nothing does, because the rotation took it: that is M06, which breaks the row",
    ),
    Spared(
        "M16",
        row="WIRE-08",
        why="the module's iat is the second of its login, which is over; only one that is still to "
        "come meets the check, and WIRE-03 shows such a one",
    ),
    Spared(
        "M45",
        row="FAULT-02",
        why="where the write comes first and fails nothing was deleted, and the old pair is good; "
        "the other order, deletes_before_it_puts, breaks the row",
    ),
)
