"""What `serve` runs: flags override the environment, the environment overrides the defaults.

Laptop mode runs if nothing names a deployment: none of its five variables is set (an empty one
counts as set), and no flag names a table or production. Only laptop mode makes up a secret, and
only there are the development operations and the test clock on by default. Everywhere else it is
production unless NODE_ENV is exactly `development` (DEV-03, HARD-19).
"""

from __future__ import annotations

import secrets
from argparse import Namespace
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reference_auth.api.middleware import is_loopback, is_origin
from reference_auth.core.config import Config, ConfigError, is_development, read_environment

SECRET = "JWT_PRIVATE_KEY"
ENVIRONMENT = "NODE_ENV"
TABLE_VARIABLES = ("AWS_ENDPOINT_URL_DYNAMODB", "DYNAMO_DB__REGION", "DYNAMO_DB_AUTH_TABLE")
DEPLOYMENT_VARIABLES = frozenset({SECRET, ENVIRONMENT, *TABLE_VARIABLES})

# The variable that each flag sets, by argparse's name of the flag.
FLAGS = {
    "dynamodb_endpoint": "AWS_ENDPOINT_URL_DYNAMODB",
    "region": "DYNAMO_DB__REGION",
    "table": "DYNAMO_DB_AUTH_TABLE",
    "environment": ENVIRONMENT,
    "access_minutes": "ACCESS_TOKEN_EXPIRY_MINUTES",
    "refresh_minutes": "REFRESH_TOKEN_EXPIRY_MINUTES",
    "extended_minutes": "EXTENDED_REFRESH_TOKEN_EXPIRY_MINUTES",
    "grace_seconds": "GRACE_SECONDS",
    "max_session_minutes": "MAX_SESSION_MINUTES",
}

# Browsers call a laptop's server, and two of their tabs may refresh at once.
LAPTOP = {ENVIRONMENT: "development", "GRACE_SECONDS": "30"}

TABLE_IN_PROCESS = {"DYNAMO_DB__REGION": "ap-southeast-2", "DYNAMO_DB_AUTH_TABLE": "auth"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that each process of one server is built from."""

    config: Config
    environ: Mapping[str, str] = field(repr=False)
    laptop: bool
    exported: tuple[str, ...] = ()
    table_in_process: bool
    host: str
    port: int
    workers: int
    test_clock: bool
    allow_origins: tuple[str, ...]
    login_service: str | None

    def __post_init__(self) -> None:
        for sentence in _broken_rules(self):
            raise ConfigError(sentence)


def read_settings(flags: Namespace, environ: Mapping[str, str]) -> Settings:
    """Merge flags and environment, or raise ConfigError with one sentence."""
    given = with_flags(flags, environ)
    laptop = is_laptop(given, environ)
    in_process = not any(name in given for name in TABLE_VARIABLES)
    merged = {
        **(TABLE_IN_PROCESS if in_process else {}),
        **({SECRET: secrets.token_hex(32), **LAPTOP} if laptop else {}),
        **given,
    }
    return Settings(
        config=read_environment(merged),
        environ=merged,
        laptop=laptop,
        exported=tuple(sorted(DEPLOYMENT_VARIABLES.intersection(environ))),
        table_in_process=in_process,
        host=flags.host,
        port=flags.port,
        workers=flags.workers,
        test_clock=laptop if flags.test_clock is None else flags.test_clock,
        allow_origins=tuple(flags.allow_origin),
        login_service=flags.login_service,
    )


def with_flags(flags: Namespace, environ: Mapping[str, str]) -> dict[str, str]:
    """The environment as the flags override it."""
    values = {variable: getattr(flags, flag, None) for flag, variable in FLAGS.items()}
    return {**environ, **{name: value for name, value in values.items() if value is not None}}


def is_laptop(given: Mapping[str, str], environ: Mapping[str, str]) -> bool:
    """Nothing names a deployment, except that a flag may ask for development."""
    named = DEPLOYMENT_VARIABLES.intersection(given)
    by_flag = named == {ENVIRONMENT} and ENVIRONMENT not in environ
    return not named or (by_flag and is_development(given[ENVIRONMENT]))


def _broken_rules(settings: Settings) -> Iterator[str]:
    if not is_loopback(settings.host):
        public = f"{settings.host} is not a loopback address"
        if settings.config.development:
            yield f"{public}: development mode is for 127.0.0.1 only, use --environment production."
        if settings.login_service is None:
            yield f"{public}: the demo customers are for 127.0.0.1 only, add your --login-service."
    if settings.test_clock and not settings.config.development:
        yield "--test-clock works in development mode only: add --environment development."
    if settings.workers > 1 and settings.table_in_process:
        yield "--workers needs a table to share: add --dynamodb-endpoint."
    if settings.workers > 1 and settings.test_clock:
        yield "--test-clock needs --workers 1: each process has its own clock."
    for origin in settings.allow_origins:
        if not is_origin(origin):
            yield f"--allow-origin {origin} is not an exact origin like https://shop.example.com."
