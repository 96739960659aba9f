"""The HTML pages: everything is escaped, and a page needs nothing from elsewhere."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import jinja2
from jinja2.filters import do_forceescape, do_mark_safe

from conformance_tests.printable import printable

#: An id, or a flag of the command line.
_WHOLE = re.compile(r"\b[A-Z]+-\d\d\b|(?<![\w-])--[a-z]+(?:-[a-z]+)*")


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


@jinja2.pass_context
def _whole_ids(context: jinja2.runtime.Context, text: str) -> str:
    """The text with its ids as links, and no id and no flag broken at a hyphen, as on a phone."""
    escaped = str(do_forceescape(printable(text)))
    here = context.get("on_page", ())

    def kept(found: re.Match[str]) -> str:
        word = found[0]
        if word in here:
            return f'<a class="whole" href="#{word}">{word}</a>'
        return f'<span class="whole">{word}</span>'

    return do_mark_safe(_WHOLE.sub(kept, escaped))


def page(template: str, **values: Any) -> str:
    """One page, from a template in `templates/`."""
    return _environment().get_template(template).render(**values)
