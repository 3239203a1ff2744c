"""Streamed answers over real HTTP: the same results as without, and items on the way."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import pytest

from summarizer.draft import Draft, DraftItem
from summarizer.engines.openai import Lesson, Mode
from summarizer.errors import EngineError, EngineTimeout, EngineUnavailable
from summarizer.schema import Attempt
from summarizer.testing import LoopbackServer, Reply, replies
from summarizer.testing.stream_wordings import STREAM_REFUSALS
from tests.openai_support import DRAFT, engine_at, request

pytestmark = [pytest.mark.openai, pytest.mark.anyio]

MODES = list(Mode)
ITEMS: list[tuple[str, DraftItem]] = [("what", DRAFT.what), ("where", DRAFT.where[0])]  # type: ignore[list-item]
EVENTS = {"content-type": "text/event-stream"}

Given = list[tuple[str, DraftItem]]


async def ask(
    server: LoopbackServer, *, stream: bool, lesson: Lesson | None = None
) -> tuple[Draft | type[EngineError], tuple[Attempt, ...], Given, Lesson]:
    """What one call comes to, what it took, the items on the way, and what was learnt."""
    given: Given = []
    on_item: Any = (lambda field, item: given.append((field, item))) if stream else None
    outcome: Draft | type[EngineError]
    async with engine_at(server.base_url, lesson=lesson) as engine:
        try:
            completion = await engine.complete(request(on_item=on_item))
        except EngineError as error:
            outcome, attempts = type(error), error.attempts
        else:
            outcome, attempts = completion.draft, completion.attempts
        plain = tuple(comparable(attempt) for attempt in attempts)
        return outcome, plain, given, engine.lesson


def comparable(attempt: Attempt) -> Attempt:
    """The attempt without what differs between two servers."""
    return attempt.model_copy(update={"seconds": 0.0, "endpoint": None})


@pytest.mark.parametrize("mode", MODES)
async def test_a_stream_is_asked_for_with_its_usage_and_gives_each_item(mode: Mode) -> None:
    lesson = Lesson(mode=mode)
    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        streamed = await ask(server, stream=True, lesson=lesson)
        plain, bare = server.bodies[0], (await ask(server, stream=False, lesson=lesson))
        sent = server.bodies
        usage = server.usage
    draft, (attempt,), given, _ = streamed
    assert draft == DRAFT == bare[0]
    assert given == ITEMS
    assert plain.pop("stream") is True
    assert plain.pop("stream_options") == {"include_usage": True}
    assert plain == sent[1]
    assert attempt.input_tokens == usage["prompt_tokens"] // 2
    assert attempt.output_tokens == usage["completion_tokens"] // 2
    assert attempt == bare[1][0].model_copy(update={"request_id": "req_loopback_1"})


ANSWERS = {
    "right": [replies.answer(DRAFT)],
    "fenced": [replies.fenced(DRAFT)],
    "after a thought": [replies.thinking(DRAFT)],
    "with words around it": [replies.surrounded(DRAFT)],
    "called twice": [replies.two_tool_calls(DRAFT)],
    "without usage": [replies.no_usage(DRAFT)],
    "with a wrong usage": [replies.wrong_usage(DRAFT)],
    "without usage in the stream": [replies.stream_without_usage(DRAFT)],
    "invalid JSON": [replies.invalid_json(), replies.answer(DRAFT)],
    "wrong types": [replies.wrong_types(), replies.answer(DRAFT)],
    "prose": [replies.prose(), replies.answer(DRAFT)],
    "prose twice": [replies.prose(), replies.prose()],
    "no choice": [replies.empty_choices(), replies.answer(DRAFT)],
    "null": [replies.null_content(), replies.answer(DRAFT)],
    "truncated": [replies.truncated(DRAFT), replies.answer(DRAFT)],
    "truncated twice": [replies.truncated(DRAFT), replies.truncated(DRAFT)],
    "filtered": [replies.content_filter()],
    "refused": [replies.refused()],
    "a failed server": [replies.error(500), replies.answer(DRAFT)],
    "a busy server": [replies.error(429), replies.answer(DRAFT)],
    "a wrong key": [replies.error(401)],
    "a page": [Reply(body=b"<html>", headers=replies.HTML)],
    "an empty body": [Reply(body=b""), replies.answer(DRAFT)],
    "an error under status 200": [Reply(body={"error": {"code": 503}}), replies.answer(DRAFT)],
}


@pytest.mark.parametrize("mode", [Mode.STRICT, Mode.TOOLS])
@pytest.mark.parametrize("name", ANSWERS)
async def test_streaming_changes_nothing_but_the_way(name: str, mode: Mode) -> None:
    """Draft or error, attempts, their tokens and outcomes, and what is learnt."""
    results = []
    for stream in (False, True):
        with LoopbackServer(*ANSWERS[name]) as server:
            results.append(await ask(server, stream=stream, lesson=Lesson(mode=mode)))
            bodies = server.bodies
        assert [body.get("stream", False) for body in bodies] == [stream] * len(bodies)
    plain, streamed = results
    assert streamed[:2] == plain[:2]
    assert streamed[3] == plain[3]
    assert not plain[2]
    if plain[0] == DRAFT:
        assert streamed[2][-2:] == ITEMS


FAULTS = {
    "cut": (replies.stream_cut(DRAFT), "broken_response"),
    "ended": (replies.stream_ended(DRAFT), "broken_response"),
    "garbage": (replies.stream_garbage(DRAFT), "broken_response"),
    "error": (replies.stream_error(DRAFT), "server_error"),
    "error 429": (replies.stream_error(DRAFT, code=429), "rate_limited"),
}


@pytest.mark.parametrize("name", FAULTS)
async def test_a_stream_that_breaks_off_is_asked_for_again(name: str) -> None:
    fault, outcome = FAULTS[name]
    with LoopbackServer(fault, replies.answer(DRAFT)) as server:
        draft, attempts, given, _ = await ask(server, stream=True)
    assert draft == DRAFT
    assert [attempt.outcome for attempt in attempts] == [outcome, "ok"]
    assert attempts[0].request_id == "req_loopback_1"
    assert given[-2:] == ITEMS


@pytest.mark.parametrize(
    "reply",
    [
        replies.stream_without_done(DRAFT),
        replies.stream_comments(DRAFT),
        replies.stream_ignored(DRAFT),
        replies.stream_without_usage(DRAFT),
    ],
    ids=["without DONE", "with comments", "plain JSON", "without usage"],
)
async def test_a_stream_that_is_odd_is_read_at_once(reply: Reply) -> None:
    with LoopbackServer(reply) as server:
        draft, attempts, given, _ = await ask(server, stream=True)
    assert draft == DRAFT
    assert [attempt.outcome for attempt in attempts] == ["ok"]
    assert given == ([] if reply.as_stream is False else ITEMS)


async def test_a_stream_that_nobody_asked_for_is_read() -> None:
    with LoopbackServer(replies.stream_unasked(DRAFT)) as server:
        draft, attempts, given, _ = await ask(server, stream=False)
    assert (draft, len(attempts), given) == (DRAFT, 1, [])


async def test_the_items_of_each_answer_are_given() -> None:
    broken = Draft.model_validate({**DRAFT.model_dump(), "where": []}).model_dump_json()[:-2]
    with LoopbackServer(replies.invalid_json(broken), replies.answer(DRAFT)) as server:
        _, attempts, given, _ = await ask(server, stream=True)
    assert [attempt.purpose for attempt in attempts] == ["draft", "reask"]
    assert given == [ITEMS[0], *ITEMS]


@pytest.mark.parametrize("name", STREAM_REFUSALS)
async def test_an_endpoint_that_refuses_to_stream_is_asked_without(name: str) -> None:
    refusal = STREAM_REFUSALS[name]
    with LoopbackServer(refuse=[refusal], then=replies.answer(DRAFT)) as server:
        draft, attempts, given, lesson = await ask(server, stream=True)
    assert draft == DRAFT
    assert [attempt.outcome for attempt in attempts] == ["parameter_refused", "ok"]
    if refusal.parameter == "stream":
        assert (lesson, given) == (Lesson(stream=False), [])
    else:
        assert (lesson, given) == (Lesson(stream_usage=False), ITEMS)
        assert attempts[-1].input_tokens is None


@pytest.mark.parametrize("stream", [True, False])
async def test_a_refusal_under_status_200_teaches_the_same(stream: Any) -> None:
    error = {"code": 400, "message": "Unknown parameter: 'response_format'."}
    said: dict[str, Any] = {"error": error}
    body = b"data: " + json.dumps(said).encode() + b"\n\n" if stream else said
    with LoopbackServer(Reply(body=body), replies.answer(DRAFT)) as server:
        draft, attempts, _, lesson = await ask(server, stream=stream)
    assert (draft, lesson) == (DRAFT, Lesson(mode=Mode.TOOLS))
    assert [attempt.outcome for attempt in attempts] == ["parameter_refused", "ok"]


async def test_what_a_stream_taught_holds_for_the_next() -> None:
    refusal = STREAM_REFUSALS["openai/stream"]
    with LoopbackServer(refuse=[refusal], then=replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url) as engine:
            for _ in range(2):
                await engine.complete(request(on_item=lambda _field, _item: None))
        assert ["stream" in body for body in server.bodies] == [True, False, False]


Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@contextlib.asynccontextmanager
async def serving(answer: Serve) -> AsyncIterator[str]:
    """A server that answers each connection as `answer` does; its base URL."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, EOFError):
            await answer(reader, writer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


async def read_request(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.partition(b":")[2])
        for line in head.lower().split(b"\r\n")
        if line.startswith(b"content-length")
    )
    await reader.readexactly(length)


def head(*lines: str) -> bytes:
    return "\r\n".join(
        ["HTTP/1.1 200 OK", "content-type: text/event-stream", *lines, "", ""]
    ).encode()


def says(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


TEXT = DRAFT.model_dump_json()
WHAT = TEXT.index('"who"')


async def test_an_item_is_given_before_the_rest_is_written() -> None:
    seen = asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(head("connection: close") + says(TEXT[:WHAT]))
        await seen.wait()
        writer.write(says(TEXT[WHAT:], "stop"))

    given: Given = []

    def take(field: str, item: DraftItem) -> None:
        given.append((field, item))
        seen.set()

    async with serving(answer) as url, engine_at(url) as engine:
        completion = await asyncio.wait_for(engine.complete(request(on_item=take)), 20)
    assert completion.draft == DRAFT
    assert given == ITEMS


async def test_a_connection_is_used_again_after_a_stream() -> None:
    connections = 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        body = says(TEXT, "stop") + b"data: [DONE]\n\n"
        while True:
            await read_request(reader)
            writer.write(head("transfer-encoding: chunked"))
            writer.write(b"%x\r\n%b\r\n" % (len(body), body))
            await writer.drain()
            writer.write(b"0\r\n\r\n")

    async with serving(answer) as url, engine_at(url) as engine:
        for _ in range(3):
            await engine.complete(request(on_item=lambda _field, _item: None))
    assert connections == 1


@pytest.mark.parametrize("last", [b"", b"data: [DONE]\n\n"], ids=["no end", "an end"])
async def test_a_whole_answer_is_not_lost_with_its_connection(last: bytes) -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(head("content-length: 100000") + says(TEXT, "stop") + last)

    async with serving(answer) as url, engine_at(url) as engine:
        completion = await engine.complete(request(on_item=lambda _field, _item: None))
    assert completion.draft == DRAFT
    assert len(completion.attempts) == 1


async def test_a_whole_answer_is_had_from_a_stream_that_never_ends() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(head() + says(TEXT, "stop") + b"data: [DONE]\n\n: and\n")
        await reader.read()

    async with serving(answer) as url, engine_at(url) as engine:
        completion = await engine.complete(request(on_item=lambda _field, _item: None))
    assert completion.draft == DRAFT


async def test_a_stream_that_stands_still_ends_with_the_deadline() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(head() + says(TEXT[:WHAT]))
        await reader.read()

    given: Given = []
    async with serving(answer) as url, engine_at(url, timeout=0.5) as engine:
        with pytest.raises(EngineTimeout) as caught:
            await engine.complete(request(on_item=lambda field, item: given.append((field, item))))
    assert [attempt.outcome for attempt in caught.value.attempts][-1] == "timeout"
    assert given[0] == ITEMS[0]


class Stopped(Exception):
    """What a caller's function may raise."""


@pytest.mark.parametrize("error", [Stopped, TimeoutError, EngineUnavailable("x"), ConnectionError])
async def test_what_the_caller_raises_ends_the_call_and_the_connection(error: Any) -> None:
    closed, requests = asyncio.Event(), 0

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        requests += 1
        await read_request(reader)
        writer.write(head() + says(TEXT[:WHAT]))
        with contextlib.suppress(ConnectionError):
            await reader.read()
        closed.set()

    def refuse(_field: str, _item: DraftItem) -> None:
        raise error

    async with serving(answer) as url, engine_at(url) as engine:
        before = asyncio.all_tasks()
        with pytest.raises(error if isinstance(error, type) else type(error)):
            await engine.complete(request(on_item=refuse))
        await asyncio.wait_for(closed.wait(), 20)
        await settled(before)
    assert requests == 1


async def test_cancellation_in_a_stream_closes_the_connection() -> None:
    begun, closed = asyncio.Event(), asyncio.Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(head() + says(TEXT[:WHAT]))
        with contextlib.suppress(ConnectionError):
            await reader.read()
        closed.set()

    async with serving(answer) as url, engine_at(url) as engine:
        before = asyncio.all_tasks()
        call = asyncio.create_task(
            engine.complete(request(on_item=lambda _field, _item: begun.set()))
        )
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await asyncio.wait_for(closed.wait(), 20)
        await settled(before)


async def settled(before: set[asyncio.Task[Any]]) -> None:
    """Let the server's own tasks end; nothing of the client's is left."""
    for _ in range(100):
        left = asyncio.all_tasks() - before - {asyncio.current_task()}
        if not left:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(f"left running: {left}")
