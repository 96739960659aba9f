"""A platform with any number of customers and a password check that costs nothing.

What a platform spends on its own password hashes is no part of the flow, so it is not measured.
"""

from __future__ import annotations

import hmac
import re

from reference_auth.core.login import LoginRefused

COUNT = 1000
EMAIL = "customer-{n}@bench.example.com"
PASSWORD = "a-password-for-the-benchmark"

_EMAIL = re.compile(r"customer-([0-9]+)@bench\.example\.com", re.ASCII)


class Customers:
    """Lets in customer-0 to customer-999, whose ids are 1 to 1000."""

    async def login(self, email: str, password: str) -> int:
        known = _EMAIL.fullmatch(email)
        if known is None or int(known[1]) >= COUNT:
            raise LoginRefused
        if not hmac.compare_digest(password.encode(), PASSWORD.encode()):
            raise LoginRefused
        return int(known[1]) + 1


PLATFORM = Customers()
