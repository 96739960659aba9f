"""TARGET.md tells every key of a target file, with its default, and counts what an offer shows."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import conformance_tests
from conformance_tests.requirements import REQUIREMENTS, Requirement
from conformance_tests.target.keys import TABLES
from conformance_tests.target.schema import REQUIRED, Key

PAGE = (Path(conformance_tests.__file__).parent / "TARGET.md").read_text(encoding="utf-8")
TOLD = PAGE.split("## Every key", 1)[1].split("\n## ", 1)[0]
ROW = re.compile(r"^\| `(\w+)`( °)? \| (.*?) \| (.*) \|$", re.MULTILINE)
#: Of a default that is nothing, the page says what stands in for it.
IN_MINUTES = {("lifetimes", name) for name in ("access", "refresh", "extended")}
LETTERS = {
    "[table]": "T",
    "[signing]": "S",
    "[launch]": "E",
    "[clock]": "K",
    "[faults]": "F",
    "[log]": "L",
}


def sections() -> dict[str, list[tuple[str, str, str, str]]]:
    """The rows of each table on the page, under its name in the file."""
    parts = re.split(r"^### (.*)$", TOLD, flags=re.MULTILINE)[1:]
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return {title.strip("`[]").replace("Top", ""): ROW.findall(body) for title, body in pairs}


PAGES = sections()


def test_every_table_has_its_section() -> None:
    """The page goes through the file's tables in the order of `target_keys`, and adds none."""
    assert list(PAGES) == list(TABLES)


def test_a_list_of_tables_is_written_as_one() -> None:
    """[[customers]] is told from [table]."""
    many = {f"[[{name}]]" for name, table in TABLES.items() if table.many}
    assert set(re.findall(r"^### `(\[\[\w+\]\])`$", TOLD, re.MULTILINE)) == many


@pytest.mark.parametrize("table", TABLES, ids=lambda name: name or "top")
def test_every_key_is_told_with_its_default(table: str) -> None:
    """Names, order, `_env` and defaults are those that the reader of the file goes by."""
    told = [(name, bool(env), default) for name, env, default, _ in PAGES[table]]
    assert told == [
        (key.name, key.secret, default_of(table, key, told[place][2]))
        for place, key in enumerate(TABLES[table].keys)
    ]


def default_of(table: str, key: Key, said: str) -> str:
    """What the page must say of a key's default; a default that is nothing is told in words."""
    if key.default is REQUIRED:
        return "required"
    if key.default in (None, "", {}):
        assert "`" not in said or said.isupper() or said == "`AWS_REGION`", said
        assert said != "required"
        return said
    value = key.default // 60 if (table, key.name) in IN_MINUTES else key.default
    return f"`{json.dumps(value)}`"


def test_the_page_counts_what_an_offer_shows() -> None:
    """The numbers beside an offer are the rows that no way without it can judge."""
    rows = re.findall(r"^\| [^|]+ \| `(\[\w+\])` \| (\d+) \| (\d+) \|", PAGE, re.MULTILINE)
    told = {offer: (int(documented), int(every)) for offer, documented, every in rows}
    assert told == {offer: counted(letter) for offer, letter in LETTERS.items()}


SHOWN = {
    "HTTP and nothing more": "H",
    "HTTP and the secret": "HS",
    "HTTP and the secret and the table": "HST",
    "everything": "HSTKEFL",
}


def test_the_page_counts_the_musts_that_a_deployment_gets_judged() -> None:
    """Of those that concern a production target without features, by what it offers."""
    rows = re.findall(r"^\| ((?:HTTP|every)[^|]+) \| (\d+) \| (\d+) \|", PAGE, re.MULTILINE)
    told = {offer: (int(documented), int(every)) for offer, documented, every in rows}
    assert told == {offer: judged(frozenset(letters)) for offer, letters in SHOWN.items()}


def judged(letters: frozenset[str]) -> tuple[int, int]:
    concerned = [row for row in REQUIREMENTS.values() if concerns_everyone(row)]
    seen = [row for row in concerned if any(way <= letters for way in row.ways)]
    return sum(row.documented for row in seen), len(seen)


def concerns_everyone(row: Requirement) -> bool:
    plain = row.environment in ("any", "production") and row.feature in ("", "wire")
    return row.level == "MUST" and plain and row.excluded is None


def counted(letter: str) -> tuple[int, int]:
    needing = [row for row in REQUIREMENTS.values() if all(letter in way for way in row.ways)]
    return sum(row.documented for row in needing), len(needing)
