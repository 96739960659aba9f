"""For how long does a refresh return the same pair?"""

from __future__ import annotations

import binascii
from collections.abc import Callable

from lessons.exercise import Hints, exercise
from lessons.server import SECRET, START
from reference_auth.core import tokens
from reference_auth.core.tokens import Claims

EXP = START + 840
#: The ids make payloads of each length modulo 4, so that missing padding is noticed.
IDS = (23, "bob-7", "carol", "dave-12")


@exercise
def same_pair_for(answer: Callable[[str, int], int]) -> Hints:
    """A function of an access token and `now`: the seconds for which the pair stays the same."""
    for customer_id in IDS:
        token = tokens.mint(Claims(customer_id, EXP, EXP + 60, START), SECRET)
        try:
            answer(token, START)
        except binascii.Error:
            yield (
                "A JWT has no base64 padding, and Python needs it: append '=' * (-len(part) % 4)."
            )
        for now, right, hint in CASES:
            found = answer(token, now)
            if found != right:
                yield f"{hint} At exp {now - EXP:+d} s you said {found!r}."


CASES = (
    (START, 840, "A new token works for 840 s."),
    (
        EXP - 1,
        1,
        "At second exp - 1 one second is left: the same pair is returned once more.",
    ),
    (EXP, 0, "At second exp the access token has expired, and not one second later."),
    (EXP + 90, 0, "After exp nothing is left: return 0, and no negative number."),
)
