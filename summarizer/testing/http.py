"""As much of HTTP/1.1 as the loopback server needs, with hands on every byte."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from http.client import responses
from typing import Any


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
    writer: asyncio.StreamWriter,
    status: int,
    headers: Mapping[str, str],
    body: bytes,
    pace: tuple[int, float] | None = None,
) -> None:
    """Send a response; with `pace` (bytes, seconds) its body goes out in pieces."""
    start = head(status, headers, len(body))
    if pace is None:
        writer.write(start + body)
        await writer.drain()
        return
    size, seconds = pace
    writer.write(start)
    for at in range(0, len(body), size):
        writer.write(body[at : at + size])
        await writer.drain()
        await asyncio.sleep(seconds)


async def write_stream(
    writer: asyncio.StreamWriter,
    headers: Mapping[str, str],
    events: Iterable[bytes],
    pace: tuple[int, float] | None = None,
) -> None:
    """Send server-sent events, each as a chunk; with `pace` so many seconds apart."""
    writer.write(head(200, {"content-type": "text/event-stream", **headers}, None))
    for event in events:
        writer.write(f"{len(event):x}\r\n".encode() + event + b"\r\n")
        await writer.drain()
        if pace is not None:
            await asyncio.sleep(pace[1])
    writer.write(b"0\r\n\r\n")
    await writer.drain()


def _object(data: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(data)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None
