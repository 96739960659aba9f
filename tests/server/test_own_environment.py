"""A table in this process heeds no setting of the user's: not AWS's, not moto's, no proxy."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from reference_auth.store.own_environment import FOREIGN, own_environment

USE = "from reference_auth.store.memory import memory_table; memory_table().scan(TableName='auth')"
SETTINGS = {
    "a profile": {"AWS_PROFILE": "nobody", "AWS_DEFAULT_PROFILE": "nobody"},
    "FIPS": {"AWS_USE_FIPS_ENDPOINT": "true"},
    "both stacks": {"AWS_USE_DUALSTACK_ENDPOINT": "true"},
    "retries": {"AWS_MAX_ATTEMPTS": "x", "AWS_RETRY_MODE": "x", "AWS_DEFAULTS_MODE": "x"},
    "a broken file": {"AWS_CONFIG_FILE": __file__, "AWS_SHARED_CREDENTIALS_FILE": __file__},
    "an endpoint": {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"},
    "moto's server": {"TEST_SERVER_MODE": "true"},
    "a proxy": {"HTTP_PROXY": "::::", "https_proxy": "http://127.0.0.1:9"},
    "certificates": {"SSL_CERT_FILE": "/nowhere", "AWS_CA_BUNDLE": "/nowhere"},
}


@pytest.mark.parametrize("case", SETTINGS)
def test_the_table_in_this_process_heeds_no_setting(case: str) -> None:
    """It is made, written and read, and nobody else is asked."""
    environ = {**os.environ, **SETTINGS[case]}
    subprocess.run([sys.executable, "-c", USE], env=environ, check=True, timeout=60)


def test_the_user_s_environment_is_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only meanwhile is it another one."""
    monkeypatch.setenv("AWS_PROFILE", "mine")
    before = dict(os.environ)
    with own_environment():
        assert os.environ["PATH"] == before["PATH"]
        assert os.environ["AWS_EC2_METADATA_DISABLED"] == "true"
        assert "AWS_PROFILE" not in os.environ
    assert dict(os.environ) == before


@pytest.mark.parametrize("name", ["JWT_PRIVATE_KEY", "NODE_ENV", "PATH", "HOME", "LANG"])
def test_what_is_no_setting_of_a_table_stays(name: str) -> None:
    """The server has settings of its own, and a process needs its paths."""
    assert not FOREIGN.fullmatch(name)
