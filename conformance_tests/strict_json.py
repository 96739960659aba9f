"""Reads JSON of others as a browser does, and refuses what would break its reader.

That is I-JSON (RFC 7493) but for repeated names: UTF-8, numbers that a double holds, no half of a
surrogate pair, and no deeper than `DEEPEST`.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterable
from typing import Any, Final

#: So many arrays and objects may stand in each other.
DEEPEST: Final = 200


def read(text: bytes | str) -> Any:
    """The value; ValueError where it is no JSON."""
    if isinstance(text, bytes):
        text = text.decode("utf-8-sig")
    try:
        value = _DECODER.decode(text)
    except RecursionError:
        raise ValueError("it is too deep") from None
    _refuse_depth(value)
    if "\\ud" in text.lower():
        json.dumps(value, ensure_ascii=False).encode()  # half a pair cannot be encoded
    return value


def read_or_none(text: bytes | str) -> Any:
    """The value; None where it is no JSON."""
    try:
        return read(text)
    except ValueError:
        return None


def _finite(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def number(digits: str) -> Any:
        if not math.isfinite(float(digits)):
            raise ValueError("it holds a number that is too large")
        return kind(digits)

    return number


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")


_DECODER: Final = json.JSONDecoder(
    parse_float=_finite(float), parse_int=_finite(int), parse_constant=_no_number
)


def _refuse_depth(value: Any) -> None:
    level, depth = [value], 0
    while level := [node for node in level if isinstance(node, (dict, list))]:
        depth += 1
        if depth > DEEPEST:
            raise ValueError("it is too deep")
        level = [part for node in level for part in _parts(node)]


def _parts(node: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return node.values() if isinstance(node, dict) else node
