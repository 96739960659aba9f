"""A target file is read strictly: each slip is one sentence with its key and line."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import certifi
import pytest

from conformance_tests.requirements import GROUPS
from conformance_tests.target.load import TargetError, from_url, load, with_profile
from conformance_tests.target.model import Target, groups_of
from conformance_tests.target.parts import KnownFailure, Lifetimes, TableAddress

Reader = Callable[..., Target]
Refusal = Callable[..., str]
ENVIRON = {"ALICE": "a-pass", "BOB": "b-pass", "KEY": "k" * 32, "BYPASS": "gate"}
CUSTOMERS = """
[[customers]]
email = "alice@example.com"
password_env = "ALICE"

[[customers]]
email = "bob@example.com"
password = "b-pass"
"""
URL = 'url = "https://staging.example.com/graphql"'


@pytest.fixture
def read(tmp_path: Path) -> Reader:
    """Loads a target file of this text; the sentence if it is refused."""

    def reader(text: str, environ: dict[str, str] = ENVIRON) -> Target:
        path = tmp_path / "target.toml"
        path.write_text(text, encoding="utf-8")
        return load(path, environ)

    return reader


@pytest.fixture
def refusal(read: Reader) -> Refusal:
    """The sentence with which a text is refused, without the file's folder."""

    def refused(text: str, environ: dict[str, str] = ENVIRON) -> str:
        with pytest.raises(TargetError) as caught:
            read(text, environ)
        return "target.toml" + str(caught.value).split("target.toml")[-1]

    return refused


def test_all_that_is_wrong_with_a_file_is_told_at_once(read: Reader) -> None:
    """A line for each slip, in the order of the file; what a misspelt key leaves out is no slip."""
    text = f"""
{URL.replace("https", "ftp")}
claims = ["CORES"]
nmae = "staging"
{CUSTOMERS.replace("bob@", "ALICE@").replace("email", "emial", 1)}
[[customers]]
email = "carol@example.com"
[signing]
secret_env = "NOPE"
[clock]
http = "http://127.0.0.1:1"
faketime = "rc"
max_wait = "soon"
[lifetimes]
access = 20
"""
    with pytest.raises(TargetError) as caught:
        read(text)
    slips = [line.partition("target.toml, ")[2] for line in str(caught.value).splitlines()]
    assert [slip.split(" ", 4)[:3] for slip in slips] == [
        ["line", "2:", "url"],
        ["line", "3:", "claims"],
        ["line", "4:", "nmae"],
        ["line", "7:", "customers[1].emial"],
        ["line", "14:", "customers[3]"],
        ["line", "17:", "signing.secret_env"],
        ["line", "21:", "clock.max_wait"],
        ["line", "22:", "lifetimes"],
    ]
    assert all(slip[-1] in ".?" for slip in slips)


def test_two_lines_and_two_customers_are_enough(read: Reader) -> None:
    """Everything else has a default: production, documented, every group of it, no capability."""
    target = read(URL + CUSTOMERS)
    assert target.name == "staging.example.com"
    assert (target.environment, target.profile) == ("production", "documented")
    assert target.claims == ("CORE", "WIRE", "STORE", "DEV", "GQL")
    assert target.lifetimes == Lifetimes(840, 900, 2_592_000)
    assert (target.secret, target.table, target.faults, target.launch) == (None,) * 4


def test_every_table_is_read(read: Reader, tmp_path: Path) -> None:
    """Each table becomes its value: minutes as seconds, secrets from the environment."""
    shutil.copy(certifi.where(), tmp_path / "ca.pem")
    target = read(
        f"""
name = "staging"
version = "1.4.2"
{URL}
environment = "development"
profile = "hardened"
claims = ["GQL", "CORE"]
{CUSTOMERS}
[http]
headers = {{ X-Store = "en", X-Bypass = {{ env = "BYPASS" }} }}
ca_file = "ca.pem"
timeout = 3
[signing]
secret_env = "KEY"
[table]
name = "auth"
region = "ap-southeast-2"
[clock]
faketime = "/run/faketimerc"
max_wait = 120
[lifetimes]
access = 0.25
refresh = 0.5
extended = 1
[features]
grace_seconds = 30
max_session_minutes = 60
[protected]
query = "{{ me {{ customer_id }} }}"
[[odd_logins]]
kind = "null"
email = "ghost@example.com"
password = "boo"
[faults]
listen = "127.0.0.1:9123"
upstream = "http://localhost:8000"
[log]
file = "deployment.log"
[launch]
command = ["node", "server.js"]
url = "http://127.0.0.1:{{port}}/graphql"
[limits]
logins_per_minute = 20
[[known_failures]]
id = "HARD-22"
reason = "the proxy strips the header"
until = 2027-01-31
"""
    )
    assert target.claims == ("CORE", "GQL")
    assert dict(target.http.headers) == {"X-Store": "en", "X-Bypass": "gate"}
    assert target.http.ca_file == str(tmp_path / "ca.pem")
    assert target.secret == ENVIRON["KEY"]
    assert target.table == TableAddress("auth", "ap-southeast-2", None)
    assert target.clock.max_wait == 120
    assert target.lifetimes == Lifetimes(15, 30, 60)
    assert target.declared == {"grace", "max_session", "odd_logins", "protected"}
    assert target.log_file == str(tmp_path / "deployment.log")
    assert target.launch is not None
    assert target.launch.environment_variable == "NODE_ENV"
    assert target.logins_per_minute == 20
    assert target.known_failures == (
        KnownFailure("HARD-22", "the proxy strips the header", "", dt.date(2027, 1, 31)),
    )


MISSPELT = {
    "a typo": (
        "[clock]\nmax_wiat = 3",
        'line 12: clock.max_wiat is not a known key; did you mean "max_wait"?',
    ),
    "a table unheard of": (
        "[clocks]\nhttp = 1",
        'line 11: clocks is not a known key; did you mean "clock"?',
    ),
    "a wrong type": (
        "[http]\ntimeout = '10'",
        "line 12: http.timeout must be a number, not a text.",
    ),
    "a bool for a number": (
        "[clock]\nmax_wait = true",
        "line 12: clock.max_wait must be a number, not true or false.",
    ),
    "a number below zero": (
        "[limits]\nlogins_per_minute = -1",
        "line 12: limits.logins_per_minute must be a number that is not",
    ),
    "half a second": (
        "[lifetimes]\naccess = 0.121",
        "line 12: lifetimes.access must be minutes that make whole",
    ),
    "lifetimes out of order": (
        "[lifetimes]\naccess = 16",
        "line 11: lifetimes must be in the order access < refresh <",
    ),
    "a variable not set": (
        "[signing]\nsecret_env = 'NOPE'",
        "line 12: signing.secret_env names NOPE, which is not set or empty",
    ),
    "a header's variable not set": (
        "[http]\nheaders = { A = { env = 'NOPE' } }",
        "line 12: http.headers.A names NOPE, which is not set",
    ),
    "a header of two lines": (
        '[http]\nheaders = { A = "a\\nb" }',
        "line 12: http.headers.A must be plain ASCII on one line, without",
    ),
    "a header of the flow": (
        "[http]\nheaders = { authorization = 'Basic x' }",
        "line 12: http.headers must be without authorization",
    ),
    "a secret twice": (
        "[signing]\nsecret = 'x'\nsecret_env = 'KEY'",
        "line 12: signing.secret is given twice: keep it or secret_env.",
    ),
    "an empty table": ("[signing]", "line 11: signing has no secret (or secret_env): add it."),
    "a certificate that is none": (
        "[http]\nca_file = 'target.toml'",
        "line 12: http.ca_file holds no certificate in PEM",
    ),
    "a header that cannot be sent": (
        "[http]\nheaders = { 'X Store' = 'en' }",
        'line 12: http.headers must be named in letters, digits and dashes, unlike "X Store".',
    ),
    "a header with a space at its end": (
        "[http]\nheaders = { A = 'en ' }",
        "line 12: http.headers.A must be plain ASCII on one line, without spaces around it.",
    ),
    "a folder as log": (
        "[log]\nfile = '.'",
        "line 12: log.file is a folder: name the file that the deployment writes to.",
    ),
    "a certificate that is not there": (
        "[http]\nca_file = 'no.pem'",
        "line 12: http.ca_file: there is no file",
    ),
    "a table without a region": (
        "[table]\nname = 'auth'",
        "line 11: table has no region: add it, or export AWS_REGION.",
    ),
    "two clocks": (
        "[clock]\nhttp = 'http://127.0.0.1:1/clock'\nfaketime = 'f'",
        "line 13: clock has http and faketime: keep one of them.",
    ),
    "a proxy beyond this machine": (
        "[faults]\nlisten = '0.0.0.0:1'\nupstream = 'http://127.0.0.1:1'",
        "line 12: faults.listen must be host:port on this machine",
    ),
    "an upstream beyond this machine": (
        "[faults]\nlisten = '127.0.0.1:1'\nupstream = 'https://dynamodb.example.com'",
        "line 13: faults.upstream must be an address on this machine",
    ),
    "a proxy with a path": (
        "[faults]\nlisten = '127.0.0.1:9123/x'\nupstream = 'http://127.0.0.1:1'",
        "line 12: faults.listen must be host:port on this machine",
    ),
    "a proxy with a user": (
        "[faults]\nlisten = 'me@127.0.0.1:9123'\nupstream = 'http://127.0.0.1:1'",
        "line 12: faults.listen must be host:port on this machine",
    ),
    "an upstream over TLS": (
        "[faults]\nlisten = '127.0.0.1:1'\nupstream = 'https://127.0.0.1:8000'",
        "line 13: faults.upstream must be of the form http://host:port.",
    ),
    "an upstream with a path": (
        "[faults]\nlisten = '127.0.0.1:1'\nupstream = 'http://127.0.0.1:8000/dynamodb'",
        "line 13: faults.upstream must be of the form http://host:port.",
    ),
    "a table on a host that boto3 does not take": (
        "[table]\nname = 'auth'\nregion = 'a'\nendpoint_url = 'http://my_table:8000'",
        "line 14: table.endpoint_url must be an address whose host has letters, digits, dashes and",
    ),
    "a region with a blank": (
        "[table]\nname = 'auth'\nregion = 'ap southeast 2'",
        "line 13: table.region must be a region in letters, digits and dashes",
    ),
    "a launch without a port": (
        "[launch]\ncommand = ['x']\nurl = 'http://127.0.0.1/graphql'",
        "line 13: launch.url must be an address with {port} in it",
    ),
    "an unknown oddity": (
        "[[odd_logins]]\nkind = 'nul'\nemail = 'a'\npassword = 'b'",
        'line 12: odd_logins[1].kind must be "null" or',
    ),
    "a day in quotes": (
        "[[known_failures]]\nid = 'HARD-22'\nuntil = '2027-01-31'",
        "line 13: known_failures[1].until must be a day without quotes, like 2027-01-31.",
    ),
    "a third customer who is the first": (
        "[[customers]]\nemail = 'ALICE@example.com'\npassword = 'x'",
        "line 12: the customer ALICE@example.com is given twice",
    ),
    "a known failure twice": (
        "[[known_failures]]\nid = 'HARD-22'\n[[known_failures]]\nid = 'HARD-22'\nreason = 'x'",
        "line 14: the known failure HARD-22 is listed twice: keep one of the two.",
    ),
    "one table for many": (
        "[known_failures]\nid = 'HARD-22'",
        "line 11: known_failures is a list of tables: write [[",
    ),
}


@pytest.mark.parametrize("slip", MISSPELT, ids=lambda name: name.replace(" ", "-"))
def test_a_slip_is_named_with_its_key_and_line(refusal: Refusal, slip: str) -> None:
    """Unknown, wrong, missing and contradictory values each give one sentence with the line."""
    text, sentence = MISSPELT[slip]
    assert refusal(URL + CUSTOMERS + "\n\n" + text).startswith(f"target.toml, {sentence}")


HEADS = {
    "no url": ("", "the file has no url: add it."),
    "a url without scheme": (
        'url = "staging/graphql"',
        "line 1: url must be an address that begins http://",
    ),
    "a timeout that no socket can have": (
        f"{URL}\n[http]\ntimeout = 1e300",
        "line 3: http.timeout must be a number of seconds, 86400 at most",
    ),
    "a number beyond all sense": (
        f"{URL}\n[limits]\nlogins_per_minute = {'9' * 400}",
        "line 3: limits.logins_per_minute must be a number, 1e+12 at most",
    ),
    "a number of more digits than are read": (
        f"{URL}\n[limits]\nparallel = {'9' * 5000}",
        " is not TOML",
    ),
    "a depth that no parser follows": (f"x = {'[' * 9000}", " is nested too deeply."),
    "a table written as a list": (
        f"{URL}\n[[table]]\nname = 'auth'",
        "line 2: table is a table: write [table] on a line of its own",
    ),
    "a variable that no shell has": (
        f"{URL}\n[launch]\nport_variable = 'A=B'",
        "line 3: launch.port_variable must be the name of an environment variable",
    ),
    "a file that no system has": (
        f"{URL}\n[log]\nfile = '{'x' * 300}'",
        "line 3: log.file: File name too long",
    ),
    "a file with a NUL in it": (
        f'{URL}\n[clock]\nfaketime = "a\\u0000"',
        "line 3: clock.faketime must be the path of a file",
    ),
    "a password in the url": (
        'url = "https://a:b@host/"',
        "line 1: url must be an address without user and password",
    ),
    "an impossible port": (
        'url = "http://host:99999/"',
        "line 1: url must be an address that can be read",
    ),
    "a misspelt environment": (
        f'{URL}\nenvironment = "Production"',
        'line 2: environment must be "production" or "development", not',
    ),
    "a group that does not exist": (
        f'{URL}\nclaims = ["CORES"]',
        'line 2: claims names "CORES", which is no group; did you mean "CORE"?',
    ),
    "a group outside the profile": (
        f'{URL}\nclaims = ["CORE", "API"]',
        'line 2: claims names API, of which profile "documented" has no row',
    ),
    "no claim at all": (
        f"{URL}\nclaims = []",
        "line 2: claims must be a list of texts, one at least.",
    ),
}


@pytest.mark.parametrize("head", HEADS, ids=lambda name: name.replace(" ", "-"))
def test_the_head_of_the_file_is_judged_too(refusal: Refusal, head: str) -> None:
    """The address, environment and claims are refused with what would be right."""
    text, sentence = HEADS[head]
    told = refusal(text + CUSTOMERS).removeprefix("target.toml").removeprefix(", ")
    assert told.removeprefix(": ").startswith(sentence)


@pytest.mark.parametrize(
    "text, count", [(URL, "none"), (f"{URL}\n[[customers]]\nemail='a'\npassword='b'", "1")]
)
def test_two_different_customers_are_needed(refusal: Refusal, text: str, count: str) -> None:
    """A file with fewer than two customers is refused."""
    assert f"two different customers are needed, and {count} is given." in refusal(text)


def test_a_file_that_is_not_toml_is_refused_in_one_sentence(refusal: Refusal) -> None:
    """The parser's own place is kept."""
    assert "is not TOML" in refusal("url = ")


def test_a_file_that_cannot_be_read_is_refused_in_one_sentence(tmp_path: Path) -> None:
    """A missing file, a folder and bytes that are no text each give a sentence."""
    (tmp_path / "latin.toml").write_bytes(b'name = "\xe9"')
    for name, sentence in {
        "absent.toml": "No such file",
        ".": "Is a directory",
        "latin.toml": "is not a text in UTF-8",
    }.items():
        with pytest.raises(TargetError, match=sentence):
            load(tmp_path / name, {})


def test_a_variable_that_is_no_text_is_named(refusal: Refusal) -> None:
    """No request can carry it; a locale that leaves UTF-8 undecoded changes nothing."""
    told = refusal(URL + CUSTOMERS, {**ENVIRON, "ALICE": "caf\udce9"})
    assert "the variable ALICE is not a text in UTF-8: export it in UTF-8" in told
    environ = {f"AUTH_CONFORMANCE_CUSTOMER_{number}": f"{number}@example.com" for number in "12"}
    environ |= {f"AUTH_CONFORMANCE_PASSWORD_{number}": "caf\udcc3\udca9" for number in "12"}
    target = from_url("https://staging.example.com/graphql", environ)
    assert [one.password for one in target.customers] == ["café", "café"]


def test_no_slip_repeats_a_value_that_may_be_secret(refusal: Refusal) -> None:
    """A password or secret of the wrong type is named by its key alone."""
    told = refusal(URL + CUSTOMERS + "\n[signing]\nsecret = 12345678901234")
    assert "12345678901234" not in told
    assert "signing.secret must be a text in quotes, not a whole number" in told


def test_no_secret_shows_in_a_target_s_repr(read: Reader) -> None:
    """Passwords, the secret and header values are left out of what a log could show."""
    shown = repr(
        read(
            f"{URL}{CUSTOMERS}\n[signing]\nsecret_env = 'KEY'\n"
            "[http]\nheaders = { X = { env = 'BYPASS' } }\n"
            "[[odd_logins]]\nkind = 'nan'\nemail = 'n@example.com'\npassword = 'odd-pass'"
        )
    )
    assert "alice@example.com" in shown
    for secret in (*ENVIRON.values(), "odd-pass"):
        assert secret not in shown


def test_a_url_on_the_command_line_stands_over_the_file(tmp_path: Path) -> None:
    """Flags override the file."""
    path = tmp_path / "target.toml"
    path.write_text(URL + CUSTOMERS)
    assert load(path, ENVIRON, url="http://127.0.0.1:1/graphql").url == "http://127.0.0.1:1/graphql"


def test_an_address_alone_takes_customers_from_the_environment() -> None:
    """Two customers by their numbered variables, or none."""
    environ = {
        "AUTH_CONFORMANCE_CUSTOMER_1": "a@example.com",
        "AUTH_CONFORMANCE_PASSWORD_1": "one",
        "AUTH_CONFORMANCE_CUSTOMER_2": "b@example.com",
        "AUTH_CONFORMANCE_PASSWORD_2": "two",
    }
    target = from_url("http://127.0.0.1:1/graphql", environ)
    assert [customer.email for customer in target.customers] == ["a@example.com", "b@example.com"]
    assert from_url("http://127.0.0.1:1/graphql", {}).customers == ()


@pytest.mark.parametrize(
    "environ, sentence",
    [
        ({"AUTH_CONFORMANCE_CUSTOMER_1": "a"}, "AUTH_CONFORMANCE_PASSWORD_1 is not set: export it"),
        ({"AUTH_CONFORMANCE_PASSWORD_2": "a"}, "AUTH_CONFORMANCE_CUSTOMER_2 is not set: export it"),
        (
            {"AUTH_CONFORMANCE_CUSTOMER_1": "a", "AUTH_CONFORMANCE_PASSWORD_1": "p"},
            "two different customers are needed, and 1 is given",
        ),
    ],
)
def test_half_a_customer_in_the_environment_is_refused(
    environ: dict[str, str], sentence: str
) -> None:
    """The variable that is missing is named."""
    with pytest.raises(TargetError, match=sentence):
        from_url("http://127.0.0.1:1/graphql", environ)


def test_another_profile_takes_its_own_groups_along() -> None:
    """Default claims follow the profile; named ones must have rows there."""
    plain = from_url("http://127.0.0.1:1/graphql", {})
    hardened = with_profile(plain, "hardened")
    assert hardened.claims == GROUPS
    named = Target(url=plain.url, profile="hardened", claims=("CORE", "HARD"))
    with pytest.raises(TargetError, match="--profile documented: claims names HARD"):
        with_profile(named, "documented")


def test_claims_that_were_named_are_never_widened(read: Reader) -> None:
    """Not even where they are just those that the file's profile has."""
    documented = groups_of("documented")
    named = read(f"{URL}\nclaims = {list(documented)}\n{CUSTOMERS}")
    assert with_profile(named, "hardened").claims == documented


# -- files and addresses as other systems write them -----------------------------------------------


@pytest.mark.parametrize(
    "before, end", [("", "\r\n"), ("\ufeff", "\n"), ("\ufeff", "\r\n"), ("", "\r")]
)
def test_a_file_of_another_system_is_read(tmp_path: Path, before: str, end: str) -> None:
    """With its mark of a byte order, and with its line ends."""
    path = tmp_path / "target.toml"
    path.write_bytes((before + (URL + CUSTOMERS).replace("\n", end)).encode())
    assert load(path, ENVIRON).customers[0].email == "alice@example.com"


@pytest.mark.parametrize("place", ["", "log"])
def test_a_pipe_is_a_sentence_and_is_not_waited_for(tmp_path: Path, place: str) -> None:
    """Nobody writes to it: to read it would last for ever."""
    os.mkfifo(pipe := tmp_path / "pipe")
    path = tmp_path / "target.toml"
    path.write_text(URL + CUSTOMERS + "[log]\nfile = 'pipe'\n")
    with pytest.raises(TargetError, match="is a pipe or a device"):
        load(path if place else pipe, ENVIRON)


@pytest.mark.parametrize(
    "url",
    [
        *("http://a.test/graphql\r", "http://a.test/gra phql", "http://a.test/\udcff"),
        *("http://a..b/graphql", "http://.a/", f"http://{'a' * 64}.test/"),
        *("http://xn--a/", "http://xn--\xfc/", "http://\uff41.test/", "http://[::1/"),
    ],
)
def test_an_address_that_nobody_can_ask_is_refused(url: str) -> None:
    """In a sentence, and before anybody is asked."""
    with pytest.raises(TargetError, match="url must be an address"):
        from_url(url, {})


@pytest.mark.parametrize("url", ["http://zürich.test./", "http://a_b.test/", "http://[::1]:80/"])
def test_an_odd_address_that_can_be_asked_is_taken(url: str) -> None:
    """Whether somebody answers there is another question."""
    assert from_url(url, {}).url == url
