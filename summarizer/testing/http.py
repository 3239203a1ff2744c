"""As much of HTTP/1.1 as the loopback server needs, with hands on every byte."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import responses
from typing import Any, NoReturn

_LINGER = struct.pack("ii", 1, 0)  # SO_LINGER: drop what is unsent and send RST
_PADDING_PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came in. Names of headers are in lower case.

    `content` is its body, and `body` the JSON object in that, or None if it holds none.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes
    body: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Connection:
    """Both ways of a client's connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def gone(self) -> bool:
        """Whether the client has closed it."""
        return self.reader.at_eof() or self.writer.is_closing()


async def read(reader: asyncio.StreamReader) -> Received | None:
    """The next request, or None if the client is done.

    Raises EOFError if the client goes within one, or does not speak HTTP.
    """
    try:
        block = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as ended:
        if ended.partial:
            raise
        return None
    except asyncio.LimitOverrunError:
        raise EOFError from None
    start, *lines = block[:-4].decode("latin-1").split("\r\n")
    method, _, rest = start.partition(" ")
    path, _, version = rest.partition(" ")
    headers = {
        name.strip().lower(): value.strip()
        for name, _, value in (line.partition(":") for line in lines)
    }
    length = headers.get("content-length", "0")
    if not version.startswith("HTTP/1") or not length.isdecimal():
        raise EOFError
    data = await reader.readexactly(int(length))
    return Received(method=method, path=path, headers=headers, content=data, body=_object(data))


def head(status: int, headers: Mapping[str, str], length: int | None) -> bytes:
    """A response up to its body; without a length the body comes in chunks."""
    lines = [f"HTTP/1.1 {status} {responses.get(status, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if not any(name.lower() == "content-type" for name in headers):
        lines.append("content-type: application/json")
    lines.append("transfer-encoding: chunked" if length is None else f"content-length: {length}")
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n"


async def write(
    connection: Connection,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    *,
    pace: tuple[int, float] | None = None,
    padding: int = 0,
) -> None:
    """Send a response.

    With `pace` (bytes, seconds) its body goes out in pieces; with `padding` it goes out in
    chunks and is followed by so many spaces. Raises OSError if the client goes meanwhile.
    """
    writer = connection.writer
    if padding:
        await _write_padded(writer, head(status, headers, None), body, padding)
        return
    start = head(status, headers, len(body))
    if pace is None:
        writer.write(start + body)
        await writer.drain()
        return
    size, seconds = pace
    writer.write(start)
    for at in range(0, len(body), size):
        if at:
            await asyncio.sleep(seconds)
        if connection.gone:
            raise ConnectionResetError
        writer.write(body[at : at + size])
        await writer.drain()


async def write_stream(
    connection: Connection,
    headers: Mapping[str, str],
    events: Iterable[bytes],
    *,
    pace: tuple[int, float] | None = None,
    cut: int | None = None,
) -> None:
    """Send server-sent events, each as a chunk; with `pace` so many seconds apart.

    With `cut` the connection is reset after so many bytes of them. Raises OSError if that
    is done, or if the client goes meanwhile.
    """
    writer = connection.writer
    writer.write(head(200, {"content-type": "text/event-stream", **headers}, None))
    left = cut
    for event in events:
        if connection.gone:
            raise ConnectionResetError
        if left is not None:
            event = event[:left]  # noqa: PLW2901 - the rest is what is cut
            left -= len(event)
        writer.write(_chunk(event))
        await writer.drain()
        if left == 0:
            reset(connection)
        if pace is not None:
            await asyncio.sleep(pace[1])
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def reset(connection: Connection) -> NoReturn:
    """Reset the connection. Raises ConnectionResetError, which ends its service."""
    used = connection.writer.get_extra_info("socket")
    used.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
    connection.writer.transport.abort()
    raise ConnectionResetError


async def _write_padded(
    writer: asyncio.StreamWriter, start: bytes, body: bytes, padding: int
) -> None:
    """A client that has enough of it goes, and ends this by OSError."""
    writer.write(start + _chunk(body))
    piece = b" " * _PADDING_PIECE
    while padding > 0:
        writer.write(_chunk(piece[:padding]))
        await writer.drain()
        padding -= len(piece)
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def _chunk(data: bytes) -> bytes:
    # An empty chunk would end the body.
    return f"{len(data):x}\r\n".encode() + data + b"\r\n" if data else b""


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(data)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
