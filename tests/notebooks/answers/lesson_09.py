"""When a session ends: a right answer, and some usual mistakes."""

from __future__ import annotations

from typing import Any

from lessons import checks
from lessons.checks.lesson_09 import MONTH


def ends(login: int, remember_me: bool, visits: list[int]) -> int:
    exp, end = login + 840, login + (MONTH if remember_me else 900)
    for now in visits:
        if exp <= now <= end:
            exp, end = now + 840, end if end - now >= 900 else now + 900
    return end


def ends_at_the_login(login: int, remember_me: bool, visits: list[int]) -> int:
    return login + (MONTH if remember_me else 900)


def ends_after_every_visit(login: int, remember_me: bool, visits: list[int]) -> int:
    return max([ends_at_the_login(login, remember_me, visits), *(now + 900 for now in visits)])


def ends_a_month_later(login: int, remember_me: bool, visits: list[int]) -> int:
    exp, lifetime = login + 840, MONTH if remember_me else 900
    end = login + lifetime
    for now in visits:
        if exp <= now <= end:
            exp, end = now + 840, end if end - now >= 900 else now + lifetime
    return end


CHECK = checks.ends
RIGHT = ends
WRONG: dict[str, tuple[Any, str]] = {
    "never": (ends_at_the_login, "gives 900 s from then on"),
    "always": (ends_after_every_visit, "returns the same pair"),
    "a month": (ends_a_month_later, "not another month"),
}
