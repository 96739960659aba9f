"""Whose certificates are believed over TLS."""

from __future__ import annotations

import ssl
from functools import cache

import httpx


@cache
def trust(ca_file: str | None) -> ssl.SSLContext:
    """The authorities of the file, or the usual ones; read once, as that takes a while."""
    return ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()
