"""The JUnit report: one suite a group, one case a requirement, `<failure>` in each that is red."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from conformance_tests.printable import printable
from conformance_tests.report import wording
from conformance_tests.report.finding import UNJUDGED, Card
from conformance_tests.report.verdict import Report, Row

BEYOND = "beyond the claim"


def text(report: Report) -> str:
    """The report as XML, for what CI servers read."""
    root = ET.Element("testsuites", name=printable(f"conformance of {report.target.name}"))
    for group in report.target.claims:
        _suite(root, group, [r for r in report.claimed if r.requirement.group == group], report)
    advice = [row for row in report.rows if not row.claimed]
    if advice and not report.terms.claimed_only:
        _suite(root, BEYOND, advice, report)
    if report.complaints:
        _complain(root, report)
    _total(root)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="utf-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _suite(root: ET.Element, name: str, rows: Iterable[Row], report: Report) -> None:
    suite = ET.SubElement(root, "testsuite", name=name)
    suite.set("timestamp", report.run.started.strftime("%Y-%m-%dT%H:%M:%S"))
    for row in rows:
        _case(suite, row, report)
    suite.set("tests", str(len(suite)))
    for count, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(count, str(len(suite.findall(f"testcase/{tag}"))))


def _complain(root: ET.Element, report: Report) -> None:
    suite = ET.SubElement(root, "testsuite", name="known failures", tests="1", failures="1")
    case = ET.SubElement(suite, "testcase", classname="conformance", name="the list is up to date")
    ET.SubElement(case, "failure", type="list", message=printable(" ".join(report.complaints)))


def _total(root: ET.Element) -> None:
    for count in ("tests", "failures", "errors", "skipped"):
        root.set(count, str(sum(int(suite.get(count, "0")) for suite in root)))


def _case(suite: ET.Element, row: Row, report: Report) -> None:
    requirement = row.requirement
    name = f"{requirement.id} {wording.demand(row)}"
    case = ET.SubElement(suite, "testcase", classname=f"conformance.{suite.get('name')}", name=name)
    message = printable(row.detail or row.status)
    if row in report.failed:
        failure = ET.SubElement(case, "failure", type=row.level, message=message)
        failure.text = _full(row)
    elif row.status == "error" and row.claimed:
        ET.SubElement(case, "error", type="suite", message=message).text = _full(row)
    elif row.status in UNJUDGED and row.claimed and not _told_elsewhere(row, report):
        ET.SubElement(case, "error", type=row.status, message=message)
    elif row.status in ("fail", "warn", "error"):
        ET.SubElement(case, "system-out").text = f"{row.status}: {_full(row)}"
    elif row.status != "pass":
        ET.SubElement(case, "skipped", message=f"{row.status}: {message}")


def _told_elsewhere(row: Row, report: Report) -> bool:
    """Whether the row that blocks this one is a failure of the same file."""
    return not {failed.requirement.id for failed in report.failed}.isdisjoint(row.blocked_by)


def _full(row: Row) -> str:
    requirement = row.requirement
    told = [f"{row.level} {requirement.sentence}"]
    told += [block for card in row.cards for block in _blocks(card)] or [row.detail or ""]
    told += [f"likely cause: {requirement.likely_cause}", f"source: {requirement.source}"]
    return printable("\n".join(told))


def _blocks(card: Card) -> list[str]:
    return [
        *([f"case: {card.case}"] if card.case else []),
        *([f"where: {', '.join(card.where)}"] if card.where else []),
        f"expected: {card.expected}",
        f"actual: {card.actual}",
        *(f"{wording.WALK}: {step}" for step in wording.story(card)),
        *card.transcript,
        *(f"{wording.REPRODUCE}: {line}" for line in card.reproduce),
    ]
