"""What is left alone, since nobody outside could tell: one short rule each."""

from __future__ import annotations

import libcst as cst
from libcst import matchers as m

LOGGERS = m.Name("log") | m.Name("security")
TYPES = m.Name("CustomerId") | m.Name("Item") | m.Name("T")
LOG_LINE = m.Call(func=m.Attribute(m.Name("log")))
OWN_CONSTRUCTION = m.Call(m.Attribute(m.Call(m.Name("super"))))

RULES: dict[str, m.BaseMatcherNode] = {
    "imports": m.Import() | m.ImportFrom(),
    "type annotations": m.Annotation(),
    "names of types": m.Assign(targets=[m.AssignTarget(TYPES)]),
    "decorators, whose arguments give a class its form": m.Decorator(),
    "what a repr hides": m.Call(func=m.Name("field")) | m.AnnAssign(value=m.Call(m.Name("field"))),
    "the values of an enum, whose names alone count": m.ClassDef(bases=[m.Arg(m.Name("Enum"))]),
    "names of loggers": m.Assign(targets=[m.AssignTarget(LOGGERS)]),
    "log lines that no row asks for": m.SimpleStatementLine([m.Expr(LOG_LINE)]),
    "the wording of a log line": m.SimpleString(m.MatchRegex('"[A-Z][a-z]* [a-z].*')),
    "an exception's own construction": m.SimpleStatementLine([m.Expr(OWN_CONSTRUCTION)]),
}


def is_skipped(node: cst.CSTNode) -> bool:
    """Whether a rule leaves this node alone, with all that is in it."""
    return any(m.matches(node, rule) for rule in RULES.values())
