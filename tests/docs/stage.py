"""Where a page's commands are run: two servers, a table, and a folder to work in."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path

from conformance_tests.embedded.moto_endpoint import MotoEndpoint
from reference_auth.store.memory import memory_table
from tests.docs.pages import ROOT, Block

SECRET = "a-secret-for-the-pages-of-32-bytes-or-more"
PASSWORDS = ("alice-demo-password", "bob-demo-password")
REGION, TABLE = "ap-southeast-2", "auth"
AWS = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any"}
#: What the pages assume: a platform of the reader's own, and what its owner exported.
SHOP = "from reference_auth.serve.demo import DIRECTORY as service\n"
KNOWN = {"ALICE_PASSWORD": PASSWORDS[0], "BOB_PASSWORD": PASSWORDS[1]}
SECONDS = 120


@dataclass(frozen=True)
class Stage:
    """One reader's machine."""

    folder: Path
    staging: str  # address of the deployment in production
    laptop: str  # host and port of `reference-auth serve --test-clock`
    tables: str

    def text(self, block: Block) -> str:
        """What the page says, with our addresses for the reader's."""
        text = block.text.replace("https://staging.example.com/graphql", self.staging)
        text = text.replace("127.0.0.1:8000", self.laptop)
        for number, password in enumerate(PASSWORDS, 1):
            text = re.sub(rf"(PASSWORD_{number}=)'…'", rf"\1'{password}'", text)
        return text

    def save(self, block: Block, name: str) -> None:
        """Save a block as the reader is told to."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.text(block), encoding="utf-8")

    def run(self, block: Block) -> subprocess.CompletedProcess[str]:
        """Run a block; what it exports stays for the next one."""
        programs = {"sh": ["bash", "-euo", "pipefail", "-c"], "python": [sys.executable, "-c"]}
        text = self.text(block)
        if block.language == "sh":
            text = f"trap 'export -p > .exported' EXIT\n. ./.exported\n{text}"
        return subprocess.run(
            [*programs[block.language], text],
            cwd=self.folder,
            env=self._environ(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )

    def _environ(self) -> Mapping[str, str]:
        return {
            "PATH": f"{self.folder / '.bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(self.folder),
            "LC_ALL": "C.UTF-8",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{self.folder}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "STAGE_SECRET": SECRET,
            "STAGE_TABLES": self.tables,
            **AWS,
            **KNOWN,
        }


def plugin() -> str:
    """What loads the suite's plugin where no installed package does: it may be loaded once only."""
    installed = {entry.name for entry in entry_points(group="pytest11")}
    return "" if "conformance" in installed else "-p conformance_tests.runner.entry"


def furnish(folder: Path) -> None:
    """Put the programs on the reader's PATH, and their platform beside them."""
    (folder / ".bin").mkdir(parents=True)
    shim = f'exec "{sys.executable}" "{ROOT / "tests" / "docs" / "shim.py"}"'
    for name, command in {
        "auth-conformance": f"{shim} auth-conformance",
        "reference-auth": f"{shim} reference-auth",
        "python": f'exec "{sys.executable}"',
        "pytest": f'exec "{sys.executable}" -m pytest {plugin()}',
    }.items():
        program = folder / ".bin" / name
        program.write_text(f'#!/bin/sh\n{command} "$@"\n')
        program.chmod(0o755)
    (folder / "your_shop").mkdir()
    (folder / "your_shop" / "login.py").write_text(SHOP)
    (folder / ".exported").touch()


@contextmanager
def servers() -> Iterator[tuple[str, str, str]]:
    """A deployment in production, a laptop's server, and the table engine: their addresses."""
    with ExitStack() as ends:
        table = memory_table(TABLE, REGION)
        tables = ends.enter_context(MotoEndpoint(table)).url
        deployment = {
            "JWT_PRIVATE_KEY": SECRET,
            "DYNAMO_DB__REGION": REGION,
            "DYNAMO_DB_AUTH_TABLE": TABLE,
            "AWS_ENDPOINT_URL_DYNAMODB": tables,
            **AWS,
        }
        staging = ends.enter_context(_serving(deployment))
        laptop = ends.enter_context(_serving({}, "--test-clock"))
        yield f"{staging}/graphql", laptop.removeprefix("http://"), tables


@contextmanager
def _serving(environ: Mapping[str, str], *words: str) -> Iterator[str]:
    command = [sys.executable, "-m", "reference_auth", "serve", "--port", "0", *words]
    bare = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command,
        env={**bare, **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = next(line.split()[1] for line in process.stdout if line.startswith("GraphQL "))
        yield address.removesuffix("/graphql")
    finally:
        process.terminate()
        process.communicate(timeout=20)
