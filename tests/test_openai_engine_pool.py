"""Connections for many requests at once: when they are used, and that nothing else changes."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from summarizer.engines.openai import OpenAIEngine
from summarizer.errors import EngineError, EngineTimeout, EngineUnavailable
from summarizer.testing import LoopbackServer, Reply, replies
from tests.openai_support import ARTICLE, DRAFT, KEY, engine_at, request

pytestmark = [pytest.mark.openai, pytest.mark.anyio]


async def asked(engine: OpenAIEngine, count: int) -> None:
    done = await asyncio.gather(*(engine.complete(request()) for _ in range(count)))
    assert all(completion.draft == DRAFT for completion in done)


async def failure(url: str, **options: Any) -> EngineError:
    async with engine_at(url, many=True, **options) as engine:
        with pytest.raises(EngineError) as caught:
            await engine.complete(request())
    return caught.value


async def test_few_requests_at_once_do_not_change_connections() -> None:
    with LoopbackServer(then=replies.answer(DRAFT), latency=0.05) as server:
        async with engine_at(server.base_url) as engine:
            for _ in range(3):
                await asked(engine, 8)
            assert not engine._client._many


async def test_many_requests_at_once_do_and_the_first_ones_come_to_their_end() -> None:
    with LoopbackServer(then=replies.answer(DRAFT), latency=0.05) as server:
        async with engine_at(server.base_url) as engine:
            for _ in range(200):
                await asked(engine, 16)
                if engine._client._many:
                    break
            assert engine._client._many
            await asked(engine, 16)
            before = len(server.requests)
            await asked(engine, 32)
            assert len(server.requests) == before + 32


async def test_a_proxy_is_left_to_httpx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url) as engine:
            await engine._client.load()
            await engine._client.expect_many()
            assert not engine._client._many
            await asked(engine, 2)


@pytest.mark.parametrize("many", [False, True], ids=["httpx", "aiohttp"])
async def test_each_request_is_what_the_sdk_itself_would_send(many: Any) -> None:
    """But for how long this process waits, which is its own business."""
    import openai

    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        url = server.base_url.replace("http://", "http://me:s3cret@")
        async with engine_at(url, many=many) as engine:
            for _ in range(3):
                await engine.complete(request())
            body = json.loads(server.requests[0].content)
            async with openai.AsyncOpenAI(
                base_url=url, api_key=KEY, default_headers={"Accept-Encoding": "gzip"}
            ) as sdk:
                await sdk.post("/chat/completions", cast_to=object, body=body)
        *ours, theirs = server.requests
    private = {"x-stainless-read-timeout"}
    headers = [
        {name: value for name, value in one.headers.items() if name not in private}
        for one in (*ours, theirs)
    ]
    assert headers[0] == headers[1] == headers[2] == headers[3]
    assert len({one.content for one in ours}) == 1
    assert json.loads(theirs.content) == body
    assert len({(one.method, one.path) for one in server.requests}) == 1


async def test_a_large_article_is_sent_whole() -> None:
    text = "Ferry crews in Halden ended a nine-day strike. " * 60_000
    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, many=True) as engine:
            messages = request().messages
            long = type(messages[1])("user", text)
            await engine.complete(request(messages=(messages[0], long)))
        (received,) = server.bodies
    assert received["messages"][1]["content"] == text


async def test_no_cookie_is_sent_back() -> None:
    cookie = {"set-cookie": "a=b; Path=/"}
    answered = replies.answer(DRAFT)
    with LoopbackServer(Reply(500, cookie, b""), then=answered) as server:
        async with engine_at(server.base_url, many=True) as engine:
            await asked(engine, 1)
        assert all("cookie" not in one.headers for one in server.requests)


async def test_a_connection_is_used_again() -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listening:
        accepted = _answering(listening)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        async with engine_at(url, many=True) as engine:
            for _ in range(5):
                await engine.complete(request())
    assert next(accepted) == 1


def _answering(listening: socket.socket) -> Iterator[int]:
    """Answer on each connection in turn; the number of connections at the end."""
    content = {"choices": [{"message": {"content": DRAFT.model_dump_json()}}]}
    data = json.dumps(content).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(data)}"
    seen: list[socket.socket] = []

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                seen.append(connection)
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with connection, connection.makefile("rb") as stream:
            while line := stream.readline():
                length = 0
                while line.strip():
                    name, _, value = line.decode().partition(":")
                    if name.lower() == "content-length":
                        length = int(value)
                    line = stream.readline()
                stream.read(length)
                connection.sendall(head.encode() + b"\r\n\r\n" + data)

    threading.Thread(target=serve, daemon=True).start()

    def told() -> Iterator[int]:
        yield len(seen)

    return told()


async def test_nobody_there_is_no_connection_and_not_a_timeout() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    error = await failure(f"http://127.0.0.1:{port}/v1")
    assert type(error) is EngineUnavailable
    assert {attempt.outcome for attempt in error.attempts} == {"unreachable"}
    assert all(attempt.cost_usd == 0 for attempt in error.attempts)


async def test_no_answer_in_time_is_a_timeout() -> None:
    with LoopbackServer(then=Reply(hang=True)) as server:
        error = await failure(server.base_url, timeout=0.3)
        server.release()
    assert type(error) is EngineTimeout


@pytest.mark.parametrize("reply", [Reply(body={}, cut=0), Reply(body={"a": "b" * 99}, cut=40)])
async def test_a_connection_that_breaks_off_is_no_connection(reply: Reply) -> None:
    with LoopbackServer(then=reply) as server:
        error = await failure(server.base_url)
    assert type(error) is EngineUnavailable


async def test_what_is_no_http_is_told_so_without_a_word_of_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def speak() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listening.accept()
                    with connection:
                        connection.recv(1 << 20)
                        connection.sendall(b"220 Canary ESMTP\r\n")

        threading.Thread(target=speak, daemon=True).start()
        error = await failure(f"http://127.0.0.1:{listening.getsockname()[1]}/v1")
    assert type(error) is EngineUnavailable
    assert "Canary" not in str(error)
    assert ARTICLE.text[:10] not in str(error)


async def test_a_cancelled_request_lets_its_connection_go() -> None:
    with LoopbackServer(Reply(hang=True), then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, many=True) as engine:
            work = asyncio.ensure_future(engine.complete(request()))
            await asyncio.to_thread(server.wait_for, 1)
            work.cancel()
            with pytest.raises(asyncio.CancelledError):
                await work
            await asked(engine, 1)
        server.release()
