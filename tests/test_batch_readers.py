"""Threads that read sources: used again, never more than are needed, and gone at the end."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from summarizer.batch.readers import Readers

pytestmark = pytest.mark.anyio


@pytest.fixture
def readers() -> Iterator[Readers]:
    made = Readers()
    yield made
    made.close()
    for thread in threads():
        thread.join(10)
    assert threads() == []


def threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "source"]


async def test_one_after_the_other_takes_one_thread(readers: Readers) -> None:
    assert [await readers.do(threading.get_ident) for _ in range(20)] == [threads()[0].ident] * 20


async def test_all_at_once_wait_for_none_of_each_other(readers: Readers) -> None:
    together = threading.Barrier(12)
    await asyncio.gather(*(readers.do(together.wait) for _ in range(12)))
    await asyncio.gather(*(readers.do(together.wait) for _ in range(12)))
    assert len(threads()) == 12


async def test_an_error_is_the_call_s_own(readers: Readers) -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        await readers.do(lambda: int("x"))
    assert await readers.do(lambda: 1) == 1


async def test_a_call_that_is_no_longer_wanted_gives_its_thread_back(readers: Readers) -> None:
    go = threading.Event()
    work = asyncio.ensure_future(readers.do(go.wait))
    await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    go.set()
    assert await readers.do(lambda: 2) == 2


def test_a_loop_that_has_ended_is_no_trouble_to_a_thread(readers: Readers) -> None:
    go = threading.Event()

    async def leave() -> None:
        left = asyncio.ensure_future(readers.do(go.wait))
        await asyncio.sleep(0)
        assert not left.done()

    asyncio.run(leave())
    go.set()
