"""What a machine does to a line of the reference: mutmut's operators, and some of our own.

Each takes a node of the syntax tree and gives what may stand in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from itertools import islice
from typing import Any

import libcst as cst
from mutmut.mutation import mutators

from reference_auth.core.states import Access, Refresh, State

Operator = Callable[[Any], Iterable[cst.CSTNode]]
Kinds = tuple[type[cst.CSTNode], ...]

_ENUMS: dict[str, type[Enum]] = {kind.__name__: kind for kind in (Access, Refresh, State)}


def drop_statement(node: cst.SimpleStatementLine) -> Iterator[cst.CSTNode]:
    """A call whose answer nobody takes is not made; an error is not raised."""
    match node.body:
        case [cst.Expr(value=cst.SimpleString() | cst.Ellipsis())]:
            return
        case [cst.Expr() | cst.Raise()]:
            yield node.with_changes(body=[cst.Pass()])


def drop_element(node: cst.List | cst.Set | cst.Dict) -> Iterator[cst.CSTNode]:
    """One part of a list, a set or a mapping is missing."""
    for place in range(len(node.elements)):
        left = [*node.elements[:place], *node.elements[place + 1 :]]
        yield node.with_changes(elements=left) if left else _empty(node)


def _empty(node: cst.CSTNode) -> cst.CSTNode:
    return cst.parse_expression({cst.List: "[]", cst.Set: "set()"}.get(type(node), "{}"))


def drop_operand(node: cst.BooleanOperation) -> Iterator[cst.CSTNode]:
    """One side of `and` and `or` is not looked at."""
    yield node.left
    yield node.right


def force_condition(node: cst.If) -> Iterator[cst.CSTNode]:
    """A condition always holds, or never."""
    for word in ("True", "False"):
        yield node.with_changes(
            test=cst.Name(word), whitespace_before_test=cst.SimpleWhitespace(" ")
        )


def drop_filter(node: cst.CompFor) -> Iterator[cst.CSTNode]:
    """A comprehension takes everything."""
    if node.ifs:
        yield node.with_changes(ifs=[])


def drop_handler(node: cst.ExceptHandler) -> Iterator[cst.CSTNode]:
    """An error is not caught."""
    yield node.with_changes(type=cst.Tuple([]), whitespace_after_except=cst.SimpleWhitespace(" "))


def another_member(node: cst.Attribute) -> Iterator[cst.CSTNode]:
    """One state stands for another."""
    match node:
        case cst.Attribute(cst.Name(kind), cst.Name(name)) if kind in _ENUMS:
            names = list(_ENUMS[kind].__members__)
            following = names[(names.index(name) + 1) % len(names)]
            yield node.with_changes(attr=cst.Name(following))


def drop_keyword(node: cst.Call) -> Iterator[cst.CSTNode]:
    """A keyword argument is left out."""
    for place, argument in enumerate(node.args):
        if argument.keyword:
            yield node.with_changes(args=[*node.args[:place], *node.args[place + 1 :]])


def one_other_string(node: cst.BaseString) -> Iterator[cst.CSTNode]:
    """The first that mutmut makes of a string: the others differ from it in nothing that counts."""
    yield from islice(mutators.operator_string(node), 1)


OURS: tuple[tuple[Kinds, Operator], ...] = (
    ((cst.SimpleStatementLine,), drop_statement),
    ((cst.List, cst.Set, cst.Dict), drop_element),
    ((cst.BooleanOperation,), drop_operand),
    ((cst.If,), force_condition),
    ((cst.CompFor,), drop_filter),
    ((cst.ExceptHandler,), drop_handler),
    ((cst.Attribute,), another_member),
    ((cst.Call,), drop_keyword),
    ((cst.BaseString,), one_other_string),
)
#: An argument that is None, wherever it stands, nearly always ends in a TypeError. Half of all
#: mutants would be such, any test would kill them, and the share of the killed would say little.
LEFT_OUT = (mutators.operator_string, mutators.operator_arg_removal)
MUTMUTS: tuple[tuple[Kinds, Operator], ...] = tuple(
    ((kind,), operator)
    for kind, operator in mutators.mutation_operators
    if operator not in LEFT_OUT
)
OPERATORS = MUTMUTS + OURS
