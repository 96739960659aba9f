"""The checks: `nox` before you hand a change in, `nox -s quick` while you work on it.

`nox -s deep` holds everything else: whole runs, browsers, every mutant. `nox -l` lists all.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import nox

nox.options.default_venv_backend = "none"  # the tools stand beside nox already: extra `dev`
nox.options.sessions = ["lint", "types", "tests", "conformance", "mutants", "notebooks"]

AT_ONCE = "tests/conformance/suite/test_at_once.py"  # two runs on one table

#: The tests that `nox` leaves to `nox -s deep`, because they take minutes: these folders and files,
#: in four parts that take as long as each other. What is not listed here is run by `nox`.
DEEP = [
    [
        "tests/conformance/suite/test_ways.py",
        "tests/conformance/runner/test_estimate.py",
        "tests/tools/test_bench.py",
        "tests/conformance/suite/test_reaper.py",
        "tests/conformance/report/test_in_browser.py",
        "tests/package",
        "tests/pipelines/test_images.py",
    ],
    [
        "tests/degenerate",
        "tests/conformance/walks/test_no_false_red.py",
        "tests/conformance/walks/test_walks.py",
        "tests/server/test_page_in_browser.py",
        "tests/conformance/suite/test_side_by_side.py",
        "tests/conformance/suite/test_features.py",
        "tests/tools/test_mutation.py",
        AT_ONCE,
    ],
    [
        "tests/variants/test_walks.py",  # first: it takes longest
        "tests/conformance/commands/test_environments.py",
        "tests/examples",
        "tests/variants",
        "tests/docs/test_blocks.py",
        "tests/conformance/suite/test_marks.py",
        "tests/conformance/suite/test_again.py",
    ],
    [
        "tests/conformance/commands/test_no_secret.py",
        "tests/second/test_single_defects.py",
        "tests/chaos",
        "tests/conformance/walks/test_defects.py",
        "tests/conformance/walks/test_little.py",
        "tests/mutants/test_with_little.py",
        "tests/notebooks/test_lab.py",
    ],
]

DEEP_PATHS = tuple(path for part in DEEP for path in part)
WITHOUT_DEEP = [f"--ignore={path}" for path in DEEP_PATHS]

TOOLS = Path(sys.executable).parent
MINISTACK = Path(".nox/ministack")
NOTEBOOKS = Path("notebooks")
LOWEST = ["tests/reference", "tests/server"]  # what stands on the libraries most
SCRIPTS = [".ci/run", ".ci/judge", "examples/pipeline.sh"]
WORKFLOWS = {
    "actions": ["action.yml"],
    "workflows": [".github/workflows/ci.yml", "examples/workflow.yml"],
}
PYTHONS = ["python3.11", "python3.12", "python3.13", "python3.14"]

MYPY = ["--num-workers", "auto"]
#: Half as many workers again as cores: a third of the time a test waits.
WORKERS = str(3 * (os.cpu_count() or 1) // 2)
A_FILE_A_WORKER = ["-n", WORKERS, "--dist", "loadfile", "--no-loadscope-reorder"]


def tool(session: nox.Session, name: str, *args: str, **env: str) -> None:
    """Run a program of the environment that nox itself runs in."""
    session.run(str(TOOLS / name), *args, env=env, external=True)


@nox.session
def lint(session: nox.Session) -> None:
    """Rules and form, as pyproject.toml has them; `-- --fix` mends what can be mended."""
    tool(session, "ruff", "check", *session.posargs)
    tool(session, "ruff", "format", *([] if "--fix" in session.posargs else ["--check"]))
    tool(session, "shellcheck", *SCRIPTS)
    tool(session, "hadolint", *map(str, Path("docker").glob("*.Dockerfile")))
    for schema, files in WORKFLOWS.items():
        tool(session, "check-jsonschema", "--builtin-schema", f"vendor.github-{schema}", *files)


@nox.session
def types(session: nox.Session) -> None:
    """Every function's types, strictly."""
    tool(session, "mypy", *MYPY, *session.posargs)


@nox.session
def conformance(session: nox.Session) -> None:
    """The suite judges the embedded reference, as `auth-conformance run` does for anyone."""
    tool(session, "auth-conformance", "run", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Our own tests, a file a worker, but for the deep ones; `-- PATH…` takes others."""
    pytest(session, *(session.posargs or ["-q", *A_FILE_A_WORKER, *WITHOUT_DEEP]))


def pytest(session: nox.Session, *words: str, **env: str) -> None:
    """Run tests, with ministack at hand."""
    tool(session, "pytest", *words, MINISTACK=ministack(session), **env)


def ministack(session: nox.Session) -> str:
    """A second table engine, in an environment of its own: its pins clash with ours."""
    program = MINISTACK / "bin" / "ministack"
    if not program.exists():
        session.run(sys.executable, "-m", "venv", str(MINISTACK), external=True)
        pip = str(MINISTACK / "bin" / "pip")
        session.run(pip, "install", "-q", "ministack>=1.5.33,<2", external=True)
    return str(program.absolute())


@nox.session
def mutants(session: nox.Session) -> None:
    """The defects of what the change touches, and a dozen others, each seen; `-- --every`: all."""
    tool(session, "python", "-m", "tests.mutants", *(session.posargs or ["--touched"]))


@nox.session
def quick(session: nox.Session) -> None:
    """While you work: Python's form and types, and the unit tests of what you changed."""
    tool(session, "ruff", "check")
    tool(session, "ruff", "format", "--check")
    tool(session, "mypy", *MYPY)
    told = session.run(str(TOOLS / "python"), "-m", "tools.changed", silent=True, external=True)
    changed = [path for path in str(told).split() if not f"{path}/".startswith(DEEP_PATHS)]
    pytest(session, "-q", *A_FILE_A_WORKER, *WITHOUT_DEEP, *changed)


@nox.session
def deep(session: nox.Session) -> None:
    """Everything that `nox` does not hold: twenty minutes or more; `-- 2` runs a quarter of it."""
    number = int(session.posargs[0]) if session.posargs else None
    tests = DEEP[number - 1] if number else DEEP_PATHS
    waiting = ["-n", "4"]  # of four, two at least sleep most of the time
    share = ["--share", f"{number}/{len(DEEP)}"] if number else []
    with ThreadPoolExecutor(1) as pool:
        wheel = pool.submit(package, session)  # it waits more than it works
        session.log("1 of 2: the tests that take minutes, and beside them the wheel")
        pytest(session, "-q", "--durations=25", *A_FILE_A_WORKER, *waiting, *tests)
        session.log("2 of 2: every mutant")
        tool(session, "python", "-m", "tests.mutants", "--every", *share)
        wheel.result()


@nox.session
def chaos(session: nox.Session) -> None:
    """The long form of tests/chaos: minutes of trouble and figures; CHAOS_SEED picks others."""
    pytest(session, *(session.posargs or ["tests/chaos", AT_ONCE]), CHAOS="long")


@nox.session
def bench(session: nox.Session) -> None:
    """How fast the reference is, beside the machine's floor; `-- --help` lists what else."""
    tool(session, "python", "-m", "tools.bench", *session.posargs, MINISTACK=ministack(session))


@nox.session(venv_backend="venv")
def lowest(session: nox.Session) -> None:
    """The lower ends of our dependencies' ranges, in an environment of their own."""
    tool(
        session,
        *("uv", "pip", "install", "-q", "--resolution", "lowest-direct", "-e", ".[dev]"),
        VIRTUAL_ENV=session.virtualenv.location,
    )
    session.run("python", "-m", "pytest", *(session.posargs or LOWEST))
    session.run("auth-conformance", "run")


@nox.session
def audit(session: nox.Session) -> None:
    """Known holes in what is installed; what could not be looked up is a failure."""
    frozen = Path(session.create_tmp()) / "frozen.txt"
    freeze = [str(TOOLS / "uv"), "pip", "freeze", "-q", "--exclude-editable"]
    listed = session.run(*freeze, "--python", sys.executable, silent=True, external=True)
    frozen.write_text(str(listed))
    tool(session, "pip-audit", "--strict", "--no-deps", "--disable-pip", "-r", str(frozen))


@nox.session
def notebooks(session: nox.Session) -> None:
    """Each lesson gives what it gave before; `-- --write` executes and writes them anew."""
    if "--write" in session.posargs:
        chosen = [word for word in session.posargs if word != "--write"]
        tool(session, "python", str(NOTEBOOKS / "write.py"), *chosen)
        return
    strict = ["--nbval", "--nbval-current-env", "--nbval-cell-timeout=60"]
    sanitised = f"--nbval-sanitize-with={NOTEBOOKS / 'sanitize.cfg'}"
    last_first = sorted(map(str, NOTEBOOKS.glob("*.ipynb")), reverse=True)  # they take longest
    chosen = session.posargs or last_first
    tool(session, "pytest", "-p", "nbval", *A_FILE_A_WORKER, *strict, sanitised, *chosen)


@nox.session
def package(session: nox.Session) -> None:
    """The wheel, used as a stranger would, under each Python that is here: every job, offline."""
    dist = session.create_tmp()
    tool(session, "python", "-m", "build", "--no-isolation", "--outdir", dist)
    (wheel,) = Path(dist).glob("*.whl")
    pythons = [*filter(_runs, PYTHONS)] or [sys.executable]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # mostly installing: each waits for its disk
        codes = pool.map(partial(_stranger, wheel=wheel), pythons)
    if failed := [python for python, code in zip(pythons, codes, strict=True) if code]:
        session.error(f"the wheel fails under {', '.join(failed)}")


def _stranger(python: str, wheel: Path) -> int:
    return subprocess.call([python, "tests/package/stranger.py", str(wheel)])


def _runs(python: str) -> bool:
    """Whether it is more than a shim for a version that is not chosen."""
    return shutil.which(python) is not None and not subprocess.call([python, "-c", ""])


@nox.session
def lab(session: nox.Session) -> None:
    """Open JupyterLab on the lessons' start page; they are trusted first: their pictures show."""
    tool(session, "jupyter", "trust", *sorted(map(str, NOTEBOOKS.glob("*.ipynb"))))
    settings = str(NOTEBOOKS / "jupyter")
    tool(session, "jupyter", "lab", *session.posargs, JUPYTER_CONFIG_PATH=settings)
