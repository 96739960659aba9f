"""What a deployment must not disclose: answers and log lines tell nothing of the inside.

A token may stand in an answer under its own name, a hash too where an operation shows rows; and
what a request held itself, its caller knows. Tokens and hashes are known by their usual
shape, and where they have none by every value that the run has met.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from conformance_tests import strict_json
from conformance_tests.deployment.http import leaks
from conformance_tests.deployment.http.leaks import mentions
from conformance_tests.deployment.http.recorder import SHORTEST_TOKEN
from conformance_tests.deployment.log import forms as log_forms
from conformance_tests.expect.base import Checks
from conformance_tests.outcomes import NotTestable

if TYPE_CHECKING:
    from conformance_tests.deployment.deployment import Deployment
    from conformance_tests.deployment.http.answer import Answer
    from conformance_tests.deployment.http.recorder import Exchange, Recorder
    from conformance_tests.deployment.log import RunLog

#: Where a token or a hash may stand in an answer's data.
ITS_OWN_NAME: Final = frozenset({"token", "refresh_token", "refresh_token_hash"})
TOKENS: Final = {
    "an access token": re.compile(r"eyJ[\w-]{5,}\.[\w-]{5,}\.?[\w-]*", re.ASCII),
    "a refresh token or a hash": re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{128}(?![0-9A-Fa-f])"),
}
#: What a known value is called, by the kind that the recorder gave it.
KINDS: Final = {
    "secret": "the secret",
    "password": "a password",
    "access": "an access token",
    "refresh": "a refresh token",
    "hash": "a hash",
    "presented": "a token that was presented before",
}
#: What a stack trace looks like in the languages that such servers are written in.
STACK: Final = re.compile(
    r"Traceback \(most recent call last\)"
    r"|File \"[^\"\n]+\", line \d+"
    r"|^\s*at .*[:(]\S+:\d+(:\d+)?\)?$"
    r"|node_modules[/\\]"
    r"|goroutine \d+ \[",
    re.MULTILINE,
)
STORAGE: Final = re.compile(
    r"dynamo ?db|boto(core|3)|aws-sdk|amazonaws|com\.amazon|\barn:aws"
    r"|(ResourceNotFound|AccessDenied|ConditionalCheckFailed|TransactionCanceled"
    r"|ProvisionedThroughputExceeded|UnrecognizedClient|ValidationException)"
    r"|\b(Get|Put|Update|Delete|BatchGet|BatchWrite|TransactGet|TransactWrite)Items?\b",
    re.IGNORECASE,
)


class Disclosure(Checks):
    """Expectations of what answers and log lines must not disclose."""

    def leaks_nothing(self, exchanges: Iterable[Exchange], *planted: str) -> None:
        """No answer holds what is secret, nor what only the inside knows, nor a planted text."""
        guarded = Guarded.by(self._deployment.recorder)
        for exchange in exchanges:
            found = sorted(set(_leaks(self._deployment, exchange, guarded, planted)))
            answer = f"{exchange.status_line}, {exchange.answer_body[:500]}"
            where = f"{exchange.request_line}{self._whose(exchange)}"
            actual = f"{', '.join(found)} in {where}: {answer}"
            self.that(not found, "answers that tell nothing of the inside", actual)

    def _whose(self, exchange: Exchange) -> str:
        """Which instance answered, where it was not the target's own."""
        target = self._deployment.target
        url = exchange.request_line.partition(" ")[2].partition("?")[0]
        known = {one.url: f" (the {name} instance)" for name, one in target.instances.items()}
        return "" if url == target.url else known.get(url, " (an instance that [launch] started)")

    def repeats_nothing(
        self, sent: Mapping[str, str], asks: Iterable[Callable[[], Answer]]
    ) -> None:
        """None of the answers to these requests holds what was sent, by the kind of each."""
        recorder = self._deployment.recorder
        for kind, text in sent.items():
            recorder.add_secret(kind, text)
        for ask in asks:
            answer = ask()
            held = [KINDS[kind] for kind, text in sent.items() if leaks.reveals(answer.text, text)]
            expected = "an answer that repeats nothing of what it refuses"
            self.that(not held, expected, f"{', '.join(held)} in {answer.brief()}")

    def no_store(self, exchanges: Iterable[Exchange]) -> int:
        """Every answer that carries tokens forbids to store it; gives how many there were."""
        carrying = [exchange for exchange in exchanges if _carries_tokens(exchange)]
        for exchange in carrying:
            directives = dict(exchange.answer_headers).get("cache-control", "")
            forbidden = "no-store" in {part.strip().lower() for part in directives.split(",")}
            expected = "Cache-Control: no-store on an answer that carries tokens"
            actual = f"Cache-Control: {directives}" if directives else "no Cache-Control"
            self.that(forbidden, expected, actual)
        return len(carrying)

    def no_secret_logged(self, run_log: RunLog) -> None:
        """No line that was written in this run holds a password, a token, a hash or the secret."""
        logged = run_log.read().lines
        lines = (*logged, *run_log.read_started().lines)
        text = "\n".join(lines)
        found = [what for what, shape in TOKENS.items() if shape.search(text)]
        kinds = ("secret", "password", "access", "refresh", "hash")
        known = self._deployment.recorder.secrets(*kinds)
        shapeless = {value: name for value, name in known.items() if not _has_shape(value)}
        found += [
            name for v, name in shapeless.items() if v and leaks.contains(text, v, log_forms(v))
        ]
        expected = "no password, token, hash or secret in the log"
        self.that(not found, expected, f"{', '.join(found)} in {len(lines)} lines")
        if not logged:
            nothing = "nothing was written to the log in this run; check [log] file"
            raise NotTestable("log", nothing)


@dataclass(frozen=True, slots=True, repr=False)
class Guarded:
    """The secret values that no answer may hold; quick for very many answers."""

    words: Mapping[str, str]  # the secret and the passwords: few, and perhaps short
    tokens: leaks.SecretFinder
    _seen: dict[str, dict[str, str]] = field(default_factory=dict)

    @classmethod
    def by(cls, recorder: Recorder) -> Guarded:
        """All secrets that the run has met so far."""
        tokens = recorder.secrets("access", "refresh", "hash", "presented")
        long = {value: name for value, name in tokens.items() if len(value) >= SHORTEST_TOKEN}
        return cls(recorder.secrets("secret", "password"), leaks.SecretFinder(long))

    def within(self, text: str) -> dict[str, str]:
        """Those that the text holds, value to name; many answers are the same text."""
        if text not in self._seen:
            words = {v: name for v, name in self.words.items() if _says(text, v)}
            self._seen[text] = words | self.tokens.within(text)
        return self._seen[text]


def _says(text: str, word: str) -> bool:
    return bool(word) and leaks.contains(text, word, leaks.forms(word))


def _leaks(
    deployment: Deployment,
    exchange: Exchange,
    guarded: Guarded,
    planted: Iterable[str],
) -> Iterator[str]:
    data, complaint = _texts_of(exchange)
    pieces = [*map(": ".join, exchange.other_headers), data, complaint]
    everything = "\n".join(pieces)
    asked = f"{exchange.request_line} {exchange.request_headers} {exchange.request_body}"
    for what, shape in TOKENS.items():
        if any(hit.group() not in asked for hit in shape.finditer(everything)):
            yield what
    for value, name in {k: v for piece in pieces for k, v in guarded.within(piece).items()}.items():
        if not _known_to_caller(value, asked, exchange.answer_body):
            yield KINDS[name.partition("#")[0]]
    if STACK.search(everything):
        yield "a stack trace"
    if STORAGE.search(complaint) or any(text in everything for text in planted):
        yield "the storage's own words"
    table = deployment.target.table
    if table is not None and _names_table(complaint, table.name):
        yield "the table's name"


def _known_to_caller(value: str, asked: str, answer_body: str) -> bool:
    """Whether the caller knows it: it was in the request, or is given under its own name."""
    return any(form in asked for form in log_forms(value)) or value in _given(answer_body)


def _given(answer_body: str) -> set[str]:
    """What an answer's data gives under its own name."""
    body = strict_json.read_or_none(answer_body)
    answers = body if isinstance(body, list) else [body]
    pending = [each.get("data") for each in answers if isinstance(each, dict)]
    given = set()
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            given |= {node[name] for name in ITS_OWN_NAME & node.keys() if type(node[name]) is str}
            pending.extend(node.values())
        elif isinstance(node, list):
            pending.extend(node)
    return given


def _texts_of(exchange: Exchange) -> tuple[str, str]:
    """An answer's data, without what stands under its own name, and its errors."""
    try:
        body = strict_json.read(exchange.answer_body)
    except ValueError:
        page = exchange.answer_body
        return (page, "") if exchange.status_line.startswith("HTTP 2") else ("", page)
    answers = body if isinstance(body, list) else [body]
    data = [each.pop("data", None) for each in answers if isinstance(each, dict)]
    return "\n".join(_texts(data, ITS_OWN_NAME)), "\n".join(_texts(answers))


def _texts(node: Any, hidden: frozenset[str] = frozenset()) -> Iterator[str]:
    """Every key and text of a JSON value, but for what stands under the hidden names."""
    pending = [node]
    while pending:
        node = pending.pop()
        if isinstance(node, dict):
            pending.extend(value for name, value in node.items() if name not in hidden)
            yield from node
        elif isinstance(node, list):
            pending.extend(node)
        elif isinstance(node, str):
            yield node


def _names_table(text: str, table: str) -> bool:
    """Whether a table's name stands alone; a plain word must follow `table`, or be quoted."""
    if not table.isalpha():
        return mentions(text, table)
    return (
        re.search(rf"table\W{{1,3}}{table}\b|[\"'`]{table}[\"'`]", text, re.IGNORECASE) is not None
    )


def _carries_tokens(exchange: Exchange) -> bool:
    body = strict_json.read_or_none(exchange.answer_body)
    data = body.get("data") if isinstance(body, dict) else None
    values = data.values() if isinstance(data, dict) else ()
    return any(isinstance(value, dict) and value.get("token") for value in values)


def _has_shape(secret: str) -> bool:
    """Whether it is found by its form already."""
    return any(shape.fullmatch(secret) for shape in TOKENS.values())
