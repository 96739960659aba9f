"""Options for a pipeline: the right ones, and some that stop too much or too little."""

from __future__ import annotations

from typing import Any

from lessons import checks

CHECK = checks.stops
RIGHT = ["--require-complete"]
WRONG: dict[str, tuple[Any, str]] = {
    "strict": (["--strict", "--require-complete"], "a broken SHOULD"),
    "none": ([], "even if nothing could be tested"),
    "more": (["--require-complete", "--verbose"], "--verbose is not needed"),
    "text": ("--require-complete", "a list of words"),
}
