"""The kinds of customers that walk: of each a customer, and a neighbour easily taken for her."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Id = int | str
REGISTERED: Final = "registered"
#: Of an id near a limit so many are tried, so that two runs seldom meet.
NEAR: Final = 1_000_000
LONG: Final = 900


@dataclass(frozen=True, slots=True)
class Kind:
    """How an id is made: from a fresh text, or from a random number where it is one."""

    name: str
    ids: Callable[[str, int], tuple[Id, Id]]
    numeric: bool = False


KINDS: Final = (
    Kind("plain", lambda own, n: (f"{own}a", f"{own}a-longer")),
    Kind("a number beyond 2^31", lambda own, n: (2**31 + n, 2**31 + n + 1), numeric=True),
    Kind("letters with accents", lambda own, n: (composed(f"{own}Zoë-李"), f"{own}Zoe-李")),
    Kind("capitals", lambda own, n: (f"{own}Anna", f"{own}anna")),
    Kind("digits in a string", lambda own, n: (str(2**40 + n), f"0{2**40 + n}"), numeric=True),
    Kind("decomposed letters", lambda own, n: (decomposed(f"{own}é"), composed(f"{own}é"))),
    Kind("a number below 2^53", lambda own, n: (2**53 - 1 - n, 2**53 - 2 - n), numeric=True),
    Kind("emoji", lambda own, n: (f"{own}🌱", f"{own}🌲")),
    Kind("a long id", lambda own, n: (own + "x" * LONG, own + "x" * (LONG - 1) + "y")),
    Kind("a negative number", lambda own, n: (-(2**31) - n, 2**31 + n), numeric=True),
    Kind("blanks", lambda own, n: (f"{own}a b ", f"{own}a b")),
    Kind("e-mail", lambda own, n: (f"{own}a+b@example.com", f"{own}a b@example.com")),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}
#: The kinds that one item of the run walks with.
GROUPS: Final = (
    (REGISTERED,),
    *(tuple(kind.name for kind in KINDS[place::3]) for place in range(3)),
)


def is_numeric(kind: str) -> bool:
    """Whether an id of this kind is a number, or might be taken for one."""
    return kind != REGISTERED and BY_NAME[kind].numeric


def composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def decomposed(text: str) -> str:
    return unicodedata.normalize("NFD", text)
