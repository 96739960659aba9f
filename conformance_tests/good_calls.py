"""The calls that tests begin with, and the requirements that ask for each of them.

A test about one requirement logs in, refreshes or revokes on its way. If such a call fails although
its own requirement says that it works, the test has not come to its question.
"""

from __future__ import annotations

from typing import Final

#: The requirements that may block others, from the simplest on. One of them can be blocked by an
#: earlier one only, so that no two block each other.
ORDER: Final = (
    *("WIRE-11", "CORE-01", "CORE-04", "CORE-05", "CORE-06", "CORE-10", "CORE-07", "CORE-20"),
    *("CORE-21", "CORE-25", "WIRE-06", "WIRE-01", "WIRE-02", "WIRE-08", "STORE-01", "STORE-02"),
    *("CORE-15", "CORE-24", "STORE-07", "CORE-12", "CORE-27", "CORE-02", "CORE-16", "CORE-17"),
    *("HARD-01", "HARD-02", "DEV-01"),
)

#: For each call, the simplest requirement first: one of them is blocked by those before it.
LOGIN: Final = ("WIRE-11", "CORE-01")
JWT: Final = ("WIRE-01",)
TIMES: Final = ("WIRE-02",)
ROW: Final = ("STORE-01", "STORE-02", "CORE-25")
ECHO: Final = ("CORE-04", "CORE-05", "WIRE-06", "WIRE-08", "CORE-25")
ROTATION: Final = ("CORE-04", "CORE-06", "CORE-10", "CORE-07", "WIRE-06", "WIRE-08", "CORE-25")
REVOKE: Final = ("CORE-20", "CORE-21", "CORE-25")
#: A pair that has run out, was revoked or was spent is refused.
ENDED: Final = ("CORE-15", "CORE-20", "CORE-24", "CORE-12")
#: Its row is gone.
ROW_GONE: Final = ("CORE-20", "CORE-21", "CORE-15", "STORE-07", "CORE-12")
#: After a replay no row is left.
BURN: Final = ("CORE-12",)
#: So many rows are there.
ROWS: Final = ("STORE-07", "CORE-25", "CORE-12")
#: A refusal that ends a session says so by its category.
CATEGORY: Final = ("CORE-27",)
#: Malformed and forged requests are refused.
REFUSED: Final = ("CORE-02", "CORE-16", "CORE-17", "HARD-01", "HARD-02")
#: The development operations are closed outside development.
CLOSED: Final = ("DEV-01",)
