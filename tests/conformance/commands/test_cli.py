"""The command line: every bad input is one sentence, and no run ends without its reports."""

from __future__ import annotations

import datetime as dt
import ipaddress
import itertools
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from conformance_tests.commands import cli
from conformance_tests.deployment.forge import Forge
from conformance_tests.report import exit_codes
from conformance_tests.report.finding import Card, Finding
from conformance_tests.report.verdict import Run
from conformance_tests.runner.options import Options, Progress
from conformance_tests.target.model import Target
from tests.conformance.commands.unheard import FULL, printing_to, unheard
from tests.conformance.report.sample_report import STARTED
from tests.conformance.small_server import Reply, refusing, says, serving

CLOSED = "http://127.0.0.1:9/graphql"
FILE = """
url = "{url}"
[[customers]]
email = "alice@example.com"
password = "pass-alice"
[[customers]]
email = "bob@example.com"
password = "pass-bob"
"""
Runner = Callable[[Target, Options, Progress], Run]


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No customers from the caller's environment, and the signals as they were."""
    for name in [name for name in os.environ if name.startswith("AUTH_CONFORMANCE")]:
        monkeypatch.delenv(name)
    before = {
        number: signal.getsignal(number)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    }
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def target_file(tmp_path: Path) -> Path:
    """A target file whose deployment is not there."""
    path = tmp_path / "target.toml"
    path.write_text(FILE.format(url=CLOSED))
    return path


@pytest.fixture
def instead(monkeypatch: pytest.MonkeyPatch) -> Callable[[Runner], None]:
    """Puts another runner in the place of the real one."""

    def put(other: Runner) -> None:
        def run_suite(target: Target, options: Options, progress: Progress, **_: object) -> Run:
            return other(target, options, progress)

        monkeypatch.setattr("conformance_tests.commands.run.run_suite", run_suite)

    return put


def ended(*findings: Finding) -> Runner:
    """A runner that finds this."""
    return lambda target, options, progress: Run(findings, STARTED)


def test_help_prints_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    """Every code with its meaning, in the help of the whole and of `run`."""
    for argv in (["--help"], ["run", "--help"]):
        with pytest.raises(SystemExit) as ended:
            cli.main(argv)
        assert ended.value.code == 0
        shown = capsys.readouterr().out
        for code, meaning in exit_codes.EXITS.items():
            assert f"{code}  {meaning}" in shown


def test_help_imports_nothing_that_takes_time() -> None:
    """pytest, httpx, boto3, rich and jinja2 are met by the commands that need them."""
    script = (
        "import sys, conformance_tests.commands.cli as cli\n"
        "try: cli.main(['--help'])\n"
        "except SystemExit: pass\n"
        "slow = {'pytest', 'httpx', 'boto3', 'rich', 'jinja2', 'tomllib'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert shown.stdout.splitlines()[-1] == "[]"


BAD = {
    "an id that does not exist": (["run", "--only", "API-99"], "API ends with API-06"),
    "a group that does not exist": (["list", "--group", "CRE"], 'did you mean "CORE"?'),
    "a row to explain that does not exist": (["explain", "WIER-01"], 'did you mean "WIRE-01"?'),
    "an address without scheme": (["run", "staging.example.com"], "begins http:// or https://"),
    "a target file that is not there": (["run", "--target", "no.toml"], "No such file"),
    "a report folder that is not there": (
        ["run", CLOSED, "--html", "/no/such/r.html"],
        "there is no folder /no/such: make it, or name another path.",
    ),
    "a report name that is too long": (["run", CLOSED, "--html", "r" * 300], "name another path"),
    "a report path that is a folder": (["run", CLOSED, "--json", "/tmp"], "is a folder"),
    "a report path that is a device": (["run", CLOSED, "--json", "/dev/null"], "is a link or a"),
    "one path for two reports": (
        ["run", CLOSED, "--json", "/tmp/no-such-report", "--html", "/tmp/no-such-report"],
        "two reports have one path",
    ),
    "an argument that pytest does not know": (
        ["run", CLOSED, "--", "--nonsense"],
        "what stands after --: unrecognized arguments: --nonsense",
    ),
    "an expression that pytest cannot read": (["run", CLOSED, "--", "-k", "a ("], "-k"),
    "a plugin that pytest does not find": (["run", CLOSED, "--", "-p", "no_such"], "no_such"),
    "a single report to compare": (["compare", "a.json"], "two reports at least"),
    "a report that is not there": (["compare", "a.json", "b.json"], "cannot be read"),
}


@pytest.mark.parametrize("case", BAD, ids=lambda case: case.replace(" ", "-"))
def test_bad_input_is_one_sentence_and_exit_2(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, with what to do, and no traceback."""
    argv, sentence = BAD[case]
    assert cli.main(argv) == exit_codes.USAGE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("auth-conformance: ")
    assert sentence in shown.err
    assert len(shown.err.splitlines()) == 1


def test_a_typo_in_the_target_file_is_named_with_its_line(
    target_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the old report is gone, so that nobody takes it for this run's."""
    old = target_file.with_name("report.json")
    old.write_text("{}")
    target_file.write_text(target_file.read_text() + "\n[clock]\nmax_wiat = 1\n")
    assert cli.main(["run", "--target", str(target_file), "--json", str(old)]) == exit_codes.USAGE
    assert "line 11: clock.max_wiat" in capsys.readouterr().err
    assert not old.exists()


def test_several_slips_of_a_target_file_are_a_line_each(
    target_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each names its line, and the exit code is the same."""
    target_file.write_text(target_file.read_text() + '[clock]\nmax_wait = "soon"\nhtpt = "x"\n')
    assert cli.main(["run", "--target", str(target_file)]) == exit_codes.USAGE
    told = capsys.readouterr().err.splitlines()
    assert [line.partition(", line ")[2].partition(" must")[0] for line in told] == [
        "10: clock.max_wait",
        '11: clock.htpt is not a known key; did you mean "http"?',
    ]
    assert all(line.startswith("auth-conformance: ") for line in told)


# -- deployments that cannot be judged ---------------------------------------------------------


def _page(_: dict[str, Any]) -> Reply:
    return 502, "text/html", "<html><body>Bad gateway</body></html>", {}


def _always_the_same_customer(asked: dict[str, Any]) -> Reply:
    if "Token" not in asked["query"]:
        return says({"data": {"__typename": "Query"}})
    seconds = next(SECONDS)
    claims = {"customer_id": 7, "exp": seconds, "refresh_expiry": seconds + 60, "iat": seconds - 9}
    token = Forge("a-secret-of-somebody-else-0123456789").mint(claims)
    pair = {"token": token, "refresh_token": f"{seconds:0128x}"}
    return says({"data": {"generateCustomerToken": pair}})


SECONDS = itertools.count(2_000_000_000)


def _moved(_: dict[str, Any]) -> Reply:
    return 308, "text/plain", "", {"location": "https://elsewhere.example.com/graphql"}


UNREACHABLE = {
    "a proxy's page": (_page, "not GraphQL: check url"),
    "a redirect": (_moved, "redirects to https://elsewhere.example.com/graphql"),
    "a wrong password": (refusing(), "was refused"),
    "two customers who are one": (_always_the_same_customer, "log in as one and the same"),
}


@pytest.mark.parametrize("case", UNREACHABLE, ids=lambda case: case.replace(" ", "-"))
def test_a_deployment_that_cannot_be_judged_is_exit_3(
    case: str, target_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each ends in one sentence of verdict and a report that says the same."""
    speak, sentence = UNREACHABLE[case]
    report = target_file.with_name("report.json")
    with serving(speak) as url:
        argv = ["run", url, "--target", str(target_file), "--json", str(report)]
        argv += ["--only", "CORE-04"]
        assert cli.main(argv) == exit_codes.UNTESTED
    last = capsys.readouterr().out.rstrip().splitlines()[-1]
    assert last.startswith("No verdict: ")
    assert sentence in last
    verdict = json.loads(report.read_text())["verdict"]
    assert (verdict["exit"], verdict["conformant"]) == (3, False)
    assert sentence in verdict["sentence"]


def test_a_closed_port_is_exit_3(target_file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing evaluated is never 0."""
    assert cli.main(["run", "--target", str(target_file)]) == exit_codes.UNTESTED
    assert "cannot be reached" in last_line(capsys)


def test_tls_where_none_is_spoken_is_exit_3(capsys: pytest.CaptureFixture[str]) -> None:
    """It says that the address may be plain HTTP."""
    with serving(lambda _: says({})) as url:
        assert cli.main(["run", url.replace("http:", "https:")]) == exit_codes.UNTESTED
    assert "no TLS connection comes about, is it http" in last_line(capsys)


def test_a_certificate_nobody_vouches_for_is_exit_3(
    tmp_path: Path, target_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It names the key that mends it, and with that key the same address is reached."""
    context, certificate = self_signed(tmp_path)
    with serving(refusing(), context) as url:
        assert cli.main(["run", url]) == exit_codes.UNTESTED
        assert "nobody here vouches for its certificate: see [http] ca_file" in last_line(capsys)
        trusting = f"{target_file.read_text()}\n[http]\nca_file = {json.dumps(str(certificate))}\n"
        target_file.write_text(trusting)
        cli.main(["run", url, "--target", str(target_file), "--only", "CORE-04"])
    assert "the login of alice@example.com was refused" in last_line(capsys)


def self_signed(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """What a server on this machine shows, and the certificate to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "staging")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    path, secret = folder / "certificate.pem", folder / "key.pem"
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path, secret)
    return context, path


def last_line(capsys: pytest.CaptureFixture[str]) -> str:
    """The verdict's sentence."""
    return capsys.readouterr().out.rstrip().splitlines()[-1]


# -- runs that do not end well -----------------------------------------------------------------


#: A job that a shell has put into the background ignores Ctrl-C, and so do all that it starts.
HEEDING_SIGNALS = (
    "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
    "signal.signal(signal.SIGHUP, signal.SIG_DFL); "
    "from conformance_tests.commands import cli; "
    "print('begun'); sys.exit(cli.main(sys.argv[1:]))"
)


@pytest.mark.parametrize("seconds", [0.1, 0.5, 0.9])
def test_an_interrupt_while_everything_is_imported_is_one_sentence(seconds: float) -> None:
    """A terminal sends Ctrl-C to each process of the embedded run; none of them has a traceback."""
    with subprocess.Popen(
        [sys.executable, "-u", "-c", HEEDING_SIGNALS, "run"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as started:
        assert started.stdout is not None
        assert started.stdout.readline() == "begun\n"
        time.sleep(seconds)
        os.killpg(started.pid, signal.SIGINT)
        said, _ = started.communicate(timeout=60)
    assert started.returncode == exit_codes.UNTESTED
    assert "interrupted" in said
    assert "Traceback" not in said


#: Interrupts when the named module is sought, and does with it what Python does in __set_name__.
INTERRUPTING = (
    "import os, signal, sys\n"
    "class Finder:\n"
    "    def find_spec(self, name, path=None, target=None):\n"
    "        try:\n"
    "            if name == sys.argv[1]:\n"
    "                os.kill(os.getpid(), signal.SIGINT)\n"
    "        except KeyboardInterrupt:\n"
    "            raise RuntimeError('wrapped') from None\n"
    "sys.meta_path.insert(0, Finder())\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "from conformance_tests.commands import cli\n"
    "sys.exit(cli.main(sys.argv[2:]))\n"
)


@pytest.mark.parametrize(
    "module, words",
    [
        ("conformance_tests.runner.run", ["run", "--only", "CORE-01"]),
        ("conformance_tests.commands.doctor", ["doctor"]),
    ],
)
def test_an_interrupt_within_an_import_waits_until_it_is_over(
    module: str, words: list[str]
) -> None:
    """Python may drop or wrap it there: the run would go on, or seem to have failed by itself."""
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTING, module, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == exit_codes.UNTESTED
    assert "interrupted" in done.stdout


def test_a_run_that_is_interrupted_writes_what_it_knows(
    instead: Callable[[Runner], None], target_file: Path
) -> None:
    """Marked incomplete; 3, or 1 where a MUST had failed by then."""
    for status, code in (("pass", exit_codes.UNTESTED), ("fail", exit_codes.FAILED)):

        def interrupted(target: Target, options: Options, progress: Progress) -> Run:
            progress.started(2, 5, 0)
            progress.testing(("CORE-01",), "test_login")
            progress.finding(Finding("CORE-01", status))  # type: ignore[arg-type]  # noqa: B023
            raise KeyboardInterrupt

        instead(interrupted)
        report = target_file.with_name("report.json")
        assert cli.main(["run", "--target", str(target_file), "--json", str(report)]) == code
        document = json.loads(report.read_text())
        assert document["run"]["incomplete"]
        assert document["requirements"][0]["status"] == status
        assert document["requirements"][1]["status"] == "not-reached"
        assert document["requirements"][1]["detail"] == "the run was interrupted"


def crash(target: Target, options: Options, progress: Progress) -> Run:
    """A runner that breaks with secrets in its hands."""
    raise RuntimeError(f"no idea what to do with {target.customers[0].password}")


def test_a_suite_that_breaks_says_so_in_one_sentence(
    instead: Callable[[Runner], None], target_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit 4, a report all the same, no traceback and no password."""
    instead(crash)
    report = target_file.with_name("report.json")
    argv = ["run", "--target", str(target_file), "--json", str(report)]
    assert cli.main(argv) == exit_codes.BROKEN_SUITE
    shown = capsys.readouterr()
    last = shown.out.rstrip().splitlines()[-1]
    assert last.startswith("No verdict: the suite itself failed: RuntimeError in test_cli.py")
    assert "Traceback" not in shown.out + shown.err
    assert json.loads(report.read_text())["verdict"]["exit"] == exit_codes.BROKEN_SUITE
    for text in (shown.out, shown.err, report.read_text()):
        assert "pass-alice" not in text


def test_a_traceback_is_shown_to_those_who_ask_and_is_redacted(
    instead: Callable[[Runner], None],
    target_file: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """AUTH_CONFORMANCE_DEBUG=1 prints it on stderr, without the password."""
    instead(crash)
    monkeypatch.setenv("AUTH_CONFORMANCE_DEBUG", "1")
    cli.main(["run", "--target", str(target_file)])
    shown = capsys.readouterr().err
    assert "Traceback" in shown
    assert "<password#1>" in shown
    assert "pass-alice" not in shown


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_end_in_the_middle_of_a_call_still_writes_the_report(name: str, tmp_path: Path) -> None:
    """Ctrl-C, a cancelled pipeline, a closed terminal: while the suite waits for an answer."""
    asked = threading.Event()

    def hang(_: dict[str, Any]) -> Reply:
        asked.set()
        time.sleep(20)
        return says({})

    report = tmp_path / "report.json"
    with serving(hang) as url:
        started = subprocess.Popen(
            [sys.executable, "-c", HEEDING_SIGNALS, "run", url, "--json", str(report)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        try:
            assert asked.wait(20)
            started.send_signal(signal.Signals[name])
            _, errors = started.communicate(timeout=20)
        finally:
            started.kill()
    assert started.returncode == exit_codes.UNTESTED
    assert "Traceback" not in errors
    assert json.loads(report.read_text())["run"]["incomplete"]


def test_a_reader_that_goes_away_is_no_trouble() -> None:
    """`auth-conformance list | head -1` ends quietly."""
    command = f"{sys.executable} -m conformance_tests.commands.cli list | head -1"
    shown = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, timeout=60, check=True
    )
    assert shown.stdout.startswith("CORE-01")
    assert shown.stderr == ""


def test_a_run_that_is_to_outlive_its_terminal_does(
    instead: Callable[[Runner], None], target_file: Path
) -> None:
    """`nohup` has the signal ignored, and so it stays."""

    def hung_up(target: Target, options: Options, progress: Progress) -> Run:
        os.kill(os.getpid(), signal.SIGHUP)
        return Run((Finding("CORE-01", "pass"),), STARTED)

    instead(hung_up)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    assert cli.main(["run", "--target", str(target_file)]) == exit_codes.CONFORMANT


def test_a_pipe_that_does_not_wait_for_its_reader_loses_nothing() -> None:
    """As Node leaves one: a write fails there as soon as the pipe is full."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with suppress(BlockingIOError):
        while os.write(writer, b"." * 1024):
            pass
    with os.fdopen(reader) as slow, ThreadPoolExecutor(1) as pool:

        def read_late() -> str:
            time.sleep(2)
            return slow.read()

        read = pool.submit(read_late)
        ended = printing_to(writer, "explain", "CORE-05")
        os.close(writer)
        assert (ended.returncode, ended.stderr) == (exit_codes.CONFORMANT, "")
        assert "CORE-05" in read.result()


def test_a_run_that_nobody_reads_goes_on(target_file: Path) -> None:
    """Its report is written, its exit code is its own, and there is no traceback."""
    report = target_file.with_name("report.json")
    with serving(refusing()) as url:
        argv = ["run", url, "--target", str(target_file), "--only", "CORE-04"]
        ended = unheard(*argv, "--json", str(report))
    assert (ended.returncode, ended.stderr) == (exit_codes.UNTESTED, "")
    assert json.loads(report.read_text())["verdict"]["exit"] == exit_codes.UNTESTED


def test_help_that_nobody_reads_is_exit_0() -> None:
    """Also where the output is still held back when the command has ended."""
    ended = unheard("--help")
    assert (ended.returncode, ended.stderr) == (exit_codes.CONFORMANT, "")


def test_a_command_that_was_given_no_output_at_all_is_carried_out() -> None:
    """`auth-conformance list >&-`, as a daemon may start it."""
    command = f"{sys.executable} -m conformance_tests.commands.cli list >&-"
    ended = subprocess.run(
        ["sh", "-c", command], stderr=subprocess.PIPE, text=True, timeout=60, check=False
    )
    assert (ended.returncode, ended.stderr) == (exit_codes.CONFORMANT, "")


@pytest.mark.skipif(not FULL.is_char_device(), reason="no full device here")
def test_output_that_finds_no_room_is_told_in_a_sentence(target_file: Path) -> None:
    """The run goes on and keeps its exit code: its verdict is there to be had all the same."""
    with FULL.open("w") as full, serving(refusing()) as url:
        argv = ["run", url, "--target", str(target_file), "--only", "CORE-04"]
        ended = printing_to(full, *argv)
    assert ended.returncode == exit_codes.UNTESTED
    assert ended.stderr == (
        "auth-conformance: the output cannot be printed: No space left on device.\n"
    )


# -- what is passed on -------------------------------------------------------------------------


def test_flags_reach_the_runner(instead: Callable[[Runner], None], target_file: Path) -> None:
    """Rows, manners, pytest's own arguments, and the command that a card repeats."""
    seen: list[tuple[Target, Options]] = []

    def looked(target: Target, options: Options, progress: Progress) -> Run:
        seen.append((target, options))
        return Run((), STARTED)

    instead(looked)
    argv = ["run", "--target", str(target_file), "--only", "core-01", "GQL", "--claimed-only"]
    cli.main([*argv, "--allow-destructive", "--profile", "hardened", "--", "-x", "-vv"])
    [(target, options)] = seen
    assert target.profile == "hardened"
    assert "HARD" in target.claims
    assert (options.only, options.pytest_args) == (("CORE-01", "GQL"), ("-x", "-vv"))
    assert options.claimed_only
    assert options.allow_destructive
    again = f"auth-conformance run --target {target_file} --profile hardened --allow-destructive"
    assert options.rerun == again


def test_an_address_after_only_is_still_the_address(
    instead: Callable[[Runner], None],
) -> None:
    """`run --only CORE-01 URL` means what it says."""
    seen: list[Target] = []

    def looked(target: Target, options: Options, progress: Progress) -> Run:
        seen.append(target)
        return Run((), STARTED)

    instead(looked)
    cli.main(["run", "--only", "CORE-01", CLOSED])
    assert [target.url for target in seen] == [CLOSED]


@pytest.mark.parametrize(
    "flags, code",
    [
        ([], exit_codes.CONFORMANT),
        (["--strict"], exit_codes.FAILED),
        (["--require-complete"], exit_codes.UNTESTED),
    ],
)
def test_flags_reach_the_verdict(
    instead: Callable[[Runner], None], target_file: Path, flags: list[str], code: int
) -> None:
    """A warning is red under --strict, an unseen row under --require-complete."""
    instead(ended(Finding("CORE-01", "pass"), Finding("CORE-02", "warn")))
    assert cli.main(["run", "--target", str(target_file), *flags]) == code


def test_every_report_is_written(instead: Callable[[Runner], None], target_file: Path) -> None:
    """Four flags, four files, nothing left beside them."""
    instead(ended(Finding("CORE-01", "fail", card=Card("a", "b"))))
    folder = target_file.parent / "reports"
    folder.mkdir()
    argv = ["run", "--target", str(target_file)]
    for form in ("json", "html", "junit", "markdown"):
        argv += [f"--{form}", str(folder / form)]
    assert cli.main(argv) == exit_codes.FAILED
    assert sorted(path.name for path in folder.iterdir()) == ["html", "json", "junit", "markdown"]
    assert all("CORE-01" in path.read_text() for path in folder.iterdir())


def test_a_report_that_cannot_be_written_in_the_end_takes_no_other_with_it(
    instead: Callable[[Runner], None], target_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The verdict is shown, what can be written is, and each other is a sentence; exit 2."""
    folder, kept = target_file.with_name("gone"), target_file.with_name("report.html")
    folder.mkdir()

    def takes_the_folder_away(target: Target, options: Options, progress: Progress) -> Run:
        folder.rmdir()
        return Run((Finding("CORE-01", "pass"),), STARTED)

    instead(takes_the_folder_away)
    paths = {"json": folder / "r.json", "html": kept, "junit": folder / "r.xml"}
    flags = [word for form, path in paths.items() for word in (f"--{form}", str(path))]
    assert cli.main(["run", "--target", str(target_file), *flags]) == exit_codes.USAGE
    shown = capsys.readouterr()
    assert shown.out.rstrip().splitlines()[-1].startswith("Conformant to what was claimed")
    assert shown.err.splitlines() == [
        f"auth-conformance: {folder / name} cannot be written: No such file or directory: "
        "name another path."
        for name in ("r.json", "r.xml")
    ]
    assert "CORE-01" in kept.read_text()


def test_a_report_never_takes_the_place_of_the_target_file(
    target_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """However the path is written; it is exit 2, and no older report is taken away either."""
    before, other = target_file.read_text(), target_file.with_name("old.html")
    other.write_text("old")
    folder = target_file.with_name("folder")
    folder.mkdir()
    again = folder / ".." / target_file.name
    argv = ["run", "--target", str(target_file), "--html", str(other), "--json", str(again)]
    assert cli.main(argv) == exit_codes.USAGE
    assert "is read by this command: name another path." in capsys.readouterr().err
    assert (target_file.read_text(), other.read_text()) == (before, "old")


@pytest.mark.parametrize("settings", ["http.ca_file", "log.file", "clock.faketime"])
def test_a_report_never_takes_the_place_of_a_file_that_the_target_names(
    target_file: Path, settings: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its certificates, its log and its clock are somebody's; it is exit 2 before anything runs."""
    table, _, key = settings.partition(".")
    _, named = self_signed(target_file.parent)
    before = named.read_bytes()
    target_file.write_text(f'{target_file.read_text()}\n[{table}]\n{key} = "{named.name}"\n')
    assert cli.main(["run", "--target", str(target_file), "--html", str(named)]) == exit_codes.USAGE
    assert f"{named} is read by this command" in capsys.readouterr().err
    assert named.read_bytes() == before


def test_known_failures_that_cannot_be_added_are_printed(
    instead: Callable[[Runner], None], target_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """After a run nothing is lost; that the file is gone is said in a sentence."""

    def takes_the_file_away(target: Target, options: Options, progress: Progress) -> Run:
        target_file.unlink()
        return Run((Finding("CORE-12", "fail"),), STARTED)

    instead(takes_the_file_away)
    argv = ["run", "--target", str(target_file), "--write-known-failures"]
    assert cli.main(argv) == exit_codes.USAGE
    shown = capsys.readouterr()
    assert '[[known_failures]]\nid = "CORE-12"' in shown.out
    assert f"{target_file} cannot be read: No such file or directory." in shown.err


def test_present_failures_are_added_to_the_target_file(
    instead: Callable[[Runner], None], target_file: Path
) -> None:
    """Each with a reason to write: until then the list is red; with it, the run is not."""
    instead(ended(Finding("CORE-01", "pass"), Finding("CORE-12", "fail", card=Card("a", "b"))))
    argv = ["run", "--target", str(target_file)]
    assert cli.main([*argv, "--write-known-failures"]) == exit_codes.FAILED
    assert cli.main(argv) == exit_codes.STALE_LIST
    target_file.write_text(target_file.read_text().replace('reason = ""', 'reason = "the proxy"'))
    assert cli.main(argv) == exit_codes.CONFORMANT


def test_without_a_target_file_present_failures_are_printed(
    instead: Callable[[Runner], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Ready to be pasted."""
    instead(ended(Finding("CORE-12", "fail", detail='it "was" there')))
    cli.main(["run", CLOSED, "--write-known-failures"])
    assert '[[known_failures]]\nid = "CORE-12"\nreason = ""' in capsys.readouterr().out


@pytest.mark.parametrize("missing, told", [
    ("moto", "pip install 'reference-auth[embedded]'"), ("_bz2", "built without bz2"),
])  # fmt: skip
def test_a_run_that_lacks_what_the_embedded_reference_needs_says_so(
    missing: str, told: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A small installation, or an incomplete Python, judges other deployments only."""
    from conformance_tests.commands import run as running

    monkeypatch.setattr(running, "find_spec", lambda name: name != missing)
    assert cli.main(["run"]) == exit_codes.USAGE
    assert told in capsys.readouterr().err
