"""The HTML pages: everything is escaped, and a page needs nothing from elsewhere."""

from __future__ import annotations

from functools import cache
from typing import Any

import jinja2

from conformance_tests.printable import printable


@cache
def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("conformance_tests.report"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["sentence_case"] = lambda text: text[:1].upper() + text[1:]
    return made


def _shown(value: Any) -> Any:
    return printable(value) if type(value) is str else value


def page(template: str, **values: Any) -> str:
    """One page, from a template in `templates/`."""
    return _environment().get_template(template).render(**values)
