"""Makes a failing walk short: steps are dropped and made plain while it fails in the same way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from conformance_tests.walks.steps import SCHEMES, Step

Steps = tuple[Step, ...]


def shrink(steps: Steps, fails: Callable[[Steps], bool], tries: int) -> Steps:
    """The shortest history found that fails; at most so many are tried."""
    left = iter(range(tries))
    found = True
    while found:
        found = False
        for shorter in _shorter(steps):
            if next(left, None) is None:
                return steps
            if fails(shorter):
                steps, found = shorter, True
                break
    return steps


def renumbered(steps: Steps) -> Steps:
    """The same history, its sessions numbered in the order in which they appear."""
    appear = dict.fromkeys(step.session for step in steps if step.session)
    numbers = {0: 0} | {session: number for number, session in enumerate(appear, start=1)}
    return tuple(replace(step, session=numbers[step.session]) for step in steps)


def _shorter(steps: Steps) -> Iterator[Steps]:
    """The same with a part left out, large parts first; then with one step made plain.

    The last step stays: it is the one that fails.
    """
    size = len(steps) // 2
    while size:
        for start in range(0, len(steps) - 1, size):
            yield steps[:start] + steps[min(start + size, len(steps) - 1) :]
        size //= 2
    for place, step in enumerate(steps):
        for plain in _plainer(step):
            yield (*steps[:place], plain, *steps[place + 1 :])


def _plainer(step: Step) -> Iterator[Step]:
    if step.production:
        yield replace(step, production=False)
    if step.at_once:
        yield replace(step, at_once=False)
    if step.how in SCHEMES:
        yield replace(step, how="")
    if step.how == "true":
        yield replace(step, how="absent")
