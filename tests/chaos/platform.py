"""A platform that lets anyone in at once: `--login-service tests.chaos.platform:ANYONE`."""

from __future__ import annotations

from reference_auth.core.login import LoginRefused

PASSWORD = "a-password-for-anyone"


class Anyone:
    """The part of the e-mail before the @ is the customer's id."""

    async def login(self, email: str, password: str) -> str:
        if password != PASSWORD:
            raise LoginRefused
        return email.partition("@")[0]


ANYONE = Anyone()
