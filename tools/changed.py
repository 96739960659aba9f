"""What is being worked on: the files, and the functions in them, that differ from main's.

`python -m tools.changed` prints the unit tests of these files.
"""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
#: On main itself, with nothing under way, these last commits are what is being worked on.
LAST_COMMITS = 5

#: Whose unit tests are where; the folders of both are called the same.
MIRRORS = {
    "conformance_tests": "tests/conformance",
    "notebooks": "tests/notebooks",
    "reference_auth": "tests/reference",
    "tests": "tests",
    "tools": "tests/tools",
}
#: What a tool writes into the suite, and the test that compares it.
WRITTEN = {Path("conformance_tests/mutants.json"): Path("tests/mutants/test_catalogue.py")}
#: Quick, and about all files.
ALWAYS = ("tests/test_house.py", "tests/test_readme.py", "tests/test_spec_index.py")

Function = ast.FunctionDef | ast.AsyncFunctionDef
_HUNK = re.compile(r"^@@ -\S+ \+(\d+)(?:,(\d+))? @@", re.MULTILINE)


def git(*words: str, root: Path = ROOT) -> str:
    """What git prints, or nothing where it cannot tell: a tree without a history has no changes."""
    done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


def base(root: Path = ROOT) -> str:
    """The commit to compare with: where this branch left main. On main itself it is the last one
    while something is under way, and else one some commits ago.
    """
    mains = (
        git("rev-parse", "-q", "--verify", name, root=root) for name in ("origin/main", "main")
    )
    left = git("merge-base", "HEAD", next(filter(None, mains), "HEAD"), root=root)
    if left != git("rev-parse", "HEAD", root=root) or git("status", "--porcelain", root=root):
        return left
    last = git("rev-list", f"--max-count={LAST_COMMITS + 1}", "HEAD", root=root)
    return last.rpartition("\n")[2]


def files(root: Path = ROOT) -> list[Path]:
    """The files that differ, those that git does not know yet among them; no deleted ones."""
    differing = git("diff", "--name-only", "--diff-filter=d", base(root), root=root)
    unknown = git("ls-files", "--others", "--exclude-standard", root=root)
    return [root / name for name in sorted({*differing.splitlines(), *unknown.splitlines()})]


def functions(path: Path, root: Path = ROOT) -> set[str]:
    """The qualified names of the functions of a file that differ.

    A constant that differs is taken to concern each of them; an import concerns none.
    """
    lines, tree = _lines(path, root), ast.parse(path.read_text(encoding="utf-8"))
    every = dict(functions_of(tree))
    if lines & {line for node in _constants(tree) for line in _span(node)}:
        return {*every}
    return {name for name, node in every.items() if lines & {*_span(node)}}


def functions_of(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Each function of a syntax tree, by its qualified name."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, Function):
            yield f"{prefix}{node.name}", node
            yield from functions_of(node, f"{prefix}{node.name}.<locals>.")
        elif isinstance(node, ast.ClassDef):
            yield from functions_of(node, f"{prefix}{node.name}.")


def _constants(tree: ast.Module | ast.ClassDef) -> Iterator[ast.stmt]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from _constants(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            yield node


def _span(node: ast.stmt) -> range:
    marks = node.decorator_list if isinstance(node, Function) else []
    first = min([node.lineno, *(mark.lineno for mark in marks)])
    return range(first, (node.end_lineno or first) + 1)


def _lines(path: Path, root: Path) -> set[int]:
    """The lines that differ; where some were only taken away, the two that they lay between."""
    if not git("ls-files", "--error-unmatch", str(path), root=root):
        return {*range(1, len(path.read_text(encoding="utf-8").splitlines()) + 1)}
    found: set[int] = set()
    for first, count in _HUNK.findall(git("diff", "-U0", base(root), "--", str(path), root=root)):
        start = int(first)
        found |= {*range(start, start + int(count or 1))} if count != "0" else {start, start + 1}
    return found


def units(root: Path = ROOT) -> list[str]:
    """The unit tests of the files that differ, and those that are about all files."""
    found = {place for path in files(root) if (place := _tests_of(path.relative_to(root), root))}
    inner = {one for one in found for other in found if other in one.parents}
    return sorted({*ALWAYS, *map(str, found - inner)})


def _tests_of(path: Path, root: Path) -> Path | None:
    """The file of the same name, or the folder, that holds the tests of a file; itself, of a test.

    Where neither is there it is the next folder above that holds tests.
    """
    if path in WRITTEN:
        return WRITTEN[path]
    mirror = MIRRORS.get(path.parts[0])
    if mirror is None:
        return None
    folder = Path(mirror, *path.parts[1:-1])
    for name in (path.name, f"test_{path.stem}.py"):
        if name.startswith("test_") and (root / folder / name).exists():
            return folder / name
    while folder != Path("tests") and not [*(root / folder).rglob("test_*.py")]:
        folder = folder.parent
    return folder if folder != Path("tests") else None


if __name__ == "__main__":
    print("\n".join(units()))
