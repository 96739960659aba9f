"""Stands for our programs where a page's commands are run: same words, two differences.

A run that names no row judges one, and a server ends as soon as it says where it listens.
"""

from __future__ import annotations

import os
import subprocess
import sys

MODULES = {"auth-conformance": "conformance_tests.commands.cli", "reference-auth": "reference_auth"}


def main(program: str, *words: str) -> int:
    """Do what the page says."""
    command = [sys.executable, "-m", MODULES[program], *words]
    if program == "auth-conformance":
        row = [] if "--only" in words or words[:1] != ("run",) else ["--only", "CORE-01"]
        staged = {"JWT_PRIVATE_KEY": os.environ["STAGE_SECRET"]} | os.environ
        return subprocess.call([*command, *row], env=staged | _table())
    table = _table() if "--table" in words else {}
    if words[:1] == ("serve",):
        return serve([*command, "--port", "0"], os.environ | table)
    return subprocess.call(command, env=os.environ | table)


def _table() -> dict[str, str]:
    """Where the stage keeps its tables: a reader has one with a provider."""
    return {"AWS_ENDPOINT_URL_DYNAMODB": os.environ["STAGE_TABLES"]}


def serve(command: list[str], environ: dict[str, str]) -> int:
    """Start the server, and end it once it answers."""
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        answers = any(line.startswith("GraphQL ") for line in process.stdout)
        process.terminate()
        process.stdout.read()
    return 0 if answers else process.returncode or 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
