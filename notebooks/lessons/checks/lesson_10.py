"""Which options make a pipeline stop for the right reasons?"""

from __future__ import annotations

from collections.abc import Sequence

from lessons.exercise import Hints, exercise


@exercise
def stops(answer: Sequence[str]) -> Hints:
    """A list of options for `auth-conformance run`."""
    if isinstance(answer, str) or not all(isinstance(word, str) for word in answer):
        yield 'Give a list of words, such as ["--strict"].'
        return
    if "--strict" in answer:
        yield "--strict makes a broken SHOULD exit with 1, and the pipeline would stop."
    if "--require-complete" not in answer:
        yield "Without another option the exit code is 0, even if nothing could be tested."
    if others := sorted(set(answer) - {"--strict", "--require-complete"}):
        yield f"{', '.join(others)} is not needed: a broken MUST stops the pipeline by itself."
