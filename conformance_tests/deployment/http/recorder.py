"""One recorder sees all raw traffic, and is the only way from it to anything printed."""

from __future__ import annotations

import re
import shlex
import threading
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from conformance_tests import redaction, strict_json
from conformance_tests.deployment.http.receiving import text_of
from conformance_tests.redaction import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import httpx

#: Request headers that a transcript shows: the rest is the HTTP library's.
SHOWN_HEADERS = ("authorization", "content-type", "accept", "cookie", "upgrade")
#: Answer headers that a transcript shows.
SHOWN_ANSWER_HEADERS = ("content-type", "cache-control", "retry-after", "location", "set-cookie")
#: Keys of an answer whose text is secret, and the name it gets.
SECRET_KEYS = {"token": "access", "refresh_token": "refresh", "refresh_token_hash": "hash"}
#: What stands under such a key in an error: it is not printed, but may be a word like any other.
DOUBTFUL = "doubtful"
#: A refresh token in a request, as a variable or written into the document.
PRESENTED = re.compile(r'refresh_token(?:\\?")?\s*:\s*\\?"([^"\\]+)')
#: A shorter text that is presented as a token is a word and no secret.
SHORTEST_TOKEN = 20
#: So many tokens of one answer are learnt.
MOST_LEARNT: Final = 1000
#: Of each line of a transcript so many characters are shown.
SHOWN_LINE: Final = 2000
#: A transcript has so many characters, those of one run together so many, and each at least these.
SHOWN_TEST: Final = 64_000
SHOWN_RUN: Final = 4_000_000
SHOWN_LEAST: Final = 4_000
#: A longer body is no argument of a command.
SHOWN_ARGUMENT: Final = 8_000
#: So many characters of a body are kept for the judges, and of all bodies of a run together.
KEPT_BODY: Final = 1_000_000
KEPT_RUN: Final = 200_000_000
#: A note begins so that says which fault was set.
FAULT: Final = "fault: "
#: The status line of an exchange begins so where no answer came.
NO_ANSWER: Final = "no answer: "
#: So many exchanges are shown from the beginning of a long test, and as many from its end.
SHOWN_EXCHANGES = 20
#: The exchanges and notes of the test at hand: tests that wait together have one each.
_TRANSCRIPT: ContextVar[list[Exchange | Note]] = ContextVar("transcript")


@dataclass(frozen=True, slots=True, repr=False)
class Exchange:
    """One request and its answer, raw: text that never leaves this module unredacted."""

    request_line: str
    request_headers: tuple[tuple[str, str], ...]
    request_body: str
    status_line: str
    answer_headers: tuple[tuple[str, str], ...] = ()
    answer_body: str = ""
    other_headers: tuple[tuple[str, str], ...] = ()  # of the answer: judged, never shown

    @property
    def answered(self) -> bool:
        """Whether an answer came."""
        return not self.status_line.startswith(NO_ANSWER)

    def lines(self) -> Iterator[str]:
        yield f"> {self.request_line}"
        yield from (f"> {name}: {value}" for name, value in self.request_headers)
        yield f"> {self.request_body}"
        yield f"< {self.status_line}"
        yield from (f"< {name}: {value}" for name, value in self.answer_headers)
        if self.answer_body:
            yield f"< {self.answer_body}"

    def curl(self) -> Iterator[str]:
        """The words of a shell command, not quoted yet."""
        method, _, url = self.request_line.partition(" ")
        yield from ("curl", "-sS", "-X", method, url)
        for name, value in self.request_headers:
            yield from ("-H", f"{name}: {value}")
        if len(self.request_body) > SHOWN_ARGUMENT:
            yield from ("--data-binary", f"@a-file-of-{len(self.request_body)}-characters")
        elif self.request_body:
            yield from ("--data-binary", self.request_body)

    def kept(self, most: int) -> Exchange:
        """The same, its bodies cut to so many characters."""
        if len(self.request_body) + len(self.answer_body) <= most:
            return self
        bodies = (self.request_body[:most], self.answer_body[:most])
        return replace(self, request_body=bodies[0], answer_body=bodies[1])


def exchange_of(sent: httpx.Request, status: str, got: httpx.Response | None = None) -> Exchange:
    """A request and what came of it, as the recorder keeps it."""
    return Exchange(
        request_line=f"{sent.method} {sent.url}",
        request_headers=_some(sent.headers, SHOWN_HEADERS),
        request_body=text_of(sent.content),
        status_line=status,
        answer_headers=_some(got.headers, SHOWN_ANSWER_HEADERS) if got is not None else (),
        answer_body=text_of(got.content) if got is not None else "",
        other_headers=tuple(got.headers.items()) if got is not None else (),
    )


def _some(headers: httpx.Headers, shown: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name, headers[name]) for name in shown if name in headers)


@dataclass(frozen=True, slots=True, repr=False)
class Note:
    """What happened between two exchanges, raw too."""

    text: str

    def lines(self) -> Iterator[str]:
        yield f"* {self.text}"


@dataclass(frozen=True, slots=True)
class Call:
    """One request and its answer, redacted: a step of a script."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str
    answer: str


@dataclass(slots=True, repr=False)
class Recorder:
    """Keeps the exchanges of a run; its redactor learns the secrets met in them."""

    history: list[Exchange] = field(default_factory=list)
    #: How many of them are not kept as a whole.
    cut: int = 0
    redactor: Redactor = field(default_factory=redaction.current)
    _kept: int = 0
    _shown: int = 0
    _scripted: int = 0
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def add_secret(self, kind: str, value: str) -> None:
        """Give a secret its name (`kind#n`), once."""
        self.redactor.add(kind, value)

    def secrets(self, *kinds: str) -> dict[str, str]:
        """Every secret known so far, value to name; only of these kinds, if any are named."""
        return self.redactor.names(*kinds)

    def record(self, exchange: Exchange) -> None:
        self.record_quietly(exchange)
        _TRANSCRIPT.get([]).append(exchange.kept(KEPT_BODY))

    def record_quietly(self, exchange: Exchange) -> None:
        """Keep for the expectations what would be too much for a transcript."""
        self.learn(exchange.answer_body)
        self.learn_presented(exchange)
        with self._lock:
            kept = exchange.kept(KEPT_BODY if self._kept < KEPT_RUN else SHOWN_LINE)
            self._kept += len(kept.request_body) + len(kept.answer_body)
            self.cut += kept is not exchange
            self.history.append(kept)

    def note(self, text: str) -> None:
        """Put a line into this test's transcript; outside a test nobody reads it."""
        _TRANSCRIPT.get([]).append(Note(text))

    def note_fault(self, told: str) -> None:
        """Put the fault that a test sets into its transcript."""
        self.note(f"{FAULT}{told}")

    def learn(self, text: str) -> None:
        """Name the tokens that an answer holds under their own keys."""
        parsed = strict_json.read_or_none(text)
        answers = parsed if isinstance(parsed, list) else [parsed]
        data = [each.pop("data", None) for each in answers if isinstance(each, dict)]
        for key, value in islice(_secret_strings(data), MOST_LEARNT):
            self.add_secret(SECRET_KEYS[key], value)
        for _, value in islice(_secret_strings(answers), MOST_LEARNT):
            self.add_secret(DOUBTFUL, value)

    def learn_presented(self, exchange: Exchange) -> None:
        """Name what a request presents as a token: an altered one shows most of a good one."""
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
        entries = _TRANSCRIPT.get([])
        told = "\n".join(self.redact(line, SHOWN_LINE) for line in _shown(entries)).split("\n")
        room = max(SHOWN_LEAST, min(SHOWN_TEST, SHOWN_RUN - self._shown))
        lines = _ends_of(told, room) if entries else ()
        self._shown += sum(map(len, lines))
        return lines

    def curl(self) -> str | None:
        """This test's last request as a shell command, its secrets left to fill in."""
        exchanges = self.exchanges()
        return self.command(exchanges[-1]) if exchanges else None

    def command(self, exchange: Exchange) -> str:
        """A request as a shell command, its secrets left to fill in."""
        return shlex.join(map(self.redact, exchange.curl()))

    def faults(self) -> Iterator[str]:
        """The faults that this test has set so far."""
        entries = _TRANSCRIPT.get([])
        notes = (entry.text for entry in entries if isinstance(entry, Note))
        return (text for text in dict.fromkeys(notes) if text.startswith(FAULT))

    def steps(self) -> list[Call | str]:
        """This test's calls and notes, redacted; nothing where they are too much to be shown."""
        entries = _TRANSCRIPT.get([])
        size = sum(len(e.request_body) for e in entries if isinstance(e, Exchange))
        if self._scripted + size > SHOWN_RUN or len(entries) > 2 * SHOWN_EXCHANGES:
            return []
        self._scripted += size
        return [self._step(entry) for entry in entries]

    def _step(self, entry: Exchange | Note) -> Call | str:
        redact = self.redact
        if isinstance(entry, Note):
            return redact(entry.text, SHOWN_LINE)
        method, _, url = entry.request_line.partition(" ")
        headers = tuple((name, redact(value)) for name, value in entry.request_headers)
        body, answer = redact(entry.request_body), redact(entry.answer_body)
        return Call(method, redact(url), headers, body, answer)

    def first_unanswered(self, url: str) -> Exchange | None:
        """This test's first request to the address that got no answer."""
        sent = (each for each in self.exchanges() if each.request_line.partition(" ")[2] == url)
        return next((each for each in sent if not each.answered), None)

    def redact(self, text: str, most: int = redaction.LONGEST) -> str:
        """The text with each secret replaced by its name, as far as its first `most` characters."""
        return self.redactor.redact(text, most)


def _ends_of(lines: list[str], room: int) -> tuple[str, ...]:
    """The lines; of more than there is room for, as many of the first and of the last."""
    if sum(map(len, lines)) <= room:
        return tuple(lines)
    first, last = list(_fitting(lines, room // 2)), list(_fitting(reversed(lines), room // 2))
    left_out = len(lines) - len(first) - len(last)
    return (*first, f"… {left_out} lines more …", *reversed(last))


def _fitting(lines: Iterable[str], room: int) -> Iterator[str]:
    for line in lines:
        room -= len(line) + 1
        if room < 0:
            return
        yield line


def _shown(entries: list[Exchange | Note]) -> Iterator[str]:
    """The lines of the first exchanges and of the last, and of the notes among them."""
    places = [place for place, entry in enumerate(entries) if isinstance(entry, Exchange)]
    left_out = len(places) - 2 * SHOWN_EXCHANGES
    hidden = range(places[SHOWN_EXCHANGES], places[-SHOWN_EXCHANGES]) if left_out > 0 else range(0)
    for place, entry in enumerate(entries):
        if place not in hidden:
            yield from entry.lines()
        elif place == hidden.start:
            yield f"… {left_out} exchanges more …"


def _secret_strings(node: object) -> Iterator[tuple[str, str]]:
    return ((key, value) for key, value in _strings(node) if key in SECRET_KEYS)


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
