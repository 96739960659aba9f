"""A customer is named where the id stands alone: `23` is in `ended#23`, not in `1234`."""

from __future__ import annotations

import re
from functools import lru_cache


@lru_cache(maxsize=256)
def _alone(identity: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![0-9A-Za-z]){re.escape(identity)}(?![0-9A-Za-z])")


def mentions(text: str, customer_id: str | int) -> bool:
    """Whether `text` holds the id with no letter or digit at either side."""
    return _alone(str(customer_id)).search(text) is not None
