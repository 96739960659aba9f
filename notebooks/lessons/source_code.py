"""Code as it is in the package, never a copy of it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from IPython import get_ipython

from conformance_tests.target.load import TargetError
from reference_auth.core.config import ConfigError
from reference_auth.core.errors import AuthError
from reference_auth.core.states import State
from reference_auth.flow.flow import Flow


@dataclass(frozen=True, slots=True)
class Source:
    """The source of one function or class, and where it is from."""

    origin: str
    code: str

    def _repr_markdown_(self) -> str:
        return f"From `{self.origin}`:\n\n```python\n{self.code}\n```"

    def __repr__(self) -> str:
        return f"# {self.origin}\n{self.code}"


def source(thing: Callable[..., Any] | type) -> Source:
    """Show the source of a function or class."""
    return Source(thing.__module__, dedent(inspect.getsource(thing)).rstrip())


def arm(state: State) -> Source:
    """Show the case of `Flow.refresh` for one state, and the method that it calls."""
    refresh = dedent(inspect.getsource(Flow.refresh))
    (case,) = (
        node
        for node in ast.walk(ast.parse(refresh))
        if isinstance(node, ast.match_case) and ast.unparse(node.pattern) == f"State.{state.name}"
    )
    (method,) = (
        node.func.attr
        for node in ast.walk(case)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    )
    line = f"case {ast.unparse(case.pattern)}:\n    {ast.unparse(case.body[0])}"
    code = dedent(inspect.getsource(getattr(Flow, method))).rstrip()
    return Source(f"{Flow.__module__}, Flow.refresh for {state.name}", f"{line}\n\n{code}")


def show_refusals_in_one_line() -> None:
    """A refusal is shown as one line: what it says matters, not where it was raised."""
    shell = get_ipython()
    if shell is not None:
        shell.set_custom_exc((AuthError, ConfigError, TargetError), _one_line)


def _one_line(
    shell: Any, kind: type, value: BaseException, trace: Any, tb_offset: Any = None
) -> Any:
    line = [f"{kind.__name__}: {value}"]
    shell._showtraceback(kind, value, line)
    return line
