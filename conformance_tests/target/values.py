"""How each kind of value in a target file is read; ValueError says what it must be.

No message repeats the value itself where it may be a secret.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from conformance_tests.loopback import is_loopback
from conformance_tests.target.schema import did_you_mean

_OWN_HEADERS: Final = ("authorization", "content-type", "content-length", "host", "accept")

#: What HTTP allows in a header's name; few but the letters, digits and dashes are ever used.
_SENDABLE: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)

#: What boto3 takes as a region, and as each part of an endpoint's host: no underscore.
_LABEL: Final = r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)"
_REGION: Final = re.compile(_LABEL, re.ASCII)
_ENDPOINT_HOST: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*\.?", re.ASCII)

#: Nothing in a target file is larger: what computes with it need not ask whether it can.
LARGEST_NUMBER: Final = 1e12

#: Seconds; a socket takes no number of any size.
LONGEST_TIMEOUT: Final = 86_400

_TYPES: Final = {
    bool: "true or false",
    int: "a whole number",
    float: "a decimal number",
    str: "a text",
    list: "a list",
    dict: "a table",
}


def _not(value: object) -> str:
    """What a value is, without the value: it may be a secret."""
    return f"not {_TYPES.get(type(value), 'a date or time')}"


def text(value: Any) -> str:
    """A text in quotes, not empty."""
    if not isinstance(value, str):
        raise ValueError(f"a text in quotes, {_not(value)}")
    if not value.strip():
        raise ValueError("a text that is not empty")
    return value


def any_text(value: Any) -> str:
    """A text in quotes, empty or not."""
    return value if value == "" else text(value)


def variable(value: Any) -> str:
    """The name of an environment variable."""
    if not _VARIABLE.fullmatch(text(value)):
        raise ValueError("the name of an environment variable")
    return str(value)


def path(value: Any) -> str:
    """The path of a file, as a text that a system can take."""
    if "\0" in text(value):
        raise ValueError("the path of a file")
    return str(value)


def region(value: Any) -> str:
    """The name of an AWS region."""
    if not _REGION.fullmatch(text(value)):
        raise ValueError("a region in letters, digits and dashes, like ap-southeast-2")
    return str(value)


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts, one at least."""
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of texts, one at least")
    return tuple(value)


def number(value: Any, most: float = LARGEST_NUMBER, what: str = "a number") -> float:
    """A number that is not below zero, nor above `most`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"a number, {_not(value)}")
    if not 0 <= value < float("inf"):
        raise ValueError("a number that is not below zero")
    if value > most:
        raise ValueError(f"{what}, {most:g} at most")
    return value


def above_zero(value: Any, *bound: Any) -> float:
    """A number above zero; `bound` as above."""
    if number(value, *bound) == 0:
        raise ValueError("a number above zero")
    return float(value)


def timeout(value: Any) -> float:
    """Seconds above zero, as many as a socket can wait."""
    return above_zero(value, LONGEST_TIMEOUT, "a number of seconds")


def whole(value: Any) -> int:
    """A whole number that is not below zero."""
    if number(value) != int(value):
        raise ValueError("a whole number")
    return int(value)


def at_least_one(value: Any) -> int:
    """A whole number above zero."""
    return whole(above_zero(value))


def minutes(value: Any) -> int:
    """Minutes, decimals allowed, that make whole seconds; converted to seconds."""
    seconds = round(above_zero(value) * 60, 6)
    if seconds != int(seconds):
        raise ValueError("minutes that make whole seconds")
    return int(seconds)


def choice(*words: str) -> Callable[[Any], str]:
    """One of a few words."""

    def read(value: Any) -> str:
        if text(value) not in words:
            options = " or ".join(f'"{word}"' for word in words)
            raise ValueError(f'{options}, not "{value}"{_near(value, words)}')
        return str(value)

    return read


def _near(value: str, words: tuple[str, ...]) -> str:
    hint = did_you_mean(value, words)
    return hint if "mean" in hint else ""


def url(value: Any) -> str:
    """An http or https address with a host that can be looked up, and no password in it."""
    if not text(value).isprintable() or " " in value:
        raise ValueError("an address without blanks and line ends")
    parts = _split(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address that begins http:// or https:// and names a host")
    if parts.username or parts.password:
        raise ValueError("an address without user and password: reports would show them")
    if not _can_be_looked_up(value):
        raise ValueError("an address whose host has a name that can be looked up")
    return str(value)


def _can_be_looked_up(address: str) -> bool:
    """Whether each part of the host's name is one, in punycode where it has to be."""
    try:
        parts = httpx.URL(address)
        name = parts.raw_host.decode() if parts.host else ""  # reading `host` decodes punycode
    except (httpx.InvalidURL, UnicodeError):
        return False
    return all(0 < len(label) < 64 for label in name.removesuffix(".").split("."))


def _split(value: str) -> Any:
    try:
        parts = urlsplit(value)
        _ = parts.port  # urlsplit checks the port only when it is read
    except ValueError:
        raise ValueError("an address that can be read, with a port from 1 to 65535") from None
    return parts


def table_url(value: Any) -> str:
    """An address that boto3 takes; it knows fewer hosts than a browser does."""
    host = _split(url(value)).hostname
    if ":" not in host and not _ENDPOINT_HOST.fullmatch(host):
        raise ValueError("an address whose host has letters, digits, dashes and dots only")
    return str(value)


def loopback_url(value: Any) -> str:
    """An address on this machine."""
    if not is_loopback(_split(url(value)).hostname):
        raise ValueError("an address on this machine (127.0.0.1, ::1 or localhost)")
    return str(value)


def emulator_url(value: Any) -> str:
    """The address of a table on this machine, which is called without TLS and without a path."""
    parts = _split(loopback_url(value))
    if parts.scheme != "http" or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("of the form http://host:port")
    return str(value)


def launch_url(value: Any) -> str:
    """An address on this machine with {port} in it."""
    if "{port}" not in text(value):
        raise ValueError("an address with {port} in it, where the suite puts a free port")
    loopback_url(value.replace("{port}", "1"))
    return str(value)


def loopback_address(value: Any) -> str:
    """`host:port` on this machine."""
    parts = _split("//" + text(value))
    if parts.netloc != value or "@" in value or not (parts.port and is_loopback(parts.hostname)):
        raise ValueError("host:port on this machine, like 127.0.0.1:9123")
    return str(value)


def date(value: Any) -> dt.date:
    """A day, unquoted, like 2027-01-31."""
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date):
        raise ValueError("a day without quotes, like 2027-01-31")
    return value


def headers(value: Any) -> dict[str, Any]:
    """Headers by name: a text, or { env = "VARIABLE" } (looked up by the loader)."""
    if not isinstance(value, dict):
        raise ValueError('a table of headers, like { X-Store = "en" }')
    for name, content in value.items():
        _judge_header(name, content)
    return dict(value)


def _judge_header(name: str, content: Any) -> None:
    if not _SENDABLE.fullmatch(name):
        raise ValueError(f'named in letters, digits and dashes, unlike "{name}"')
    if name.lower() in _OWN_HEADERS:
        raise ValueError(f"without {name}: the suite sets that header itself")
    from_variable = isinstance(content, dict) and list(content) == ["env"]
    if not from_variable and not isinstance(content, str):
        raise ValueError(f'texts or {{ env = "VARIABLE" }}, and {name} is neither')
