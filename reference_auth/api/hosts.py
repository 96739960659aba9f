"""Which names mean this machine, and which origins may be allowed."""

from __future__ import annotations

import re

_IPV4_LOOPBACK = re.compile(r"127(\.[0-9]{1,3}){3}", re.ASCII)
_ORIGIN = re.compile(r"https?://(\[[0-9a-f:]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", re.ASCII)
_HOST = re.compile(r"(?P<name>\[[0-9a-f:]+\]|[^:\[\]]+)(:[0-9]{1,5})?", re.ASCII)

LOOPBACK_ORIGIN = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]{1,5})?"


def is_loopback(name: str) -> bool:
    """localhost, 127.0.0.0/8 or ::1; no other name, wherever it may point."""
    return name in {"localhost", "::1"} or _IPV4_LOOPBACK.fullmatch(name) is not None


def is_loopback_host(header: str) -> bool:
    """A Host header that names this machine, with or without a port."""
    match = _HOST.fullmatch(header.lower())
    return match is not None and is_loopback(match["name"].strip("[]"))


def is_origin(text: str) -> bool:
    """An origin as browsers send it: scheme, host and port, nothing after."""
    return _ORIGIN.fullmatch(text) is not None
