"""What went wrong on the way to an address and back, in a few plain words."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Final

import httpx

#: From the particular to the general: the first that an error is, or comes from, is told.
WORDS: Final[Mapping[type[BaseException], str]] = {
    ssl.SSLCertVerificationError: "nobody here vouches for its certificate: see [http] ca_file",
    ssl.SSLError: "no TLS connection comes about, is it http rather than https?",
    socket.gaierror: "no machine of that name is known",
    httpx.ConnectTimeout: "the connection was not accepted in time",
    httpx.ReadTimeout: "no answer came in time",
    httpx.ReadError: "the answer could not be read",
    httpx.ConnectError: "the connection was refused",
    httpx.RemoteProtocolError: "the connection was dropped",
}


def describe_error(error: httpx.HTTPError) -> str:
    """A transport error in words, with what it says itself."""
    origins = list(_origins(error))
    told = (words for kind, words in WORDS.items() for one in origins if isinstance(one, kind))
    return f"{next(told, type(error).__name__)} ({str(error)[:120] or 'no detail'})"


def _origins(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
