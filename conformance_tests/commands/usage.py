"""A wrong command is answered with one sentence that says what to do."""

from __future__ import annotations

from conformance_tests.requirements import GROUPS, REQUIREMENTS
from conformance_tests.target.schema import did_you_mean


class UsageError(Exception):
    """What is wrong with the command, and what to give instead."""


def requirement_id(word: str) -> str:
    """The id that a word names, in whatever case; UsageError where there is none."""
    if word.upper() not in REQUIREMENTS:
        raise UsageError(f"{word}: there is no such requirement{_hint(word.upper())}")
    return word.upper()


def group_name(word: str) -> str:
    """The group that a word names, in whatever case; UsageError where there is none."""
    if word.upper() not in GROUPS:
        raise UsageError(f"{word}: there is no such group{did_you_mean(word.upper(), GROUPS)}")
    return word.upper()


def requirement_or_group(word: str) -> str:
    """The id or the group that a word names, in whatever case."""
    return word.upper() if word.upper() in GROUPS else requirement_id(word)


def _hint(word: str) -> str:
    group = word.partition("-")[0]
    if group in GROUPS:
        return (
            f"; {group} ends with {[name for name in REQUIREMENTS if name.startswith(group)][-1]}"
        )
    hint = did_you_mean(word, [*REQUIREMENTS, *GROUPS])
    return hint if "mean" in hint else "; `auth-conformance list` shows them all"
