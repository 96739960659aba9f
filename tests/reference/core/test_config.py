"""The settings: what is read, and the sentence that each mistake gets."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from reference_auth.core.config import Config, ConfigError, Lifetimes, Secret, read_environment

SECRET = Secret("0123456789abcdef0123456789abcdef")
ENVIRON = {
    "JWT_PRIVATE_KEY": SECRET,
    "DYNAMO_DB__REGION": "ap-southeast-2",
    "DYNAMO_DB_AUTH_TABLE": "auth",
}


def read(**changes: str) -> Config:
    return read_environment(ENVIRON | changes)


def test_what_is_left_out_has_the_documented_value() -> None:
    """Fourteen minutes, fifteen and thirty days, production, no grace and no absolute end."""
    assert read() == Config(secret=SECRET, region="ap-southeast-2", table="auth")
    assert read().lifetimes == Lifetimes(840, 900, 2_592_000) == Lifetimes()
    assert (read().development, read().grace_seconds, read().max_session_seconds) == (
        False,
        0,
        None,
    )


def test_every_setting_can_be_given() -> None:
    """Minutes become seconds, and text becomes numbers."""
    config = read(
        NODE_ENV="development",
        ACCESS_TOKEN_EXPIRY_MINUTES="0.25",
        REFRESH_TOKEN_EXPIRY_MINUTES="0.3333",
        EXTENDED_REFRESH_TOKEN_EXPIRY_MINUTES="0.6667",
        GRACE_SECONDS="30",
        MAX_SESSION_MINUTES="60",
        CACHED_PAIRS="0",
        LOGIN_SECONDS="3",
    )
    assert config.lifetimes == Lifetimes(15, 20, 40)
    assert (config.development, config.grace_seconds, config.max_session_seconds) == (
        True,
        30,
        3600,
    )
    assert (config.cached_pairs, config.login_seconds) == (0, 3)


@pytest.mark.parametrize("word", ["", "dev", "Development", "test", " development", "development "])
def test_only_the_exact_word_is_development(word: str) -> None:
    """DEV-03: everything else, and nothing, is production."""
    assert not read(NODE_ENV=word).development


@pytest.mark.parametrize("name", list(ENVIRON))
@pytest.mark.parametrize("value", ["", "  "])
def test_what_must_be_there_is_named(name: str, value: str) -> None:
    """HARD-19: a missing secret, region or table stops the start with its name."""
    with pytest.raises(ConfigError, match=f"Set {name}"):
        read(**{name: value})


def test_a_short_secret_needs_its_switch() -> None:
    """HARD-19: under 32 bytes it is refused, and not shown, unless the legacy switch is set."""
    with pytest.raises(ConfigError, match="has 12 bytes") as refusal:
        read(JWT_PRIVATE_KEY="token_secret")
    assert "token_secret" not in str(refusal.value)
    assert read(JWT_PRIVATE_KEY="token_secret", ALLOW_SHORT_SECRET="1").secret == "token_secret"
    assert read(JWT_PRIVATE_KEY="é" * 16)


def test_the_switch_does_not_allow_an_empty_secret() -> None:
    """HARD-19: a secret that is empty is missing."""
    with pytest.raises(ConfigError):
        read(JWT_PRIVATE_KEY="", ALLOW_SHORT_SECRET="1")
    with pytest.raises(ConfigError):
        Config(secret=Secret(""), region="r", table="t")


@pytest.mark.parametrize(
    "changes, word",
    [
        ({"ACCESS_TOKEN_EXPIRY_MINUTES": "15"}, "out of order"),
        ({"REFRESH_TOKEN_EXPIRY_MINUTES": "43200"}, "out of order"),
        ({"ACCESS_TOKEN_EXPIRY_MINUTES": "0.2"}, "at least 15 seconds"),
        ({"ACCESS_TOKEN_EXPIRY_MINUTES": "fourteen"}, "number of minutes"),
        ({"ACCESS_TOKEN_EXPIRY_MINUTES": "-14"}, "number of minutes"),
        ({"ACCESS_TOKEN_EXPIRY_MINUTES": "1e1"}, "number of minutes"),
        ({"ACCESS_TOKEN_EXPIRY_MINUTES": "NaN"}, "number of minutes"),
        ({"ACCESS_TOKEN_EXPIRY_MINUTES": "１４"}, "number of minutes"),
        ({"ACCESS_TOKEN_EXPIRY_MINUTES": "0.505"}, "whole seconds"),
        ({"GRACE_SECONDS": "61"}, "from 0 to 60"),
        ({"GRACE_SECONDS": "-1"}, "whole number"),
        ({"GRACE_SECONDS": "1.5"}, "whole number"),
        ({"CACHED_PAIRS": "many"}, "whole number"),
        ({"LOGIN_SECONDS": "0"}, "from 1 to 7"),
        ({"LOGIN_SECONDS": "8"}, "from 1 to 7"),
        ({"MAX_SESSION_MINUTES": "14"}, "longer than ACCESS"),
        ({"ALLOW_SHORT_SECRET": "yes"}, "ALLOW_SHORT_SECRET"),
        ({"JWT_PRIVATE_KEY": "\udcff" * 40}, "UTF-8"),
    ],
)
def test_a_mistake_gets_one_sentence(changes: dict[str, str], word: str) -> None:
    """HARD-19: the sentence names the setting and ends there."""
    with pytest.raises(ConfigError, match=word) as refusal:
        read(**changes)
    sentence = str(refusal.value)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert next(iter(changes)) in sentence


def test_zero_minutes_are_no_absolute_end() -> None:
    """`MAX_SESSION_MINUTES=0` says the same as leaving it out."""
    assert read(MAX_SESSION_MINUTES="0").max_session_seconds is None


def test_settings_do_not_change_or_show_the_secret() -> None:
    """HARD-28: a configuration is a frozen value whose repr keeps the secret to itself."""
    config = read()
    assert SECRET not in repr(config)
    with pytest.raises(FrozenInstanceError):
        config.table = "other"  # type: ignore[misc]
