"""What a test spoils: one character of a token at a time, so that one thing is wrong with it."""

from __future__ import annotations

import secrets


def other_hex(token: str, place: int = 0) -> str:
    """The same text with one character exchanged, still of the same alphabet and length."""
    other = "0" if token[place] != "0" else "1"
    return token[:place] + other + token[place + 1 :]


def never_issued() -> str:
    """A text in the form of a refresh token that nobody has derived."""
    return secrets.token_hex(64)


def similar_tokens(refresh_token: str) -> dict[str, str]:
    """Texts that only an inexact comparison takes for the refresh token, by what was done."""
    spelt = {
        "in upper case": refresh_token.upper(),
        "in lower case": refresh_token.lower(),
        "after a blank": f" {refresh_token}",
        "before a blank": f"{refresh_token} ",
        "before a line end": f"{refresh_token}\n",
        "before a NUL": f"{refresh_token}\0",
        "without its last character": refresh_token[:-1],
        "without its first character": refresh_token[1:],
        "cut to half": refresh_token[: len(refresh_token) // 2],
        "with a character before it": f"0{refresh_token}",
        "with a character after it": f"{refresh_token}0",
        "twice": refresh_token * 2,
    }
    return {how: text for how, text in spelt.items() if text != refresh_token}


def malformed_tokens(refresh_token: str) -> dict[str, str]:
    """Texts that are not 128 lower-case hex digits, by what they are instead."""
    return {
        "nothing": "",
        "a word": "junk",
        "127 digits": refresh_token[:-1],
        "129 digits": f"{refresh_token}0",
        "upper case": refresh_token.upper(),
        "a letter beyond f": f"g{refresh_token[1:]}",
        "a line end": f"{refresh_token}\n",
        "ten thousand digits": "0" * 10_000,
    }
