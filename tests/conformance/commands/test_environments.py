"""A run has the same verdict in anybody's shell: the embedded reference in many environments."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from conformance_tests.commands import cli
from conformance_tests.embedded import boot
from conformance_tests.embedded.boot import Booted

PROGRAM = (sys.executable, "-P", "-m", "conformance_tests.commands.cli")
RUN = ("run", "--only", "CORE-05", "WIRE-03")
NOWHERE = "http://127.0.0.1:9"

#: Variables; None is one that is not set. Each case has as many as do not hide each other.
VARIABLES: dict[str, dict[str, str | None]] = {
    "a proxy": {"HTTP_PROXY": NOWHERE, "http_proxy": NOWHERE, "HTTPS_PROXY": NOWHERE},
    "a SOCKS proxy": {"ALL_PROXY": "socks5://127.0.0.1:9"},
    "a proxy that is no address": {"HTTP_PROXY": "::::", "ALL_PROXY": "http://[::"},
    "exceptions in IPv6": {"NO_PROXY": "fd00::/8,::1,[::1],127.0.0.0/8", "HTTP_PROXY": NOWHERE},
    "certificates and a home that are gone": {
        **{"SSL_CERT_FILE": "/nowhere", "REQUESTS_CA_BUNDLE": "/nowhere"},
        **{"SSL_CERT_DIR": "/nowhere", "AWS_CA_BUNDLE": "/nowhere"},
        **{"SSLKEYLOGFILE": "/nowhere/keys", "HOME": "/nowhere"},
    },
    "AWS: somebody's account and endpoints": {
        **{"AWS_PROFILE": "nobody", "AWS_DEFAULT_PROFILE": "nobody"},
        **{"AWS_ENDPOINT_URL": NOWHERE, "AWS_ENDPOINT_URL_DYNAMODB": NOWHERE},
        **{"AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_USE_FIPS_ENDPOINT": "true"},
        **{"AWS_WEB_IDENTITY_TOKEN_FILE": "/nowhere", "AWS_ROLE_ARN": "arn:aws:x"},
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": NOWHERE,
    },
    "AWS: endpoints ignored": {"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"},
    "AWS: files that are none": {
        **{"AWS_CONFIG_FILE": __file__, "AWS_SHARED_CREDENTIALS_FILE": __file__},
        **{"AWS_DATA_PATH": "/nowhere", "BOTO_CONFIG": "/nowhere"},
    },
    "AWS: words that are none": {
        **{"AWS_MAX_ATTEMPTS": "x", "AWS_RETRY_MODE": "x"},
        **{"AWS_REGION": "!!", "AWS_DEFAULT_REGION": ""},
        **{"AWS_DEFAULTS_MODE": "x", "AWS_EC2_METADATA_DISABLED": "x"},
        "AWS_REQUEST_MIN_COMPRESSION_SIZE_BYTES": "x",
        **{"AWS_REQUEST_CHECKSUM_CALCULATION": "x", "AWS_ACCOUNT_ID_ENDPOINT_MODE": "x"},
    },
    "moto as a server": {"TEST_SERVER_MODE": "true", "MOTO_ACCOUNT_ID": "x"},
    "a pytest plugin": {"PYTEST_PLUGINS": "no_such_plugin"},
    "pytest's options": {"PYTEST_ADDOPTS": "--nonsense", "PYTEST_DEBUG": "1"},
    "a worker of xdist": {"PYTEST_XDIST_WORKER": "gw0", "PYTEST_XDIST_AUTO_NUM_WORKERS": "2"},
    "optimised, far away": {"PYTHONOPTIMIZE": "1", "TZ": "Pacific/Apia"},
    "without docstrings": {"PYTHONOPTIMIZE": "2", "HOME": None},
    "warnings are errors": {"PYTHONWARNINGS": "error"},
    "developer mode": {"PYTHONDEVMODE": "1"},
    "stdout in cp1252, of one column": {
        **{"PYTHONIOENCODING": "cp1252", "TERM": "dumb", "COLUMNS": "1", "LINES": "0"},
    },
    "stdout in ASCII, in colour": {
        **{"PYTHONIOENCODING": "ascii", "FORCE_COLOR": "1", "COLUMNS": "x"},
    },
    "the C locale": {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "a pipeline with a deployment's settings": {
        **{"CI": "true", "GITHUB_ACTIONS": "true", "PY_COLORS": "1"},
        **{"JWT_PRIVATE_KEY": "", "NODE_ENV": "production", "GRACE_SECONDS": "x"},
        "PYTHONIOENCODING": "latin-1",
    },
}
#: Files in the working directory.
FOLDERS = {
    "modules' names": {f"{name}.py": "raise SystemExit" for name in ("random", "json", "secrets")},
    "a project": {
        "conftest.py": "raise RuntimeError",
        "pytest.ini": "[pytest]\naddopts = --nonsense",
        "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '--nonsense'",
    },
}


def judged(folder: Path, *also: str, **variables: str | None) -> Any:
    """The verdict and the status of each requirement, of a run in this folder.

    also: more requirements than the usual two.
    """
    environ = {
        name: value for name, value in {**os.environ, **variables}.items() if value is not None
    }
    report = folder / "report.json"
    done = subprocess.run(
        [*PROGRAM, *RUN, *also, "--json", report],
        cwd=folder,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert report.exists(), (done.stdout[-500:], done.stderr[-500:])
    document = json.loads(report.read_text())
    return document["verdict"], {row["id"]: row["status"] for row in document["requirements"]}


@cache
def usual(folder: Path) -> Any:
    verdict = judged(folder)
    assert verdict[0]["exit"] == 0
    return verdict


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a run says in this shell."""
    return usual(tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("case", VARIABLES)
def test_no_variable_changes_the_verdict(case: str, plain: Any, tmp_path: Path) -> None:
    """What is meant for other programs, or for a table of the user's own."""
    assert judged(tmp_path, **VARIABLES[case]) == plain


@pytest.mark.parametrize("case", FOLDERS)
def test_no_file_beside_it_changes_the_verdict(case: str, plain: Any, tmp_path: Path) -> None:
    """What lies in the working directory is somebody else's."""
    for name, content in FOLDERS[case].items():
        (tmp_path / name).write_text(content)
    assert judged(tmp_path) == plain


def test_a_folder_may_have_any_name(plain: Any, tmp_path: Path) -> None:
    """One that is no UTF-8, too."""
    folder = tmp_path / os.fsdecode(b"caf\xe9 \n")
    folder.mkdir()
    assert judged(folder) == plain


def test_a_folder_for_temporary_files_may_have_a_long_name(tmp_path: Path) -> None:
    """What `[launch]` starts is asked for by a socket, whose name has 107 bytes at most."""
    folder = tmp_path / ("long" * 25)
    folder.mkdir()
    _, statuses = judged(tmp_path, "HARD-19", TMPDIR=str(folder))
    assert statuses["HARD-19"] == "pass"


def test_no_folder_for_temporary_files_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As in a container that can only be read; a target is judged there all the same."""

    def none_found() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none_found)
    assert cli.main(["run"]) == 2
    told = "auth-conformance: There is no folder for temporary files: set TMPDIR to one"
    assert capsys.readouterr().err.startswith(told)
    assert cli.main(["run", NOWHERE, "--only", "GQL-01"]) == 3


def test_a_folder_that_is_gone_is_a_sentence(tmp_path: Path) -> None:
    """pytest, and every relative path, need one."""
    gone = f"mkdir gone && cd gone && rmdir ../gone && exec {' '.join(PROGRAM)} list"
    done = subprocess.run(["sh", "-c", gone], cwd=tmp_path, capture_output=True, check=False)
    told = b"auth-conformance: The working directory is gone: change to another one.\n"
    assert (done.returncode, done.stderr) == (2, told)


@pytest.mark.parametrize("words", ["list", "explain CORE-05", "--help", "run --help"])
def test_every_command_prints_on_every_terminal(words: str) -> None:
    """A sign that the terminal's encoding does not have is printed as its code."""
    environ = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [*PROGRAM, *words.split()]
    done = subprocess.run(command, env=environ, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


#: What a project of somebody else's may ask pytest for.
SETTINGS = {
    "nothing": "",
    "strictness": "addopts = --strict-markers --strict-config --import-mode=importlib\n",
    "warnings": "filterwarnings = error\n",
    "doctests": "addopts = --doctest-modules -p no:cacheprovider --durations=3\n",
    "another root": "testpaths = src\npythonpath = src\n",
}


@pytest.fixture(scope="module")
def booted() -> Iterator[Booted]:
    """The embedded reference."""
    with boot.embedded_reference(behind_proxy=False) as booted:
        yield booted


@pytest.mark.parametrize("case", SETTINGS)
def test_no_project_around_it_changes_plain_pytest(
    case: str, booted: Booted, tmp_path: Path
) -> None:
    """Its settings, its plugins that have options of these names, and a conftest.py of its own."""
    (tmp_path / "pytest.ini").write_text(f"[pytest]\n{SETTINGS[case]}")
    options = "".join(
        f"    parser.addoption('--{name}')\n" for name in ("target", "profile", "only")
    )
    (tmp_path / "conftest.py").write_text(f"def pytest_addoption(parser):\n{options}")
    customers = "".join(
        f"[[customers]]\nemail = '{one.email}'\npassword = '{one.password}'\n"
        for one in booted.target.customers
    )
    (tmp_path / "target.toml").write_text(
        f"url = '{booted.target.url}'\nenvironment = 'development'\n{customers}"
    )
    words = ["-p", "conformance_tests.runner.entry", "--pyargs", "conformance_tests"]
    words += ["--conformance-target", "target.toml", "--conformance-only", "GQL-01"]
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *words],
        cwd=tmp_path,
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout
