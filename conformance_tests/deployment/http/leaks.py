"""Whether a text holds a secret: as it is, in another case, or as the bytes that its hex encodes.

A short secret may be in a text by chance: it must stand alone, and one that is shorter still, or
that could be a plain word or number, is not looked for within a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from conformance_tests import redaction

#: A shorter secret must stand alone: a part of another word is no leak.
LONG_ENOUGH = 8
#: A shorter one still is only found where it is the whole text.
SHORTEST = 6


def reveals(text: str, secret: str) -> bool:
    """Whether the text gives the secret away."""
    if not secret:
        return False
    return text == secret or contains(text, secret, forms(secret))


def contains(text: str, secret: str, written: Iterable[str]) -> bool:
    """Whether the secret stands within the text in one of the ways in which it may be written."""
    if len(secret) >= LONG_ENOUGH:
        return any(form in text for form in written)
    return is_unlikely(secret) and any(mentions(text, form) for form in written)


def is_unlikely(secret: str) -> bool:
    """Whether a short secret is hardly said by chance: no plain word, and no plain number."""
    mixed = any(map(str.isalpha, secret)) and any(map(str.isdigit, secret))
    return len(secret) >= SHORTEST and mixed


def forms(secret: str) -> Iterator[str]:
    """The ways in which a text may carry a secret; bytes are read as Latin-1."""
    yield from (secret, secret.lower(), secret.upper())
    yield from redaction.encoded(secret)


def revealed_anywhere(node: object, secret: str) -> bool:
    """Whether any text in a JSON value, a key's too, gives the secret away."""
    if isinstance(node, dict):
        return any(revealed_anywhere(part, secret) for item in node.items() for part in item)
    if isinstance(node, list):
        return any(revealed_anywhere(part, secret) for part in node)
    return isinstance(node, str) and reveals(node, secret)


class SecretFinder:
    """Looks for many long secrets in one pass over a text."""

    def __init__(self, secrets: Mapping[str, str]) -> None:
        """`secrets` is value to name; those too short to be looked for are left out."""
        self._by_ending: dict[str, list[tuple[str, str, str]]] = {}
        for secret, name in secrets.items():
            if len(secret) >= LONG_ENOUGH:
                for form in {*forms(secret)}:
                    alike = self._by_ending.setdefault(form[-LONG_ENOUGH:], [])
                    alike.append((form, secret, name))

    def within(self, text: str) -> dict[str, str]:
        """Those that the text gives away, value to name."""
        found = {}
        for end in range(LONG_ENOUGH, len(text) + 1):
            for form, secret, name in self._by_ending.get(text[end - LONG_ENOUGH : end], ()):
                if text.endswith(form, 0, end):
                    found[secret] = name
        return found


@lru_cache(maxsize=256)
def _alone(word: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![0-9A-Za-z]){re.escape(word)}(?![0-9A-Za-z])")


def mentions(text: str, customer_id: str | int) -> bool:
    """Whether the id stands alone in the text: `23` is in `ended#23`, not in `1234`."""
    return _alone(str(customer_id)).search(text) is not None
