"""What a page points to is there: files, headings, clauses, requirements."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from conformance_tests.requirements import GROUPS, REQUIREMENTS
from tests.docs.pages import PAGES, ROOT, Page
from tests.spec_page import TEXTS

ID = re.compile(rf"\b(?:{'|'.join(GROUPS)})-\d\d\b")
CLAUSE = re.compile(r"\bclauses? (\d+\.\d+)(?: (?:to|and) (\d+\.\d+))?")
OURS = re.compile(
    r"(conformance_tests|docker|docs|examples|notebooks|reference_auth|tests)/[\w./-]*"
)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def test_the_usual_pages_are_looked_at() -> None:
    """The list of pages is not empty by a slip."""
    names = {page.name for page in PAGES}
    assert {"README.md", "SPEC.md", "CONTRIBUTING.md", "conformance_tests/TARGET.md"} <= names
    assert len([name for name in names if name.startswith("docs/")]) >= 2


@each_page
def test_every_link_leads_somewhere(page: Page) -> None:
    """A relative link names a file or folder, and a heading of it if it has a `#`."""
    for link in page.links:
        if re.match(r"https?://", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.path.parent / name).resolve() if name else page.path
        assert target.exists(), link
        if anchor:
            assert anchor in Page(target).anchors, link


@each_page
def test_every_link_away_is_an_https_address(page: Page) -> None:
    """Nothing is reached from here, but an address has a host and no blank."""
    away = [link for link in page.links if "://" in link]
    assert all(re.fullmatch(r"https://[\w.-]+\.\w+(/[\w./%#?=&@~+-]*)?", link) for link in away)


@each_page
def test_every_id_is_a_requirement_s(page: Page) -> None:
    """A page names requirements that are there."""
    assert set(ID.findall(page.text)) <= set(REQUIREMENTS)


@each_page
def test_every_clause_is_in_the_specification(page: Page) -> None:
    """A page that names a clause by number names one that is there."""
    named = {number for pair in CLAUSE.findall(page.text) for number in pair if number}
    assert named <= set(TEXTS)


@each_page
def test_every_path_in_backticks_is_there(page: Page) -> None:
    """A path of ours within the prose names a file or folder, from the root or the page's own."""
    for code in page.code:
        if OURS.fullmatch(code):
            places = (ROOT / code, page.path.parent / code)
            assert any(map(Path.exists, places)), code


@each_page
def test_a_page_has_one_title(page: Page) -> None:
    """One `#` heading stands at its top."""
    assert len(re.findall(r"^# ", page.prose, re.MULTILINE)) == 1
