"""The way to an address and back: its certificates, its proxy, and a time limit for a whole answer.

httpx limits each read alone, so an answer that comes a byte at a time never ends. Here the read
timeout of a request is the limit for all reads of its answer together.
"""

from __future__ import annotations

import os
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import count
from typing import Any, Final
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from conformance_tests.loopback import is_loopback


class CertificatesError(httpx.TransportError):
    """A file that the environment or the target names for TLS cannot be used."""


#: From the particular to the general: the first that an error is, or comes from, describes it.
DESCRIPTIONS: Final[Mapping[type[BaseException], str]] = {
    CertificatesError: "TLS cannot be prepared",
    ssl.SSLCertVerificationError: "nobody here vouches for its certificate: see [http] ca_file",
    ssl.SSLError: "no TLS connection comes about, is it http rather than https?",
    socket.gaierror: "no machine of that name is known",
    httpx.ConnectTimeout: "the connection was not accepted in time",
    httpx.ReadTimeout: "no answer came in time",
    httpx.ProxyError: "the proxy of HTTP_PROXY, HTTPS_PROXY or ALL_PROXY lets nothing by",
    httpx.DecodingError: "the answer is encoded in a way that cannot be read",
    httpx.ReadError: "the answer could not be read",
    httpx.ConnectError: "the connection was refused",
    httpx.RemoteProtocolError: "the connection was dropped",
}
#: Where Python writes the keys of TLS, for those who look into the traffic.
KEY_LOG: Final = "SSLKEYLOGFILE"
#: How a request fares on a connection that the server has closed.
CLOSED: Final = (httpcore.ReadError, httpcore.RemoteProtocolError, httpcore.WriteError)
#: A connection that was last read so long ago may have been closed as idle.
IDLE_SECONDS: Final = 0.5
#: What httpcore raises; httpx has an exception of the same name for each.
CORE_ERRORS: Final = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


def describe_error(error: httpx.HTTPError) -> str:
    """A transport error in plain words, with what it says itself."""
    causes = list(_causes(error))
    words = (
        said for kind, said in DESCRIPTIONS.items() if any(isinstance(c, kind) for c in causes)
    )
    return f"{next(words, type(error).__name__)} ({str(error)[:120] or 'no detail'})"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


@cache
def trusted(ca_file: str | None) -> ssl.SSLContext:
    """The authorities of the file, or the usual ones; read once, as that takes a while."""
    try:
        return ssl.create_default_context(cafile=ca_file) if ca_file else httpx.create_ssl_context()
    except OSError as error:  # ssl.SSLError too: a file that holds no certificates
        names = "ca_file" if ca_file else "SSL_CERT_FILE or SSL_CERT_DIR"
        if error.filename and error.filename == os.environ.get(KEY_LOG):
            names = KEY_LOG
        raise CertificatesError(f"{names}: {error.strerror or error}") from error


class Transport(httpx.BaseTransport):
    """Sends requests over the network, by the proxy that the environment names for the address."""

    def __init__(self, ca_file: str | None = None) -> None:
        self._deadline = _Deadline()
        self._exchange = _Exchange()
        self._pool_of: dict[tuple[str, str | None], httpcore.ConnectionPool] = {}
        self._ca_file = ca_file
        self._settings: dict[str, Any] = {
            "max_connections": 100,
            "max_keepalive_connections": 20,
            "keepalive_expiry": 5.0,
            "network_backend": _Backend(self._deadline, self._exchange),
        }

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._deadline.until = time.monotonic() + request.extensions["timeout"]["read"]
        sent = httpcore.Request(
            request.method,
            str(request.url),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _as_httpx_error(request):
            answer, resent = self._sent(sent, self._pool(request.url))
        body = _Body(answer, request)
        extensions = {**answer.extensions, "resent": resent}
        return httpx.Response(
            answer.status, headers=answer.headers, stream=body, extensions=extensions
        )

    def _sent(
        self, request: httpcore.Request, pool: httpcore.ConnectionPool
    ) -> tuple[httpcore.Response, int]:
        """The answer, and how often the request was sent again before it came.

        A server may close an idle connection just when a request is on its way: nobody reads that.
        """
        for times in count():
            self._exchange.begin()
            try:
                return pool.handle_request(request), times
            except CLOSED:
                if not self._exchange.met_a_closed_connection:
                    raise
        raise AssertionError("unreachable")

    def close(self) -> None:
        for pool in self._pool_of.values():
            pool.close()

    def _pool(self, url: httpx.URL) -> httpcore.ConnectionPool:
        key = url.scheme, proxy_for(url)
        if key not in self._pool_of:
            self._pool_of[key] = self._new_pool(*key)
        return self._pool_of[key]

    def _new_pool(self, scheme: str, name: str | None) -> httpcore.ConnectionPool:
        settings = dict(self._settings)
        if scheme == "https":
            settings["ssl_context"] = trusted(self._ca_file)
        if name is None:
            return httpcore.ConnectionPool(**settings)
        try:
            proxy = httpx.Proxy(name)
        except (ValueError, httpx.InvalidURL) as error:
            raise httpcore.ProxyError("the environment names a proxy by no address") from error
        if proxy.url.scheme not in ("http", "https"):
            raise httpcore.ProxyError(f"a {proxy.url.scheme} proxy, which the suite cannot use")
        return httpcore.HTTPProxy(str(proxy.url), proxy_auth=proxy.raw_auth, **settings)


def proxy_for(url: httpx.URL) -> str | None:
    """The proxy that the environment names for an address; this machine is asked by none."""
    if is_loopback(url.host) or proxy_bypass(url.host):
        return None
    proxies = getproxies()
    named = proxies.get(url.scheme) or proxies.get("all")
    return f"http://{named}" if named and "://" not in named else named


class _Body(httpx.SyncByteStream):
    """The body of an answer as it arrives."""

    def __init__(self, answer: httpcore.Response, request: httpx.Request) -> None:
        self._answer = answer
        self._request = request

    def __iter__(self) -> Iterator[bytes]:
        with _as_httpx_error(self._request):
            yield from self._answer.iter_stream()

    def close(self) -> None:
        self._answer.close()


@contextmanager
def _as_httpx_error(request: httpx.Request) -> Iterator[None]:
    """An exception of httpcore becomes the one of httpx that has its name."""
    try:
        yield
    except CORE_ERRORS as error:
        raise getattr(httpx, type(error).__name__)(str(error), request=request) from error


class _Deadline(threading.local):
    """When the answer that a thread waits for must be there."""

    until = float("inf")

    def left(self, most: float | None) -> float:
        """The seconds that a read may take of these."""
        left = self.until - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("it came, and did not end")
        return left if most is None else min(left, most)


class _Exchange(threading.local):
    """How the request that a thread sends fares."""

    idle = 0.0
    answered = False

    def begin(self) -> None:
        self.idle, self.answered = 0.0, False

    @property
    def met_a_closed_connection(self) -> bool:
        """Whether it went to a connection that had been idle, and nothing at all came back."""
        return self.idle >= IDLE_SECONDS and not self.answered


class _Backend(httpcore.SyncBackend):
    """Opens connections that keep the deadline."""

    def __init__(self, deadline: _Deadline, exchange: _Exchange) -> None:
        self._deadline = deadline
        self._exchange = exchange

    def connect_tcp(self, *args: Any, **options: Any) -> httpcore.NetworkStream:
        return _Stream(super().connect_tcp(*args, **options), self._deadline, self._exchange)


class _Stream(httpcore.NetworkStream):
    """One connection, with TLS or without."""

    def __init__(
        self, inner: httpcore.NetworkStream, deadline: _Deadline, exchange: _Exchange
    ) -> None:
        self._inner = inner
        self._deadline = deadline
        self._exchange = exchange
        self._last_read: float | None = None

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        arrived = self._inner.read(max_bytes, self._deadline.left(timeout))
        if arrived:
            self._last_read, self._exchange.answered = time.monotonic(), True
        return arrived

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        if self._last_read is not None:
            self._exchange.idle = time.monotonic() - self._last_read
            self._last_read = None
        self._inner.write(buffer, timeout)

    def close(self) -> None:
        self._inner.close()

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def start_tls(self, *args: Any, **options: Any) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(*args, **options)
        return _Stream(inner, self._deadline, self._exchange)
