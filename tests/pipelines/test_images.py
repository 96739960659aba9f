"""The images: built from what is copied, by steps that are tested, and run by a mere user."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import conformance_tests.commands.cli
import reference_auth.serve.cli
from reference_auth.core.config import ConfigError
from reference_auth.serve.settings import read_settings

ROOT = Path(__file__).parents[2]
FILES = {"server": "[reference]", "suite": ""}
each_image = pytest.mark.parametrize("name", FILES)


def instructions(name: str) -> list[tuple[str, str]]:
    """The Dockerfile's instructions: the word, and what follows it."""
    text = (ROOT / "docker" / f"{name}.Dockerfile").read_text()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.split(None, 1)[1]) for line in lines]


def of(name: str, word: str) -> list[str]:
    return [rest for instruction, rest in instructions(name) if instruction == word]


@each_image
def test_an_image_runs_as_nobody_in_particular(name: str) -> None:
    """Its last stage has a user by number, who is not root."""
    (user,) = of(name, "USER")
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", user)


@each_image
def test_an_image_stands_on_one_small_base_by_version(name: str) -> None:
    """Both stages name the same slim Python, with its Debian; nothing is called latest."""
    bases = {base.split()[0] for base in of(name, "FROM")}
    (base,) = bases
    assert re.fullmatch(r"python:3\.\d+-slim-\w+", base)


@each_image
def test_an_image_is_built_by_the_step_that_is_tested(name: str) -> None:
    """The one RUN makes an environment and installs the package as the stranger's is."""
    what = f'".{FILES[name]}"' if FILES[name] else "."
    install = f"/opt/app/bin/pip install --no-cache-dir --no-compile {what}"
    assert of(name, "RUN") == [f"python -m venv /opt/app && {install}"]


@each_image
def test_what_is_copied_is_enough_to_build(name: str, tmp_path: Path) -> None:
    """The copied files alone make a wheel, and none of them is ignored."""
    ignored = (ROOT / ".dockerignore").read_text().split()
    for words in (copied.split() for copied in of(name, "COPY") if "--from" not in copied):
        for source in words[:-1]:
            assert f"!{source}" in ignored
            copy = shutil.copytree if (ROOT / source).is_dir() else shutil.copy
            copy(ROOT / source, tmp_path / source)
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", str(tmp_path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert len([*(tmp_path / "dist").glob("*.whl")]) == 1


def test_the_suite_s_image_is_its_program() -> None:
    """What follows the image's name are the program's own words."""
    assert json.loads(of("suite", "ENTRYPOINT")[0]) == ["auth-conformance"]
    assert conformance_tests.commands.cli.parser().parse_args(["run", "--target", "t.toml"]).command


def serving(*more: str) -> list[str]:
    program, *words = json.loads(of("server", "ENTRYPOINT")[0])
    assert program == "reference-auth"
    return [*words, *more]


ENVIRON = {
    "JWT_PRIVATE_KEY": "0123456789abcdef0123456789abcdef",
    "DYNAMO_DB__REGION": "eu-central-1",
    "DYNAMO_DB_AUTH_TABLE": "auth",
    "NODE_ENV": "development",
}


def test_the_server_s_image_is_production_whatever_its_environment_says() -> None:
    """Its flag stands over NODE_ENV."""
    flags = reference_auth.serve.cli.parser().parse_args(serving("--login-service", "shop:service"))
    settings = read_settings(flags, ENVIRON)
    assert not settings.config.development
    assert (settings.host, settings.port, settings.table_in_process) == ("0.0.0.0", 8000, False)


@pytest.mark.parametrize(
    "more", [(), ("--login-service", "shop:service", "--environment", "development")]
)
def test_the_server_s_image_refuses_what_belongs_on_loopback(more: tuple[str, ...]) -> None:
    """Neither the demo's customers nor development mode is offered to a network."""
    flags = reference_auth.serve.cli.parser().parse_args(serving(*more))
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1 only"):
        read_settings(flags, ENVIRON)


def test_the_server_s_image_needs_a_secret() -> None:
    """None is made up: without JWT_PRIVATE_KEY it says so and ends."""
    flags = reference_auth.serve.cli.parser().parse_args(serving("--login-service", "shop:service"))
    environ = {name: value for name, value in ENVIRON.items() if name != "JWT_PRIVATE_KEY"}
    with pytest.raises(ConfigError, match="JWT_PRIVATE_KEY"):
        read_settings(flags, environ)
