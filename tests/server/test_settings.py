"""What `serve` runs, for every way to ask: flags, then environment, then laptop mode."""

from __future__ import annotations

from typing import Any

import pytest

from reference_auth.core.config import ConfigError
from reference_auth.serve.cli import parser
from reference_auth.serve.settings import FLAGS, Settings, read_settings

SECRET = "0123456789abcdef0123456789abcdef"
DEPLOYED = {
    "JWT_PRIVATE_KEY": SECRET,
    "DYNAMO_DB__REGION": "eu-west-1",
    "DYNAMO_DB_AUTH_TABLE": "customers",
}


def settled(*flags: str, **environ: str) -> Settings:
    return read_settings(parser().parse_args(["serve", *flags]), environ)


def test_laptop_mode() -> None:
    """With nothing said: development, a table in the process and a fresh secret each time."""
    one, other = settled(), settled()
    assert one.laptop
    assert one.config.development
    assert one.table_in_process
    assert one.test_clock
    assert (one.host, one.port, one.workers) == ("127.0.0.1", 8000, 1)
    assert one.config.secret != other.config.secret
    assert len(one.config.secret) == 64
    assert one.config.grace_seconds == 30


def test_grace_is_for_laptops_unless_asked_for() -> None:
    """Two tabs of a browser must not log each other out; a deployment decides for itself."""
    assert settled("--grace-seconds", "0").config.grace_seconds == 0
    assert settled(**DEPLOYED).config.grace_seconds == 0


def test_only_a_laptop_has_a_clock_unasked() -> None:
    """A deployment in development mode has a test clock by its flag alone, a laptop unless told."""
    development = {**DEPLOYED, "NODE_ENV": "development"}
    assert not settled(**development).test_clock
    assert settled("--test-clock", **development).test_clock
    assert settled().test_clock
    assert not settled("--no-test-clock").test_clock
    assert not settled(**DEPLOYED).test_clock


@pytest.mark.parametrize(
    "flags",
    [["--environment", "development"], ["--grace-seconds", "5"], ["--test-clock"], ["--port", "0"]],
)
def test_laptop_mode_takes_flags(flags: list[str]) -> None:
    """Flags that name neither a table nor production leave laptop mode as it is."""
    assert settled(*flags).laptop


def test_other_variables_leave_laptop_mode() -> None:
    """The AWS variables that a developer has anyway do not make a deployment."""
    environ = {"AWS_REGION": "eu-west-1", "AWS_ACCESS_KEY_ID": "x", "GRACE_SECONDS": "3"}
    assert settled(**environ).laptop


@pytest.mark.parametrize(
    "node_env", [None, "", "dev", "Development", "test", " development", "production"]
)
def test_a_secret_means_production(node_env: str | None) -> None:
    """With a secret in the environment only the exact word opens development (DEV-03)."""
    environ = {} if node_env is None else {"NODE_ENV": node_env}
    settings = settled(JWT_PRIVATE_KEY=SECRET, **environ)
    assert not settings.config.development
    assert not settings.laptop
    assert settings.config.secret == SECRET


@pytest.mark.parametrize(
    "flags, environ",
    [
        ([], {"NODE_ENV": "development"}),
        (["--environment", "development"], {}),
        (["--environment", "development"], {"NODE_ENV": "production"}),
    ],
)
def test_development_by_word(flags: list[str], environ: dict[str, str]) -> None:
    """The exact word, in the environment or as a flag, opens development."""
    assert settled(*flags, JWT_PRIVATE_KEY=SECRET, **environ).config.development


def test_a_flag_closes_development() -> None:
    """--environment production wins over NODE_ENV=development."""
    settings = settled(
        "--environment", "production", JWT_PRIVATE_KEY=SECRET, NODE_ENV="development"
    )
    assert not settings.config.development


@pytest.mark.parametrize(
    "flags, environ",
    [
        ([], {"JWT_PRIVATE_KEY": ""}),
        ([], {"JWT_PRIVATE_KEY": " "}),
        ([], {"NODE_ENV": ""}),
        ([], {"NODE_ENV": "development"}),
        ([], {"NODE_ENV": "production"}),
        ([], {"AWS_ENDPOINT_URL_DYNAMODB": "http://127.0.0.1:9"}),
        ([], {"DYNAMO_DB__REGION": "eu-west-1"}),
        ([], {"DYNAMO_DB_AUTH_TABLE": "auth"}),
        (["--environment", "production"], {}),
        (["--table", "auth", "--region", "x"], {}),
        (["--dynamodb-endpoint", "http://127.0.0.1:9", "--environment", "development"], {}),
        (["--environment", "development"], {"NODE_ENV": ""}),
    ],
)
def test_a_deployment_needs_a_secret(flags: list[str], environ: dict[str, str]) -> None:
    """Whatever asks for more than a laptop is refused without a secret (HARD-19)."""
    complete = {"DYNAMO_DB__REGION": "x", "DYNAMO_DB_AUTH_TABLE": "y"} if environ or flags else {}
    with pytest.raises(ConfigError, match="Set JWT_PRIVATE_KEY"):
        settled(*flags, **{**complete, **environ})
    with pytest.raises(ConfigError):
        settled(*flags, **environ)


@pytest.mark.parametrize("missing", ["DYNAMO_DB__REGION", "DYNAMO_DB_AUTH_TABLE"])
def test_a_table_is_named_whole(missing: str) -> None:
    """A region without a table, or a table without a region, is refused by name."""
    settled(**DEPLOYED)
    with pytest.raises(ConfigError, match=missing):
        settled(**{name: value for name, value in DEPLOYED.items() if name != missing})


def test_environment() -> None:
    """A deployment's own variables are used as they are."""
    settings = settled(**DEPLOYED, AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:9")
    assert not settings.table_in_process
    assert (settings.config.region, settings.config.table) == ("eu-west-1", "customers")
    assert settings.environ["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:9"


def test_flags_win() -> None:
    """Each flag takes the place of its variable."""
    values = {
        "dynamodb_endpoint": "http://127.0.0.1:8",
        "region": "us-east-1",
        "table": "other",
        "environment": "development",
        "access_minutes": "1",
        "refresh_minutes": "2",
        "extended_minutes": "3",
        "grace_seconds": "7",
        "max_session_minutes": "60",
    }
    assert values.keys() == FLAGS.keys()
    words = [(f"--{name.replace('_', '-')}", value) for name, value in values.items()]
    environ = dict.fromkeys(FLAGS.values(), "wrong")
    settings = settled(*sum(words, ()), **{**environ, "JWT_PRIVATE_KEY": SECRET})
    config = settings.config
    assert (config.region, config.table, config.development) == ("us-east-1", "other", True)
    assert (config.lifetimes.access, config.lifetimes.refresh) == (60, 120)
    assert (config.lifetimes.extended, config.grace_seconds) == (180, 7)
    assert config.max_session_seconds == 3600
    assert settings.environ["AWS_ENDPOINT_URL_DYNAMODB"] == "http://127.0.0.1:8"


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "example.com", ""])
def test_in_public(host: str) -> None:
    """On another address there is no development mode and there are no demo customers."""
    own = ["--login-service", "shop:platform"]
    for flags, word in (([], "demo customers"), (["--environment", "development"], "development")):
        with pytest.raises(ConfigError, match=word):
            settled("--host", host, *flags, **DEPLOYED)
    with pytest.raises(ConfigError, match="development"):
        settled("--host", host, "--environment", "development", "--test-clock", *own, **DEPLOYED)
    assert settled("--host", host, *own, **DEPLOYED).host == host


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "localhost", "::1"])
def test_on_this_machine(host: str) -> None:
    """On a loopback address both are offered."""
    assert settled("--host", host).laptop


@pytest.mark.parametrize(
    "flags, environ, word",
    [
        (["--test-clock"], DEPLOYED, "development"),
        (["--workers", "2"], {}, "--dynamodb-endpoint"),
        (
            ["--workers", "2", "--test-clock", "--environment", "development"],
            DEPLOYED,
            "--workers 1",
        ),
        (["--allow-origin", "*"], {}, "exact origin"),
        (["--allow-origin", "https://shop.example.com/"], {}, "exact origin"),
        (["--allow-origin", "shop.example.com"], {}, "exact origin"),
        (["--grace-seconds", "61"], {}, "GRACE_SECONDS"),
        (["--access-minutes", "20"], {}, "out of order"),
    ],
)
def test_settings_that_cannot_work(flags: list[str], environ: dict[str, Any], word: str) -> None:
    """Each is refused with one sentence that says what to change."""
    with pytest.raises(ConfigError, match=word) as refusal:
        settled(*flags, **environ)
    assert "\n" not in str(refusal.value)


def test_a_secret_stays_out_of_sight() -> None:
    """The settings' own text shows neither the secret nor the environment."""
    assert SECRET not in repr(settled(**DEPLOYED))
