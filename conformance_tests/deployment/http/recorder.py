"""One recorder sees all raw traffic, and is the only way from it to anything printed.

A secret is known by its value and printed by its name: the second refresh token that a run meets is
`refresh#2` wherever it turns up, so equality stays visible and the token does not.
"""

from __future__ import annotations

import json
import re
import shlex
import threading
from collections import Counter
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Shapes that are secret even where nobody introduced the value.
SECRET_SHAPES = {
    "jwt": re.compile(r"eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]*\.?[A-Za-z0-9_=-]*"),
    "hex": re.compile(r"\b[0-9a-fA-F]{64,}\b"),
}
#: Keys of an answer whose text is secret, and the name it gets.
SECRET_KEYS = {"token": "access", "refresh_token": "refresh", "refresh_token_hash": "hash"}
#: What stands under such a key in an error: it is not printed, but may be a word like any other.
DOUBTFUL = "doubtful"
#: A refresh token in a request, as a variable or written into the document.
PRESENTED = re.compile(r'refresh_token(?:\\?")?\s*:\s*\\?"([^"\\]+)')
#: A shorter text that is presented as a token is a word, and no secret.
SHORTEST_TOKEN = 20
SHOWN_BODY = 2000
#: So many exchanges are shown from the beginning of a long test, and as many from its end.
SHOWN_EXCHANGES = 20
#: The exchanges and notes of the test at hand: tests that wait together have one each.
_TRANSCRIPT: ContextVar[list[Exchange | Note]] = ContextVar("transcript")


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its answer, raw: text that never leaves this module unredacted."""

    request_line: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: str
    status_line: str
    answer_headers: tuple[tuple[str, str], ...] = ()
    answer_body: str = ""
    other_headers: tuple[tuple[str, str], ...] = ()  # of the answer: judged, never shown

    def lines(self) -> Iterator[str]:
        yield f"> {self.request_line}"
        yield from (f"> {name}: {value}" for name, value in self.request_headers)
        yield f"> {self.request_body}"
        yield f"< {self.status_line}"
        yield from (f"< {name}: {value}" for name, value in self.answer_headers)
        if self.answer_body:
            yield f"< {self.answer_body}"

    def curl(self) -> str:
        method, _, url = self.request_line.partition(" ")
        words = ["curl", "-sS", "-X", method, url]
        for name, value in self.request_headers:
            words += ["-H", f"{name}: {value}"]
        if self.request_body:
            words += ["--data-binary", self.request_body]
        return shlex.join(words)


@dataclass(frozen=True, slots=True)
class Note:
    """What happened between two exchanges, raw too."""

    text: str

    def lines(self) -> Iterator[str]:
        yield f"* {self.text}"


@dataclass(slots=True)
class Recorder:
    """Keeps the exchanges of a run, and the names of the secrets met in it."""

    history: list[Exchange] = field(default_factory=list)
    _names: dict[str, str] = field(default_factory=dict)
    #: The same by each form in which a secret may be printed: as it is, and within JSON.
    _printed: dict[str, str] = field(default_factory=dict)
    _counts: Counter[str] = field(default_factory=Counter)
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def add_secret(self, kind: str, value: str) -> None:
        """Give a secret its name (`kind#n`), once."""
        with self._lock:
            if value and value not in self._names:
                self._counts[kind] += 1
                self._names[value] = name = f"{kind}#{self._counts[kind]}"
                self._printed |= {value: name, json.dumps(value)[1:-1]: name}

    def secrets(self, *kinds: str) -> dict[str, str]:
        """Every secret known so far, value to name; only of these kinds, if any are named."""
        with self._lock:
            named = dict(self._names)
        return {v: n for v, n in named.items() if not kinds or n.split("#")[0] in kinds}

    def record(self, exchange: Exchange) -> None:
        with self._lock:
            self.record_quietly(exchange)
            _TRANSCRIPT.get([]).append(exchange)

    def record_quietly(self, exchange: Exchange) -> None:
        """Keep for the judges what would only crowd a transcript."""
        with self._lock:
            self.learn(exchange.answer_body)
            self.learn_presented(exchange)
            self.history.append(exchange)

    def note(self, text: str) -> None:
        """Put a line into this test's transcript; outside a test nobody reads it."""
        _TRANSCRIPT.get([]).append(Note(text))

    def learn(self, text: str) -> None:
        """Name the tokens that an answer holds under their own keys."""
        try:
            parsed = json.loads(text)
        except (ValueError, RecursionError):
            return
        answers = parsed if isinstance(parsed, list) else [parsed]
        data = [each.pop("data", None) for each in answers if isinstance(each, dict)]
        for key, value in _strings(data):
            if key in SECRET_KEYS:
                self.add_secret(SECRET_KEYS[key], value)
        for key, value in _strings(answers):
            if key in SECRET_KEYS:
                self.add_secret(DOUBTFUL, value)

    def learn_presented(self, exchange: Exchange) -> None:
        """Name what a request presents as a token: a spoiled one still tells most of a good one."""
        headers = dict(exchange.request_headers)
        bearer = headers.get("authorization", "").split()[-1:]
        for token in (*bearer, *PRESENTED.findall(exchange.request_body)):
            if len(token) >= SHORTEST_TOKEN:
                self.add_secret("presented", token)

    def start_test(self) -> None:
        """A test begins: its transcript is what is recorded from here on."""
        _TRANSCRIPT.set([])

    def exchanges(self) -> list[Exchange]:
        """This test's exchanges, raw: for judging, not for printing."""
        return [entry for entry in _TRANSCRIPT.get([]) if isinstance(entry, Exchange)]

    def transcript(self) -> tuple[str, ...]:
        """What this test did as lines that are safe to print, the middle of much left out."""
        lines = list(_told(_TRANSCRIPT.get([])))
        if not lines:
            return ()
        # In one piece, so that each of a long run's many secrets is looked for only once.
        return tuple(shorten(line) for line in self.redact("\n".join(lines)).split("\n"))

    def curl(self) -> str | None:
        """This test's last request as a shell command, its secrets left to fill in."""
        exchanges = self.exchanges()
        return self.redact(exchanges[-1].curl()) if exchanges else None

    def redact(self, text: str) -> str:
        """The text with each secret replaced by its name."""
        with self._lock:
            for kind, shape in SECRET_SHAPES.items():
                for found in shape.findall(text):
                    if not any(found == known or known in found for known in self._names):
                        self.add_secret(kind, found)
            for form in sorted(self._printed, key=len, reverse=True):
                text = text.replace(form, f"<{self._printed[form]}>")
        for kind, shape in SECRET_SHAPES.items():
            text = shape.sub(f"<{kind}>", text)
        return text


def _told(entries: list[Exchange | Note]) -> Iterator[str]:
    """The lines of the first exchanges and of the last, and of the notes among them."""
    places = [place for place, entry in enumerate(entries) if isinstance(entry, Exchange)]
    left_out = len(places) - 2 * SHOWN_EXCHANGES
    hidden = range(places[SHOWN_EXCHANGES], places[-SHOWN_EXCHANGES]) if left_out > 0 else range(0)
    for place, entry in enumerate(entries):
        if place not in hidden:
            yield from entry.lines()
        elif place == hidden.start:
            yield f"… {left_out} exchanges more …"


def shorten(line: str) -> str:
    """The line, cut where an answer is a whole page."""
    spare = len(line) - SHOWN_BODY
    return line if spare <= 0 else f"{line[:SHOWN_BODY]}… ({spare} characters more)"


def _strings(node: object, key: str = "") -> Iterator[tuple[str, str]]:
    pending: list[tuple[str, object]] = [(key, node)]
    while pending:
        name, value = pending.pop()
        if isinstance(value, str):
            yield name, value
        elif isinstance(value, dict):
            pending.extend((str(k), v) for k, v in value.items())
        elif isinstance(value, list):
            pending.extend((name, v) for v in value)
