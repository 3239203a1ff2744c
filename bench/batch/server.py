"""`python -m bench.batch.server`: an endpoint that costs next to nothing.

The loopback server reads each request as JSON, finds the article in it and counts tokens,
which takes a millisecond: beyond 500 requests a second it would be what is measured. This
one shares its answers (`articles.drafts`) and looks at nothing but the number of the article.

    POST /bench        {"latency": s, "jitter": share, "size": ...}: from now on; counts from 0
    GET /bench         what was served since: requests, peak, delays (s), CPU seconds
    POST /v1/...       a completion
    POST /extract/...  the same answer in the form that langextract asks for

Its base address is its only line of output, and it runs until its input ends.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.batch import articles

_ROOT = Path(__file__).parents[2]
_GOLDEN = 0.6180339887498949


class Endpoint:
    """What is answered, and when."""

    def __init__(self) -> None:
        self._answers = {
            size: {
                "/v1/": [_completion(found.model_dump_json()) for found in articles.drafts(size)],
                "/extract/": [
                    _completion(articles.extractions(found)) for found in articles.drafts(size)
                ],
            }
            for size in articles.SIZES
        }
        self.set(latency=0.0, jitter=0.0, size="small")

    def set(self, *, latency: float, jitter: float, size: articles.Size) -> None:
        """Begin to count anew."""
        self._latency, self._jitter = latency, jitter
        self._chosen = self._answers[size]
        self._served, self._under_way, self._peak, self._delays = 0, 0, 0, 0.0
        self._began = time.process_time()

    def told(self) -> dict[str, float]:
        """What was served."""
        return {
            "requests": self._served,
            "peak": self._peak,
            "delays": self._delays,
            "cpu": time.process_time() - self._began,
        }

    def answer(self, path: str, body: bytes | bytearray) -> tuple[float, bytes]:
        """The delay in seconds, and the response.

        With jitter the delays lie evenly around the latency, in an order that is the same
        in each run and has the latency as the mean of every stretch of it.
        """
        spread = 2 * (self._served * _GOLDEN % 1) - 1
        delay = self._latency * (1 + self._jitter * spread)
        self._served += 1
        self._under_way += 1
        self._peak = max(self._peak, self._under_way)
        self._delays += delay
        prefix = "/extract/" if path.startswith("/extract/") else "/v1/"
        return delay, self._chosen[prefix][articles.number(body)]

    def done(self) -> None:
        """An answer is on its way."""
        self._under_way -= 1


class Connection(asyncio.Protocol):
    """One client's connection: as much of HTTP/1.1 as the subjects speak."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._data = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._data += data
        while (end := self._data.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._data[:end])
            _, _, after = head.lower().partition(b"content-length:")
            length = int(after.partition(b"\r")[0] or b"0")
            if len(self._data) < end + 4 + length:
                return
            body = self._data[end + 4 : end + 4 + length]
            del self._data[: end + 4 + length]
            method, path, _ = head.decode("latin-1").split(" ", 2)
            self._take(method, path, body)

    def _take(self, method: str, path: str, body: bytearray) -> None:
        if path == "/bench":
            if method == "POST":
                self._endpoint.set(**json.loads(body))
            self._transport.write(_response(json.dumps(self._endpoint.told()).encode()))
            return
        delay, response = self._endpoint.answer(path, body)
        if delay:
            asyncio.get_running_loop().call_later(delay, self._send, response)
        else:
            self._send(response)

    def _send(self, response: bytes) -> None:
        self._endpoint.done()
        self._transport.write(response)  # after the client has gone, this does nothing


@contextmanager
def running() -> Iterator[str]:
    """Such a process, to the end of the block; gives its address, without a path."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.batch.server"], cwd=_ROOT, stdin=subprocess.PIPE,
        stdout=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def control(address: str, **options: Any) -> dict[str, float]:
    """Set what is answered from now on; without options, what was served."""
    data = json.dumps(options).encode() if options else None
    request = urllib.request.Request(f"{address}/bench", data)  # noqa: S310 - on this machine
    with urllib.request.urlopen(request, timeout=10) as response:  # noqa: S310 - the same
        told: dict[str, float] = json.load(response)
    return told


def _completion(content: str) -> bytes:
    completion = {
        "id": "bench",
        "object": "chat.completion",
        "created": 0,
        "model": "bench",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": content},
                "finish_reason": "stop",
            }
        ],
        "usage": {
            "prompt_tokens": 3000,
            "completion_tokens": len(content) // 4,
            "total_tokens": 3000 + len(content) // 4,
        },
    }
    return _response(json.dumps(completion).encode())


def _response(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


async def _serve(ended: threading.Thread) -> None:
    loop = asyncio.get_running_loop()
    endpoint = Endpoint()
    server = await loop.create_server(lambda: Connection(endpoint), "127.0.0.1", 0, backlog=1024)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await loop.run_in_executor(None, ended.join)


def main() -> None:
    """Serve until the input ends."""
    ended = threading.Thread(target=sys.stdin.read, daemon=True)
    ended.start()
    asyncio.run(_serve(ended))


if __name__ == "__main__":
    main()
