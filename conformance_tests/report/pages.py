"""The HTML pages: everything is escaped, and a page needs nothing from elsewhere."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import jinja2
from jinja2.filters import do_forceescape, do_mark_safe

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
    made.filters["whole_ids"] = _whole_ids
    made.filters["sentence_case"] = lambda text: text[:1].upper() + text[1:]
    return made


def _shown(value: Any) -> Any:
    return printable(value) if type(value) is str else value


def _whole_ids(text: str) -> str:
    """The text with its ids kept from being broken at the hyphen, as on a phone."""
    kept = r'<span class="whole">\g<0></span>'
    return do_mark_safe(re.sub(r"\b[A-Z]+-\d\d\b", kept, str(do_forceescape(printable(text)))))


def page(template: str, **values: Any) -> str:
    """One page, from a template in `templates/`."""
    return _environment().get_template(template).render(**values)
