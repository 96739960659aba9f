"""What a browser would not read, or what would break the reader, is no JSON."""

from __future__ import annotations

import sys

import pytest

from conformance_tests import strict_json
from conformance_tests.strict_json import DEEPEST

LARGEST = sys.float_info.max
REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "UTF-16": '{"data": null}'.encode("utf-16"),
    "UTF-32": '{"data": null}'.encode("utf-32"),
    "no UTF-8": b'{"data": "\xff"}',
    "NaN": b'{"data": NaN}',
    "infinity": b'{"data": -Infinity}',
    "too deep": b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
    "too deep for Python": b'{"a":' * 100_000,
    "deep and closed": b"[" * 100_000 + b"]" * 100_000,
    "two values": b"{} {}",
}
READ: dict[str, tuple[bytes, object]] = {
    "a byte order mark": (b"\xef\xbb\xbf[1]", [1]),
    "a whole pair": (b'["\\uD83D\\uDE00"]', ["😀"]),
    "an escaped backslash": (b'["\\\\ud800"]', ["\\ud800"]),
    "as deep as may be": (b"[" * DEEPEST + b"]" * DEEPEST, None),
    "a number beyond a double": (b"[1e999, -1e999]", [LARGEST, -LARGEST]),
    "a whole number beyond a double": (b"[" + b"9" * 5000 + b"]", [LARGEST]),
    "half a surrogate pair": (b'["a\\uD800b", "\\ud83d\\ude00"]', ["a?b", "😀"]),
    "long numbers": (b"[1e308, 100000000000000000000]", [1e308, 10**20]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_front_end_reads_is_refused(case: str) -> None:
    """By a ValueError, whatever it is."""
    assert strict_json.read_or_none(REFUSED[case]) is None
    with pytest.raises(ValueError):  # noqa: PT011
        strict_json.read(REFUSED[case])


@pytest.mark.parametrize("case", READ)
def test_what_a_browser_reads_is_read(case: str) -> None:
    """With the same value."""
    text, expected = READ[case]
    value = strict_json.read(text)
    assert expected is None or value == expected
