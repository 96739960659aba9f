"""A proxy works or is named, this machine is asked by none, and trust is read when needed."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from conformance_tests.deployment.http import transport
from conformance_tests.deployment.http.client import Client
from conformance_tests.deployment.http.recorder import Recorder
from conformance_tests.target.parts import Http
from tests.conformance.small_server import says, serving

TYPENAME = says({"data": {"__typename": "Query"}})


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    transport.trusted.cache_clear()
    yield
    transport.trusted.cache_clear()


def asked(url: str, ca_file: str | None = None) -> str:
    """What an address answers, or why it does not."""
    client = Client(url, Http(ca_file=ca_file), Recorder())
    answer = client.trivial()
    client.close()
    return str(answer.value or answer.problem)


@pytest.mark.parametrize("name", ["HTTP_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks5://127.0.0.1:9", "::::"])
def test_this_machine_is_asked_by_no_proxy(
    name: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the environment names one by, and whatever it excepts."""
    monkeypatch.setenv(name, proxy)
    monkeypatch.setenv("NO_PROXY", "fd00::/8,[::1]")
    with serving(lambda request: TYPENAME) as url:
        assert asked(url) == "Query"


def test_another_machine_is_asked_by_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """The one that is named for the address's scheme."""
    with serving(lambda request: TYPENAME) as url:
        monkeypatch.setenv("HTTP_PROXY", str(httpx.URL(url).copy_with(path="/")))
        assert asked("http://deployment.test/graphql") == "Query"


@pytest.mark.parametrize("proxy, said", [
    ("socks5://name:word@proxy.test:1", "a socks5 proxy, which the suite cannot use"),
    ("::::", "names a proxy by no address"),
])  # fmt: skip
def test_a_proxy_that_cannot_be_used_is_named(
    proxy: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the variable's name, and without what it holds."""
    monkeypatch.setenv("ALL_PROXY", proxy)
    told = asked("http://deployment.test/graphql")
    assert told.startswith("the proxy of HTTP_PROXY, HTTPS_PROXY or ALL_PROXY lets nothing by")
    assert said in told
    assert "word" not in told


@pytest.mark.parametrize("named", ["ca_file", "SSL_CERT_FILE", "SSLKEYLOGFILE"])
def test_a_file_for_tls_that_cannot_be_used_is_named(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the address is https, and nowhere else."""
    monkeypatch.setenv(named, "/nowhere/file")
    ca_file = "/nowhere" if named == "ca_file" else None
    told = asked("https://deployment.test/graphql", ca_file)
    assert told.startswith("TLS cannot be prepared")
    assert named in told
    with serving(lambda request: TYPENAME) as url:
        assert asked(url, ca_file) == "Query"
