"""The JSON report: the contract that other programs read, published as `schema.json`."""

from __future__ import annotations

import json
from dataclasses import asdict
from importlib import resources
from typing import Any, Final

from conformance_tests import __version__
from conformance_tests.printable import printable
from conformance_tests.report import wording
from conformance_tests.report.verdict import Report, Row
from conformance_tests.requirements import VERSION

SCHEMA_VERSION: Final = 1


def text(report: Report) -> str:
    """The report as indented JSON, with a line end."""
    written = json.dumps(document(report), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    return "".join(map(_shown, written))


def _shown(char: str) -> str:
    """The character, or its escape where a terminal obeys it; what no text can hold is named."""
    if char == "\n" or char.isprintable():
        return char
    return json.dumps(printable(char) if "\ud800" <= char <= "\udfff" else char)[1:-1]


def document(report: Report) -> dict[str, Any]:
    """The report as the published schema describes it."""
    return {
        "schema_version": SCHEMA_VERSION,
        "suite": {"version": __version__, "requirements": VERSION},
        "target": _target(report),
        "run": _run(report),
        "verdict": _verdict(report),
        "requirements": [_row(row) for row in report.rows],
    }


def schema() -> dict[str, Any]:
    """The published JSON Schema of this report."""
    source = resources.files("conformance_tests.report").joinpath("schema.json")
    published: dict[str, Any] = json.loads(source.read_text(encoding="utf-8"))
    return published


def _target(report: Report) -> dict[str, Any]:
    target = report.target
    return {
        "name": target.name,
        "version": target.version,
        "url": target.url,
        "environment": target.environment,
        "profile": target.profile,
        "claims": list(target.claims),
    }


def _run(report: Report) -> dict[str, Any]:
    run = report.run
    return {
        "started": run.started.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "duration_s": round(run.duration_s, 1),
        "clock": run.clock,
        "skew_s": run.skew_s if run.skew_s is None else round(run.skew_s, 1),
        "incomplete": report.incomplete,
        "stopped": wording.stopped(report),
        "command": run.command,
        "walks": run.walked and asdict(run.walked),
    }


def _verdict(report: Report) -> dict[str, Any]:
    return {
        "conformant": report.conformant,
        "partial": report.partial,
        "exit": report.exit,
        "sentence": wording.sentence(report),
        "complaints": list(report.complaints),
        "groups": report.groups,
    }


def _row(row: Row) -> dict[str, Any]:
    requirement = row.requirement
    return {
        "id": requirement.id,
        "group": requirement.group,
        "level": row.level,
        "claimed": row.claimed,
        "sentence": requirement.sentence,
        "status": row.status,
        "detail": row.detail,
        "blocked_by": list(row.blocked_by),
        "cards": [asdict(card) for card in row.cards],
        "tests": list(row.tests),
    }
