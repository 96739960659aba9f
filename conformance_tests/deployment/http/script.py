"""A shell script that makes the calls of a test again, from the login to the failure.

It is made of text that is redacted already. Each secret has become its name there, so the script
has a variable in its place: a token is taken from the answer that gave it, the rest is to be set.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from conformance_tests.deployment.http.recorder import Call
from conformance_tests.printable import on_one_line

_NAME: Final = re.compile(r"<([a-z]+)#([0-9]+)>")
_MOVED: Final = re.compile(r"the clock was moved by ([0-9]+) s")
HEAD: Final = """\
#!/bin/sh
# {title}
# Needs curl. Makes the calls of the test again; the last answer is the one that was judged.
set -u
pick() {{ printf '%s' "$answer" | sed -n 's/.*"'"$1"'" *: *"\\([^"]*\\)".*/\\1/p'; }}
"""


@dataclass(slots=True)
class _Script:
    clock: str | None
    known: set[str] = field(default_factory=set)
    missing: dict[str, None] = field(default_factory=dict)
    moved: bool = False

    def call(self, call: Call) -> Iterator[str]:
        words = [f"curl -sS -X {call.method} {self._quoted(call.url)}"]
        words += [f"-H {self._quoted(f'{name}: {value}')}" for name, value in call.headers]
        yield ""
        if call.body:
            yield f"answer=$({' '.join(words)} --data-binary @- <<BODY"
            yield self._text(call.body)
            yield "BODY"
            yield ")"
        else:
            yield f"answer=$({' '.join(words)})"
        yield "printf '%s\\n\\n' \"$answer\""
        for key, name in _given(call.answer):
            self.known.add(name)
            yield f"{name}=$(pick {key})"

    def note(self, text: str) -> Iterator[str]:
        yield f"\n# {on_one_line(text)}"
        moved = _MOVED.search(text)
        if moved and self.clock:
            if not self.moved:
                yield "now=$(date +%s)"
            self.moved = True
            yield f"now=$((now + {moved[1]}))"
            yield self.set_clock("$now")

    def set_clock(self, moment: str) -> str:
        """The command that sets the deployment's clock."""
        body = f'"{{\\"now\\": {moment}}}"'
        kind = "-H 'content-type: application/json'"
        return f"curl -sS {self._quoted(self.clock or '')} {kind} -d {body} > /dev/null"

    def _quoted(self, text: str) -> str:
        return '"' + self._text(text).replace('"', '\\"') + '"'

    def _text(self, text: str) -> str:
        """The text between double quotes or in a here-document, with variables for its secrets."""
        return _NAME.sub(self._variable, re.sub(r"([\\$`])", r"\\\1", text))

    def _variable(self, found: re.Match[str]) -> str:
        name = _variable(found)
        if name not in self.known:
            self.missing[name] = None
        return f"${{{name}}}"


def script(title: str, steps: Sequence[Call | str], clock: str | None) -> str:
    """The script of these calls and notes, empty without any; `clock` is what sets the clock."""
    if not steps:
        return ""
    made = _Script(clock)
    lines = [
        line
        for step in steps
        for line in (made.note(step) if isinstance(step, str) else made.call(step))
    ]
    needs = [f': "${{{name}:?set it: no answer of these calls gives it}}"' for name in made.missing]
    ends = ["", "# real time again", made.set_clock("null")] if made.moved else []
    return HEAD.format(title=on_one_line(title)) + "\n".join([*needs, *lines, *ends]) + "\n"


def _given(answer: str) -> Iterator[tuple[str, str]]:
    """The tokens that an answer gives: the key, and the variable for what stands under it."""
    try:
        pending = [json.loads(answer)["data"]]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    while pending:
        one = pending.pop()
        for key, value in one.items() if isinstance(one, dict) else ():
            found = _NAME.fullmatch(value) if isinstance(value, str) else None
            if found and key in ("token", "refresh_token"):
                yield key, _variable(found)
            else:
                pending.append(value)


def _variable(found: re.Match[str]) -> str:
    return f"{found[1].upper()}_{found[2]}"
