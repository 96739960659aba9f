"""Which requirement names the fault of the second unknown server, and which method is wrong?"""

from __future__ import annotations

from lessons.exercise import Hints, exercise

ID, METHOD = "CORE-20", "end"


@exercise
def finds(answer: tuple[str, str]) -> Hints:
    """An id and the name of a method."""
    if not (isinstance(answer, tuple) and len(answer) == 2):
        yield 'Give two words: an id and the name of a method, such as ("CORE-26", "rotate").'
        return
    id, method = answer
    if id == "CORE-25":
        yield "CORE-25 is broken too, but it is more general. Which one is about revoke?"
    if id != ID:
        yield f"{id} does not name the fault. Which requirement says what a logout deletes?"
    if method == "revoke":
        yield "revoke itself is unchanged. Which method does it call to end the session?"
    if method != METHOD:
        yield f"{method} is not overridden: look at source(unknown.Second)."
