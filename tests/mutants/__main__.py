"""Judge mutants: one by name and print what was red, those of the change, or every one.

A mutant is a defect of the reference; the requirements that it breaks are written beside it.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence

from tests.mutants import gate
from tests.mutants.every import CATALOGUE
from tests.mutants.judged import judged
from tests.mutants.workers import verdicts


def parser() -> ArgumentParser:
    """What the command can be told."""
    made = ArgumentParser(
        "python -m tests.mutants", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    made.add_argument("name", nargs="?", choices=CATALOGUE, metavar="NAME", help="one mutant")
    made.add_argument("ids", nargs="*", metavar="ID", help="by these requirements, not by all")
    many = made.add_mutually_exclusive_group()
    many.add_argument("--touched", action="store_true", help="those of the change, and a dozen")
    many.add_argument("--every", action="store_true", help="all of them; `nox -s deep` does so")
    made.add_argument("--share", default="1/1", help="with --every: 2/3 is the second third")
    made.add_argument(
        "--by",
        choices=gate.BY,
        default="near",
        help="the requirements that judge: those near what it breaks, those in its reach, or all",
    )
    return made


def main(words: Sequence[str]) -> int:
    """Judge what was asked for; 1 where a mutant breaks other requirements than is written."""
    asked = parser().parse_args(words)
    if asked.every:
        number, of = map(int, asked.share.split("/"))
        return judge(gate.every()[number - 1 :: of], asked.by)
    if asked.touched:
        touched = gate.touched()
        print(f"The change touches {len(touched)} mutants: at most {gate.MOST}, and a fixed dozen.")
        return judge(list(dict.fromkeys([*touched[: gate.MOST], *gate.dozen()])), asked.by)
    if asked.name is None:
        parser().error("name a mutant, or say --touched or --every")
    return show(asked.name, asked.ids)


def judge(names: Sequence[str], by: str) -> int:
    """Judge these mutants, and tell each verdict as it comes."""
    asked = {name: gate.BY[by](CATALOGUE[name]) for name in names}
    wrong = 0
    for number, verdict in enumerate(verdicts(asked), start=1):
        print(f"[{number:{len(str(len(asked)))}}/{len(asked)}] {verdict}", flush=True)
        wrong += bool(verdict.differences())
    print(f"{len(asked) - wrong} of {len(asked)} mutants break what is written beside them.")
    return 1 if wrong else 0


def show(name: str, ids: Sequence[str]) -> int:
    """Judge one mutant, and print what was red."""
    found = judged(CATALOGUE[name], ids)
    for id_, findings in sorted(found.red.items()):
        for finding in findings:
            card = finding.card
            told = f"expected {card.expected}, was {card.actual}" if card else finding.detail
            print(f"{id_} {finding.status} {finding.test}: {told}")
    print("\n".join(found.trouble))
    print("red:", *sorted(found.red))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
