"""The house stands as CONTRIBUTING.md draws it: its papers, who may import whom, its weight."""

from __future__ import annotations

import ast
import importlib.metadata
import sys
import tomllib
from collections.abc import Iterator
from graphlib import TopologicalSorter
from itertools import chain
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()

#: The packages of each part in the order in which they may import each other. What lies beside the
#: suite's packages comes before them all.
ORDER = {
    "reference_auth": ("core", "store", "flow", "api", "serve"),
    "conformance_tests": (
        "model",
        "target",
        "deployment",
        "actors",
        "report",
        "expect",
        "walks",
        "runner",
        "suite",
        "embedded",
        "commands",
    ),
}
#: A module of the suite is at most so many imports away from one that imports no other.
MOST_FLOORS = 10
MAY_IMPORT_TOO = {"tokens": {"cryptography"}}
IMPORTED_AS = {
    "argon2-cffi": "argon2",
    "axe-playwright-python": "axe_playwright_python",
    "graphql-core": "graphql",
    "ipython": "IPython",
    "markdown-it-py": "markdown_it",
    "pyjwt": "jwt",
    "ruamel.yaml": "ruamel",
    "strawberry-graphql": "strawberry",
}
#: What the suite uses where it is installed, and does without elsewhere (forge.py).
TAKEN_IF_THERE = {"cryptography"}
PACKAGES = ("conformance_tests", "reference_auth")
MEBIBYTE = 2**20


def sources(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, f"{folder}/ holds no Python"
    return found


def imports(path: Path, *, typing_only: bool = True) -> set[str]:
    """The full names of all modules that a file imports, wherever in the file it does.

    typing_only: those that only a type checker imports, too.
    """
    package = path.relative_to(ROOT).parent.parts
    tree = ast.parse(path.read_text())
    if not typing_only:
        tree = WithoutTypingOnly().visit(tree)
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) + 1 - node.level] if node.level else ()
            found |= {".".join([*base, *filter(None, [node.module]), a.name]) for a in node.names}
    return found


class WithoutTypingOnly(ast.NodeTransformer):
    """Takes out what stands under `if TYPE_CHECKING`."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        return None if ast.unparse(node.test) == "TYPE_CHECKING" else node


def suite_modules(*, typing_only: bool) -> dict[str, set[str]]:
    """Each module of the suite, with those of the suite that it imports."""
    paths = {module(path): path for path in sources("conformance_tests")}
    return {
        name: {
            found
            for full in imports(path, typing_only=typing_only)
            for found in (full, full.rpartition(".")[0])
            if found in paths and found != name
        }
        for name, path in paths.items()
    }


def module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def outside(path: Path) -> set[str]:
    """The top-level packages a file imports that are neither the standard library's nor its own."""
    own = path.relative_to(ROOT).parts[0]
    return {name.split(".")[0] for name in imports(path)} - sys.stdlib_module_names - {own}


@pytest.mark.parametrize(
    "name", ["SPEC.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "LICENSE"]
)
def test_a_stranger_finds_the_usual_papers(name: str) -> None:
    """Each paper lies at the root, is not empty, and the README or the map points to it."""
    assert (ROOT / name).read_text().strip()
    assert f"]({name})" in README


@pytest.mark.parametrize(
    "part, package", [(part, package) for part, order in ORDER.items() for package in order]
)
def test_a_package_imports_only_those_before_it(part: str, package: str) -> None:
    """In the order that CONTRIBUTING.md draws; typing-only imports count too."""
    order = ORDER[part]
    after = {f"{part}.{name}" for name in order[order.index(package) + 1 :]}
    upwards = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources(f"{part}/{package}")
        for name in imports(path)
        if ".".join(name.split(".")[:2]) in after
    }
    assert not upwards


def test_what_all_packages_of_the_suite_share_imports_none_of_them() -> None:
    """A module at the root of the suite imports its neighbours at most."""
    packages = {f"conformance_tests.{name}" for name in ORDER["conformance_tests"]}
    assert not {
        f"{path.name}: {name}"
        for path in (ROOT / "conformance_tests").glob("*.py")
        for name in imports(path)
        if ".".join(name.split(".")[:2]) in packages
    }


def test_every_package_of_the_suite_has_its_place() -> None:
    """None is beside the order."""
    folders = {path.parent.name for path in (ROOT / "conformance_tests").glob("*/*.py")}
    assert folders == set(ORDER["conformance_tests"])


def test_no_module_of_the_suite_imports_itself_by_others() -> None:
    """There is no ring, by typing-only imports neither."""
    TopologicalSorter(suite_modules(typing_only=True)).prepare()


def test_the_suite_is_a_low_house() -> None:
    """The longest chain of imports has ten modules."""
    imported = suite_modules(typing_only=False)
    floors: dict[str, int] = {}
    for name in TopologicalSorter(imported).static_order():
        floors[name] = 1 + max((floors[each] for each in imported[name]), default=0)
    assert max(floors.values()) <= MOST_FLOORS, sorted(floors, key=lambda name: -floors[name])[0]


@pytest.mark.parametrize("path", sources("reference_auth/core"), ids=lambda path: path.name)
def test_the_core_imports_nothing_that_acts(path: Path) -> None:
    """A module of the core imports the standard library, jwt and other modules of the core."""
    assert outside(path) <= {"jwt"} | MAY_IMPORT_TOO.get(path.stem, set())


@pytest.mark.parametrize("path", sources("reference_auth/core"), ids=lambda path: path.name)
def test_the_core_reads_no_clock(path: Path) -> None:
    """`now` is an argument: no module of the core imports what could tell the time."""
    assert not {full.split(".")[0] for full in imports(path)} & {"time", "datetime"}


def test_only_the_embedded_target_knows_the_reference() -> None:
    """Nothing in the suite but the package `embedded` imports reference_auth."""
    knowing = {
        path.relative_to(ROOT).parts[1]
        for path in sources("conformance_tests")
        if "reference_auth" in outside(path)
    }
    assert knowing == {"embedded"}


def test_the_reference_knows_nothing_of_the_suite() -> None:
    """Nothing in the reference imports the suite."""
    assert not [p for p in sources("reference_auth") if "conformance_tests" in outside(p)]


@pytest.mark.parametrize("path", sources("tests/second"), ids=lambda path: path.name)
def test_the_second_implementation_shares_nothing_with_the_first(path: Path) -> None:
    """It imports nothing of the reference, its framework or its store, nor what stands on them.

    Its tests know the suite, and `served.py`, with which they give it to the suite as a target.
    """
    beside = path.name.startswith("test_") or path.name == "served.py"
    judge = {"pytest", "conformance_tests"} if beside else set()
    assert outside(path) <= {"graphql", "jwt"} | judge
    own = {name for name in imports(path) if name.split(".")[0] == "tests"}
    assert {name for name in own if not name.startswith("tests.second.")} == set()


def declared(extra: str) -> set[str]:
    """What an install with this extra names itself, as it is imported."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    found: set[str] = set()
    for line in [*project["dependencies"], *extras.get(extra, ())]:
        requirement = Requirement(line)
        if requirement.name == project["name"]:
            found |= set().union(*map(declared, requirement.extras))
        else:
            name = requirement.name
            found.add(IMPORTED_AS.get(name, name.replace("-", "_")))
    return found


def used(folder: str, apart: str = "") -> set[str]:
    """Every distribution that the files below a folder import, one sub-folder left out."""
    left_out = {ROOT / apart} if apart else set[Path]()
    return set().union(*(outside(p) for p in sources(folder) if left_out.isdisjoint(p.parents)))


def test_what_is_imported_is_declared() -> None:
    """Every direct import is a declared dependency of the install that needs it."""
    suite = used("conformance_tests", apart="conformance_tests/embedded")
    assert suite - TAKEN_IF_THERE <= declared("")
    assert used("reference_auth") - {"moto"} <= declared("reference")
    both = used("reference_auth") | used("conformance_tests") - {"reference_auth"}
    assert both <= declared("embedded")
    ours = {"conformance_tests", "lessons", "reference_auth", "tests", "tools", "write"}
    mine = used("tests", apart="tests/examples/drive")  # it runs where an example is installed
    everything = mine | used("notebooks") | outside(ROOT / "noxfile.py")
    assert everything - ours <= declared("dev")


def test_every_range_has_two_ends() -> None:
    """Each dependency, of the build too, names the oldest release that will do and where it stops.

    `nox -s lowest` and every other session test one end each.
    """
    told = tomllib.loads((ROOT / "pyproject.toml").read_text())
    project = told["project"]
    extras = project["optional-dependencies"].values()
    lines = chain(told["build-system"]["requires"], project["dependencies"], *extras)
    others = [one for one in map(Requirement, lines) if one.name != project["name"]]
    assert not [str(one) for one in others if {s.operator for s in one.specifier} != {">=", "<"}]


def requirements(distribution: str, extra: str) -> Iterator[Requirement]:
    for line in importlib.metadata.requires(distribution) or []:
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": extra}):
            yield requirement


def closure(distribution: str, extra: str, seen: set[tuple[str, str]]) -> set[tuple[str, str]]:
    """Every distribution that one brings along, each with the extra it is asked for with."""
    for requirement in requirements(distribution, extra):
        for wanted in ["", *sorted(requirement.extras)]:
            if (requirement.name.lower(), wanted) not in seen:
                seen.add((requirement.name.lower(), wanted))
                closure(requirement.name, wanted, seen)
    return seen


def bytes_on_disk(name: str) -> int:
    """What `du` says of a distribution's files and of the folders they lie in."""
    distribution = importlib.metadata.distribution(name)
    files = set(distribution.files or [])
    folders = {folder for file in files for folder in file.parents if folder.name}
    found = [Path(str(distribution.locate_file(path))) for path in files | folders]
    return sum(map(on_disk, filter(Path.exists, found)))


def on_disk(path: Path) -> int:
    return path.stat().st_blocks * 512


def test_the_small_install_stays_small() -> None:
    """Judging a remote deployment takes at most 70 MiB beyond an empty environment."""
    names = {name for name, _ in closure("reference-auth", "", set())}
    assert {"pytest", "botocore", "pygments"} <= names
    assert not {"moto", "cryptography", "strawberry-graphql"} & names
    ours = [path for name in PACKAGES for path in (ROOT / name).rglob("*")]
    sizes = {name: bytes_on_disk(name) for name in names} | {"ours": sum(map(on_disk, ours))}
    assert 20 < sum(sizes.values()) / MEBIBYTE <= 70, sizes


def test_ci_runs_the_readme_s_own_test_command() -> None:
    """.ci/run holds no copy of the test command, and has its run bit."""
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert "README.md" in script.read_text()
    assert "pip install" not in script.read_text()


def test_every_test_says_what_holds() -> None:
    """Each test, ours and the suite's, has a docstring of one sentence."""
    paths = [*sources("tests"), *sources("conformance_tests/suite")]
    assert not [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in paths
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
