"""One hostile corpus over all five forms: no text of a deployment changes what a report is."""

from __future__ import annotations

import json as stdlib_json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

from conformance_tests.commands import cli
from conformance_tests.report import html, json, junit, markdown
from conformance_tests.report.finding import Card, Finding
from conformance_tests.report.verdict import Report, judge
from conformance_tests.target.parts import KnownFailure
from tests.conformance.report.hostile_texts import HOSTILE
from tests.conformance.report.sample_report import run, target
from tests.conformance.report.test_forms import printed

HARMLESS = "harmless"


def report_of(text: str) -> Report:
    """A report in which this text stands wherever a deployment's or a user's may."""
    card = Card(text, f"{text} and {text}", (f"< {text}", text), (text, f"curl {text}"))
    failed = (replace(card, case="a case"), replace(card, actual=f"no {text}"))
    return judge(
        target(name=text, version=text, known_failures=(KnownFailure("CORE-19", text, "#1"),)),
        run(
            *(Finding("CORE-12", "fail", test=f"t.py::test_a[{text}]", card=one) for one in failed),
            Finding("CORE-19", "fail", card=card),
            Finding("CORE-13", "error", text),
            Finding("CORE-14", "not-testable", f"{text}: needs the table; add [table]"),
            Finding("CORE-15", "not-testable", text),
            Finding("HARD-22", "warn", card=card),
            remark=text,
            command=text,
            left_behind=(text,),
            crashed=text,
        ),
    )


def controls(text: str) -> set[str]:
    """The characters that a terminal may obey."""
    return {char for char in text if char != "\n" and not char.isprintable()}


class Tags(HTMLParser):
    """The tags and attributes of a page, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[object] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, sorted(name for name, _ in attrs)))

    def handle_endtag(self, tag: str) -> None:
        self.found.append(tag)

    def handle_comment(self, data: str) -> None:
        self.found.append("a comment")


def page_of(text: str) -> list[object]:
    tags = Tags()
    tags.feed(text)
    return tags.found


def xml_of(text: str) -> list[object]:
    return [(element.tag, sorted(element.attrib)) for element in ET.fromstring(text).iter()]


def summary_of(text: str) -> list[object]:
    """The blocks of a summary, what is in them, and its HTML, without the code in it."""
    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(text)
    inner = [(token, token.children or []) for token in tokens]
    for token in (one for _, children in inner for one in children if one.type == "text"):
        assert not re.search(r"://|www\.|@", token.content), token.content
    return [shape for block, children in inner for shape in (_shape(block), *map(_shape, children))]


def _shape(token: Token) -> object:
    return token.type, token.tag, page_of(token.content) if "html" in token.type else None


def without_runs(shapes: list[object]) -> list[object]:
    """Without text and code, of which a line may hold any number."""
    plain = {"text", "code_inline", "text_special", "softbreak"}
    return [shape for shape in shapes if not (isinstance(shape, tuple) and shape[0] in plain)]


STRUCTURES: dict[str, tuple[Callable[[Report], str], Callable[[str], object]]] = {
    "html": (html.text, page_of),
    "junit": (junit.text, xml_of),
    "markdown": (markdown.text, lambda text: without_runs(summary_of(text))),
    "json": (json.text, lambda text: sorted(map(str, stdlib_json.loads(text)))),
    "terminal": (printed, lambda text: None),
}


@pytest.mark.parametrize("kind", HOSTILE)
@pytest.mark.parametrize("form", STRUCTURES)
def test_no_text_steers_a_report(form: str, kind: str) -> None:
    """It is built like the report of a harmless text, and holds nothing that a terminal obeys."""
    write, structure = STRUCTURES[form]
    text = write(report_of(HOSTILE[kind]))
    assert controls(text) == set()
    text.encode()
    assert structure(text) == structure(write(report_of(HARMLESS)))


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_report_of_others_steers_a_comparison(
    kind: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """On the screen, for two and for more, and on the page."""
    text = HOSTILE[kind].encode("utf-8", "replace").decode()
    document = json.document(report_of(text))
    document["requirements"].append({**document["requirements"][0], "id": text, "sentence": text})
    names = [tmp_path / f"{number}.json" for number in range(3)]
    for number, path in enumerate(names):
        document["target"]["version"] = f"{text}{number}"
        path.write_text(stdlib_json.dumps(document))
    page = tmp_path / "page.html"
    assert cli.main(["compare", *map(str, names[:2])]) == 0
    assert cli.main(["compare", *map(str, names), "--html", str(page)]) == 0
    assert controls("".join(capfd.readouterr())) == set()
    assert controls(page.read_text()) == set()
    assert "script" not in page_of(page.read_text())
