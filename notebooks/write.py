"""Execute the notebooks and write them in one form, so that a diff shows only what changed.

Kept: sources, ids, tags, and outputs. Left out: times, versions and whatever a front end noted.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
CELL_SECONDS = 40
METADATA = {
    "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}


def main(names: list[str]) -> None:
    """Write the named notebooks, or all of them."""
    for path in map(Path, names) if names else sorted(FOLDER.glob("*.ipynb")):
        write(path)
        print(f"{path.name} written")


def write(path: Path) -> None:
    """Execute one notebook from the top, in its own folder, and normalise it."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(
        notebook,
        timeout=CELL_SECONDS,
        kernel_name="python3",
        store_widget_state=False,
        coalesce_streams=True,
        resources={"metadata": {"path": str(path.parent)}},
    ).execute()
    normalise(notebook)
    path.write_text(nbformat.writes(notebook, indent=1).rstrip("\n") + "\n", encoding="utf-8")


def normalise(notebook: Any) -> None:
    """Leave nothing that differs from one machine or run to the next."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        tags = cell.metadata.get("tags")
        cell.metadata = nbformat.from_dict({"tags": sorted(tags)} if tags else {})
        for output in cell.get("outputs", ()):
            if "metadata" in output:
                output.metadata = nbformat.from_dict({})


if __name__ == "__main__":
    main(sys.argv[1:])
