"""Facts about a provider's batches over real HTTP: each call, and what may become of it."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from summarizer.engines.openai.batch_objects import RemoteBatch, request_line
from summarizer.engines.openai.failures import Failure
from summarizer.engines.openai.provider_batch import Absent, ProviderBatches
from summarizer.errors import (
    AuthenticationFailed,
    BatchUnsupported,
    ConfigurationError,
    EngineUnavailable,
    RateLimited,
    RequestTooLong,
)
from summarizer.testing import LoopbackServer, replies
from summarizer.testing.batch_routes import lost
from summarizer.testing.batches import BatchRules
from summarizer.testing.replies import Reply
from tests.openai_support import KEY, Clock
from tests.wire_support import TEXT, asked

pytestmark = [pytest.mark.openai, pytest.mark.anyio]


@contextlib.asynccontextmanager
async def batches_at(
    base_url: str, clock: Clock | None = None, key: str | None = KEY
) -> AsyncIterator[ProviderBatches]:
    made = ProviderBatches(base_url=base_url, api_key=key, retries=(clock or Clock()).policy())
    try:
        yield made
    finally:
        await made.aclose()


def a_file(count: int = 3) -> io.BytesIO:
    lines = [
        request_line(f"r{number}", asked(f"{TEXT}\nNumber {number}.\n")) for number in range(count)
    ]
    return io.BytesIO(b"".join(lines))


async def submitted(remote: ProviderBatches, token: str = "t", count: int = 3) -> RemoteBatch:
    name = await remote.upload(a_file(count), "in.jsonl")
    assert isinstance(name, str)
    found = await remote.create(name, token)
    assert isinstance(found, RemoteBatch)
    return found


async def ended(remote: ProviderBatches, batch: RemoteBatch) -> RemoteBatch:
    for _ in range(20):
        found = await remote.retrieve(batch.id)
        assert isinstance(found, RemoteBatch)
        if found.ended:
            return found
    raise AssertionError("it has not ended")


async def test_a_file_goes_up_and_its_answers_come_down() -> None:
    with LoopbackServer() as server:
        async with batches_at(server.base_url) as remote:
            assert await remote.check() is None
            batch = await ended(remote, await submitted(remote))
            assert batch.output_file is not None
            lines: list[bytes] = []
            assert await remote.download(batch.output_file, lines.clear, lines.append) is None
        sent = [file for file in server.batches.files.listed() if file.purpose == "batch"]
        assert server.batches.files.content(sent[0].id) == a_file().getvalue()
    assert sorted(json.loads(line)["custom_id"] for line in lines) == ["r0", "r1", "r2"]
    assert (batch.total, batch.completed, batch.failed) == (3, 3, 0)


async def test_a_batch_is_found_by_its_token_or_its_file_among_hundreds() -> None:
    with LoopbackServer() as server:
        async with batches_at(server.base_url) as remote:
            first = await submitted(remote, "first")
            name = await remote.upload(a_file(1), "in.jsonl")
            assert isinstance(name, str)
            for number in range(230):
                await remote.create(name, f"t{number}")
            by_token = await remote.find("file-none", "first", since=0)
            assert first.input_file is not None
            by_file = await remote.find(first.input_file, "another", since=0)
            nowhere = await remote.find("file-none", "another", since=0)
    assert isinstance(by_token, RemoteBatch)
    assert isinstance(by_file, RemoteBatch)
    assert by_token.id == by_file.id == first.id
    assert nowhere is None


async def test_older_batches_than_can_be_meant_are_not_looked_through() -> None:
    with LoopbackServer() as server:
        async with batches_at(server.base_url) as remote:
            name = await remote.upload(a_file(1), "in.jsonl")
            assert isinstance(name, str)
            for number in range(120):
                await remote.create(name, f"t{number}")
            calls = server.batches.calls["batches.list"]
            assert await remote.find("file-none", "x", since=4e9) is None
            assert server.batches.calls["batches.list"] == calls + 1


async def test_a_batch_is_asked_for_once_whatever_comes_of_it() -> None:
    with LoopbackServer() as server:
        async with batches_at(server.base_url) as remote:
            name = await remote.upload(a_file(), "in.jsonl")
            assert isinstance(name, str)
            server.batches.disturb("batches.create", lost)
            found = await remote.create(name, "t")
            assert isinstance(found, Failure)
            assert found.passing
            assert server.batches.calls["batches.create"] == 1
            there = await remote.find(name, "t", since=0)
            assert isinstance(there, RemoteBatch)


async def test_what_may_pass_is_waited_for_as_long_as_the_endpoint_says() -> None:
    clock = Clock()
    with LoopbackServer() as server:
        server.batches.disturb("files.create", replies.rate_limited("7"), "503")
        async with batches_at(server.base_url, clock) as remote:
            assert isinstance(await remote.upload(a_file(), "in.jsonl"), str)
        # The whole file is sent each time.
        sizes = {len(r.content) for r in server.requests if r.path.endswith("/files")}
        assert len(sizes) == 1
    assert clock.slept[0] == 7.0
    assert len(clock.slept) == 2


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (replies.unauthorized(), AuthenticationFailed),
        (replies.rate_limited(), RateLimited),
        (replies.server_error(), EngineUnavailable),
        (replies.html_page(200), BatchUnsupported),
        (replies.error(404, "no"), BatchUnsupported),
        (replies.error(405, "no"), BatchUnsupported),
        (replies.error(501, "no"), BatchUnsupported),
        (Reply(body=b'{"data": 3}'), BatchUnsupported),
    ],
)
async def test_the_check_tells_what_there_is(reply: Reply, error: type[Exception]) -> None:
    with LoopbackServer() as server:
        server.batches.disturb("batches.list", *[reply] * 5)
        async with batches_at(server.base_url) as remote:
            found = await remote.check()
    assert found is not None
    assert found.error is error
    assert KEY not in found.message


async def test_nobody_there_is_a_failure() -> None:
    with LoopbackServer() as server:
        gone = server.base_url
    async with batches_at(gone) as remote:
        found = await remote.check()
    assert found is not None
    assert found.error is EngineUnavailable


async def test_a_file_that_is_too_large_for_the_provider_is_told_as_such() -> None:
    with LoopbackServer(batches=BatchRules(most_upload_bytes=10)) as server:
        async with batches_at(server.base_url) as remote:
            found = await remote.upload(a_file(), "in.jsonl")
    assert isinstance(found, Failure)
    assert found.error is RequestTooLong


@pytest.mark.parametrize("identifier", ["../batches", "a/b", "", None, 7])
async def test_an_id_that_leads_elsewhere_is_a_broken_answer(identifier: Any) -> None:
    body = json.dumps({"id": identifier, "object": "file"}).encode()
    with LoopbackServer() as server:
        server.batches.disturb("files.create", *[Reply(body=body)] * 5)
        async with batches_at(server.base_url) as remote:
            found = await remote.upload(a_file(), "in.jsonl")
    assert isinstance(found, Failure)
    assert found.outcome == "broken_response"


async def test_what_is_not_there_any_more_is_told() -> None:
    with LoopbackServer() as server:
        async with batches_at(server.base_url) as remote:
            assert isinstance(await remote.retrieve("batch_none"), Absent)
            found = await remote.download("file-none", list, list[bytes]().append)
            assert isinstance(found, Absent)


async def test_a_download_that_breaks_off_begins_anew() -> None:
    with LoopbackServer() as server:
        async with batches_at(server.base_url) as remote:
            batch = await ended(remote, await submitted(remote))
            assert batch.output_file is not None
            server.batches.disturb("files.content", "cut-off", "reset", "500")
            lines: list[bytes] = []
            assert await remote.download(batch.output_file, lines.clear, lines.append) is None
    assert len(lines) == 3


async def test_a_download_is_larger_than_an_answer_may_be() -> None:
    big = b"".join(b'{"n": "%s"}\n' % (b"x" * 1_000_000) for _ in range(20))
    count = 0

    def take(line: bytes) -> None:
        nonlocal count
        count += len(line) > 1_000_000

    def swollen(found: Reply) -> Reply:
        return dataclasses.replace(found, body=big)

    with LoopbackServer() as server:
        async with batches_at(server.base_url) as remote:
            batch = await ended(remote, await submitted(remote))
            assert batch.output_file is not None
            server.batches.disturb("files.content", swollen)
            assert await remote.download(batch.output_file, list, take) is None
    assert count == 20


async def test_a_base_url_that_is_none_is_a_wrong_setting() -> None:
    async with batches_at("http://127.0.0.1:port/v1") as remote:
        with pytest.raises(ConfigurationError, match="base URL"):
            await remote.check()


async def test_a_server_without_keys_is_asked_without_one() -> None:
    with LoopbackServer() as server:
        async with batches_at(server.base_url, key=None) as remote:
            assert await remote.check() is None
