"""A picture over time: a slider in a front end, a series of pictures without one."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from IPython import get_ipython
from IPython.display import display

from lessons.pictures.svg import Picture


def over_time(draw: Callable[[int], Picture], seconds: Sequence[int]) -> None:
    """Show a slider from the first of these seconds to the last, or a picture for each of them."""
    if has_front_end():
        _show_slider(draw, min(seconds), max(seconds))
    else:
        for second in seconds:
            display(draw(second))


def has_front_end() -> bool:
    """A Jupyter server gives the kernel a session name; VS Code gives it the file's name."""
    shell = get_ipython()
    is_vs_code = shell is not None and "__vsc_ipynb_file__" in shell.user_ns
    return is_vs_code or "JPY_SESSION_NAME" in os.environ


def _show_slider(draw: Callable[[int], Picture], first: int, last: int) -> None:
    from ipywidgets import IntSlider, Layout, interact

    slider = IntSlider(first, first, last, description="seconds", layout=Layout(width="700px"))
    interact(draw, second=slider)
