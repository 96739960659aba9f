"""The pages of the project as data: their blocks, their links, their headings."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = ("", "conformance_tests", "docker", "docs", "examples", "notebooks")

_BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
_NOTE = re.compile(r"<!-- (file|not run): (.+?) -->\s*\Z")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
_LINK = re.compile(r"!?\[[^\]\[]*(?:!\[[^\]]*\]\([^)]*\))?[^\]\[]*\]\(([^)\s]+)\)")
_CODE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


@dataclass(frozen=True)
class Block:
    """One fenced block; `note` is what the comment right above it says of it."""

    page: str
    line: int
    language: str
    text: str
    note: tuple[str, str] | None

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def file(self) -> str | None:
        """The name under which the reader is told to save it."""
        return self.note[1] if self.note and self.note[0] == "file" else None

    @property
    def excuse(self) -> str | None:
        """Why it is not run here."""
        return self.note[1] if self.note and self.note[0] == "not run" else None


@dataclass(frozen=True)
class Page:
    """One Markdown file."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).as_posix()

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return tuple(self._blocks())

    def _blocks(self) -> Iterator[Block]:
        for found in _BLOCK.finditer(self.text):
            above = self.text[: found.start()]
            indent, language, body = found.groups()
            note = _NOTE.search(above)
            yield Block(
                self.name,
                above.count("\n") + 1,
                language,
                re.sub(rf"^{indent}", "", body, flags=re.MULTILINE),
                (note[1], note[2]) if note else None,
            )

    @cached_property
    def prose(self) -> str:
        """The text without its fenced blocks."""
        return _BLOCK.sub("", self.text)

    @property
    def links(self) -> list[str]:
        return _LINK.findall(self.prose)

    @property
    def code(self) -> list[str]:
        """What stands in single backticks."""
        return _CODE.findall(self.prose)

    @cached_property
    def anchors(self) -> set[str]:
        """What a link to a heading of this page may be called, as forges make it."""
        seen: Counter[str] = Counter()
        names = set()
        for heading in _HEADING.findall(self.prose):
            name = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
            names.add(f"{name}-{seen[name]}" if seen[name] else name)
            seen[name] += 1
        return names


def _found() -> Iterator[Page]:
    for folder in FOLDERS:
        yield from map(Page, sorted((ROOT / folder).glob("*.md")))


PAGES = tuple(_found())
BLOCKS = tuple(block for page in PAGES for block in page.blocks)
