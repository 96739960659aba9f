"""The machine-made mutants of a module: each is its source with one thing in it changed."""

from __future__ import annotations

import ast
import difflib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from functools import cache
from itertools import pairwise
from pathlib import Path

import libcst as cst

import reference_auth
from tools.mutation.operators import OPERATORS
from tools.mutation.skipped import is_skipped

SOURCE = Path(reference_auth.__file__).parent
#: In the order of importance. Not here: what serves, configures and announces, and the page.
#: Nor `config` and `errors`, core as they are. Settings are read before any row is asked: a few
#: rows start servers with other ones, and tests/reference judges them all. Errors are names and
#: words, and WIRE-12 and GQL-08 look at the names. `login` is a protocol.
MODULES = (
    *("core.states", "core.lifetimes", "core.tokens", "core.judge", "flow.flow", "flow.burn"),
    *("flow.grace", "core.rows", "store.items"),
    *("store.sessions", "flow.derivation", "store.storage", "store.retry"),
)
_COMMENT = re.compile(r"  # .*$")


@dataclass(frozen=True, slots=True)
class Made:
    """One mutant, named by what is to be read of it: no line number, which would rot.

    function: the qualified name of what holds the change; empty in a module's own lines.
    was, now: the lines that differ.
    """

    module: str
    function: str
    operator: str
    was: str
    now: str
    source: str = field(repr=False, compare=False)

    @property
    def name(self) -> str:
        """One line that names it."""
        module = self.module.rpartition(".")[2]
        place = ".".join(filter(None, (module, self.function)))
        return f"{place}: {self.was or '(nothing)'} -> {self.now or '(nothing)'}"


@dataclass(frozen=True, slots=True)
class _Change:
    """What an operator would do: `path` leads from a statement of the module to the old node."""

    function: str
    operator: str
    path: tuple[cst.CSTNode, ...]
    new: cst.CSTNode

    def made(self) -> cst.CSTNode:
        """The module's statement with the new node in it; all that is not on the path is shared."""
        new = self.new
        for parent, old in reversed([*pairwise(self.path)]):
            new = parent.with_changes(**_fields(parent, old, new))
        return new


def _fields(parent: cst.CSTNode, old: cst.CSTNode, new: cst.CSTNode) -> dict[str, object]:
    found: dict[str, object] = {}
    for each in fields(parent):
        value = getattr(parent, each.name)
        if value is old:
            found[each.name] = new
        elif isinstance(value, (list, tuple)) and any(part is old for part in value):
            found[each.name] = [new if part is old else part for part in value]
    return found


class _Changes(cst.CSTVisitor):
    """Gathers what the operators would do, and where."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[_Change] = []
        self._path: list[cst.CSTNode] = []

    def on_visit(self, node: cst.CSTNode) -> bool:
        self._path.append(node)
        if is_skipped(node):
            return False
        path, function = tuple(self._path), self._function()
        for kinds, operator in OPERATORS:
            if isinstance(node, kinds):
                name = operator.__name__.removeprefix("operator_")
                self.found += (_Change(function, name, path, new) for new in operator(node))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        self._path.pop()

    def _function(self) -> str:
        within = (n for n in self._path if isinstance(n, (cst.FunctionDef, cst.ClassDef)))
        return ".".join(node.name.value for node in within)


@cache
def mutants(module: str) -> dict[str, Made]:
    """The mutants of a module by name; what compiles to the same is one."""
    sound = SOURCE.joinpath(*module.split(".")).with_suffix(".py").read_text(encoding="utf-8")
    found: dict[str, Made] = {}
    known = {ast.dump(ast.parse(sound))}
    again: Counter[str] = Counter()
    for change, source in _sources(sound):
        try:
            tree = ast.dump(ast.parse(source))
        except SyntaxError:
            continue
        if tree in known:
            continue
        known.add(tree)
        made = Made(module, change.function, change.operator, *_differing(sound, source), source)
        again[made.name] += 1
        found[made.name + (f" #{again[made.name]}" if again[made.name] > 1 else "")] = made
    return found


def _sources(sound: str) -> Iterator[tuple[_Change, str]]:
    tree = cst.parse_module(sound)
    parts = [tree.code_for_node(statement) for statement in tree.body]
    assert "".join(parts) == sound
    for place, statement in enumerate(tree.body):
        changes = _Changes()
        statement.visit(changes)
        for change in changes.found:
            part = tree.code_for_node(change.made())
            yield change, "".join([*parts[:place], part, *parts[place + 1 :]])


def _differing(sound: str, source: str) -> tuple[str, str]:
    """The lines that only the one and only the other has."""
    _, _, *lines = difflib.unified_diff(sound.splitlines(), source.splitlines(), n=0)
    was, now = (
        " ".join(_COMMENT.sub("", line[1:]).strip() for line in lines if line.startswith(sign))
        for sign in "-+"
    )
    return was, now
