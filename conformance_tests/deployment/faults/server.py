"""A small threaded server on the loopback: one thread a connection, closed within a time limit."""

from __future__ import annotations

import contextlib
import socket
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Self

import h11

from conformance_tests.deployment.faults.wire import Stream
from conformance_tests.loopback import is_loopback

JOIN_SECONDS = 2.0


class LoopbackError(Exception):
    """One sentence on an address that cannot be used."""


def address(text: str) -> tuple[str, int]:
    """`host:port` as a pair, refused unless the host is this machine's loopback."""
    host, colon, port = text.rpartition(":")
    host = host.strip("[]")
    if not colon or not port.isascii() or not port.isdigit() or int(port) > 65535:
        raise LoopbackError(f"{text!r} is not an address of the form host:port.")
    if not is_loopback(host):
        raise LoopbackError(f"{text!r} is not a loopback address; use 127.0.0.1.")
    return host, int(port)


class Closable(ABC):
    """What is closed at the end of its `with` block."""

    @abstractmethod
    def close(self) -> None:
        """Give back what it holds."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


class Server(Closable):
    """Listens on a loopback address and hands each connection to `converse` in its own thread."""

    def __init__(self, listen: str, converse: Callable[[Stream], None]) -> None:
        host, port = address(listen)
        self._converse = converse
        self._streams: set[Stream] = set()
        self._threads: set[threading.Thread] = set()
        self._lock = threading.Lock()
        self._closed = False
        try:
            self._listener = socket.create_server((host, port), family=_family(host), backlog=256)
        except OSError as error:
            raise LoopbackError(f"Cannot listen on {listen}: {error.strerror}.") from error
        self.host, self.port = host, int(self._listener.getsockname()[1])
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://{f'[{self.host}]' if ':' in self.host else self.host}:{self.port}"

    def close(self) -> None:
        """Stop listening and end every connection; waits two seconds at most for the threads."""
        with self._lock:
            self._closed = True
            streams, threads = list(self._streams), list(self._threads)
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for stream in streams:
            with contextlib.suppress(OSError):
                stream.sock.shutdown(socket.SHUT_RDWR)
        for thread in (self._accepting, *threads):
            thread.join(JOIN_SECONDS)

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            stream = Stream(sock, h11.SERVER)
            thread = threading.Thread(target=self._serve, args=(stream,), daemon=True)
            with self._lock:
                if self._closed:
                    sock.close()
                    return
                self._streams.add(stream)
                self._threads.add(thread)
                thread.start()

    def _serve(self, stream: Stream) -> None:
        try:
            with stream.sock, contextlib.suppress(OSError, h11.ProtocolError):
                self._converse(stream)
        finally:
            with self._lock:
                self._streams.discard(stream)
                self._threads.discard(threading.current_thread())


class RequestCounter(Closable):
    """Counts the requests to an address that a forged token names, and that nobody should ask."""

    def __init__(self) -> None:
        self.requests = 0
        self._server = Server("127.0.0.1:0", self._count)
        self.url = f"{self._server.url}/keys.json"

    def _count(self, caller: Stream) -> None:
        self.requests += 1

    def close(self) -> None:
        """Stop listening."""
        self._server.close()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
