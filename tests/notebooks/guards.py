"""What every committed lesson keeps: each guard yields one sentence for each fault it finds."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from math import ceil

import jwt

from conformance_tests.embedded.odd_platform import ODD_PASSWORD
from conformance_tests.requirements import REQUIREMENTS
from lessons.server import SECRET
from reference_auth.serve.demo import CUSTOMERS
from tests.notebooks.lessons_on_disk import ROOT, Lesson, source, tags

KINDS = {"text/plain", "text/html", "text/markdown", "image/svg+xml"}
DARK = "@media (prefers-color-scheme:dark)"
TAGS = {"raises-exception"}
LARGEST = 150_000  # bytes
CELLS = range(18, 26)
WORDS = 699
LINES_OF_ASSERTS = 10
SKELETON = [
    "## What you will know",
    "## The picture",
    "## Predict",
    "## Run",
    "## See",
    "## Why",
    "## Break it",
    "## Exercise",
    "## What holds",
    "## Five questions",
    "## Next",
]
HELP = ("Choose the kernel of the clone's .venv", '%pip install -e "')
PASSWORDS = {*(customer.password for customer in CUSTOMERS), ODD_PASSWORD}
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

_OF_A_MACHINE = re.compile(
    r"/(?:home|root|opt|tmp|work|usr|var|Users|private|mnt)/|[A-Z]:\\\\|site-packages|\b0x[0-9a-f]{6,}"
)
_SECRET_SHAPES = re.compile(r"\bA[KS]IA[0-9A-Z]{16}\b|-----BEGIN|\bgh[pousr]_\w{20,}|\bxox[bp]-")
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_PASSWORD = re.compile(r'password\\?"? ?[=:] ?\\?"([^"\\]*)')
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_MINUTES = re.compile(r"\d+ minutes, and \d+ more")
#: What an editor's renderer may refuse: scripts, handlers, and anything from elsewhere.
_NEEDS_HELP = re.compile(
    r"<(?:script|link|iframe|object|embed|img|foreignObject)\b|\bon\w+=|"
    r"@import|url\(|(?:href|src)=",
    re.IGNORECASE,
)
_ID = re.compile(r"\b[A-Z]{3,5}-\d\d\b")
_RANGE = re.compile(r"\b([A-Z]{3,5})-(\d\d) to \1-(\d\d)\b")
_CLAUSES = re.compile(r"\bclauses? ((?:\d+\.\d+(?:, | and )?)+)")

Guard = Callable[[Lesson], Iterator[str]]


def executed_in_order(lesson: Lesson) -> Iterator[str]:
    """Every code cell was executed, from the top, in one go."""
    counts = [cell["execution_count"] for cell in lesson.code]
    if counts != list(range(1, len(counts) + 1)):
        yield f"execution counts are {counts}"


def shows_only_what_is_compared(lesson: Lesson) -> Iterator[str]:
    """No PNG, and no widget: nbval compares texts."""
    for cell, output in lesson.outputs:
        if strange := set(output.get("data", ())) - KINDS:
            yield f"cell {cell['id']} shows {sorted(strange)}"


def shows_pictures_without_help(lesson: Lesson) -> Iterator[str]:
    """Every editor can show them: no script, nothing from elsewhere; a picture has its colours."""
    for cell, output in lesson.outputs:
        for kind in ("text/html", "image/svg+xml"):
            shown = "".join(output.get("data", {}).get(kind, ()))
            if found := _NEEDS_HELP.search(shown):
                yield f"cell {cell['id']} needs {found[0]}"
            if kind in output.get("data", {}) and kind == "image/svg+xml" and DARK not in shown:
                yield f"cell {cell['id']} has no colours for a dark page"


def says_nothing_on_stderr(lesson: Lesson) -> Iterator[str]:
    for cell, output in lesson.outputs:
        if output.get("name") == "stderr":
            yield f"cell {cell['id']} writes to stderr"


def raises_where_it_says_so(lesson: Lesson) -> Iterator[str]:
    """A cell raises exactly where its tag announces it, in one line."""
    for cell in lesson.code:
        errors = [output for output in cell["outputs"] if output["output_type"] == "error"]
        if bool(errors) != ("raises-exception" in tags(cell)):
            yield f"cell {cell['id']} raises {len(errors)} times"
        if any(len(error["traceback"]) > 1 for error in errors):
            yield f"cell {cell['id']} shows a traceback"
    for cell in lesson.cells:
        if strange := tags(cell) - TAGS:
            yield f"cell {cell['id']} bears {sorted(strange)}"


def names_no_machine(lesson: Lesson) -> Iterator[str]:
    """No path, and no address in memory."""
    for found in _OF_A_MACHINE.finditer(lesson.raw):
        yield f"{found[0]} in {lesson.raw[found.start() - 20 : found.end() + 20]!r}"


def tells_no_secret(lesson: Lesson) -> Iterator[str]:
    """Tokens are the lesson's own, passwords the demo's, and nothing looks like a key."""
    for found in _SECRET_SHAPES.finditer(lesson.raw):
        yield f"{found[0]} looks like a key"
    for token in _TOKEN.findall(lesson.raw):
        if not _is_ours(token):
            yield f"{token} is signed with another secret"
    for password in _PASSWORD.findall(lesson.raw):
        if password not in PASSWORDS and not password.startswith("<password#"):
            yield f"{password} is no password of the demo"


def keeps_in_bounds(lesson: Lesson) -> Iterator[str]:
    """A lesson is short: in bytes, in cells, in words, and in closing asserts."""
    size = len(lesson.raw.encode())
    if size > LARGEST:
        yield f"{size} bytes are too many"
    if len(lesson.cells) not in CELLS:
        yield f"{len(lesson.cells)} cells"
    if len(lesson.prose.split()) > WORDS:
        yield f"{len(lesson.prose.split())} words are too many"
    closing = source(next(cell for cell in lesson.code if cell["id"] == "holds")).splitlines()
    if len(closing) > LINES_OF_ASSERTS:
        yield f"{len(closing)} closing lines are too many"


def states_its_minutes(lesson: Lesson) -> Iterator[str]:
    """The first cell of a lesson, and no other, says how long it takes, as `minutes` computes."""
    if f"*{minutes(lesson)} minutes, and " not in source(lesson.cells[0]):
        yield f"it takes {minutes(lesson)} minutes"
    if (stated := len(_MINUTES.findall(lesson.prose))) != 1:
        yield f"the minutes are stated {stated} times"


def minutes(lesson: Lesson) -> int:
    """An honest estimate: reading, running, predicting and answering, without the exercise.

    150 words, 20 lines of code, 40 lines of output or 4 pictures a minute, 3 minutes for the
    predictions and 3 for the five questions.
    """
    lines = sum(len(source(cell).splitlines()) for cell in lesson.code)
    shown = [output for _, output in lesson.outputs]
    pictures = sum("image/svg+xml" in output.get("data", ()) for output in shown)
    printed = sum(
        len(output.get("text") or output.get("data", {}).get("text/plain", ())) for output in shown
    )
    return ceil(len(lesson.prose.split()) / 150 + lines / 20 + printed / 40 + pictures / 4 + 3 + 3)


def has_the_skeleton(lesson: Lesson) -> Iterator[str]:
    """The same headings in the same order, a title with one question, and five at the end."""
    title, *rest = lesson.headings
    if rest != SKELETON:
        yield f"headings are {rest}"
    if not title.startswith(f"# {lesson.number} · "):
        yield f"the title is {title}"
    if source(lesson.cells[0]).count("?") != 1:
        yield "the first cell asks not one question"
    questions = lesson.prose.partition("## Five questions")[2].partition("<details>")[0]
    if re.findall(r"^(\d)\. ", questions, re.MULTILINE) != list("12345"):
        yield "there are not five questions"


def begins_with_help(lesson: Lesson) -> Iterator[str]:
    """The first code cell says what to do when a module is missing."""
    for words in HELP:
        if words not in source(lesson.code[0]):
            yield f"the first code cell does not say {words}"


def leads_somewhere(lesson: Lesson) -> Iterator[str]:
    """Every relative link, requirement id and clause exists."""
    for link in _LINK.findall(lesson.prose):
        if "://" not in link and not (lesson.path.parent / link.partition("#")[0]).exists():
            yield f"{link} leads nowhere"
    for id in sorted(set(_ID.findall(lesson.raw)) - set(REQUIREMENTS)):
        yield f"{id} is no requirement"
    for clauses in _CLAUSES.findall(lesson.prose):
        for clause in sorted(set(re.findall(r"\d+\.\d+", clauses)) - _spec_clauses()):
            yield f"SPEC.md has no clause {clause}"


def teaches_what_the_registry_says(lesson: Lesson) -> Iterator[str]:
    """A requirement that sends its reader here is mentioned here."""
    sent = {row.id for row in REQUIREMENTS.values() if row.notebook == lesson.number}
    for id in sorted(sent - set(_ID.findall(lesson.raw)) - set(_ids_in_ranges(lesson.prose))):
        yield f"{id} is not mentioned"


def _ids_in_ranges(text: str) -> Iterator[str]:
    """The ids that `WIRE-01 to WIRE-07` stands for."""
    for group, first, last in _RANGE.findall(text):
        yield from (f"{group}-{number:02}" for number in range(int(first), int(last) + 1))


def is_in_one_form(lesson: Lesson) -> Iterator[str]:
    """As `nox -s notebooks -- --write` writes it."""
    notebook = lesson.notebook
    if lesson.raw != json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n":
        yield "another layout of the file"
    if notebook["metadata"] != METADATA:
        yield f"metadata {notebook['metadata']}"
    ids = [cell["id"] for cell in lesson.cells]
    if len(set(ids)) != len(ids):
        yield "an id stands twice"
    for cell in lesson.cells:
        if set(cell["metadata"]) - {"tags"}:
            yield f"cell {cell['id']} has metadata {cell['metadata']}"


GUARDS: tuple[Guard, ...] = (
    executed_in_order,
    shows_only_what_is_compared,
    shows_pictures_without_help,
    says_nothing_on_stderr,
    raises_where_it_says_so,
    names_no_machine,
    tells_no_secret,
    keeps_in_bounds,
    states_its_minutes,
    has_the_skeleton,
    begins_with_help,
    leads_somewhere,
    teaches_what_the_registry_says,
    is_in_one_form,
)


def _is_ours(token: str) -> bool:
    try:
        jwt.PyJWS().decode(token, SECRET, algorithms=["HS256"])
    except jwt.PyJWTError:
        return False
    return True


@cache
def _spec_clauses() -> set[str]:
    return set(re.findall(r"^\*\*(\d+\.\d+)\*\*", (ROOT / "SPEC.md").read_text(), re.MULTILINE))
