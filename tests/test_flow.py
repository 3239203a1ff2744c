"""Many items: what is under way, what waits, in which order it comes, and what is lost."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import EngineUnavailable, Settings, Summarizer, flow
from summarizer.errors import ConfigurationError
from summarizer.flow import Done
from summarizer.testing import ScriptedEngine
from tests.pipeline_support import TEXT, WHAT, draft


class Gate:
    """A call that waits to be let through, item by item."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.ended: list[int] = []
        self._open: dict[int, asyncio.Event] = {}

    async def __call__(self, item: int) -> int:
        self.begun.append(item)
        try:
            await self._open.setdefault(item, asyncio.Event()).wait()
        finally:
            self.ended.append(item)
        return item * 10

    def open(self, *items: int) -> None:
        for item in items:
            self._open.setdefault(item, asyncio.Event()).set()


async def settle() -> None:
    """Let every task go on until it waits."""
    for _ in range(50):
        await asyncio.sleep(0)


async def double(item: int) -> int:
    await asyncio.sleep(0)
    if item < 0:
        raise ValueError(item)
    return 2 * item


@given(items=st.lists(st.integers()), concurrency=st.integers(1, 5), ordered=st.booleans())
def test_every_item_comes_once_with_its_result_or_its_error(
    *, items: list[int], concurrency: int, ordered: bool
) -> None:
    async def run() -> list[Done[int, int]]:
        return [d async for d in flow.run(double, items, concurrency=concurrency, ordered=ordered)]

    found = asyncio.run(run())
    if ordered:
        assert [done.place for done in found] == list(range(len(items)))
    assert sorted(done.place for done in found) == list(range(len(items)))
    for done in found:
        assert done.item == items[done.place]
        assert done.result == (2 * done.item if done.item >= 0 else None)
        assert isinstance(done.error, ValueError) == (done.item < 0)


@pytest.mark.anyio
async def test_no_more_than_the_bound_are_under_way_and_the_next_begins_at_once() -> None:
    gate = Gate()
    async with contextlib.aclosing(flow.run(gate, range(9), concurrency=3)) as results:
        first = asyncio.ensure_future(anext(results))
        await settle()
        assert gate.begun == [0, 1, 2]
        gate.open(1)
        await settle()
        assert gate.begun == [0, 1, 2, 3]
        assert not first.done()
        gate.open(0)
        assert (await first).result == 0


@pytest.mark.anyio
async def test_out_of_order_what_is_done_comes_first() -> None:
    gate = Gate()
    async with contextlib.aclosing(flow.run(gate, range(3), concurrency=3, ordered=False)) as done:
        gate.open(2)
        assert (await anext(done)).item == 2
        gate.open(0, 1)
        assert {(await anext(done)).item, (await anext(done)).item} == {0, 1}


@pytest.mark.anyio
@pytest.mark.parametrize("ordered", [True, False])
async def test_a_consumer_that_does_not_come_back_stops_the_intake(*, ordered: bool) -> None:
    taken: list[int] = []

    def endless() -> Iterator[int]:
        for number in iter(int, 1):
            taken.append(number)
            yield len(taken)

    async with contextlib.aclosing(
        flow.run(double, endless(), concurrency=2, ordered=ordered)
    ) as results:
        await anext(results)
        await settle()
        held = len(taken)
        assert held <= 2 * 2 + 2
        await settle()
        assert len(taken) == held


@pytest.mark.anyio
async def test_leaving_early_cancels_what_is_under_way() -> None:
    gate = Gate()
    gate.open(0)
    async with contextlib.aclosing(flow.run(gate, range(9), concurrency=3)) as results:
        await anext(results)
        await settle()
    assert sorted(gate.ended) == sorted(gate.begun)


@pytest.mark.anyio
async def test_a_broken_source_is_raised_after_what_was_begun() -> None:
    async def items() -> AsyncIterator[int]:
        yield 1
        yield 2
        raise OSError("the disk is gone")

    results = flow.run(double, items(), concurrency=1)
    assert [(await anext(results)).result, (await anext(results)).result] == [2, 4]
    with pytest.raises(OSError, match="the disk is gone"):
        await anext(results)


@pytest.mark.anyio
@pytest.mark.parametrize("ordered", [True, False])
async def test_a_call_that_cancels_itself_is_an_error_and_loses_no_other(*, ordered: bool) -> None:
    async def call(item: int) -> int:
        if item == 0:
            raise asyncio.CancelledError
        return item

    found = [d async for d in flow.run(call, range(9), concurrency=2, ordered=ordered)]
    assert sorted(done.place for done in found) == list(range(9))
    assert [done.item for done in found if done.error is not None] == [0]


def test_a_summarizer_maps_articles_with_errors_as_values() -> None:
    sound = draft(what=WHAT)
    engine = ScriptedEngine(sound, EngineUnavailable("no connection"), sound)
    with Summarizer(Settings(), engine=engine) as summarizer:
        found = list(summarizer.imap([TEXT, TEXT, TEXT], concurrency=1))
    assert [type(done.error) for done in found] == [type(None), EngineUnavailable, type(None)]
    assert [done.result is not None for done in found] == [True, False, True]


@pytest.mark.anyio
async def test_a_summarizer_maps_on_its_callers_loop() -> None:
    async with Summarizer(Settings(), engine=ScriptedEngine(then=draft(what=WHAT))) as summarizer:
        found = [done async for done in summarizer.map([TEXT] * 5, ordered=False)]
    assert sorted(done.place for done in found) == list(range(5))


def test_a_synchronous_consumer_may_leave_early() -> None:
    with Summarizer(Settings(), engine=ScriptedEngine(then=draft(what=WHAT))) as summarizer:
        results = summarizer.imap([TEXT] * 100, concurrency=2)
        assert next(results).error is None
        del results


def test_a_concurrency_below_one_is_a_configuration_error() -> None:
    with Summarizer(Settings()) as summarizer, pytest.raises(ConfigurationError):
        list(summarizer.imap([TEXT], concurrency=0))
