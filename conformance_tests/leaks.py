"""Where a secret turns up: as it is, in another case, or as the bytes that its hex stands for."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator

#: A shorter secret is looked for as a whole text: a part of another word is no leak.
LONG_ENOUGH = 8
_HEX = re.compile(r"(?:[0-9a-fA-F]{2}){16,}")


def holds(text: str, secret: str) -> bool:
    """Whether the text gives the secret away."""
    if not secret:
        return False
    if len(secret) < LONG_ENOUGH:
        return text == secret
    return any(form in text for form in forms(secret))


def forms(secret: str) -> Iterator[str]:
    """The ways in which a text may carry a secret; bytes are read as Latin-1."""
    yield from (secret, secret.lower(), secret.upper())
    yield base64.b64encode(secret.encode("utf-8", "surrogatepass")).decode().rstrip("=")
    if _HEX.fullmatch(secret):
        raw = bytes.fromhex(secret)
        yield raw.decode("latin-1")
        yield base64.b64encode(raw).decode().rstrip("=")
        yield base64.urlsafe_b64encode(raw).decode().rstrip("=")


def anywhere(node: object, secret: str) -> bool:
    """Whether any text in a JSON value, a key's too, gives the secret away."""
    if isinstance(node, dict):
        return any(anywhere(part, secret) for item in node.items() for part in item)
    if isinstance(node, list):
        return any(anywhere(part, secret) for part in node)
    return isinstance(node, str) and holds(node, secret)
