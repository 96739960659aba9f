"""Every key of a target file: how it is read, its default, what it is for, and an example.

The reader and the commented file of `auth-conformance init` use this one table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from conformance_tests.target import values as v
from conformance_tests.target.schema import Key, Table

ENVIRONMENTS: Final = ("production", "development")
PROFILES: Final = ("documented", "hardened")
ODD_KINDS: Final = ("null", "empty", "bool", "object", "nan")
#: Tests at once where the file says nothing: a small staging server bears so many.
PARALLEL: Final = 8
_HEADERS = {"X-Store": "en", "X-Bypass": {"env": "BYPASS"}}
_SETS_CLOCK = 'POST {"now": <epoch seconds>} sets the clock there'
_ODD = f"what the platform answers instead of an id: {', '.join(ODD_KINDS)}"
_LOCAL, _ANY_PORT = "http://127.0.0.1:8000", "http://127.0.0.1:{port}/graphql"


def _secret(name: str, says: str, example: str) -> Key:
    """A key whose value may come from the environment; its example is a variable."""
    return Key(name, v.text, says=says, example=example, secret=True)


TABLES: Final[Mapping[str, Table]] = {
    "": Table(
        Key("name", v.text, "", "what the reports call it; the host of url when absent", "staging"),
        Key("version", v.any_text, "", "the deployment's version, for the reports"),
        Key("url", v.url, says="the GraphQL endpoint"),
        Key("environment", v.choice(*ENVIRONMENTS), "production", "which DEV rows apply"),
        Key("profile", v.choice(*PROFILES), "documented", "which rows it is held to"),
        Key("claims", v.texts, None, "groups it answers for; all when absent", ["CORE"]),
    ),
    "http": Table(
        Key("headers", v.headers, {}, "sent with every request, for a gateway", _HEADERS),
        Key("ca_file", v.path, None, "your own certificate authority, PEM", "ca.pem"),
        Key("timeout", v.timeout, 10.0, "seconds to wait for an answer"),
        implied=True,
    ),
    "customers": Table(
        Key("email", v.text, says="a customer made for these tests", example="alice@example.com"),
        _secret("password", "better kept in the environment", "ALICE_PASSWORD"),
        many=True,
    ),
    "signing": Table(_secret("secret", "the secret that signs access tokens", "JWT_PRIVATE_KEY")),
    "table": Table(
        Key("name", v.text, says="the DynamoDB table of the sessions", example="auth"),
        Key("region", v.region, None, "AWS_REGION when absent", "ap-southeast-2"),
        Key("endpoint_url", v.table_url, None, "not AWS itself", _LOCAL),
    ),
    "clock": Table(
        Key("http", v.url, None, _SETS_CLOCK, "http://127.0.0.1:4100/clock"),
        Key("faketime", v.path, None, "or the file that libfaketime reads", "faketimerc"),
        Key("max_wait", v.number, 0.0, "seconds the suite may really wait for an expiry"),
        implied=True,
    ),
    "lifetimes": Table(
        Key("access", v.minutes, 840, "minutes an access token lives", 14),
        Key("refresh", v.minutes, 900, "minutes a session lives", 15),
        Key("extended", v.minutes, 2_592_000, "minutes a remembered session lives", 43_200),
        implied=True,
    ),
    "features": Table(
        Key("grace_seconds", v.whole, 0, "a rotated pair may be sent again for so long"),
        Key("max_session_minutes", v.number, 0, "the absolute end of a session; 0 is none"),
        implied=True,
    ),
    "protected": Table(
        Key(
            "query",
            v.text,
            says="a query that needs a signed-in customer",
            example="{ me { customer_id } }",
        )
    ),
    "odd_logins": Table(
        Key("kind", v.choice(*ODD_KINDS), says=_ODD, example="null"),
        Key("email", v.text, example="ghost@example.com"),
        _secret("password", "", "GHOST_PASSWORD"),
        many=True,
    ),
    "faults": Table(
        Key(
            "listen",
            v.loopback_address,
            says="where the suite's fault proxy listens",
            example="127.0.0.1:9123",
        ),
        Key(
            "upstream",
            v.emulator_url,
            says="the emulator behind it, on this machine",
            example=_LOCAL,
        ),
    ),
    "log": Table(Key("file", v.path, says="the deployment's log", example="deployment.log")),
    "launch": Table(
        Key("command", v.texts, says="starts the deployment", example=["node", "server.js"]),
        Key("url", v.launch_url, says="where it then answers", example=_ANY_PORT),
        Key("port_variable", v.variable, "PORT"),
        Key("environment_variable", v.variable, "NODE_ENV"),
        Key("development_value", v.text, "development"),
        Key("secret_variable", v.variable, "JWT_PRIVATE_KEY"),
    ),
    "limits": Table(
        Key("logins_per_minute", v.whole, 0, "a login throttle to respect; 0 is none"),
        Key("parallel", v.at_least_one, PARALLEL, "tests at once; 1 runs one after the other"),
        implied=True,
    ),
    "known_failures": Table(
        Key("id", v.text, says="the requirement that fails", example="HARD-22"),
        Key("reason", v.any_text, "", "why it fails; one without a reason is red"),
        Key("issue", v.any_text, "", "where it is followed up"),
        Key("until", v.date, None, "a day after which it is red again", dt.date(2027, 1, 31)),
        many=True,
    ),
}
