"""`python -m tests.mutants.grid [NAME…]`: judge every mutant by every row it could break.

Which rows these are is read from the record of `reach`. `--all` judges the others too, and a red
one among them is an error of the record: nothing else would show that it leaves a row out.
Each mutant is a process of its own; what was found is written as it comes, so that an interrupted
grid goes on where it stopped.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from tests.mutants import page
from tests.mutants.every import CATALOGUE
from tests.mutants.judged import OF_DERIVING, judged, server
from tests.mutants.reach import EVERY_ROW, rows_to_judge

#: One more than cores, because each begins with a second of waiting for the clock.
AT_ONCE = int(os.environ.get("GRID_AT_ONCE", 1 + (os.cpu_count() or 1)))
LONGEST_SECONDS = 600.0


@dataclass(frozen=True)
class Verdict:
    """What the suite said of one mutant: the rows judged, those that turned red, and what broke."""

    mutant: str
    rows: int
    red: tuple[str, ...]
    trouble: tuple[str, ...] = ()
    seconds: float = 0.0


@contextmanager
def started(rows: Mapping[str, frozenset[str]]) -> Iterator[dict[str, Future[Verdict]]]:
    """The verdicts to come, of each mutant named by the rows given for it."""
    context = multiprocessing.get_context("forkserver" if sys.platform == "linux" else "spawn")
    if sys.platform == "linux":
        context.set_forkserver_preload(["tests.mutants.judged", "tests.mutants.every"])
    with server() as command, ThreadPoolExecutor(AT_ONCE) as pool:
        try:
            judge = partial(_in_a_process, context, command)
            yield {name: pool.submit(judge, name, rows[name]) for name in rows}
        finally:
            pool.shutdown(cancel_futures=True)


def _in_a_process(
    context: Any, command: tuple[str, ...], name: str, rows: frozenset[str]
) -> Verdict:
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_judge, args=(command, name, rows, theirs))
    process.start()
    theirs.close()
    try:
        if ours.poll(LONGEST_SECONDS):
            verdict: Verdict = ours.recv()
            return verdict
        return Verdict(name, len(rows), (), (f"not done in {LONGEST_SECONDS:.0f} s",))
    except EOFError:
        return Verdict(name, len(rows), (), ("its process ended without a word",))
    finally:
        process.kill()
        process.join()


def _judge(command: tuple[str, ...], name: str, rows: frozenset[str], answer: Connection) -> None:
    began = time.monotonic()
    mutant = CATALOGUE[name]
    # Deriving at length costs seconds: where some rows are judged, only if it is to turn red.
    at_length = {OF_DERIVING} & (rows if rows == EVERY_ROW else rows & mutant.reds)
    red: set[str] = set()
    trouble: list[str] = []
    for only in filter(None, (rows - {OF_DERIVING}, at_length)):
        told = judged(mutant, only, briefly=only != at_length, command=command)
        red |= set(told.red)
        trouble += told.trouble
    seconds = round(time.monotonic() - began, 1)
    answer.send(Verdict(name, len(rows), tuple(sorted(red)), tuple(trouble), seconds))


def main(words: Iterable[str]) -> int:
    """Judge, say what differs from the catalogue, and give 1 where something does."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.grid", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="these mutants alone")
    parser.add_argument(
        "--all", action="store_true", help="by the rows too that the record calls out of reach"
    )
    parser.add_argument(
        "--record", type=Path, help="go on with what this file holds, and add to it"
    )
    parser.add_argument("--page", type=Path, help="draw what is known as HTML")
    asked = parser.parse_args(list(words))
    known = _known(asked.record)
    every = {name: _rows(name, beyond=asked.all) for name in asked.names or CATALOGUE}
    rows = {name: one for name, one in every.items() if _is_unknown(name, one, known)}
    differing = sum(_told(known[name]) for name in every if name not in rows)
    with started(rows) as verdicts:
        for verdict in (each.result() for each in as_completed(verdicts.values())):
            differing += _told(verdict)
            known[verdict.mutant] = verdict
            if asked.record:
                asked.record.write_text(json.dumps([asdict(each) for each in known.values()]))
    if asked.page:
        red = {each.mutant: frozenset(each.red) for each in known.values()}
        asked.page.write_text(page.html(red), encoding="utf-8")
    return 1 if differing else 0


def _rows(name: str, *, beyond: bool) -> frozenset[str]:
    return EVERY_ROW if beyond else rows_to_judge(CATALOGUE[name])


def _is_unknown(name: str, rows: frozenset[str], known: Mapping[str, Verdict]) -> bool:
    """Whether it was judged by none or by fewer rows: a whole grid does not rest on a part."""
    return name not in known or known[name].rows < len(rows)


def _known(path: Path | None) -> dict[str, Verdict]:
    if path is None or not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return {one["mutant"]: Verdict(**one) for one in found if one["mutant"] in CATALOGUE}


def _told(verdict: Verdict) -> bool:
    """Print a verdict; whether it differs from what the catalogue says."""
    mutant = CATALOGUE[verdict.mutant]
    more, less = {*verdict.red} - mutant.reds - mutant.sometimes, mutant.reds - {*verdict.red}
    beyond = {*verdict.red} - rows_to_judge(mutant)
    differs = bool(more or less or beyond or verdict.trouble)
    print(f"{'≠' if differs else '='} {verdict.mutant}  {verdict.rows} rows, {verdict.seconds} s")
    told = {
        "also red": more,
        "not red": less,
        "red, and out of reach in the record": beyond,
        "trouble": verdict.trouble,
    }
    for word, rows in told.items():
        if rows:
            print(f"    {word}: {' '.join(sorted(rows))}")
    sys.stdout.flush()
    return differs


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
