"""Text without its secrets: the one redaction, which knows each secret in every form.

A secret is known by its value and printed by its name: the second refresh token that a run meets is
`<refresh#2>` wherever it turns up, so equality stays visible and the token does not.

A text is read once, whatever it holds. Its letters and digits are compared after escapes of JSON,
percent, HTML and the shell are undone, whatever stands between them is dropped, and case is folded:
so quoting, nesting and line breaks hide nothing. A secret with few letters and digits is looked for
sign by sign, each in every way in which it may be spelled.
"""

from __future__ import annotations

import base64
import html
import json
import os
import re
import threading
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache, lru_cache
from html.entities import html5
from typing import Final, NamedTuple
from urllib.parse import quote, quote_plus

#: Shapes that are secret even where nobody introduced the value: each run is read once.
_HEX: Final = re.compile(r"(?<![0-9a-fA-F])[0-9a-fA-F]{64,}+")
_DOTTED: Final = re.compile(r"(?<![\w=-])[\w=-]++(?:\.[\w=-]*+){1,4}", re.ASCII)
_JWT: Final = re.compile(r"eyJ[\w-]{5}", re.ASCII)
#: What may be bytes in hexadecimal digits.
_BYTES: Final = re.compile(r"(?:[0-9a-fA-F]{2}){16,}")
#: So many letters and digits of a secret are never in a text by chance.
SURE: Final = 8
#: A shorter secret than this is not looked for: every text holds it.
SHORTEST: Final = 3
#: So many characters of one text are read; the rest is left out, and the text says so.
LONGEST: Final = 1_000_000
#: Of a sentence so many are shown: a deployment may have made it as long as it likes.
SHOWN: Final = 2000
#: A secret that begins before a cut is found as a whole within so many characters behind it.
BEHIND: Final = 4096
#: Kinds of what the user gave: few, perhaps short, and looked for in each form by itself too.
GIVEN: Final = frozenset({"secret", "password", "header", "credential"})
#: So many short values that an answer gives under a token's key are looked for: they are words.
MOST_WORDS: Final = 500
#: AWS makes longer ones; what an emulator is given is a word.
SHORTEST_CREDENTIAL: Final = 16

_ESCAPE: Final = re.compile(
    r"\x1b\[[0-9;?]*[A-Za-z]"  # a terminal's colour
    r"|\\++(?:u\{(?P<braced>[0-9a-fA-F]{1,6})\}|u(?P<code>[0-9a-fA-F]{4})"
    r"|U(?P<long>[0-9a-fA-F]{8})|x(?P<byte>[0-9a-fA-F]{2})|[abfnrtv0])?"
    r"|(?P<percent>(?:%(?:25)*[0-9a-fA-F]{2})+)"
    r"|&(?:amp;)*(?P<entity>\#[0-9]{1,7}|\#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});"
    r"|(?P<plain>[0-9A-Za-z]+)"
    r"|(?P<other>[^\x00-\x7f])"
)
#: What some writers of JSON escape besides.
_MARKUP: Final = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}
_PERCENT: Final = re.compile(r"%(?:25)*([0-9a-fA-F]{2})")

#: What the shell, JSON and Python put before and around a sign that they quote.
QUOTING: Final = "'\"\\"

# Each of these signs may be spelled itself; within one, repetitions are bounded: an answer may be
# all of them.
_PERCENT_SIGN: Final = "%(?:25){0,8}"
_SEMICOLON: Final = f"(?:;|{_PERCENT_SIGN}3B)"
_NUMBER_SIGN: Final = f"(?:#|{_PERCENT_SIGN}23)"
_AMPERSAND: Final = f"(?:&|{_PERCENT_SIGN}26|u0026)(?:amp{_SEMICOLON}){{0,8}}"
_BACKSLASHES: Final = rf"(?:\\|{_PERCENT_SIGN}5C)+"
_AFTER_BACKSLASH: Final = r"(?<=[\\Cc])"  # or after %5C
_LETTERS: Final = dict(zip("\a\b\f\n\r\t\v", "abfnrtv", strict=True))


class Piece(NamedTuple):
    """A part of a skeleton: where it begins there, and which characters of the text it stands for.

    A piece that was escaped stands for all of them at once.
    """

    place: int
    start: int
    end: int
    whole: bool


class Span(NamedTuple):
    """A part of a text that is secret, and the name to print in its place."""

    start: int
    end: int
    name: str


class Skeleton:
    """The letters and digits of a text, unescaped and in one case, and where each was."""

    def __init__(self, text: str) -> None:
        parts: list[str] = []
        self._pieces: list[Piece] = []
        length = 0
        for found in _ESCAPE.finditer(text):
            plain = found["plain"]
            letters = plain.lower() if plain is not None else _unescaped(found)
            if letters:
                self._pieces.append(Piece(length, found.start(), found.end(), plain is None))
                parts.append(letters)
                length += len(letters)
        self.text = "".join(parts)
        self._places = [piece.place for piece in self._pieces]

    def span(self, start: int, end: int, name: str) -> Span:
        """The characters of the text that these of the skeleton stand for."""
        first, last = self._piece(start), self._piece(end - 1)
        begins = first.start if first.whole else first.start + start - first.place
        ends = last.end if last.whole else last.start + end - last.place
        return Span(begins, ends, name)

    def _piece(self, place: int) -> Piece:
        return self._pieces[bisect_right(self._places, place) - 1]


def _unescaped(found: re.Match[str]) -> str:
    """The letters and digits that an escape or a character beyond ASCII stands for."""
    if found["other"] is not None:
        return _folded(found["other"])
    if found["percent"] is not None:
        raw = bytes(int(code, 16) for code in _PERCENT.findall(found["percent"]))
        return _folded_all(_decoded(raw))
    if found["entity"] is not None:
        return _folded_all(html.unescape(f"&{found['entity']};"))
    code = found["braced"] or found["code"] or found["long"] or found["byte"]
    return _folded(chr(int(code, 16))) if code and int(code, 16) < 0x110000 else ""


def _decoded(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _folded_all(text: str) -> str:
    return "".join(map(_folded, text))


@lru_cache(maxsize=4096)
def _folded(char: str) -> str:
    """A character's letters and digits, without accents and in one case; none beyond U+FFFF."""
    if ord(char) > 0xFFFF:  # JSON writes it as two surrogates, which are no letters
        return ""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).upper().casefold())
    return "".join(each for each in apart if each.isalnum())


class Redactor:
    """Knows the secrets of a run, and takes them out of whatever is told."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._counts: Counter[str] = Counter()
        #: Skeletons by their last letters, then by their length.
        self._ends: dict[str, dict[int, dict[str, str]]] = {}
        #: Forms of secrets by their first letters, in lower case; the longest come first.
        self._forms: dict[str, dict[str, str]] = {}
        #: Secrets of few letters and digits, however they are spelled.
        self._spellings: list[tuple[re.Pattern[str], str]] = []
        self._words = 0
        self._lock = threading.RLock()

    # -- what is secret ------------------------------------------------------------------------

    def add(self, kind: str, value: str) -> None:
        """Give a secret its name (`kind#n`), once."""
        with self._lock:
            if not value or value in self._names:
                return
            name = self._new_name(kind, value)
            for form in (value, *encoded(value)):
                self._look_for_letters(Skeleton(form).text, name)
            few = len(Skeleton(value).text) < SURE
            if kind in GIVEN:
                self._look_for(forms(value), name)
                if few and len(value) >= SHORTEST:
                    self._spellings.append((spellings(value), name))
            elif few and self._words < MOST_WORDS:
                self._words += 1
                self._look_for({value, json.dumps(value)[1:-1]}, name)

    def add_given(self, secrets: Iterable[tuple[str, str]]) -> None:
        """Name what was given to a command: these values by kind, and its AWS credentials."""
        for kind, value in secrets:
            self.add(kind, value)
        for name in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            if len(value := os.environ.get(name, "")) >= SHORTEST_CREDENTIAL:
                self.add("credential", value)

    def _new_name(self, kind: str, value: str) -> str:
        self._counts[kind] += 1
        self._names[value] = name = f"{kind}#{self._counts[kind]}"
        return name

    def _look_for_letters(self, letters: str, name: str) -> None:
        if len(letters) >= SURE:
            by_length = self._ends.setdefault(letters[-SURE:], {})
            by_length.setdefault(len(letters), {}).setdefault(letters, name)

    def _look_for(self, written: Iterable[str], name: str) -> None:
        for form in written:
            folded = form.lower()
            if len(folded) >= SHORTEST:
                alike = self._forms.setdefault(folded[:SHORTEST], {})
                alike.setdefault(folded, name)
                longest_first = sorted(alike.items(), key=lambda each: -len(each[0]))
                self._forms[folded[:SHORTEST]] = dict(longest_first)

    def names(self, *kinds: str) -> dict[str, str]:
        """Every secret known so far, value to name; only of these kinds, if any are named."""
        with self._lock:
            named = dict(self._names)
        return {v: n for v, n in named.items() if not kinds or _kind(n) in kinds}

    # -- a text without it ---------------------------------------------------------------------

    def redact(self, text: str, most: int = LONGEST) -> str:
        """The text with each secret replaced by its name, as far as its first `most` characters.

        text: what a deployment said, or a sentence about it.
        """
        read = text[: most + BEHIND]
        spans = self._spans(read)
        return _replaced(read, spans, most, len(text))

    def redact_printed(self, text: str) -> str:
        """What the suite has worded and laid out, without what the user gave and by its shape.

        A short secret that could stand there by chance stays: a hole in the place of a word would
        tell that it is the secret. Nor does a deployment make the holes, by the tokens it gives.
        """
        spans = [span for span in self._spans(text) if _kind(span.name) in (*GIVEN, "jwt", "hex")]
        sure = [span for span in spans if span.end - span.start >= SURE]
        return _replaced(text, sure, len(text), len(text))

    def _spans(self, text: str) -> list[Span]:
        """Everything secret in the text, in no order; parts may overlap."""
        with self._lock:
            return [
                *self._of_skeletons(Skeleton(text)),
                *self._of_forms(text),
                *self._of_spellings(text),
                *self._of_shapes(text),
            ]

    def _of_skeletons(self, skeleton: Skeleton) -> Iterator[Span]:
        letters, ends = skeleton.text, self._ends
        for end in range(SURE, len(letters) + 1):
            by_length = ends.get(letters[end - SURE : end])
            for length, alike in by_length.items() if by_length else ():
                name = alike.get(letters[end - length : end]) if length <= end else None
                if name is not None:
                    yield skeleton.span(end - length, end, name)

    def _of_forms(self, text: str) -> Iterator[Span]:
        if not self._forms:
            return
        folded = text.lower()
        if len(folded) != len(text):  # a letter that is two in lower case: places would shift
            folded = "".join(low if len(low := char.lower()) == 1 else char for char in text)
        for start in range(len(folded) - SHORTEST + 1):
            for form, name in self._forms.get(folded[start : start + SHORTEST], {}).items():
                if folded.startswith(form, start):
                    yield Span(start, start + len(form), name)
                    break

    def _of_spellings(self, text: str) -> Iterator[Span]:
        for spelling, name in self._spellings:
            for found in spelling.finditer(text):
                yield Span(found.start(), found.end(), name)

    def _of_shapes(self, text: str) -> Iterator[Span]:
        for found in _HEX.finditer(text):
            yield Span(found.start(), found.end(), self._name_of("hex", found.group()))
        for found in _DOTTED.finditer(text):
            if begins := _JWT.search(found.group()):
                token = found.group()[begins.start() :]
                yield Span(found.start() + begins.start(), found.end(), self._name_of("jwt", token))

    def _name_of(self, kind: str, value: str) -> str:
        """The name of a text that has the shape of a secret: it gets one where it has none."""
        return self._names.get(value) or self._new_name(kind, value)


def _kind(name: str) -> str:
    return name.partition("#")[0]


def _replaced(text: str, spans: Iterable[Span], most: int, length: int) -> str:
    """The first `most` characters with names for the spans, and how many of `length` are left."""
    parts, done = [], 0
    for span in _merged(spans):
        if span.start >= most:
            break
        parts += [text[done : span.start], f"<{span.name}>"]
        done = span.end
    parts.append(text[done : max(done, most)])
    left_out = length - max(done, most)
    return "".join(parts) + (f"… ({left_out} characters more)" if left_out > 0 else "")


def _merged(spans: Iterable[Span]) -> list[Span]:
    """The spans in order, those that overlap as one by the name of the longest."""
    merged: list[Span] = []
    longest = 0
    for span in sorted(spans, key=lambda each: (each.start, -each.end)):
        length = span.end - span.start
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            name = span.name if length > longest else last.name
            merged[-1] = Span(last.start, max(last.end, span.end), name)
            longest = max(longest, length)
        else:
            merged.append(span)
            longest = length
    return merged


# -- the redactor of a command -----------------------------------------------------------------

_current: list[Redactor] = []


def current() -> Redactor:
    """The redactor of the command at hand; outside of any, a new one."""
    return _current[-1] if _current else Redactor()


@contextmanager
def of_a_command() -> Iterator[Redactor]:
    """While this lasts, all that is learnt goes into one redactor, and all output through it."""
    _current.append(Redactor())
    try:
        yield _current[-1]
    finally:
        _current.pop()


# -- forms -------------------------------------------------------------------------------------


def forms(secret: str) -> set[str]:
    """The ways in which a text may write a secret, each by itself and two within each other."""
    cased = {secret, secret.upper(), secret.lower()}
    once = {form for text in cased for form in written(text)}
    twice = {form for inner in once for form in (*written(inner), *encoded(inner))}
    return {*cased, *once, *twice, *encoded(secret)}


def written(text: str) -> set[str]:
    """The ways in which a format writes a text, by which a reader still knows it."""
    as_json = json.dumps(text)[1:-1]
    readable = json.dumps(text, ensure_ascii=False)[1:-1]
    encodable = text.encode("utf-8", "replace").decode()
    return {
        as_json,
        as_json.replace("/", "\\/"),
        readable,
        readable.replace("/", "\\/"),
        as_json.translate(_MARKUP),
        readable.translate(_MARKUP),
        repr(text)[1:-1],
        ascii(text)[1:-1],
        text.replace("'", "'\"'\"'"),  # as shlex quotes it
        text.replace("'", "'\\''"),
        html.escape(text, quote=False),
        html.escape(text),
        html.escape(text).replace("&#x27;", "&#39;"),
        html.escape(text).replace("&#x27;", "&apos;"),
        quote(encodable),
        quote(encodable, safe=""),
        quote_plus(encodable),
    }


def encoded(secret: str) -> Iterator[str]:
    """The ways in which its bytes are written, and those that it is the hexadecimal form of."""
    raw = secret.encode("utf-8", "replace")
    yield raw.hex()
    yield from _base64(raw)
    if _BYTES.fullmatch(secret):
        meant = bytes.fromhex(secret)
        yield meant.decode("latin-1")
        yield from _base64(meant)


def _base64(raw: bytes) -> Iterator[str]:
    """What stays the same of bytes in base64, whatever stands before and after them."""
    yield base64.b64encode(raw).decode().rstrip("=")
    for before, first in ((b"", 0), (b"\0", 2), (b"\0\0", 3)):
        code = base64.b64encode(before + raw).decode()
        core = code[first : len(before + raw) * 8 // 6]
        if len(core) >= SHORTEST + 1:
            yield from (core, core.replace("+", "-").replace("/", "_"))


# -- a text's own signs, one by one --------------------------------------------------------------


@lru_cache(maxsize=64)  # each command has its own redactor
def spellings(text: str) -> re.Pattern[str]:
    """The pattern of a text, in either case, however JSON, percents, HTML and the shell spell it.

    They may do so within each other. Quoting signs are written in so many ways, and so often, that
    between two other signs any number of them may stand; where the text has some, so many must.
    """
    core = text.lstrip(QUOTING)
    parts = [f"{_one_of(QUOTING)}{{{len(text) - len(core)}}}"]
    for sign, quoting in re.findall(rf"(?s)(.)([{re.escape(QUOTING)}]*)", core):
        parts += [_spelled(sign), f"(?>{_one_of(QUOTING)}{{{len(quoting)},}})"]
    if core and core[-1] not in QUOTING:
        parts.pop()
    return re.compile("".join(parts), re.IGNORECASE)


@cache
def _spelled(sign: str) -> str:
    """The sign in either case; where the other case is two signs, they are spelled one by one."""
    cases = {sign, sign.lower(), sign.upper()}
    ways = [_one_of("".join(sorted(case for case in cases if len(case) == 1)))]
    ways += ("".join(map(_one_of, case)) for case in sorted(cases) if len(case) > 1)
    return f"(?:{'|'.join(ways)})"


@cache
def _one_of(signs: str) -> str:
    codes = [ord(sign) for sign in signs]
    escaped = [
        *map(_utf_16, signs),
        *(f"x{code:02x}|U{code:08x}" for code in codes),
        *(_LETTERS[sign] for sign in signs if sign in _LETTERS),
    ]
    numbers = [f"{_NUMBER_SIGN}(?:0*{code}|x0*{code:x})" for code in codes]
    names = [name.removesuffix(";") for name, sign in html5.items() if sign in signs]
    ways = [
        f"[{re.escape(signs)}]",
        *map(_in_percents, signs),
        f"{_AFTER_BACKSLASH}(?:{'|'.join(escaped)})",
        f"{_AMPERSAND}(?:{'|'.join([*numbers, *names])}){_SEMICOLON}",
    ]
    if " " in signs:
        ways += [r"\+", f"{_PERCENT_SIGN}2B"]
    return f"(?:{'|'.join(ways)})"


def _in_percents(sign: str) -> str:
    return "".join(f"{_PERCENT_SIGN}{byte:02x}" for byte in sign.encode("utf-8", "replace"))


def _utf_16(sign: str) -> str:
    units = sign.encode("utf-16-be", "surrogatepass").hex()
    pair = (f"u{units[place : place + 4]}" for place in range(0, len(units), 4))
    return _BACKSLASHES.join(pair)
