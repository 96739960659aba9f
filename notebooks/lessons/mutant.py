"""A mutant is the reference with one defect: a Flow of which one or two methods are overridden."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from reference_auth.flow.flow import Flow
from reference_auth.serve import app


@contextmanager
def with_flow(flow: type[Flow]) -> Iterator[None]:
    """Servers that are built inside this context use this flow."""
    with patch.object(app, "Flow", flow):
        yield


def app_with(flow: type[Flow]) -> Callable[..., Any]:
    """The reference's `create_app`, with another flow."""

    def make_app(*given: Any, **settings: Any) -> Any:
        with with_flow(flow):
            return app.create_app(*given, **settings)

    return make_app
