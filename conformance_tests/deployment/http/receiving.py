"""Reads an answer whole, within bounds: neither its length nor what it unpacks to is believed."""

from __future__ import annotations

import codecs
import zlib
from collections.abc import Iterable
from contextlib import closing
from typing import Final, cast

import httpx

#: So many bytes of one answer are read, and as many are unpacked.
LARGEST_ANSWER: Final = 16 * 1024 * 1024
#: The suite asks for no encoding; an answer in one of these is read all the same.
PACKED: Final = ("gzip", "x-gzip", "deflate")
_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS + 32
_BY_LATIN_1: Final = "by-latin-1"


def receive(arriving: httpx.Response) -> httpx.Response:
    """The whole answer, unpacked; an httpx.HTTPError where it grows too large."""
    request, headers = arriving.request, arriving.headers.copy()
    body = _unpacked(raw_body(arriving), headers.pop("content-encoding", ""), request)
    said = {
        "reason_phrase": arriving.reason_phrase.encode("ascii", "ignore"),
        "resent": arriving.extensions.get("resent", 0),
    }
    return httpx.Response(
        arriving.status_code, headers=headers, content=body, request=request, extensions=said
    )


def raw_body(arriving: httpx.Response) -> bytes:
    """The body as it was sent; an httpx.ReadError where it grows too large."""
    content = bytearray()
    with closing(arriving):
        for chunk in cast("Iterable[bytes]", arriving.stream):
            content += chunk
            _check_size(content, arriving.request)
    return bytes(content)


def text_of(raw: bytes) -> str:
    """Bytes as UTF-8, and what is none as Latin-1: every byte is a character, whatever it says."""
    return raw.decode("utf-8", _BY_LATIN_1)


def _check_size(content: bytes | bytearray, request: httpx.Request) -> None:
    if len(content) > LARGEST_ANSWER:
        raise httpx.ReadError(f"more than {LARGEST_ANSWER} bytes", request=request)


def _unpacked(content: bytes, encoding: str, request: httpx.Request) -> bytes:
    """The content without its encoding."""
    applied = [name for part in encoding.split(",") if (name := part.strip().lower())]
    if not content or set(applied) <= {"identity"}:
        return content
    if len(applied) != 1 or applied[0] not in PACKED:
        raise httpx.DecodingError(f"{encoding[:40]}, which nobody asked for", request=request)
    unpacking = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        plain = unpacking.decompress(content, LARGEST_ANSWER + 1)
    except zlib.error as error:
        raise httpx.DecodingError(str(error), request=request) from error
    _check_size(plain, request)
    if not unpacking.eof or unpacking.unused_data:
        raise httpx.DecodingError("it ends too early or too late", request=request)
    return plain


def _by_latin_1(error: UnicodeError) -> tuple[str, int]:
    wrong = cast(UnicodeDecodeError, error)
    return wrong.object[wrong.start : wrong.end].decode("latin-1"), wrong.end


codecs.register_error(_BY_LATIN_1, _by_latin_1)
