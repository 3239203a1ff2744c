"""How much of an endpoint's answer is read, and where a redirect may lead."""

from __future__ import annotations

import gzip
import json
import tracemalloc
import zlib
from typing import Any

import pytest

from summarizer.engines.openai.transport import LARGEST
from summarizer.errors import EngineError, EngineUnavailable, RequestRejected
from summarizer.testing import LoopbackServer, Reply, replies
from tests.openai_support import DRAFT, KEY, engine_at, request

pytestmark = [pytest.mark.openai, pytest.mark.anyio]


@pytest.fixture(params=[False, True], ids=["httpx", "aiohttp"])
def many(request: pytest.FixtureRequest) -> bool:
    """Whether connections are those for many requests at once."""
    return bool(request.param)


EVENTS = {"content-type": "text/event-stream"}
STATUSES = [200, 401, 429, 500]


def says(text: str, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": finish}
    return b"data: " + json.dumps({"choices": [choice]}).encode() + b"\n\n"


def bomb(size: int) -> bytes:
    """So many spaces, packed."""
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    spaces = b" " * 1_000_000
    return b"".join(packer.compress(spaces) for _ in range(size // len(spaces))) + packer.flush()


async def failure(server: LoopbackServer, *, many: bool, stream: bool = False) -> EngineError:
    on_item: Any = (lambda _field, _item: None) if stream else None
    async with engine_at(server.base_url, many=many) as engine:
        with pytest.raises(EngineError) as caught:
            await engine.complete(request(on_item=on_item))
    return caught.value


LONG = b'{"error": "' + b"x" * LARGEST + b'"}'
TOO_LARGE = {
    "a length": lambda status: Reply(status, body=LONG),
    "chunks": lambda status: Reply(status, body={}, padding=LARGEST + 1),
    "gzip": lambda status: Reply(status, {"content-encoding": "gzip"}, bomb(3 * LARGEST)),
    "deflate": lambda status: Reply(status, {"content-encoding": "deflate"}, zlib.compress(LONG)),
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("form", TOO_LARGE)
async def test_an_answer_that_is_too_large_is_final(form: str, status: int, many: Any) -> None:
    with LoopbackServer(TOO_LARGE[form](status)) as server:
        error = await failure(server, many=many)
    assert type(error) is RequestRejected
    assert str(error) == "the endpoint's answer is larger than 16 MB"
    assert [attempt.outcome for attempt in error.attempts] == ["too_large"]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    "body",
    [says("x" * 1_000_000) * 17, b"data: " + b"x" * 17_000_000],
    ids=["many events", "one event"],
)
async def test_a_stream_that_says_too_much_is_final(body: bytes, stream: Any, many: Any) -> None:
    with LoopbackServer(Reply(headers=EVENTS, body=body)) as server:
        error = await failure(server, many=many, stream=stream)
    assert [attempt.outcome for attempt in error.attempts] == ["too_large"]


async def test_what_a_stream_says_counts_and_not_its_events(many: Any) -> None:
    text = DRAFT.model_dump_json()
    body = says(text[:50]) + (b": " + b"x" * 1000 + b"\n") * 20_000 + says(text[50:], "stop")
    assert len(body) > LARGEST
    with LoopbackServer(Reply(headers=EVENTS, body=body)) as server:
        async with engine_at(server.base_url, many=many) as engine:
            assert (await engine.complete(request())).draft == DRAFT


async def test_a_stream_of_events_that_say_nothing_comes_to_an_end(many: Any) -> None:
    """Memory is not all that an endless answer takes."""
    headers = EVENTS | {"content-encoding": "gzip"}
    packed = gzip.compress((b":" + b"x" * 999_998 + b"\n") * 140)
    with LoopbackServer(Reply(headers=headers, body=packed)) as server:
        error = await failure(server, many=many, stream=True)
    assert [attempt.outcome for attempt in error.attempts] == ["too_large"]


@pytest.mark.parametrize("status", [200, 500])
async def test_a_bomb_takes_no_more_memory_than_the_largest_answer(status: int, many: Any) -> None:
    reply = Reply(status, {"content-encoding": "gzip"}, bomb(20 * LARGEST))
    with LoopbackServer(reply) as server:
        async with engine_at(server.base_url, many=many) as engine:
            engine._client.prepare()
            tracemalloc.start()
            try:
                with pytest.raises(RequestRejected):
                    await engine.complete(request())
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
    assert peak < 4 * LARGEST


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("X-GZIP", gzip.compress), ("deflate", zlib.compress)],
)
async def test_a_packed_answer_is_read(encoding: str, pack: Any, many: Any) -> None:
    body = {"choices": [{"message": {"content": DRAFT.model_dump_json()}}]}
    packed = pack(json.dumps(body).encode())
    with LoopbackServer(Reply(headers={"content-encoding": encoding}, body=packed)) as server:
        async with engine_at(server.base_url, many=many) as engine:
            assert (await engine.complete(request())).draft == DRAFT
        (asked,) = server.requests
    assert asked.headers["accept-encoding"] == "gzip"


async def test_a_packed_stream_is_read(many: Any) -> None:
    packed = gzip.compress(says(DRAFT.model_dump_json(), "stop") + b"data: [DONE]\n\n")
    headers = EVENTS | {"content-encoding": "gzip"}
    with LoopbackServer(Reply(headers=headers, body=packed)) as server:
        async with engine_at(server.base_url, many=many) as engine:
            completion = await engine.complete(request(on_item=lambda _field, _item: None))
    assert completion.draft == DRAFT


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b"no gzip at all"),
        ("gzip", gzip.compress(b'{"choices": []}', mtime=0)[:-12]),
        ("br", b"\x0b\x02\x80{}\x03"),
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}", mtime=0), mtime=0)),
    ],
)
async def test_what_cannot_be_inflated_is_asked_for_again(
    encoding: str, body: bytes, status: int, many: Any
) -> None:
    broken = Reply(status, {"content-encoding": encoding}, body)
    with LoopbackServer(broken, replies.answer(DRAFT)) as server:
        async with engine_at(server.base_url, many=many) as engine:
            completion = await engine.complete(request())
    assert completion.draft == DRAFT
    assert len(completion.attempts) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "user@127.0.0.1"])
async def test_neither_key_nor_article_follows_a_redirect_elsewhere(
    host: str, status: int, many: Any
) -> None:
    with LoopbackServer() as other:
        port = other.base_url.rpartition(":")[2]
        elsewhere = Reply(status, {"location": f"http://{host}:{port}/chat/completions"}, b"")
        with LoopbackServer(elsewhere) as server:
            error = await failure(server, many=many)
        assert other.requests == []
    assert type(error) is RequestRejected
    assert str(error) == f"the endpoint redirects to another address (HTTP {status})"


@pytest.mark.parametrize("location", ["/v1/chat/completions", "{base}/chat/completions"])
@pytest.mark.parametrize("status", [307, 308])
async def test_a_redirect_within_the_host_is_followed(
    status: int, location: str, many: Any
) -> None:
    with LoopbackServer() as server:
        place = location.format(base=server.base_url)
        server.script(Reply(status, {"location": place}, b""), replies.answer(DRAFT))
        async with engine_at(server.base_url, many=many) as engine:
            assert (await engine.complete(request())).draft == DRAFT
        first, second = server.requests
    assert (second.method, second.body) == ("POST", first.body)
    assert second.headers["authorization"] == f"Bearer {KEY}"


@pytest.mark.parametrize("location", ["http://[", "http://127.0.0.1:port/", "ftp:"])
async def test_a_redirect_to_no_address_is_final(location: str, many: Any) -> None:
    with LoopbackServer(Reply(307, {"location": location}, b"")) as server:
        assert isinstance(await failure(server, many=many), RequestRejected)


async def test_a_redirect_without_end_is_given_up(many: Any) -> None:
    with LoopbackServer(then=Reply(307, {"location": "/v1/chat/completions"}, b"")) as server:
        assert isinstance(await failure(server, many=many), EngineUnavailable)
        assert len(server.requests) <= 5 * 4
