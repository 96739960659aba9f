"""Makes text of a deployment harmless: it controls no terminal and breaks no XML."""

from __future__ import annotations


def printable(text: str) -> str:
    """The text with each control character, surrogate or invisible sign shown as its code."""
    return "".join(char if char in "\n\t" or char.isprintable() else _code(char) for char in text)


def on_one_line(text: str) -> str:
    """The same, with every run of blanks and line ends as one blank."""
    return printable(" ".join(text.split()))


def _code(char: str) -> str:
    return f"\\x{ord(char):02x}" if ord(char) < 256 else f"\\u{ord(char):04x}"
