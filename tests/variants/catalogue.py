"""The catalogue of variants: each one thing that a deployment may do otherwise, and stay green."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from conformance_tests.embedded import boot
from conformance_tests.requirements import GROUPS
from conformance_tests.target.parts import Lifetimes
from tests.mutants.catalogue import Patch


@dataclass(frozen=True, slots=True)
class Variant:
    """One permitted difference, put into the reference by overriding a little of it.

    claims: the groups that such a deployment claims.
    rows: the rows and groups that look at what it does otherwise.
    partly: those of which a part cannot be seen there.
    """

    name: str
    patch: Patch
    claims: frozenset[str]
    rows: frozenset[str]
    partly: frozenset[str] = frozenset()
    lifetimes: Lifetimes = boot.DEFAULT_LIFETIMES

    @property
    def sentence(self) -> str:
        """What it does otherwise."""
        return (self.patch.__doc__ or "").strip()


CATALOGUE: dict[str, Variant] = {}


def variant(
    *,
    rows: str,
    without: str = "",
    partly: str = "",
    lifetimes: Lifetimes = boot.DEFAULT_LIFETIMES,
) -> Callable[[Patch], Patch]:
    """Enter a variant, named after what it does; `without` names groups that it does not claim."""

    def enter(patch: Patch) -> Patch:
        name = patch.__name__
        if name in CATALOGUE:
            raise ValueError(f"two variants are called {name}")
        claims = frozenset(GROUPS) - {*without.split()}
        CATALOGUE[name] = Variant(
            name, patch, claims, frozenset(rows.split()), frozenset(partly.split()), lifetimes
        )
        return patch

    return enter
