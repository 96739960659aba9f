"""Code as it stands in the package, never a copy of it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from textwrap import dedent
from typing import Any

from IPython import get_ipython

from conformance_tests.target.load import TargetError
from reference_auth.core.config import ConfigError
from reference_auth.core.errors import AuthError


@dataclass(frozen=True, slots=True)
class Source:
    """The source of one function or class, with the module that it stands in."""

    module: str
    code: str

    def _repr_markdown_(self) -> str:
        return f"From `{self.module}`:\n\n```python\n{self.code}\n```"

    def __repr__(self) -> str:
        return f"# {self.module}\n{self.code}"


def source(thing: Callable[..., Any] | type) -> Source:
    """Show where a function or class stands and how it is written."""
    return Source(thing.__module__, dedent(inspect.getsource(thing)).rstrip())


def quiet_refusals() -> None:
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
