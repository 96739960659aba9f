"""Every key of a target file: how it is read, its default, and what it is for.

The reader, the commented file of `auth-conformance init` and the documentation use this one table.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from conformance_tests.strict import Key, Table, did_you_mean

ENVIRONMENTS: Final = ("production", "development")
PROFILES: Final = ("documented", "hardened")
ODD_KINDS: Final = ("null", "empty", "bool", "object", "nan")
_OWN_HEADERS: Final = ("authorization", "content-type", "content-length", "host", "accept")

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


def texts(value: Any) -> tuple[str, ...]:
    """A list of texts, one at least."""
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise ValueError("a list of texts, one at least")
    return tuple(value)


def number(value: Any) -> float:
    """A number that is not below zero."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"a number, {_not(value)}")
    if not 0 <= value < float("inf"):
        raise ValueError("a number that is not below zero")
    return value


def above_zero(value: Any) -> float:
    """A number above zero."""
    if number(value) == 0:
        raise ValueError("a number above zero")
    return float(value)


def whole(value: Any) -> int:
    """A whole number that is not below zero."""
    if number(value) != int(value):
        raise ValueError("a whole number")
    return int(value)


def minutes(value: Any) -> int:
    """Minutes, decimals allowed, that make whole seconds; given back in seconds."""
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
    """An http or https address with a host and no password in it."""
    parts = _split(text(value))
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("an address that begins http:// or https:// and names a host")
    if parts.username or parts.password:
        raise ValueError("an address without user and password: reports would show them")
    return str(value)


def _split(value: str) -> Any:
    try:
        parts = urlsplit(value)
        _ = parts.port  # read here, because it is judged only when asked for
    except ValueError:
        raise ValueError("an address that can be read, with a port from 1 to 65535") from None
    return parts


def is_loopback(host: str) -> bool:
    """True of `localhost` and of the addresses that never leave this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def loopback_url(value: Any) -> str:
    """An address on this machine."""
    if not is_loopback(_split(url(value)).hostname):
        raise ValueError("an address on this machine (127.0.0.1, ::1 or localhost)")
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
    if parts.port is None or not parts.hostname or not is_loopback(parts.hostname):
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
    if name.lower() in _OWN_HEADERS:
        raise ValueError(f"without {name}: the suite sets that header itself")
    from_variable = isinstance(content, dict) and list(content) == ["env"]
    if not from_variable and not isinstance(content, str):
        raise ValueError(f'texts or {{ env = "VARIABLE" }}, and {name} is neither')


TABLES: Final[Mapping[str, Table]] = {
    "": Table(
        (
            Key(
                "name",
                text,
                "",
                "what the reports call it; the host of url when absent",
                example="staging",
            ),
            Key("version", any_text, "", "the deployment's version, for the reports"),
            Key("url", url, says="the GraphQL endpoint"),
            Key("environment", choice(*ENVIRONMENTS), "production", "which DEV rows apply"),
            Key("profile", choice(*PROFILES), "documented", "which rows it is held to"),
            Key("claims", texts, None, "groups it answers for; all when absent", example=["CORE"]),
        )
    ),
    "http": Table(
        (
            Key(
                "headers",
                headers,
                {},
                "sent with every request, for a gateway",
                example={"X-Store": "en", "X-Bypass": {"env": "BYPASS"}},
            ),
            Key("ca_file", text, None, "your own certificate authority, PEM", example="ca.pem"),
            Key("timeout", above_zero, 10.0, "seconds to wait for an answer"),
        ),
        implied=True,
    ),
    "customers": Table(
        (
            Key("email", text, says="a customer made for these tests", example="alice@example.com"),
            Key(
                "password",
                text,
                says="better kept in the environment",
                secret=True,
                example="ALICE_PASSWORD",
            ),
        ),
        many=True,
    ),
    "signing": Table(
        (
            Key(
                "secret",
                text,
                says="the secret that signs access tokens",
                secret=True,
                example="JWT_PRIVATE_KEY",
            ),
        )
    ),
    "table": Table(
        (
            Key("name", text, says="the DynamoDB table of the sessions", example="auth"),
            Key("region", text, None, "AWS_REGION when absent", example="ap-southeast-2"),
            Key("endpoint_url", url, None, "not AWS itself", example="http://127.0.0.1:8000"),
        )
    ),
    "clock": Table(
        (
            Key(
                "http",
                url,
                None,
                'POST {"now": <epoch seconds>} sets the clock there',
                example="http://127.0.0.1:4100/clock",
            ),
            Key("faketime", text, None, "or the file that libfaketime reads", example="faketimerc"),
            Key("max_wait", number, 0.0, "seconds the suite may really wait for an expiry"),
        ),
        implied=True,
    ),
    "lifetimes": Table(
        (
            Key("access", minutes, 840, "minutes an access token lives", example=14),
            Key("refresh", minutes, 900, "minutes a session lives", example=15),
            Key(
                "extended",
                minutes,
                2_592_000,
                "minutes a remembered session lives",
                example=43_200,
            ),
        ),
        implied=True,
    ),
    "features": Table(
        (
            Key("grace_seconds", whole, 0, "a rotated pair may be sent again for so long"),
            Key("max_session_minutes", number, 0, "the absolute end of a session; 0 is none"),
        ),
        implied=True,
    ),
    "protected": Table(
        (
            Key(
                "query",
                text,
                says="a query that needs a signed-in customer",
                example="{ me { customer_id } }",
            ),
        )
    ),
    "odd_logins": Table(
        (
            Key(
                "kind",
                choice(*ODD_KINDS),
                says=f"what the platform answers instead of an id: {', '.join(ODD_KINDS)}",
                example="null",
            ),
            Key("email", text, example="ghost@example.com"),
            Key("password", text, secret=True, example="GHOST_PASSWORD"),
        ),
        many=True,
    ),
    "faults": Table(
        (
            Key(
                "listen",
                loopback_address,
                says="where the suite's fault proxy listens",
                example="127.0.0.1:9123",
            ),
            Key(
                "upstream",
                loopback_url,
                says="the emulator behind it, on this machine",
                example="http://127.0.0.1:8000",
            ),
        )
    ),
    "log": Table((Key("file", text, says="the deployment's log", example="deployment.log"),)),
    "launch": Table(
        (
            Key("command", texts, says="starts the deployment", example=["node", "server.js"]),
            Key(
                "url",
                launch_url,
                says="where it then answers",
                example="http://127.0.0.1:{port}/graphql",
            ),
            Key("port_variable", text, "PORT"),
            Key("environment_variable", text, "NODE_ENV"),
            Key("development_value", text, "development"),
            Key("secret_variable", text, "JWT_PRIVATE_KEY"),
        )
    ),
    "limits": Table(
        (Key("logins_per_minute", whole, 0, "a login throttle to respect; 0 is none"),),
        implied=True,
    ),
    "known_failures": Table(
        (
            Key("id", text, says="the requirement that fails", example="HARD-22"),
            Key("reason", any_text, "", "why it fails; one without a reason is red"),
            Key("issue", any_text, "", "where it is followed up"),
            Key(
                "until",
                date,
                None,
                "a day after which it is red again",
                example=dt.date(2027, 1, 31),
            ),
        ),
        many=True,
    ),
}
