"""How long is the same pair handed back?"""

from __future__ import annotations

import binascii
from collections.abc import Callable

from lessons.exercise import Hints, exercise
from lessons.stage import SECRET, START
from reference_auth.core import tokens
from reference_auth.core.tokens import Claims

EXP = START + 840
#: The ids make payloads of each length modulo 4, so that missing padding is noticed.
IDS = (23, "bob-7", "carol", "dave-12")


@exercise
def handed_back_for(answer: Callable[[str, int], int]) -> Hints:
    """A function of an access token and `now`: the seconds for which the pair stays the same."""
    for customer_id in IDS:
        token = tokens.mint(Claims(customer_id, EXP, EXP + 60, START), SECRET)
        try:
            answer(token, START)
        except binascii.Error:
            yield (
                "A JWT leaves base64's padding out and Python wants it back: "
                "append '=' * (-len(part) % 4)."
            )
        for now, right, hint in CASES:
            found = answer(token, now)
            if found != right:
                yield f"{hint} At exp {now - EXP:+d} s you said {found!r}."


CASES = (
    (START, 840, "A fresh token lives for 840 s."),
    (EXP - 1, 1, "At second exp - 1 the pair is handed back one last time, so one second is left."),
    (EXP, 0, "At second exp the access token has expired: not one second later."),
    (EXP + 90, 0, "After exp nothing is left, and less than nothing cannot be."),
)
