"""`auth-conformance compare`: what changed between two reports, or a grid of more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance_tests import strict_json
from conformance_tests.commands.usage import UsageError
from conformance_tests.ordinary_file import read_bytes
from conformance_tests.printable import on_one_line, printable
from conformance_tests.report import exit_codes, files, terminal, wording
from conformance_tests.report.finding import STATUSES
from conformance_tests.report.html import LABELS
from conformance_tests.report.verdict import LEFT_OUT

#: How good a status is; what has none says nothing about the deployment.
GOOD: Final[Mapping[str, int]] = {"pass": 2, "warn": 1, "known-failure": 0, "fail": 0}
KINDS: Final = {
    "broke": "it was better before",
    "fixed": "it is better now",
    "new": "it was not judged before",
    "gone": "it is no longer judged",
}
ABSENT: Final = "absent"


@dataclass(frozen=True)
class Judged:
    """One report file: its label and the status of each requirement."""

    label: str
    document: Mapping[str, Any]

    @cached_property
    def rows(self) -> dict[str, Mapping[str, Any]]:
        """The report's rows by id."""
        return {row["id"]: row for row in self.document["requirements"]}

    @property
    def sentence(self) -> str:
        """The report's verdict."""
        return str(self.document["verdict"]["sentence"])

    def status(self, name: str) -> str:
        """The row's status, `absent` where the report has no such row."""
        return str(self.rows[name]["status"]) if name in self.rows else ABSENT

    def left_out(self, name: str) -> bool:
        """Whether nobody asked for the row: the run was narrowed by --only."""
        return name in self.rows and self.rows[name].get("detail") == LEFT_OUT


@dataclass(frozen=True, slots=True)
class Change:
    """One requirement that ended otherwise."""

    kind: str
    name: str
    before: str
    after: str
    claimed: bool
    sentence: str


def compare(paths: Sequence[Path], page: Path | None) -> int:
    """Print what differs; of two reports, 1 if anything of the claim broke in the second."""
    if len(paths) < 2:
        raise UsageError("compare needs two reports at least: name another one")
    if page is not None:
        files.make_way([page], inputs=paths)
    reports = [Judged(label, document) for label, document in _labelled(paths)]
    out = terminal.console()
    if page is not None:
        files.write_report(page, grid_page(reports))
    if len(reports) > 2:
        out.print(grid(reports))
        out.print(Text(f"\n{summary(reports)}"), soft_wrap=True)
        return exit_codes.CONFORMANT
    found = changes(*reports)
    _print_changes(reports, found, out)
    broke = any(change.kind == "broke" and change.claimed for change in found)
    return exit_codes.FAILED if broke else exit_codes.CONFORMANT


# -- reading -----------------------------------------------------------------------------------


def _labelled(paths: Sequence[Path]) -> list[tuple[str, Mapping[str, Any]]]:
    """Each report with its target's name, or its file's where two names are one."""
    documents = [_read(path) for path in paths]
    names = [_name(document) for document in documents]
    if len(set(names)) < len(names):
        names = [str(path) for path in paths]
    return list(zip(names, documents, strict=True))


def _name(document: Mapping[str, Any]) -> str:
    target = document["target"]
    return on_one_line(f"{target['name']} {target['version']}".strip())


def _read(path: Path) -> Mapping[str, Any]:
    try:
        document = strict_json.read(read_bytes(path))
    except OSError as problem:
        raise UsageError(f"{path} cannot be read: {problem.strerror}") from None
    except ValueError:
        raise UsageError(f"{path} is not JSON: name a file that run --json wrote") from None
    if not _is_report(document):
        raise UsageError(f"{path} is not a conformance report: name a file that run --json wrote")
    return dict(document)


def _is_report(document: Any) -> bool:
    """Whether it has what is read here, in the version that is understood."""
    try:
        target, rows = document["target"], document["requirements"]
        whole = all(
            isinstance(row["id"], str)
            and isinstance(row["sentence"], str)
            and isinstance(row["claimed"], bool)
            and row["status"] in STATUSES
            for row in rows
        )
        return bool(
            document["schema_version"] == 1
            and isinstance(target["name"], str)
            and isinstance(target["version"], str)
            and isinstance(document["verdict"]["sentence"], str)
            and whole
        )
    except (KeyError, TypeError):
        return False


# -- two reports -------------------------------------------------------------------------------


def changes(before: Judged, after: Judged) -> list[Change]:
    """What ended otherwise in the second report, by kind and then in catalogue order."""
    left_out = {*narrowed(before, after)}
    names = [name for name in _names((before, after)) if name not in left_out]
    found = [change for name in names if (change := _change(name, before, after))]
    return sorted(found, key=lambda change: list(KINDS).index(change.kind))


def narrowed(*reports: Judged) -> list[str]:
    """The requirements that some report judged and --only left out of another: not comparable."""
    return [
        name
        for name in _names(reports)
        if any(report.left_out(name) for report in reports)
        and not all(report.left_out(name) for report in reports)
    ]


def _change(name: str, before: Judged, after: Judged) -> Change | None:
    kind = _kind(before.status(name), after.status(name))
    if kind is None:
        return None
    row = after.rows.get(name) or before.rows[name]
    claimed = any(side.rows.get(name, {}).get("claimed", False) for side in (before, after))
    return Change(
        kind, name, before.status(name), after.status(name), claimed, str(row["sentence"])
    )


def _kind(before: str, after: str) -> str | None:
    old, new = GOOD.get(before), GOOD.get(after)
    if old is None or new is None:
        return "new" if new is not None else "gone" if old is not None else None
    return "fixed" if new > old else "broke" if new < old else None


def _print_changes(reports: Sequence[Judged], found: Sequence[Change], out: Console) -> None:
    out.print(Text(f"from  {reports[0].label}\nto    {reports[1].label}"))
    for kind, says in KINDS.items():
        mine = [change for change in found if change.kind == kind]
        if mine:
            out.print(Text(f"\n{kind} ({says})", style="bold"))
        for change in mine:
            out.print(_line(change), soft_wrap=True)
    told = ", ".join(f"{sum(c.kind == kind for c in found)} {kind}" for kind in KINDS)
    out.print(Text(f"\n{told}."))
    if left_out := narrowed(*reports):
        rows = wording.count(len(left_out), "row")
        out.print(Text(f"{rows} not compared: --only left them out of one report."))


def _line(change: Change) -> Text:
    beyond = "" if change.claimed else "  (beyond the claim)"
    line = (
        Text(f"  {printable(change.name)}  ")
        .append(change.before, _style(change.before))
        .append(" → ")
    )
    line.append(change.after, _style(change.after))
    return line.append(f"{beyond}  {printable(change.sentence)}")


def _style(status: str) -> str:
    return {str(name): style for name, style in terminal.STYLES.items()}.get(status, "dim")


# -- more than two -----------------------------------------------------------------------------


def _cells(reports: Sequence[Judged]) -> dict[str, list[str]]:
    """Each requirement that any of them judged, with its status in every report."""
    every = {name: [report.status(name) for report in reports] for name in _names(reports)}
    judged = {*GOOD, "error"}
    return {name: statuses for name, statuses in every.items() if judged & {*statuses}}


def _names(reports: Sequence[Judged]) -> list[str]:
    return list(dict.fromkeys(name for report in reports for name in report.rows))


def summary(reports: Sequence[Judged]) -> str:
    """How many rows they disagree about, and how many the grid does not show."""
    cells = _cells(reports)
    differ = wording.count(sum(map(_disagree, cells.values())), "row")
    unseen = wording.count(len(_names(reports)) - len(cells), "row")
    return f"{differ} judged differently (≠), {unseen} judged by none of them and left out."


def _disagree(statuses: Iterable[str]) -> bool:
    """True where reports that could see the row judged it differently."""
    return len({GOOD[status] for status in statuses if status in GOOD}) > 1


def grid(reports: Sequence[Judged]) -> Table:
    """Requirement × deployment for a terminal; rows that differ are marked."""
    table = Table(header_style="bold", box=None, pad_edge=False)
    table.add_column("")
    for report in reports:
        table.add_column(Text(report.label), overflow="fold")
    for name, statuses in _cells(reports).items():
        mark = "≠" if _disagree(statuses) else " "
        cells = (Text(status, _style(status)) for status in statuses)
        table.add_row(Text(f"{mark} {printable(name)}"), *cells)
    return table


def grid_page(reports: Sequence[Judged]) -> str:
    """Requirement × deployment as one self-contained page."""
    from conformance_tests.report.pages import page

    sentences = {name: row["sentence"] for report in reports for name, row in report.rows.items()}
    return page(
        "compare.html.j2",
        reports=reports,
        cells=_cells(reports),
        summary=summary(reports),
        sentences=sentences,
        disagree=_disagree,
        labels={**LABELS, ABSENT: ABSENT},
        signs={**wording.SIGNS, ABSENT: "∅"},
    )
