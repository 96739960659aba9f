"""How `nox -s lab` runs JupyterLab: it opens the start page and marks no lesson unsaved.

JupyterLab writes the kernel's exact version into each notebook that it opens, and then marks the
notebook unsaved. The committed lessons name no version. So the version is added when a notebook is
sent to the browser, and removed when the notebook is saved.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager

NOTEBOOKS = Path(__file__).parents[1]
sys.path.append(str(NOTEBOOKS))

from write import METADATA  # noqa: E402  (it is next to the lessons)


class Lessons(AsyncLargeFileManager):
    """Files as they are; a notebook with the metadata that this kernel would write into it."""

    async def get(self, path: str, content: bool = True, *args: Any, **more: Any) -> Any:
        """Read a file or a notebook for the browser."""
        model = await super().get(path, content, *args, **more)  # type: ignore[no-untyped-call]
        if content and model["type"] == "notebook":
            model["content"]["metadata"]["language_info"] = IPythonKernel.language_info
        return model

    async def save(self, model: Any, path: str = "") -> Any:
        """Write a file or a notebook; a notebook gets the metadata of the committed ones."""
        if model["type"] == "notebook":
            model["content"]["metadata"] = METADATA
        return await super().save(model, path)  # type: ignore[no-untyped-call]


c = get_config()  # type: ignore[name-defined]  # noqa: F821  (Jupyter defines it)
c.ServerApp.root_dir = str(NOTEBOOKS.parent)
c.ServerApp.contents_manager_class = Lessons
c.LabApp.default_url = "/lab/workspaces/lessons/tree/notebooks/README.md"
