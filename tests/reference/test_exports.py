"""A host application imports from `reference_auth` itself, and that is quick."""

from __future__ import annotations

import subprocess
import sys

import pytest

import reference_auth
from reference_auth.api.schema import AuthMutation
from reference_auth.core.config import Config
from reference_auth.core.login import LoginService
from reference_auth.serve.app import create_app

NAMES = [name for names in reference_auth._MODULES.values() for name in names]
HEAVY = ("boto3", "strawberry", "starlette", "jwt", "reference_auth.core.config")


@pytest.mark.parametrize("name", NAMES)
def test_each_name_is_there(name: str) -> None:
    """It is what its module calls so, and `dir` lists it."""
    assert getattr(reference_auth, name).__name__ == name
    assert name in dir(reference_auth)


def test_they_are_the_parts_own() -> None:
    """No copy: a host's subclass of AuthQuery is one of the schema's."""
    assert reference_auth.Config is Config
    assert reference_auth.AuthMutation is AuthMutation
    assert reference_auth.LoginService is LoginService
    assert reference_auth.create_app is create_app


def test_another_name_is_an_ordinary_error() -> None:
    """`hasattr`, and a mistyped import, behave as everywhere."""
    with pytest.raises(AttributeError, match="has no attribute 'create_apps'"):
        reference_auth.create_apps  # noqa: B018
    assert not hasattr(reference_auth, "flows")


def test_importing_it_is_quick() -> None:
    """Nothing is loaded before it is used."""
    program = f"import sys, reference_auth; print([m for m in {HEAVY} if m in sys.modules])"
    shown = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert shown.stdout == "[]\n"
