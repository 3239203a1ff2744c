"""One asynchronous function over many items: bounded, in order or as they are done.

A work queue, no batches: whenever one item is done, the next begins. The consumer's pace
bounds it too, so that neither the items nor the results pile up.
"""

from __future__ import annotations

import asyncio
from collections.abc import (
    AsyncGenerator,
    AsyncIterable,
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
)
from typing import Generic, NamedTuple, TypeVar

T = TypeVar("T")
R = TypeVar("R")

#: So many results wait for the consumer, or for an earlier item, for each item under way.
_AHEAD = 2


class Done(NamedTuple, Generic[T, R]):
    """An item, its place from 0, and what came of it: a result, or the error it raised."""

    place: int
    item: T
    result: R | None
    error: Exception | None


async def run(
    call: Callable[[T], Awaitable[R]],
    items: Iterable[T] | AsyncIterable[T],
    *,
    concurrency: int,
    ordered: bool = True,
) -> AsyncGenerator[Done[T, R]]:
    """What `call` makes of each item, at most `concurrency` at once.

    Items are taken as they are needed. An error of `call` is a value; an error of `items`
    itself is raised when all that was begun has been given. Leaving the generator early
    cancels what is under way.
    """
    work = _Work(call, _asynchronous(items), concurrency)
    feeder = asyncio.create_task(work.feed())
    waiting: dict[int, Done[T, R]] = {}
    following = 0
    try:
        while (done := await work.results.get()) is not None:
            waiting[done.place] = done
            ready = [following] if ordered else [done.place]
            while ready and ready[0] in waiting:
                work.room.release()
                yield waiting.pop(ready[0])
                following += 1
                ready = [following] if ordered else []
        await feeder
    finally:
        feeder.cancel()
        await asyncio.wait([feeder])
        # Raised above, or nobody's any more; a task's error that nobody saw is complained of.
        _ = feeder.cancelled() or feeder.exception()


class _Work(Generic[T, R]):
    """The items under way."""

    def __init__(
        self, call: Callable[[T], Awaitable[R]], items: AsyncIterator[T], concurrency: int
    ) -> None:
        self._call = call
        self._items = items
        self._slots = asyncio.Semaphore(concurrency)
        #: Released by the consumer, for each result that is taken.
        self.room = asyncio.Semaphore(_AHEAD * concurrency)
        #: What is done; at the end, None.
        self.results: asyncio.Queue[Done[T, R] | None] = asyncio.Queue()

    async def feed(self) -> None:
        """Begin item after item, as there is room. Raises what `items` raises, at the end."""
        try:
            async with asyncio.TaskGroup() as group:
                failure = await self._begin_all(group)
        finally:
            self.results.put_nowait(None)
        if failure is not None:
            raise failure

    async def _begin_all(self, group: asyncio.TaskGroup) -> Exception | None:
        place = 0
        while True:
            await self.room.acquire()
            await self._slots.acquire()
            try:
                item = await anext(self._items)
            except StopAsyncIteration:
                return None
            except Exception as error:  # noqa: BLE001 - raised once the rest is done
                return error
            group.create_task(self._do(place, item))
            place += 1

    async def _do(self, place: int, item: T) -> None:
        try:
            result = await self._call(item)
        except Exception as error:  # noqa: BLE001 - it is this item's, and a value
            done = Done[T, R](place, item, None, error)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody has cancelled this: without a result, the item would be lost unseen.
            done = Done[T, R](place, item, None, RuntimeError("the work cancelled itself"))
        else:
            done = Done(place, item, result, None)
        finally:
            self._slots.release()
        self.results.put_nowait(done)


async def _asynchronous(items: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    if isinstance(items, AsyncIterable):
        async for item in items:
            yield item
    else:
        for item in items:
            yield item
