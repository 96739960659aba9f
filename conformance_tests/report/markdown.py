"""The Markdown report, for a CI job's summary page; what a deployment said stands in code only."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator

from conformance_tests.printable import on_one_line, printable
from conformance_tests.report import wording
from conformance_tests.report.finding import Card
from conformance_tests.report.square import STATES, Cell, Colour, square
from conformance_tests.report.verdict import Report, Row

LIGHTS: dict[Colour, str] = {
    "sound": "🟢",
    "warned": "🟡",
    "broken": "🔴",
    "partly": "🔵",
    "unseen": "⚪",
}


def text(report: Report) -> str:
    """The report as Markdown, one blank line between its parts."""
    return "\n\n".join(_parts(report)) + "\n"


def _parts(report: Report) -> Iterator[str]:
    sign = "✅" if report.exit == 0 else "❌" if report.exit == 1 else "⚠️"
    yield f"## {sign} Conformance of {_plain(report.target.name)}"
    yield f"**{_plain(wording.sentence(report))}**"
    if told := wording.stopped(report):
        yield f"The run stopped: {_code(told)}"
    if report.run.remark:
        yield f"Note: {_plain(report.run.remark)}."
    yield from (_failure(report, row) for row in wording.by_cause(report))
    yield from _section("Not judged, and why", _unjudged(report))
    yield _square(report)
    if wording.groups(report):
        yield _groups(report)
    yield from _section("Not testable, and what to add", _unseen(report))
    yield from _section("The list of known failures", map(_plain, report.complaints))
    yield from _section("Known failures", _listed(report.of_status("known-failure")))
    yield from _section("Beyond the claim (advice, not counted)", _advice(report))
    yield from _section("Provenance", _provenance(report))


def _plain(content: str) -> str:
    """Text that Markdown and HTML leave as it is; what GitHub would make a link is code."""
    words = re.split(r"(\S*(?:://|www\.|@)\S*)", on_one_line(content), flags=re.IGNORECASE)
    return "".join(_code(word) if place % 2 else _escaped(word) for place, word in enumerate(words))


def _escaped(content: str) -> str:
    """Text without links, its punctuation escaped."""
    escaped = re.sub(r"([\\`*_\[\]|#~])", r"\\\1", html.escape(content, quote=False))
    return re.sub(r"^(\d*)([-+.)])", r"\1\\\2", escaped)  # it would begin a list


def _code(content: str) -> str:
    """Text of a deployment, in a code span that it cannot end."""
    line = on_one_line(content)
    fence = _fence(line, 2)
    return f"{fence} {line} {fence}"


def _fenced(content: str) -> str:
    fence = _fence(content, 3)
    return f"{fence}text\n{content}\n{fence}"


def _fence(content: str, least: int) -> str:
    """More backticks than the content has in a row."""
    longest = max(map(len, re.findall("`+", content)), default=0)
    return "`" * max(least, longest + 1)


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _square(report: Report) -> str:
    rows = [
        [f"**{states[0].split('_REFRESH')[0]}**", *map(_cell, cells)]
        for states, cells in zip(STATES, square(report), strict=True)
    ]
    return _table(["", "REFRESH_VALID", "REFRESH_INVALID"], rows)


def _cell(cell: Cell) -> str:
    return f"{LIGHTS[cell.colour]} {cell.says}"


def _groups(report: Report) -> str:
    used = wording.statuses(report)
    rows = [[group, *(str(c[s]) for s in used)] for group, c in wording.groups(report).items()]
    return _table(["group", *used], rows)


def _failure(report: Report, row: Row) -> str:
    requirement = row.requirement
    heading = f"{wording.SIGNS[row.status]} <b>{requirement.id}</b> {row.level} "
    parts = [
        f"<details><summary>{heading}{html.escape(wording.demand(row))}</summary>",
        *(_card(card) for card in row.cards),
        *([] if row.cards else [_code(row.detail or row.status)]),
        f"Likely cause: {_plain(requirement.likely_cause)}",
        f"Likely owner: {wording.owner(row)}",
        *([f"Blocks {told}"] if (told := wording.blocks(report, row)) else []),
        f"Source: {_plain(requirement.source)}",
        "</details>",
    ]
    return "\n\n".join(parts)


def _card(card: Card) -> str:
    lines = [
        *([f"case      {card.case}"] if card.case else []),
        *([f"where     {', '.join(card.where)}"] if card.where else []),
        f"expected  {card.expected}",
        f"actual    {card.actual}",
        *(f"{wording.WALK}: {step}" for step in wording.story(card)),
        *wording.ends_of(card.transcript),
        *(f"{wording.REPRODUCE}: {line}" for line in card.reproduce),
    ]
    return _fenced(printable("\n".join(lines)))


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    body = "\n".join(f"- {line}" for line in lines)
    if body:
        yield f"### {title}\n\n{body}"


def _unjudged(report: Report) -> Iterator[str]:
    for reason, ids in wording.unjudged(report).items():
        yield f"{_code(reason)}: {_plain(ids)}"


def _unseen(report: Report) -> Iterator[str]:
    for detail, rows in wording.by_detail(report.of_status("not-testable")).items():
        yield f"{_code(detail)}: {_plain(wording.unseen_ids(rows))}"


def _listed(rows: tuple[Row, ...]) -> Iterator[str]:
    for row in rows:
        yield f"{row.requirement.id}: {_plain(row.detail or '')}"


def _advice(report: Report) -> Iterator[str]:
    for row in report.of_status("fail", "warn", claimed=False):
        yield f"{wording.SIGNS[row.status]} {row.requirement.id} {_plain(wording.demand(row))}"


def _provenance(report: Report) -> Iterator[str]:
    for name, value in wording.provenance(report).items():
        yield f"{name}: {_code(value)}"
