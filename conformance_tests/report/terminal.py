"""The report for a terminal: cards, the square, groups, what stayed unseen, one sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from conformance_tests.printable import printable
from conformance_tests.report import wording
from conformance_tests.report.square import STATES, Cell, Colour, square
from conformance_tests.report.verdict import Card, Report, Row, Status

STYLES: Final[dict[Status, str]] = {
    "pass": "green",
    "fail": "bold red",
    "warn": "yellow",
    "known-failure": "magenta",
    "not-applicable": "dim",
    "not-testable": "cyan",
    "excluded": "dim",
    "error": "bold white on red",
}
CELL_STYLES: Final[dict[Colour, str]] = {
    "sound": "bold white on dark_green",
    "warned": "bold black on yellow",
    "broken": "bold white on dark_red",
    "partly": "bold white on dark_cyan",
    "unseen": "bold white on grey37",
}
MOST_CARDS: Final = 3
PLAIN_WIDTH: Final = 100


def console(**options: object) -> Console:
    """A console that is plain where nobody looks at it as it runs; NO_COLOR is honoured."""
    made = Console(highlight=False, **options)  # type: ignore[arg-type]
    if not made.is_terminal:
        made.width = PLAIN_WIDTH
    return made


def show(report: Report, out: Console) -> None:
    """Print the whole report."""
    for part in _parts(report):
        out.print(part, soft_wrap=isinstance(part, Text) and bool(part.no_wrap))
    out.print()
    if report.run.remark:
        out.print(_text(f"Note: {report.run.remark}.", "yellow"), soft_wrap=True)
    style = "bold green" if report.exit == 0 else "bold red" if report.exit == 1 else "bold yellow"
    out.print(_text(wording.sentence(report), style), soft_wrap=True)


def _parts(report: Report) -> Iterator[RenderableType]:
    yield from _cards(report)
    yield from _headed("ACCESS × REFRESH", [_square(report)])
    yield from _headed("Groups", [_groups(report)] if wording.groups(report) else [])
    yield from _headed("Not testable, and what to add", _unseen(report))
    yield from _headed("The list of known failures", map(_text, report.complaints))
    yield from _headed("Known failures", _listed(report.of_status("known-failure")))
    yield from _headed("Excluded", _listed(wording.asked(report, "excluded")))
    yield from _headed("Beyond the claim (advice, not counted)", _advice(report))
    yield from _headed("Provenance", [_provenance(report)])


def _headed(title: str, parts: Iterable[RenderableType]) -> Iterator[RenderableType]:
    body = list(parts)
    if body:
        yield Text()
        yield Text(title, style="bold")
        yield from body


def _text(content: str, style: str = "") -> Text:
    return Text(printable(content), style=style)


def _cards(report: Report) -> Iterator[RenderableType]:
    asked = [row for row in wording.asked_beyond(report) if row.cards]
    for row in (*report.of_status("error", "fail", "warn"), *asked):
        yield Text()
        yield _headline(row)
        for place, card in enumerate(row.cards[:MOST_CARDS]):
            yield from [Text()] * bool(place)
            yield from _card(card)
        if not row.cards and row.detail:
            yield _indented(_text(row.detail))
        if len(row.cards) > MOST_CARDS:
            yield _indented(_more(row.cards[MOST_CARDS:]))
        yield _indented(_background(row))


def _more(cards: tuple[Card, ...]) -> Text:
    cases = "; ".join(card.case for card in cards if card.case)
    return _text(f"and {len(cards)} more, in full with --html{cases and ': '}{cases}")


def _headline(row: Row) -> Text:
    line = Text().append(f"{wording.SIGNS[row.status]} {row.requirement.id} ", STYLES[row.status])
    return line.append(f"{row.level}  ", "bold").append(wording.demand(row))


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 2))


def _pairs(pairs: Iterable[tuple[str, RenderableType]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=10)
    grid.add_column(overflow="fold")
    for name, content in pairs:
        grid.add_row(name, content)
    return grid


def _card(card: Card) -> Iterator[RenderableType]:
    yield _indented(_pairs(_said(card)))
    yield from _block("transcript", card.transcript, "dim")
    yield from _block("reproduce", card.reproduce, "")


def _said(card: Card) -> Iterator[tuple[str, Text]]:
    if card.case:
        yield "case", _text(card.case)
    yield "expected", _text(card.expected)
    yield "actual", _text(card.actual)


def _block(title: str, lines: tuple[str, ...], style: str) -> Iterator[Text]:
    """Lines to be copied: each stays one line, however long it is."""
    if lines:
        yield Text(f"  {title}", "dim")
    for line in wording.ends_of(lines):
        yield Text(f"    {printable(line)}", style, no_wrap=True)


def _background(row: Row) -> Table:
    requirement = row.requirement
    return _pairs(
        [
            ("cause", _text(requirement.likely_cause)),
            ("why", _text(requirement.why)),
            ("source", _text(requirement.source)),
        ]
    )


def _square(report: Report) -> Table:
    grid = Table(show_header=True, header_style="bold", show_lines=True, expand=False)
    grid.add_column("")
    grid.add_column("REFRESH_VALID", justify="center", min_width=28, max_width=36)
    grid.add_column("REFRESH_INVALID", justify="center", min_width=28, max_width=36)
    for states, cells in zip(STATES, square(report), strict=True):
        grid.add_row(Text(states[0].split("_REFRESH")[0], "bold"), *map(_cell, cells))
    return grid


def _cell(cell: Cell) -> Text:
    return Text(f" {cell.says} ", style=CELL_STYLES[cell.colour])


def _groups(report: Report) -> Table:
    used = wording.statuses(report)
    table = Table(header_style="bold", box=None, pad_edge=False)
    table.add_column("group")
    for status in used:
        table.add_column(status, justify="right", style=STYLES[status])
    for group, counts in wording.groups(report).items():
        table.add_row(group, *(str(counts[status] or "·") for status in used))
    return table


def _unseen(report: Report) -> Iterator[RenderableType]:
    for detail, rows in wording.by_detail(report.of_status("not-testable")).items():
        line = _text(f"• {detail}: ")
        yield line.append(wording.unseen_ids(rows), style="cyan")


def _listed(rows: Iterable[Row]) -> Iterator[RenderableType]:
    for row in rows:
        yield _text(f"• {row.requirement.id}: {row.detail}")


def _advice(report: Report) -> Iterator[RenderableType]:
    asked = wording.asked_beyond(report)
    for row in asked or report.of_status("fail", "warn", claimed=False):
        yield _headline(row)
        if row.detail and row.status == "not-testable":
            yield _indented(_text(row.detail))
        yield from (_indented(_pairs(_said(card))) for card in row.cards[:1] if not asked)


def _provenance(report: Report) -> Table:
    return _pairs((name, _text(value)) for name, value in wording.provenance(report).items())
