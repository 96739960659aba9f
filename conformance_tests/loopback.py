"""Which hosts can only mean this machine."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str | None) -> bool:
    """True of `localhost` and of the addresses that never leave this machine."""
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return host == "localhost"
