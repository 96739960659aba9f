"""A platform that answers an unusable id for a few customers (HARD-18)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, cast

from reference_auth.core.login import LoginService
from reference_auth.core.tokens import CustomerId

# Unusable ids that a platform may answer, by the kinds that a target file names (HARD-18).
ODD_IDS: Mapping[str, Any] = {
    "null": None,
    "empty": "",
    "bool": True,
    "object": {"id": 23},
    "nan": math.nan,
}
ODD_PASSWORD = "odd-demo-password"


def odd_email(kind: str) -> str:
    """The e-mail with which the platform answers that kind of id."""
    return f"{kind}@odd.example.com"


class WithOddLogins:
    """A faulty platform: for a few customers it answers an unusable id."""

    def __init__(self, platform: LoginService) -> None:
        self._platform = platform
        self._odd = {odd_email(kind): answer for kind, answer in ODD_IDS.items()}

    async def login(self, email: str, password: str) -> CustomerId:
        if email in self._odd and password == ODD_PASSWORD:
            return cast(CustomerId, self._odd[email])
        return await self._platform.login(email, password)
