"""Every key of a target file: how it is read, its default, and what it is for.

The reader and the commented file of `auth-conformance init` use this one table.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Final

from conformance_tests.target.schema import Key, Table
from conformance_tests.target.values import (
    above_zero,
    any_text,
    choice,
    date,
    headers,
    launch_url,
    loopback_address,
    loopback_url,
    minutes,
    number,
    text,
    texts,
    url,
    whole,
)

ENVIRONMENTS: Final = ("production", "development")
PROFILES: Final = ("documented", "hardened")
ODD_KINDS: Final = ("null", "empty", "bool", "object", "nan")

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
