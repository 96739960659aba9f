"""`python -m tools.mutation [MODULE…]`: judge every machine-made mutant by the suite alone.

Each is judged by the rows whose tests reach the function it is in, until one turns red. What was
found is written as it comes, so that what was interrupted goes on where it stopped. It ends with
1 where too few are killed.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import asdict
from functools import partial
from pathlib import Path

from tests.mutants.judged import OF_DERIVING
from tests.mutants.reach import BOOT, LAUNCHED, TESTABLE, recorded
from tools.mutation.judge import Judge, Verdict, judging
from tools.mutation.listed import KINDS, reasons
from tools.mutation.made import MODULES, Made, mutants

AT_ONCE = int(os.environ.get("MUTATION_AT_ONCE", str(os.cpu_count() or 1)))
#: The share of those that are not equivalent.
ENOUGH = 0.95
KILLED = ("killed", "door")
#: A kill without a row to its name: the suite calls such a deployment untested, never conformant.
DOOR = "by no row, because nobody could log in or nothing started (door)"
#: Seconds of the processor: what was red by then has met a handful of tests.
QUICK = 4.0
#: What mostly breaks so much that any test tells comes last.
BLUNT = ("assignment", "one_other_string")
COLUMNS = ("killed", "door", "survived", "trouble", *KINDS, "not run")


def main(words: Iterable[str]) -> int:
    """Judge what is not known yet, and print what is."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutation", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="these modules alone")
    parser.add_argument("--record", type=Path, help="go on with what this file holds")
    parser.add_argument("--again", action="store_true", help="judge what survived once more")
    parser.add_argument("--listed", action="store_true", help="judge the equivalent ones instead")
    parser.add_argument("--only", default="", help="those whose name has this in it")
    parser.add_argument("--tell", action="store_true", help="judge nothing, print what is known")
    asked = parser.parse_args(list(words))
    modules = asked.modules or MODULES
    made = {name: one for module in modules for name, one in mutants(module).items()}
    if not asked.modules and (rotten := [name for name in reasons() if name not in made]):
        print("listed as equivalent, but made no more:", *rotten, sep="\n    ")
    known = _known(asked.record)
    done = {name for name, one in known.items() if not asked.again or one.end in KILLED}
    wanted = {
        name: one
        for name, one in made.items()
        if asked.only in name and (name in reasons()) == asked.listed and name not in done
    }
    for name, verdict in _judged({} if asked.tell else wanted):
        print(f"{verdict.end:9} {name}  ({verdict.by}; {verdict.processor} s)", flush=True)
        known[name] = verdict
        if asked.record:
            told = {each: asdict(one) for each, one in known.items()}
            asked.record.write_text(json.dumps(told, indent=0), encoding="utf-8")
    return _told(made, known)


def _judged(chosen: dict[str, Made]) -> Iterable[tuple[str, Verdict]]:
    with judging() as judge, ThreadPoolExecutor(AT_ONCE) as pool:
        coming: dict[Future[Verdict], str] = {}
        try:
            for name, one in sorted(chosen.items(), key=lambda each: each[1].operator in BLUNT):
                coming[pool.submit(_verdict, judge, one)] = name
            for each in as_completed(coming):
                yield coming[each], each.result()
        finally:
            pool.shutdown(cancel_futures=True)


def _verdict(judge: Judge, mutant: Made) -> Verdict:
    """Rows that start processes of their own cost the most, so they are asked last.

    A row that turns red after many others is asked once more, alone: on a starved machine a test
    may miss its second, and that kills no mutant.
    """
    asked = partial(judge, mutant, briefly=not at_length(mutant))
    left = rows(mutant) - LAUNCHED
    told = asked(left)
    while told.end == "killed" and told.processor > QUICK and asked({told.by}).end == "survived":
        left -= {told.by}
        told = asked(left)
    launched = rows(mutant) & LAUNCHED
    return asked(launched) if told.end == "survived" and launched else told


def rows(mutant: Made) -> frozenset[str]:
    """The rows that this mutant could turn red."""
    path = mutant.module.replace(".", "/") + ".py"
    reached = frozenset(recorded().get(f"{path}:{mutant.function}", [BOOT]))
    found = TESTABLE if BOOT in reached else reached | LAUNCHED
    return found if at_length(mutant) else found - OF_DERIVING


def at_length(mutant: Made) -> bool:
    """Whether it lives in what few rounds would hide."""
    return mutant.module == "flow.derivation" or "ROUNDS" in mutant.now


def _known(path: Path | None) -> dict[str, Verdict]:
    if path is None or not path.exists():
        return {}
    found = json.loads(path.read_text(encoding="utf-8"))
    return {name: Verdict(**one) for name, one in found.items()}


def _told(made: dict[str, Made], known: dict[str, Verdict]) -> int:
    ends = {name: _end(name, known) for name in made}
    for name, end in ends.items():
        if end in ("survived", "trouble") or (name in reasons() and end in KILLED):
            print(f"{end}: {name}  [{made[name].operator}] {known[name].by}")
    print(f"{'':14}", *(f"{column:>10}" for column in COLUMNS))
    for module in dict.fromkeys(one.module for one in made.values()):
        count = Counter(end for name, end in ends.items() if made[name].module == module)
        print(f"{module:14}", *(f"{count[column]:10}" for column in COLUMNS))
    total = Counter(ends.values())
    print(f"{'together':14}", *(f"{total[column]:10}" for column in COLUMNS))
    killed = sum(total[end] for end in KILLED)
    judged = killed + total["survived"] + total["trouble"]
    share = killed / judged if judged else 0.0
    print(f"killed: {killed} of {judged}, {share:.1%}")
    print(f"{DOOR}: {total['door']} of these")
    return 0 if share >= ENOUGH and not total["not run"] else 1


def _end(name: str, known: dict[str, Verdict]) -> str:
    end = known[name].end if name in known else "not run"
    return reasons()[name][0] if name in reasons() and end not in KILLED else end


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
