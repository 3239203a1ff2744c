"""Whatever an article is waiting for, it ends when it is cancelled, and leaves nothing taken."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from summarizer.engines.base import Completion
from summarizer.engines.openai import OpenAIEngine
from summarizer.errors import EngineTimeout
from summarizer.settings import Settings
from summarizer.testing import LoopbackServer, replies
from tests.openai_support import DRAFT, KEY, Clock, request

ROOT = Path(__file__).parent.parent
pytestmark = [pytest.mark.openai, pytest.mark.anyio]


class _Sleep:
    """A sleep that never ends by itself, and says when it has begun."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()

    async def __call__(self, _: float) -> None:
        self.begun.set()
        await asyncio.Event().wait()


def _engine(
    server: LoopbackServer | str, sleep: _Sleep | None = None, **options: Any
) -> OpenAIEngine:
    base_url = server if isinstance(server, str) else server.base_url
    retries = Clock().policy(sleep=sleep) if sleep is not None else Clock().policy()
    settings = Settings(base_url=base_url, api_key=KEY, model="m", **options)
    return OpenAIEngine(settings, retries=retries)


async def _ends(task: asyncio.Task[Completion]) -> None:
    """It ends at once, while everything it waited for still hangs."""
    assert not task.done()
    task.cancel()
    done, _ = await asyncio.wait([task], timeout=10)
    assert done == {task}
    assert task.cancelled()


async def _still_works(engine: OpenAIEngine, server: LoopbackServer, most: int) -> None:
    """As many requests at once as ever: no slot, limit or place is left taken."""
    server.script(*[replies.answer(DRAFT)] * most)
    done = await asyncio.gather(*(engine.complete(request()) for _ in range(most)))
    assert [entry.draft for entry in done] == [DRAFT] * most


HANGING = {
    "in the headers": replies.hang(),
    "in the body": replies.slow_body(DRAFT, size=1, seconds=3600.0),
}


@pytest.mark.parametrize("stage", HANGING)
async def test_within_a_request(stage: str) -> None:
    with LoopbackServer(HANGING[stage]) as server:
        engine = _engine(server, concurrency=2)
        task = asyncio.create_task(engine.complete(request()))
        await asyncio.to_thread(server.wait_for, 1)
        await _ends(task)
        await _still_works(engine, server, 2)
        await engine.aclose()


async def test_while_it_connects() -> None:
    # A full backlog: further connections are neither taken nor refused.
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        address = listener.getsockname()
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.settimeout(0)
            filler.connect_ex(address)
        engine = _engine(f"http://127.0.0.1:{address[1]}/v1")
        task = asyncio.create_task(engine.complete(request()))
        for _ in range(50):
            await asyncio.sleep(0)
        await _ends(task)
        await engine.aclose()
        for filler in fillers:
            filler.close()


_LOADING = """
import asyncio, sys
from summarizer.engines.openai import OpenAIEngine
from summarizer.settings import Settings
from tests.openai_support import request

async def main():
    engine = OpenAIEngine(Settings(base_url="http://127.0.0.1:9/v1", model="m"))
    task = asyncio.create_task(engine.complete(request()))
    while "openai" not in sys.modules:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    print(task.cancelled(), hasattr(sys.modules["openai"], "AsyncOpenAI"))
    await engine.aclose()

asyncio.run(main())
"""


async def test_while_the_sdk_is_loaded() -> None:
    """In a process of its own, where nothing has loaded it."""
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", _LOADING],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        check=True,
        encoding="utf-8",
        timeout=100,
    )
    assert done.stdout.split() == ["True", "False"]


async def test_while_it_waits_for_a_slot() -> None:
    with LoopbackServer(replies.hang()) as server:
        engine = _engine(server, concurrency=1)
        first = asyncio.create_task(engine.complete(request()))
        await asyncio.to_thread(server.wait_for, 1)
        queued = asyncio.create_task(engine.complete(request()))
        for _ in range(3):
            await asyncio.sleep(0)
        await _ends(queued)
        await _ends(first)
        await _still_works(engine, server, 1)
        await engine.aclose()


async def test_while_it_waits_before_a_retry() -> None:
    sleep = _Sleep()
    with LoopbackServer(replies.server_error()) as server:
        engine = _engine(server, sleep, concurrency=1)
        task = asyncio.create_task(engine.complete(request()))
        await sleep.begun.wait()
        await _ends(task)
        await _still_works(engine, server, 1)
        await engine.aclose()


async def test_while_it_waits_for_a_limit() -> None:
    sleep = _Sleep()
    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        engine = _engine(server, sleep, concurrency=2, requests_per_minute=1)
        await engine.complete(request())
        tasks = [asyncio.create_task(engine.complete(request())) for _ in range(2)]
        await sleep.begun.wait()
        for task in tasks:
            await _ends(task)
        assert engine._traffic._slots.taken == 0
        assert engine._traffic._limits._turn.taken == 0
        assert len(server.requests) == 1
        await engine.aclose()


async def test_while_it_waits_for_a_dead_endpoint() -> None:
    clock, sleep = Clock(), _Sleep()
    with LoopbackServer(then=replies.answer(DRAFT)) as server:
        settings = Settings(base_url=server.base_url, api_key=KEY, model="m", concurrency=4)
        engine = OpenAIEngine(settings, retries=clock.policy(sleep=sleep))
        for _ in range(10):
            engine._traffic._breaker.failed(probe=False, under_way=0)
            clock.now += 0.5
        clock.now -= 0.4
        assert not engine.available
        tasks = [
            asyncio.create_task(engine.complete(request(deadline=clock.now + 60))) for _ in range(3)
        ]
        await sleep.begun.wait()
        for task in tasks:
            await _ends(task)
        assert server.requests == []
        clock.now += 60
        await _still_works(engine, server, 4)
        await engine.aclose()


async def test_the_deadline_is_over_the_wait_for_a_slot_too() -> None:
    """By the real clock: a slot is waited for no longer than the article has."""
    with LoopbackServer(then=replies.hang()) as server:
        settings = Settings(base_url=server.base_url, api_key=KEY, model="m", concurrency=1)
        engine = OpenAIEngine(settings.with_options(timeout=600.0))
        first = asyncio.create_task(engine.complete(request()))
        await asyncio.to_thread(server.wait_for, 1)
        with pytest.raises(EngineTimeout, match="others were first") as caught:
            await engine.complete(request(deadline=time.monotonic() + 0.05))
        assert caught.value.attempts == ()
        assert len(server.requests) == 1
        await _ends(first)
        await engine.aclose()
