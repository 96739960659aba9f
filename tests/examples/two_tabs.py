"""How many sessions two tabs lose that refresh at about the same time."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.examples.clients import (
    LIBRARIES,
    RECIPE,
    SECONDS,
    Tab,
    copy,
    install,
    log_in,
    two_tabs,
)
from tests.examples.proxy import Proxy, proxying
from tests.examples.served import Reference, serving

ROUNDS = 4  # how often an access token expires in one session
LATENCY = 0.02  # seconds each way
APART = 60  # milliseconds by which the second tab may come later
SEED = 25
MANY = 30  # sessions until one must have been lost
ME = "query Me { me { email } }"


@contextmanager
def network(reference: Reference, folder: Path, latency: float = LATENCY) -> Iterator[Proxy]:
    """A way to the server that takes as long as a customer's; nobody is logged in."""
    reference.begin()
    with proxying(reference.origin, folder, latency) as proxy:
        yield proxy


@contextmanager
def tabs_of(
    library: str, folder: Path, reference: Reference, *, locked: bool
) -> Iterator[list[Tab]]:
    with (
        network(reference, folder) as proxy,
        two_tabs(folder, library, f"{proxy.origin}/graphql", locked=locked) as tabs,
    ):
        yield tabs


def lost(tabs: Sequence[Tab], reference: Reference, runs: int) -> int:
    """Of so many sessions, those after which the customer must log in again."""
    later = random.Random(SEED)
    return sum(not survives(tabs, reference, later) for _ in range(runs))


def loses_any(tabs: Sequence[Tab], reference: Reference) -> bool:
    """Whether a session is lost, as soon as one is: measured, most are."""
    later = random.Random(SEED)
    return any(not survives(tabs, reference, later) for _ in range(MANY))


def survives(tabs: Sequence[Tab], reference: Reference, later: random.Random) -> bool:
    """Log in, let the access token expire a few times, and ask in both tabs each time."""
    reference.advance(60)  # a burn's own second is no time to log in
    log_in(*tabs)
    return all(both_answer(tabs, reference, later) for _ in range(ROUNDS))


def both_answer(tabs: Sequence[Tab], reference: Reference, later: random.Random) -> bool:
    reference.advance()
    first, second = later.sample(tabs, 2)
    begun = [
        first.send("ask", query=ME),
        second.send("ask", query=ME, after=later.uniform(0, APART)),
    ]
    return all("value" in future.result(SECONDS) for future in begun)


def add_recipe(folder: Path) -> None:
    """Put the library's own recipe beside its example."""
    text = (Path(__file__).parent / "drive" / "urql_recipe.mjs").read_text()
    (folder / f"{RECIPE}.mjs").write_text(text)


def counted(library: str, folder: Path, reference: Reference, locked: bool, runs: int) -> int:
    with tabs_of(library, folder, reference, locked=locked) as tabs:
        return lost(tabs, reference, runs)


def main(runs: int) -> None:
    """Print how many of so many sessions each client loses, by lock and grace."""
    with (
        TemporaryDirectory() as scratch,
        serving(grace=0) as without_grace,
        serving(grace=30) as with_grace,
    ):
        folder = copy(Path(scratch))
        for library in LIBRARIES:
            install(folder, library)
        add_recipe(folder)
        print("client | no lock | no lock, grace | lock | lock, grace")
        for library in (RECIPE, *LIBRARIES):
            cells = [
                counted(library, folder, reference, locked, runs)
                for locked in ((False,) if library == RECIPE else (False, True))
                for reference in (without_grace, with_grace)
            ]
            print(library, *cells, sep=" | ", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
