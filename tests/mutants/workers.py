"""Judges mutants at once, each in a process of its own: a fork of one that has loaded everything.

So none meets what another has left behind, and none has to import the suite and boto3 anew, which
takes longer than judging it.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from tests.mutants.every import CATALOGUE
from tests.mutants.judged import OF_DERIVING, judged, server
from tests.mutants.reach import TESTABLE, reachable

#: More than cores, because each begins with a second of waiting for the clock.
AT_ONCE = int(os.environ.get("MUTANTS_AT_ONCE", 2 * (os.cpu_count() or 1)))
LOADED = ["conformance_tests.embedded.preloaded", "tests.mutants.every", "tests.mutants.judged"]
LONGEST_SECONDS = 600.0


@dataclass(frozen=True)
class Verdict:
    """What the suite said of a mutant.

    judged: how many requirements it was judged by.
    red: those that it broke.
    trouble: what is no verdict, such as an error of the suite.
    """

    mutant: str
    judged: int
    red: tuple[str, ...]
    trouble: tuple[str, ...] = ()
    seconds: float = 0.0

    def differences(self) -> dict[str, list[str]]:
        """What is otherwise than the catalogue says; nothing, if all is well."""
        mutant, red = CATALOGUE[self.mutant], {*self.red}
        found = {
            "also red": red - mutant.reds - mutant.sometimes,
            "not red": mutant.reds - red,
            "red, and out of reach in the record": red - reachable(mutant),
            "trouble": self.trouble,
        }
        return {word: sorted(told) for word, told in found.items() if told}

    def __str__(self) -> str:
        differences = self.differences()
        sign = "≠" if differences else "="
        first = f"{sign} {self.mutant}  {self.judged} requirements, {self.seconds} s"
        more = (f"    {word}: {' '.join(told)}" for word, told in differences.items())
        return "\n".join([first, *more])


def verdicts(asked: Mapping[str, frozenset[str]]) -> Iterator[Verdict]:
    """The verdict on each mutant named, by the requirements given for it, as it comes.

    Those that break a row judged by time come last, one by one: others at work would hide it.
    """
    context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
    if sys.platform == "linux":
        context.set_forkserver_preload(LOADED)
    timed = {name: ids for name, ids in asked.items() if CATALOGUE[name].reds & OF_DERIVING}
    others = {name: ids for name, ids in asked.items() if name not in timed}
    with server() as command:
        judge = partial(_in_a_process, context, command)
        yield from _at_once(AT_ONCE, judge, others)
        yield from _at_once(1, judge, timed)


def _at_once(
    most: int, judge: Callable[[str, frozenset[str]], Verdict], asked: Mapping[str, frozenset[str]]
) -> Iterator[Verdict]:
    with ThreadPoolExecutor(most) as pool:
        try:
            for one in as_completed([pool.submit(judge, *each) for each in asked.items()]):
                yield one.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _in_a_process(
    context: Any, command: tuple[str, ...], name: str, ids: frozenset[str]
) -> Verdict:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_judge, args=(command, name, ids, theirs))
    process.start()
    theirs.close()
    with closing(ours):
        try:
            if ours.poll(LONGEST_SECONDS):
                verdict: Verdict = ours.recv()
                return verdict
            return Verdict(name, len(ids), (), (f"not done in {LONGEST_SECONDS:.0f} s",))
        except EOFError:
            return Verdict(name, len(ids), (), ("its process ended without a word",))
        finally:
            process.kill()
            process.join()


def _judge(command: tuple[str, ...], name: str, ids: frozenset[str], answer: Connection) -> None:
    began = time.monotonic()
    mutant = CATALOGUE[name]
    # Deriving at length costs seconds: unless all are judged, only if it is to turn red.
    at_length = OF_DERIVING & (ids if ids == TESTABLE else ids & mutant.reds)
    red: set[str] = set()
    trouble: list[str] = []
    for only in filter(None, (ids - OF_DERIVING, at_length)):
        told = judged(mutant, only, briefly=only != at_length, command=command)
        red |= set(told.red)
        trouble += told.trouble
    seconds = round(time.monotonic() - began, 1)
    answer.send(Verdict(name, len(ids), tuple(sorted(red)), tuple(trouble), seconds))
