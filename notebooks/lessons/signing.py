"""Sign a token of any kind, also one that a library would refuse to sign."""

from __future__ import annotations

import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from typing import Any

from lessons.server import SECRET


def signed(
    claims: Mapping[str, Any], secret: str = SECRET, digest: str = "sha256", **header: Any
) -> str:
    """Sign any payload with any header, which may be added to or replaced."""
    head = {"alg": digest.replace("sha", "HS"), "typ": "JWT", **header}
    parts = ".".join(encoded(json.dumps(part).encode()) for part in (head, claims))
    return f"{parts}.{encoded(hmac.digest(secret.encode(), parts.encode(), digest))}"


def encoded(data: bytes) -> str:
    """Base64url without padding, as in a JWT."""
    return urlsafe_b64encode(data).decode().rstrip("=")
