"""What every expectation has in common: `Violation` where something else was found."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from conformance_tests.outcomes import Unseen, Violation

if TYPE_CHECKING:
    from conformance_tests.deployment.deployment import Deployment


class Checks:
    """One test's expectations, with what it could not see, what only warns, and its remarks."""

    def __init__(self, deployment: Deployment) -> None:
        self.unseen_parts: list[Unseen] = []
        self.warnings: list[Violation] = []
        self.remarks: list[str] = []
        self._deployment = deployment

    def that(self, condition: object, expected: str, actual: object) -> None:
        """The condition holds; otherwise the card says what was expected and what was there."""
        if not condition:
            raise Violation(expected, str(actual))

    def equal(self, actual: object, expected: object, what: str) -> None:
        same = actual == expected and type(actual) is type(expected)
        self.that(same, f"{what} to be {expected!r}", f"{actual!r}")

    def between(self, actual: Any, low: float, high: float, what: str) -> None:
        """`low <= actual <= high`, for a number that is not a bool."""
        number = isinstance(actual, (int, float)) and not isinstance(actual, bool)
        inside = number and low <= actual <= high
        self.that(inside, f"{what} to be from {low} to {high}", f"{actual!r}")

    def unseen(self, what: str, capability: str) -> None:
        """Note a part of the requirement that this target does not let the suite see."""
        self.unseen_parts.append(Unseen(what, capability))

    def remark(self, how: str) -> None:
        """Say how the test looked: in the detail of a row that passes, and in the transcript."""
        self.remarks.append(how)
        self._deployment.recorder.note(how)

    def raced(self, rivals: int, where: str, tries: int = 1) -> None:
        """Say how many requests competed, where they met, and how many tries that took."""
        self.remark(f"{rivals} rivals {where}, in {tries} {'try' if tries == 1 else 'tries'}")

    @contextmanager
    def should(self) -> Iterator[None]:
        """A violation in here is a warning: the SHOULD part of a MUST row."""
        try:
            yield
        except Violation as violation:
            self.warnings.append(violation)

    @contextmanager
    def given(self, what: str) -> Iterator[None]:
        """A violation in here says what was presented."""
        try:
            yield
        except Violation as violation:
            violation.expected += f", given {what}"
            raise

    def _sees_rows(self, what: str) -> bool:
        """Whether customers' rows can be looked at.

        What no table shows is noted as unseen, even if development operations show it as it should
        be: they may tell of rows that are not there.
        """
        if self._deployment.table is None:
            self.unseen(what, "table")
        return self._deployment.sees_rows
