"""Reads JSON of others as a browser does: UTF-8 alone, no NaN, and no deeper than `DEEPEST`.

What would break a reader is mended: a number that no double holds is the largest that one does,
and half of a surrogate pair is a question mark.
"""

from __future__ import annotations

import json
import math
import sys
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
        whole = json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")
        return _DECODER.decode(whole.decode())
    return value


def read_or_none(text: bytes | str) -> Any:
    """The value; None where it is no JSON."""
    try:
        return read(text)
    except ValueError:
        return None


def _finite(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def number(digits: str) -> Any:
        size = float(digits)
        return kind(digits) if math.isfinite(size) else math.copysign(sys.float_info.max, size)

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
