"""What a tab does while it holds the lock: a right answer, and some usual mistakes."""

from __future__ import annotations

from typing import Any

from lessons import checks

OVER, AGAIN = "graphql-authorization", "graphql-server-internal-error"


def refreshed(mine: str, read: Any, send: Any) -> Any:
    for _ in range(3):
        stored = read()
        if stored != mine:
            return stored
        category, pair = send(mine)
        if category != AGAIN:
            return pair
    return None


def refreshed_by(
    *,
    reads: bool = True,
    reads_again: bool = True,
    tries: Any = range(3),
    retried: tuple[str, ...] = (AGAIN,),
) -> Any:
    """The right answer with one thing changed."""

    def answer(mine: str, read: Any, send: Any) -> Any:
        stored = read()
        for _ in tries:
            stored = read() if reads_again else stored
            if reads and stored != mine:
                return stored
            category, pair = send(mine)
            if category not in retried:
                return pair
        return None

    return answer


CHECK = checks.refreshed
RIGHT = refreshed
WRONG: dict[str, tuple[Any, str]] = {
    "no reading": (refreshed_by(reads=False), "A is spent"),
    "one reading": (refreshed_by(reads_again=False), "read before you send again"),
    "no retry": (refreshed_by(tries=range(1)), "send it once more"),
    "retries a refusal": (refreshed_by(retried=(AGAIN, OVER)), "log in again"),
    "for ever": (refreshed_by(tries=iter(int, 1)), "more than three requests"),
    "logged out": (
        lambda mine, read, send: refreshed(mine, lambda: read() or mine, send),
        "The customer has logged out",
    ),
    "nothing": (lambda *_: None, "Nobody else has refreshed"),
}
