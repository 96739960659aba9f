"""A picture over time: a slider where somebody can move it, a series of pictures elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from IPython import get_ipython
from IPython.display import display

from lessons.pictures.svg import Picture


def over_time(draw: Callable[[int], Picture], seconds: Sequence[int]) -> None:
    """Show a picture for each of these seconds, or let a slider run through all of them."""
    if is_watched():
        _slider(draw, min(seconds), max(seconds))
    else:
        for second in seconds:
            display(draw(second))


def is_watched() -> bool:
    """A front end runs the notebook: a Jupyter server names its session, an editor its file."""
    shell = get_ipython()
    by_editor = shell is not None and "__vsc_ipynb_file__" in shell.user_ns
    return by_editor or "JPY_SESSION_NAME" in os.environ


def _slider(draw: Callable[[int], Picture], first: int, last: int) -> None:
    from ipywidgets import IntSlider, Layout, interact

    slider = IntSlider(first, first, last, description="seconds", layout=Layout(width="700px"))
    interact(draw, second=slider)
