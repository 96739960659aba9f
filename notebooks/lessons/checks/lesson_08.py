"""What a tab does while it holds the lock, against a storage and a server that change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from lessons.exercise import Hints, exercise

OVER, AGAIN = "graphql-authorization", "graphql-server-internal-error"
MOST = 3
Answer = tuple[str | None, str | None]
Refreshed = Callable[[str, Callable[[], str | None], Callable[[str], Answer]], str | None]


@dataclass
class Browser:
    """The storage that the tabs share, and the server's answers in their order."""

    stored: str | None
    answers: list[Answer]
    stored_after: dict[int, str] = field(default_factory=dict)
    sent: list[str] = field(default_factory=list)

    def read(self) -> str | None:
        return self.stored

    def send(self, pair: str) -> Answer:
        self.sent.append(pair)
        self.stored = self.stored_after.get(len(self.sent), self.stored)
        return self.answers[min(len(self.sent), len(self.answers)) - 1]


@dataclass(frozen=True)
class Case:
    """A browser, the pair to go on with, what may be sent, and a hint."""

    browser: Callable[[], Browser]
    right: str | None
    sent: list[str]
    hint: str


CASES = (
    Case(lambda: Browser("A", [(None, "B")]), "B", ["A"],
         "Nobody else has refreshed: send A, and go on with the new pair."),
    Case(lambda: Browser("B", [(None, "C")]), "B", [],
         "Another tab has stored B already: use B, and send nothing. A is spent."),
    Case(lambda: Browser(None, [(None, "B")]), None, [],
         "The customer has logged out in another tab: send nothing."),
    Case(lambda: Browser("A", [(OVER, None)]), None, ["A"],
         "A refused refresh means: log in again. Do not send the pair twice."),
    Case(lambda: Browser("A", [(AGAIN, None), (None, "B")]), "B", ["A", "A"],
         '"Try again" means: send it once more, if nobody has stored another pair.'),
    Case(lambda: Browser("A", [(AGAIN, None), (None, "C")], {1: "B"}), "B", ["A"],
         "Between two requests another tab stored B: read before you send again."),
    Case(lambda: Browser("A", [(AGAIN, None)]), None, ["A"] * MOST,
         "Give up after three requests."),
)  # fmt: skip


@exercise
def refreshed(answer: Refreshed) -> Hints:
    """A function of mine, read and send: the pair to go on with, or None."""
    for case in CASES:
        browser = case.browser()
        found = answer("A", browser.read, _limited(browser))
        if browser.sent != case.sent:
            yield f"{case.hint} You sent {browser.sent}, and {case.sent} was right."
        if found != case.right:
            yield f"{case.hint} You returned {found!r}, and {case.right!r} was right."


def _limited(browser: Browser) -> Callable[[str], Answer]:
    """An answer that never gives up must not hang the notebook."""

    def send(pair: str) -> Answer:
        if len(browser.sent) > MOST:
            raise RuntimeError("you sent more than three requests")
        return browser.send(pair)

    return send
