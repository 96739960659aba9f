"""What a test spoils: one character of a token at a time, so that one thing is wrong with it."""

from __future__ import annotations


def other_hex(token: str, place: int = 0) -> str:
    """The same text with one character exchanged, still of the same alphabet and length."""
    other = "0" if token[place] != "0" else "1"
    return token[:place] + other + token[place + 1 :]
