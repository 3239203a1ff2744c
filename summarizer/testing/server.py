"""The loopback server: a real HTTP server on this machine, and no model behind it."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import json
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any, Self

from summarizer.testing import completions, http
from summarizer.testing.account import Account
from summarizer.testing.batch_routes import BatchAPI
from summarizer.testing.batches import BatchRules
from summarizer.testing.endpoint import Endpoint
from summarizer.testing.faults import Faults
from summarizer.testing.http import Connection, Received
from summarizer.testing.limits import Limits
from summarizer.testing.replies import Reply, Script, error
from summarizer.testing.wordings import Refusal

#: Where the sums are told. It counts as no request.
_USAGE_PATH = "/loopback/usage"
_BATCHES_PATH = "/loopback/batches"


class LoopbackServer:
    """An OpenAI-compatible endpoint on 127.0.0.1, in a thread; a context manager.

    `script` answers requests for a completion, one each, in order. When it is used up
    `then` answers, and without it the extractive engine makes a Draft of the article in
    the request, under the model name `loopback`. A function in the script gets the
    request's body and makes a Reply; `answers` has some that read the article.

    Before the script is asked, a request that holds what an entry of `refuse` names (a
    Refusal, or its name in `wordings.REFUSALS` or `stream_wordings.STREAM_REFUSALS`) is
    refused in that provider's words, and `faults` may choose a fault. With `api_key`, a
    request without it is a 401; with `models`, a request for another one is a 404.

    Limits are really kept. Beyond `requests_per_minute` or `tokens_per_minute`, a minute of
    `minute` seconds, it is a 429 with honest headers, which good answers have as well;
    beyond `most_at_once` it is `busy`, a 429 without any. A prompt of more than
    `context_tokens` is refused in the words that `too_long` names (`contexts.TOO_LONG`), or
    silently loses its beginning if that is "cut". A token is four characters here.

    `latency` is added to every reply, in seconds. `cached_tokens` and `reasoning_tokens`
    are told in each answer's usage. `keep` bounds how many requests are remembered.

    `/v1/files` and `/v1/batches` go by the rules of `batches` (see the module of that name);
    None is an endpoint without them. The requests of a batch are answered like others, but
    no limit and no latency holds for them.
    """

    def __init__(
        self,
        *script: Script,
        then: Script | None = None,
        refuse: Iterable[str | Refusal] = (),
        faults: Faults | None = None,
        api_key: str | None = None,
        models: Iterable[str] | None = None,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        minute: float = 60.0,
        most_at_once: int | None = None,
        busy: Reply | None = None,
        context_tokens: int | None = None,
        too_long: str = "openai",
        cached_tokens: int = 0,
        reasoning_tokens: int = 0,
        latency: float = 0.0,
        batches: BatchRules | None = BatchRules(),  # noqa: B008 - it never changes
        port: int = 0,
        keep: int | None = None,
    ) -> None:
        self._endpoint = Endpoint(
            *script,
            then=then,
            refuse=refuse,
            faults=faults,
            api_key=api_key,
            models=models,
            context_tokens=context_tokens,
            too_long=too_long,
        )
        self._batches = None
        if batches is not None:
            self._batches = BatchAPI(batches, self._in_batch, models=self._endpoint.models)
        self._limits = Limits(
            requests_per_minute=requests_per_minute,
            tokens_per_minute=tokens_per_minute,
            most_at_once=most_at_once,
            busy=busy,
            minute=minute,
        )
        self._counted = {"cached_tokens": cached_tokens, "reasoning_tokens": reasoning_tokens}
        self._latency = latency
        self._port = port
        self._log: deque[Received] = deque(maxlen=keep)
        self._served = 0
        self._arrived = threading.Condition()
        self._thread: threading.Thread | None = None
        self._broken: Exception | None = None
        #: What was sent, in tokens; `GET /loopback/usage` tells it too.
        self.account = Account()

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
        """The JSON bodies of the requests for a completion, those in batches left out."""
        return [
            received.body
            for received in self.requests
            if received.body is not None and not received.path.startswith("/v1/batches")
        ]

    @property
    def batches(self) -> BatchAPI:
        """The batches, their files, and what spoils calls of them. Raises LookupError."""
        if self._batches is None:
            raise LookupError("this server has no batches")
        return self._batches

    @property
    def usage(self) -> dict[str, int]:
        """Sums over the usage of every reply that was sent whole, with it."""
        return self.account.usage

    @property
    def peak(self) -> int:
        """The most requests for a completion that were under way at once."""
        return self._limits.peak

    def script(self, *replies: Script) -> None:
        """Add replies to the script."""
        self._endpoint.add(*replies)

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
                connection = http.Connection(reader, writer)
                while (received := await http.read(reader)) is not None:
                    await self._respond(received, connection)
        finally:
            self._connections.discard(task)
            writer.close()

    async def _respond(self, received: Received, connection: Connection) -> None:
        told = self._told(received.path.removeprefix("/v1"))
        if told is not None:
            await http.write(connection, 200, {}, json.dumps(told).encode())
            return
        with self._arrived:
            self._served += 1
            ordinal = self._served
            self._log.append(received)
            self._arrived.notify_all()
        headers = {"x-request-id": f"req_loopback_{ordinal}"}
        if self._batches is not None and self._batches.takes(received):
            reply = self._endpoint.keyless(received)
            if reply is None:
                # Its requests are answered within it, while others are served.
                reply = await asyncio.to_thread(self._batches.respond, received)
            await self._send(reply, headers, connection)
            return
        reply = self._endpoint.turned_away(received)
        if reply is not None:
            await self._send(reply, headers, connection)
            return
        request = received.body
        assert request is not None
        self.account.asked()
        reply = self._limits.enter(completions.prompt_tokens(request))
        if reply is not None:
            await self._send(reply, headers, connection)
            return
        try:
            reply = self._decided(request)
            headers |= self._limits.headers()
            await self._complete(reply, request, ordinal, headers, connection)
        finally:
            self._limits.leave()

    def _told(self, path: str) -> dict[str, Any] | None:
        """What is told of the sums at a path, or None if it is none of theirs."""
        if path == _USAGE_PATH:
            return self.account.as_json()
        if path == _BATCHES_PATH and self._batches is not None:
            return self._batches.told()
        return None

    def _in_batch(self, request: dict[str, Any], ordinal: int) -> tuple[int, Any] | None:
        """Status and body of the answer to a request of a batch, or None if it times out."""
        reply = self._endpoint.malformed(request) or self._decided(request)
        if reply.hang or reply.cut is not None:
            return None
        if reply.body is None and reply.status == 200:
            most = self._endpoint.most_prompt_tokens
            return 200, completions.completion(
                reply, request, ordinal, most_prompt_tokens=most, **self._counted
            )
        body = reply.body
        if isinstance(body, bytes):
            # A batch's files hold JSON alone: what is none stands in them as a string.
            text = body.decode("utf-8", "replace")
            try:
                body = json.loads(text)
            except ValueError:
                return reply.status, text
        return reply.status, body

    def _decided(self, request: dict[str, Any]) -> Reply:
        try:
            return self._endpoint.complete(request)
        except Exception as failure:  # noqa: BLE001 - a function of the script's; stop raises it
            self._broken = self._broken or failure
            return error(500, "the script failed", kind="server_error")

    async def _complete(
        self,
        reply: Reply,
        request: dict[str, Any],
        ordinal: int,
        headers: Mapping[str, str],
        connection: Connection,
    ) -> None:
        if reply.body is not None or reply.status != 200:
            await self._send(reply, headers, connection)
            return
        body = completions.completion(
            reply,
            request,
            ordinal,
            most_prompt_tokens=self._endpoint.most_prompt_tokens,
            **self._counted,
        )
        written = completions.tokens((reply.content or "") + (reply.refusal or ""))
        self._limits.answered(written)
        streamed = bool(request.get("stream")) if reply.as_stream is None else reply.as_stream
        options = request.get("stream_options") or {}
        with_usage = not streamed or bool(options.get("include_usage"))
        arrives = reply.cut is None and not reply.padding
        if streamed:
            arrives &= completions.reports_usage(body, reply, with_usage=with_usage)
        arrives = await self._may_send(reply, connection) and arrives
        (self.account.sent if arrives else self.account.lost)(body)
        headers = {**headers, **reply.headers}
        told = False

        def events() -> Iterator[bytes]:
            nonlocal told
            for event in completions.events(body, reply, with_usage=with_usage):
                yield event
                told |= b'"usage": ' in event  # sent by now: a client may leave happily

        try:
            if streamed:
                await http.write_stream(
                    connection, headers, events(), pace=reply.pace, cut=reply.cut
                )
            else:
                await self._write(reply, headers, json.dumps(body).encode(), connection)
        except (OSError, asyncio.CancelledError):
            if arrives and not told:
                self.account.taken_back(body)
            raise

    async def _send(self, reply: Reply, headers: Mapping[str, str], connection: Connection) -> None:
        """Send a reply that is no completion of this server's own."""
        arrives = await self._may_send(reply, connection) and reply.cut is None
        body = reply.body
        if isinstance(body, Mapping) and "usage" in body:
            (self.account.sent if arrives else self.account.lost)(body)
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        await self._write(reply, {**headers, **reply.headers}, data, connection)

    async def _may_send(self, reply: Reply, connection: Connection) -> bool:
        """Wait for as long as the reply does; whether the client is still there then."""
        if reply.hang:
            await self._released.wait()
        if self._latency or reply.delay:
            await asyncio.sleep(self._latency + reply.delay)
        return not connection.gone

    async def _write(
        self, reply: Reply, headers: Mapping[str, str], data: bytes, connection: Connection
    ) -> None:
        if reply.cut is not None:
            start = http.head(reply.status, headers, len(data))
            connection.writer.write(start + data[: reply.cut])
            await connection.writer.drain()
            http.reset(connection)
        await http.write(
            connection, reply.status, headers, data, pace=reply.pace, padding=reply.padding
        )
