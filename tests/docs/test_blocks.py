"""Every command and example of every page is run; what cannot be, says why and is read at least."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import graphql
import pytest

import conformance_tests.commands.cli
import reference_auth.serve.cli
from conformance_tests.target.load import load
from tests.docs import stage as stages
from tests.docs.pages import BLOCKS, PAGES, ROOT, Block, Page
from tests.docs.stage import Stage

RUN = ("sh", "python")
READ: dict[str, Callable[[str], Any]] = {
    "graphql": graphql.parse,
    "js": str,  # saved as a file, and run by a command of its page
    "json": json.loads,
    "mermaid": str,  # test_readme.py compares it with the states
    "python": lambda text: compile(text, "page", "exec"),
    "sh": shlex.split,
    "text": str,  # what a program prints
    "toml": tomllib.loads,
}
PARSERS = {
    "auth-conformance": conformance_tests.commands.cli.parser,
    "reference-auth": reference_auth.serve.cli.parser,
}
MOST_EXCUSES = 12


@pytest.fixture(scope="module")
def addresses() -> Iterator[tuple[str, str, str]]:
    with stages.servers() as found:
        yield found


@pytest.fixture
def stage(addresses: tuple[str, str, str], tmp_path: Path) -> Stage:
    """A reader's machine, with a deployment and a laptop's server to talk to."""
    stages.furnish(tmp_path)
    return Stage(tmp_path, *addresses)


def pages_to_run() -> list[Page]:
    return [p for p in PAGES if any(b.language in RUN and not b.excuse for b in p.blocks)]


@pytest.mark.needs("node")
@pytest.mark.parametrize("page", pages_to_run(), ids=lambda page: page.name)
def test_what_a_page_says_can_be_done(page: Page, stage: Stage) -> None:
    """A reader who saves its files and runs its commands, in order, meets no error."""
    for block in page.blocks:
        if block.file:
            stage.save(block, block.file)
        elif block.language in RUN and not block.excuse:
            done = stage.run(block)
            assert done.returncode == 0, (
                f"{block.place}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
            )


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_every_block_is_what_it_says(block: Block) -> None:
    """Each is of a language that is known here, and can be read as that."""
    READ[block.language](block.text)


def test_an_excuse_is_a_reason() -> None:
    """Few commands go unrun, and each of them says why in a few words."""
    excuses = [block for block in BLOCKS if block.excuse]
    assert len(excuses) <= MOST_EXCUSES
    assert all(block.language in RUN for block in excuses)
    assert not [block.place for block in excuses if len(str(block.excuse).split()) < 4]


def test_no_failure_hides_in_a_chain() -> None:
    """bash overlooks a failure before `&&`, but for one in the last line of a block."""
    for block in BLOCKS:
        if block.language == "sh":
            assert not [line for line in block.text.splitlines()[:-1] if "&&" in line], block.place


def test_a_file_is_named_before_its_commands() -> None:
    """What is saved is used: a later block or the prose of its page names it."""
    for page in PAGES:
        for block in page.blocks:
            if block.file:
                assert block.file in page.text.replace(f"file: {block.file} -->", "", 1), (
                    block.place
                )


def commands() -> list[tuple[str, tuple[str, ...]]]:
    """Every call of our programs, in blocks and within the prose, with where it stands."""
    found = [(b.place, line) for b in BLOCKS if b.language == "sh" for line in _lines(b.text)]
    found += [(page.name, code) for page in PAGES for code in page.code]
    split = [(place, _words(line)) for place, line in found]
    return [
        (place, (Path(words[0]).name, *words[1:]))
        for place, words in dict.fromkeys(split)
        if len(words) > 1 and Path(words[0]).name in {*PARSERS, "nox"}
    ]


def _lines(text: str) -> list[str]:
    return re.split(r"&&|\|\||[|;\n]", text.replace("\\\n", " "))


def _words(line: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(line.split(" > ")[0], comments=True))
    except ValueError:
        return ()


@pytest.mark.parametrize("place, words", commands(), ids=lambda value: str(value)[:80])
def test_every_command_is_understood(place: str, words: tuple[str, ...]) -> None:
    """Each call of our programs, run or not, is one that its program can read."""
    program, *arguments = words
    if program == "nox":
        assert arguments[0] == "-l" or arguments[1] in sessions(), place
    elif "--help" in arguments:
        assert arguments[0] in PARSERS[program]().format_help(), place
    else:
        assert PARSERS[program]().parse_args([word for word in arguments if word != "…"]).command


def sessions() -> set[str]:
    text = (ROOT / "noxfile.py").read_text()
    return set(re.findall(r"^@nox\.session.*\ndef (\w+)", text, re.M))


def test_every_session_of_nox_is_told() -> None:
    """CONTRIBUTING.md's table has each of them once."""
    page = next(page for page in PAGES if page.name == "CONTRIBUTING.md")
    rows = re.findall(r"^\| (`nox -s .*)$", page.text, re.M)
    assert set(re.findall(r"`nox -s (\w+)", " ".join(rows))) == sessions()


def targets() -> list[Block]:
    return [block for block in BLOCKS if block.language == "toml" and "[[customers]]" in block.text]


@pytest.mark.parametrize("block", targets(), ids=lambda block: block.place)
def test_every_target_file_is_one(block: Block, tmp_path: Path) -> None:
    """A target file on a page loads, with what it names in the environment."""
    names = re.findall(r'_env = "(\w+)"', block.text)
    path = tmp_path / "target.toml"
    path.write_text(block.text)
    assert load(path, {name: f"{name} of at least 32 bytes, all told" for name in names}).customers
