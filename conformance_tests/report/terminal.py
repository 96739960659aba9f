"""The report for a terminal: the verdict, its causes, the square, groups, what stayed unseen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from conformance_tests.printable import printable
from conformance_tests.report import wording
from conformance_tests.report.finding import Card, Status
from conformance_tests.report.square import STATES, Cell, Colour, square
from conformance_tests.report.verdict import Report, Row

STYLES: Final[dict[Status, str]] = {
    "pass": "green",
    "fail": "bold red",
    "warn": "yellow",
    "known-failure": "magenta",
    "not-applicable": "dim",
    "not-testable": "cyan",
    "blocked": "yellow",
    "unanswered": "yellow",
    "not-reached": "yellow",
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
#: So many failures are shown with their card, and so many characters of what one says.
MOST_ROWS: Final = 5
SHOWN_SENTENCE: Final = 160
PLAIN_WIDTH: Final = 100


def console(**options: object) -> Console:
    """A console that is plain where nobody looks at it as it runs; NO_COLOR is honoured."""
    made = Console(highlight=False, **options)  # type: ignore[arg-type]
    if not made.is_terminal:
        made.width = PLAIN_WIDTH
    return made


def show(report: Report, out: Console) -> None:
    """Print the whole report: the verdict first and last, the largest cause of failures next."""
    style = "bold green" if report.exit == 0 else "bold red" if report.exit == 1 else "bold yellow"
    verdict = _text(wording.sentence(report), style)
    out.print()
    out.print(verdict, soft_wrap=True)
    for part in _parts(report):
        line = part if isinstance(part, Text) and part.no_wrap else None
        if line is not None and line.overflow:
            out.print(part, no_wrap=True, overflow=line.overflow)
        else:  # what is to be copied stays one line, however long it is
            out.print(part, soft_wrap=line is not None)
    out.print()
    out.print(verdict, soft_wrap=True)


def _parts(report: Report) -> Iterator[RenderableType]:
    if told := wording.stopped(report):
        yield _text(f"The run stopped: {told}", "yellow")
    if report.run.remark:
        yield _text(f"Note: {report.run.remark}.", "yellow")
    yield from _failures(report)
    yield from _headed("Not judged, and why", _unjudged(report))
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


def _failures(report: Report) -> Iterator[RenderableType]:
    """The first few failures in full, and a line or two of each other."""
    asked = tuple(row for row in wording.asked_beyond(report) if row.cards)
    rows = (*wording.by_cause(report), *asked)
    whole = len(rows) if report.terms.verbose else MOST_ROWS
    for row in rows[:whole]:
        yield Text()
        yield from _failure(report, row)
    yield from _headed(
        "More failures, in full with -v or --html",
        (line for row in rows[whole:] for line in _brief(report, row)),
    )


def _failure(report: Report, row: Row) -> Iterator[RenderableType]:
    verbose = report.terms.verbose
    cards = row.cards if verbose else row.cards[:1]
    yield _headline(row)
    for place, card in enumerate(cards):
        yield from [Text()] * bool(place)
        yield from _card(row, card, verbose)
    if not cards and row.detail:
        yield _indented(_short(row.detail, verbose))
    yield _indented(_background(report, row))


def _brief(report: Report, row: Row) -> Iterator[RenderableType]:
    yield _headline(row)
    yield _indented(_short(row.detail or "", False))
    if told := wording.blocks(report, row):
        yield _indented(_text(f"blocks {told}"))


def _headline(row: Row) -> Text:
    line = Text().append(f"{wording.SIGNS[row.status]} {row.requirement.id} ", STYLES[row.status])
    return line.append(f"{row.level}  ", "bold").append(wording.demand(row))


def _indented(part: RenderableType) -> Padding:
    return Padding(part, (0, 0, 0, 2))


def _short(content: str, verbose: bool) -> Text:
    whole = verbose or len(content) <= SHOWN_SENTENCE
    return _text(content if whole else f"{content[:SHOWN_SENTENCE]}…")


def _pairs(pairs: Iterable[tuple[str, RenderableType]]) -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True, min_width=10)
    grid.add_column(overflow="fold")
    for name, content in pairs:
        grid.add_row(name, content)
    return grid


def _card(row: Row, card: Card, verbose: bool) -> Iterator[RenderableType]:
    yield _indented(_pairs(_said(row, card, verbose)))
    yield from _block(wording.WALK, wording.story(card), "")
    if verbose:
        yield from _block("transcript", card.transcript, "dim")
        yield from _block("reproduce", card.reproduce, "")
    else:
        yield from _block("last call", wording.last_call(card), "dim", cut=True)
        yield from _block("reproduce", card.reproduce[:1], "")


def _said(row: Row, card: Card, verbose: bool) -> Iterator[tuple[str, Text]]:
    if card.case:
        yield "case", _short(card.case, verbose)
    if card.where:
        yield "where", _short(", ".join(card.where), verbose)
    yield "expected", _short(card.expected, verbose)
    yield "actual", _short(card.actual, verbose)


def _block(
    title: str, lines: tuple[str, ...], style: str, *, cut: bool = False
) -> Iterator[RenderableType]:
    """Lines to be copied: each stays one line, however long it is, unless it is to be cut."""
    if lines:
        yield Text(f"  {title}", "dim")
    for line in lines:
        if cut:
            yield Text(f"    {printable(line)}", style, overflow="ellipsis", no_wrap=True)
        else:
            yield Text(f"    {printable(line)}", style, no_wrap=True)


def _background(report: Report, row: Row) -> Table:
    requirement, verbose = row.requirement, report.terms.verbose
    told = {"cause": requirement.likely_cause, "owner": wording.owner(row)}
    if verbose:
        told |= {"why": requirement.why, "source": requirement.source}
    if not verbose and len(row.cards) > 1:
        told["also"] = wording.other_cases(row)
    lines = [(name, _short(text, verbose)) for name, text in told.items()]
    if blocks := wording.blocks(report, row):
        lines.append(("blocks", _text(blocks)))
    return _pairs(lines)


def _unjudged(report: Report) -> Iterator[RenderableType]:
    for reason, ids in wording.unjudged(report).items():
        line = _text(f"• {reason}: ")
        yield line.append(ids, style=STYLES["blocked"])


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
    """A column for each group, a line for each status."""
    groups = wording.groups(report)
    table = Table(header_style="bold", box=None, pad_edge=False)
    table.add_column("")
    for group in groups:
        table.add_column(group, justify="right")
    for status in wording.statuses(report):
        counts = (str(counts[status] or "·") for counts in groups.values())
        table.add_row(status, *counts, style=STYLES[status])
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
    if not asked:
        for row in report.of_status("error", "fail", "warn", claimed=False):
            yield from _brief(report, row)
    for row in asked:
        yield _headline(row)
        if row.detail and row.status not in ("fail", "warn", "error"):
            yield _indented(_short(row.detail, report.terms.verbose))


def _provenance(report: Report) -> Table:
    return _pairs((name, _text(value)) for name, value in wording.provenance(report).items())
