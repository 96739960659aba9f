"""A plain HTTP/1.1 client on asyncio streams: little CPU, since it shares the server's cores."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

LONGEST_ANSWER = 30.0  # seconds


class NoAnswer(Exception):
    """The connection ended, or what came was no HTTP."""


@dataclass(slots=True)
class Connection:
    """One connection that is kept open; `post` gives status and body."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    prefix: bytes

    @classmethod
    async def open(cls, url: str) -> Connection:
        """Connect to the host of a URL, over TLS where it says https."""
        parts = urlsplit(url)
        if parts.hostname is None:
            raise NoAnswer(f"{url} names no host")
        secure = parts.scheme == "https"
        reader, writer = await asyncio.open_connection(
            parts.hostname,
            parts.port or (443 if secure else 80),
            ssl=ssl.create_default_context() if secure else None,
        )
        prefix = (
            f"POST {parts.path or '/'} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Content-Type: application/json\r\nAccept: application/json\r\n"
        )
        return cls(reader, writer, prefix.encode())

    async def post(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Send one request and read its answer to the end."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        head = f"{lines}Content-Length: {len(body)}\r\n\r\n".encode()
        self.writer.write(self.prefix + head + body)
        try:
            async with asyncio.timeout(LONGEST_ANSWER):
                return await self._answer()
        except (OSError, ValueError, IndexError, asyncio.IncompleteReadError) as error:
            raise NoAnswer(type(error).__name__) from None

    async def _answer(self) -> tuple[int, bytes]:
        head = await self.reader.readuntil(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").lower().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines if ": " in line)
        if headers.get("transfer-encoding") == "chunked":
            return int(first.split(" ")[1]), await self._chunks()
        length = int(headers["content-length"]) if "content-length" in headers else 0
        return int(first.split(" ")[1]), await self.reader.readexactly(length)

    async def _chunks(self) -> bytes:
        body = bytearray()
        while size := int((await self.reader.readline()).split(b";")[0], 16):
            body += await self.reader.readexactly(size)
            await self.reader.readline()
        await self.reader.readline()
        return bytes(body)

    def close(self) -> None:
        self.writer.close()
