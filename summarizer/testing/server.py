"""The loopback server: a real HTTP server on this machine, and no model behind it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any, Self

from summarizer.testing import completions, http
from summarizer.testing.faults import Faults
from summarizer.testing.http import Received
from summarizer.testing.replies import Reply, Script, answer, error, unknown_model
from summarizer.testing.wordings import REFUSALS, Refusal

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: drop what is unsent and send RST


class LoopbackServer:
    """An OpenAI-compatible endpoint on 127.0.0.1, in a thread; a context manager.

    `script` answers requests for a completion, one each, in order. When it is used up
    `then` answers, and without it the extractive engine makes a Draft of the article in
    the request, under the model name `loopback`. A function in the script gets the
    request's body and makes a Reply.

    Before the script is asked, a request that holds what an entry of `refuse` names (a
    Refusal, or its name in `wordings.REFUSALS`) is refused in that provider's words, and
    `faults` may choose a fault. With `api_key`, a request without it is a 401; with
    `models`, a request for another one is a 404. `latency` is added to every reply, in
    seconds. `keep` bounds how many requests are remembered.
    """

    def __init__(
        self,
        *script: Script,
        then: Script | None = None,
        refuse: Iterable[str | Refusal] = (),
        faults: Faults | None = None,
        api_key: str | None = None,
        models: Iterable[str] | None = None,
        latency: float = 0.0,
        port: int = 0,
        keep: int | None = None,
    ) -> None:
        self._script = deque(script)
        self._then = then
        self._refuse = [REFUSALS[entry] if isinstance(entry, str) else entry for entry in refuse]
        self._faults = faults
        self._api_key = api_key
        self._models = None if models is None else frozenset(models)
        self._latency = latency
        self._port = port
        self._log: deque[Received] = deque(maxlen=keep)
        self._served = 0
        self._arrived = threading.Condition()
        self._thread: threading.Thread | None = None
        self._broken: Exception | None = None
        #: Sums over the usage of every reply that is sent and not cut.
        self.usage = {"prompt_tokens": 0, "completion_tokens": 0}

    @property
    def base_url(self) -> str:
        """What OPENAI_BASE_URL is to be. It stays the same after `stop`."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def requests(self) -> list[Received]:
        """What was asked for, in order of arrival."""
        with self._arrived:
            return list(self._log)

    @property
    def bodies(self) -> list[dict[str, Any]]:
        """The JSON bodies of the requests for a completion."""
        return [received.body for received in self.requests if received.body is not None]

    def script(self, *replies: Script) -> None:
        """Add replies to the script."""
        self._script.extend(replies)

    def release(self) -> None:
        """Let every reply that hangs go, now and from now on."""
        self._loop.call_soon_threadsafe(self._released.set)

    def wait_for(self, count: int, *, timeout: float = 10.0) -> None:
        """Block until so many requests have arrived. Raises TimeoutError."""
        with self._arrived:
            if not self._arrived.wait_for(lambda: self._served >= count, timeout):
                raise TimeoutError(f"{self._served} of {count} requests arrived")

    def start(self) -> Self:
        """Listen. Raises OSError if the port is taken."""
        ready: concurrent.futures.Future[int] = concurrent.futures.Future()
        self._thread = threading.Thread(
            target=lambda: asyncio.run(self._main(ready)), name="loopback", daemon=True
        )
        self._thread.start()
        try:
            self._port = ready.result()
        except OSError:
            self._thread.join()
            self._thread = None
            raise
        return self

    def stop(self) -> None:
        """Drop every connection and stop. Raises what a function of the script raised."""
        if self._thread is not None:
            self._loop.call_soon_threadsafe(self._stopping.set)
            self._thread.join()
            self._thread = None
        broken, self._broken = self._broken, None
        if broken is not None:
            raise broken

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self._broken = None  # the failure at hand says more
        self.stop()

    async def _main(self, ready: concurrent.futures.Future[int]) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping, self._released = asyncio.Event(), asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        try:
            server = await asyncio.start_server(
                self._connected, "127.0.0.1", self._port, backlog=1024
            )
        except OSError as failure:
            ready.set_exception(failure)
            return
        ready.set_result(server.sockets[0].getsockname()[1])
        await self._stopping.wait()
        server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            # A client may go at any time; cancellation is this server's own end.
            with contextlib.suppress(OSError, EOFError, asyncio.CancelledError):
                while (received := await http.read(reader)) is not None:
                    await self._respond(received, writer)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _respond(self, received: Received, writer: asyncio.StreamWriter) -> None:
        with self._arrived:
            self._served += 1
            ordinal = self._served
            self._log.append(received)
            self._arrived.notify_all()
        try:
            reply = await self._reply(received)
        except Exception as failure:  # noqa: BLE001 - a function of the script's; stop raises it
            self._broken = self._broken or failure
            reply = error(500, "the script failed", kind="server_error")
        if reply.hang:
            await self._released.wait()
        if self._latency or reply.delay:
            await asyncio.sleep(self._latency + reply.delay)
        headers = {"x-request-id": f"req_loopback_{ordinal}", **reply.headers}
        if reply.body is not None or reply.status != 200:
            await self._send(reply, headers, reply.body, writer)
            return
        request = received.body or {}
        body = completions.completion(reply, request, ordinal)
        if not request.get("stream"):
            await self._send(reply, headers, body, writer)
            return
        options = request.get("stream_options") or {}
        events = completions.events(body, with_usage=bool(options.get("include_usage")))
        self._count(body)
        await http.write_stream(writer, headers, events, reply.pace)

    async def _send(
        self,
        reply: Reply,
        headers: Mapping[str, str],
        body: Any,
        writer: asyncio.StreamWriter,
    ) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        if reply.cut is not None:
            writer.write(http.head(reply.status, headers, len(data)) + data[: reply.cut])
            await writer.drain()
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            writer.transport.abort()
            raise ConnectionResetError
        if isinstance(body, Mapping):
            self._count(body)
        await http.write(writer, reply.status, headers, data, reply.pace)

    def _count(self, body: Mapping[str, Any]) -> None:
        """Add a reply's usage, before a client can have read it and ask for the sums."""
        usage = body.get("usage")
        if not isinstance(usage, Mapping):
            return
        for name in self.usage:
            count = usage.get(name)
            self.usage[name] += count if isinstance(count, int) and count > 0 else 0

    async def _reply(self, received: Received) -> Reply:
        if self._api_key and received.headers.get("authorization") != f"Bearer {self._api_key}":
            return error(401, "Incorrect API key provided.", code="invalid_api_key")
        path = received.path.partition("?")[0].removeprefix("/v1").rstrip("/")
        if path == "/models" and received.method == "GET":
            names = sorted(self._models or {completions.MODEL})
            return Reply(body={"object": "list", "data": [_model(name) for name in names]})
        if path != "/chat/completions":
            return error(404, f"Invalid URL ({received.method} {received.path})")
        if received.method != "POST":
            return error(405, "Method not allowed")
        if received.body is None:
            return error(400, "We could not parse the JSON body of your request.")
        return await self._completion(received.body)

    async def _completion(self, request: dict[str, Any]) -> Reply:
        model = str(request.get("model"))
        if self._models is not None and model not in self._models:
            return unknown_model(model)
        for refusal in self._refuse:
            if refusal.met(request):
                return refusal.reply()
        fault = self._faults.choose(_article(request)) if self._faults else None
        if fault is not None:
            return fault
        scripted = self._script.popleft() if self._script else self._then
        if scripted is None:
            return await _extracted(_article(request))
        return scripted if isinstance(scripted, Reply) else scripted(request)


def _model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "nobody: no model"}


def _article(request: Mapping[str, Any]) -> str:
    """The article's text in a request, or the first message of the user as it is."""
    from summarizer.prompts import article_in

    said = [
        message["content"]
        for message in request.get("messages", ())
        if isinstance(message, dict)
        and message.get("role") == "user"
        and isinstance(message.get("content"), str)
    ]
    for text in said:
        found = article_in(text)
        if found is not None:
            return found
    return said[0] if said else ""


async def _extracted(text: str) -> Reply:
    """What the extractive engine makes of a text. It is no model, and no model's answer."""
    from summarizer.article import Article
    from summarizer.engines.base import Request
    from summarizer.engines.extractive import ExtractiveEngine
    from summarizer.errors import SourceError

    try:
        article = Article.from_text(text)
    except SourceError:
        return error(400, "there is no article in the request")
    started = time.monotonic()
    done = await ExtractiveEngine().complete(Request(article=article, messages=()))
    took = f"{(time.monotonic() - started) * 1000:.0f}"
    return answer(done.draft, headers={"openai-processing-ms": took})
