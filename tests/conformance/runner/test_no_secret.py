"""A run over a broken deployment tells no secret that it met, in whatever form it tells."""

from __future__ import annotations

import dataclasses
import io
from dataclasses import replace
from typing import Any

import pytest

from conformance_tests.commands import run as running
from conformance_tests.deployment import opening
from conformance_tests.deployment.http.recorder import Recorder
from conformance_tests.embedded import boot
from conformance_tests.redaction import Redactor
from conformance_tests.report import terminal, verdict
from conformance_tests.report.finding import Card, Finding
from conformance_tests.runner.findings import redacted_again
from conformance_tests.runner.options import Options
from conformance_tests.runner.run import run_suite
from reference_auth.core import tokens
from reference_auth.store import items
from reference_auth.store.sessions import Sessions

#: Rows whose cards speak of tokens, rows, hashes and answers.
ROWS = ("WIRE-01", "STORE-03", "STORE-04", "STORE-07", "CORE-05", "CORE-16", "CORE-23")


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Padded tokens, a debug attribute with an e-mail, and spent rows that stay."""
    mint, row_item, rotate = tokens.mint, items.row_item, Sessions.rotate

    async def rotate_and_keep(self: Sessions, old: Any, new: Any, tombstone: Any) -> None:
        await rotate(self, old, new, tombstone)
        await self.put(old)

    debug = {"debug": {"S": "alice@example.com"}, "ttl": {"N": "7"}}
    monkeypatch.setattr(tokens, "mint", lambda *given: f"{mint(*given)}=")
    monkeypatch.setattr(tokens, "is_compact", lambda token: True)
    monkeypatch.setattr(items, "row_item", lambda row: {**row_item(row), **debug})
    monkeypatch.setattr(Sessions, "rotate", rotate_and_keep)


@pytest.mark.usefixtures("broken")
def test_no_report_of_a_run_holds_a_secret(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Every token, hash, password and the secret of a run, looked for in all that it says."""
    recorders: list[Recorder] = []

    def recorder() -> Recorder:
        recorders.append(Recorder())
        return recorders[-1]

    monkeypatch.setattr(opening, "Recorder", recorder)
    with boot.embedded_reference(over_http=False) as (target, wiring):
        asked = Options(only=ROWS, pytest_args=("-rA", "-v", "--tb=long"))
        found = run_suite(target, asked, wiring=wiring)
    failed = {finding.requirement for finding in found.findings if finding.status == "fail"}
    assert failed >= {"WIRE-01", "STORE-03", "STORE-04", "STORE-07"}

    report = verdict.judge(target, found)
    page = io.StringIO()
    terminal.show(report, terminal.console(file=page))
    shown = capfd.readouterr()
    told = {form: text(report) for form, text in running.FORMS.items()}
    told |= {"terminal": page.getvalue(), "stdout": shown.out, "stderr": shown.err}
    told["findings"] = repr([dataclasses.asdict(finding) for finding in found.findings])
    told["target"] = repr(target)

    secrets = {word for one in recorders for word in one.secrets() if len(word) >= 8}
    assert target.secret in secrets
    assert len(secrets) > 30
    for name, text in told.items():
        leaks = [secret[:6] for secret in secrets if secret in text]
        assert not leaks, f"{name} holds {leaks}"
    assert "<access#" in told["html"].replace("&lt;", "<")


def test_what_is_learnt_after_a_test_is_taken_out_of_its_card() -> None:
    """Another test's token, told to this one before the other had its answer; split over lines."""
    redactor, token = Redactor(), "opaque.00000024+/~000000190056"
    half = len(token) // 2
    card = Card("a pair", f"sent {token}", ("> POST", f"< {token[:half]}", token[half:], "< end"))
    found = Finding("CORE-05", "fail", card=replace(card, reproduce=(token,), script=f"# {token}"))
    redactor.add("refresh", token)
    safe = redacted_again(found, redactor).card
    assert safe is not None
    assert safe.actual == "sent <refresh#1>"
    assert (safe.reproduce, safe.script) == (("<refresh#1>",), "# <refresh#1>")
    assert safe.transcript == ("> POST", "< <refresh#1>", "< end")
