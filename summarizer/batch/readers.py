"""Threads that read sources, so that a slow disk or host keeps no other article waiting."""

from __future__ import annotations

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")

_Work = tuple[Callable[[], Any], Callable[[Any, Exception | None], None]]


class Readers:
    """As many threads as there are sources being read at once, each used again.

    Nobody waits for them at the end: a fetch that hangs holds up no interrupt. Those that
    have nothing to do end with `close`.
    """

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[_Work | None] = queue.SimpleQueue()
        #: Threads, and what they were given and have not given back: one loop's own numbers.
        self._threads = 0
        self._busy = 0

    async def do(self, call: Callable[[], T]) -> T:
        """What `call` returns or raises, in one of the threads."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()

        def settle(result: T | None, error: Exception | None) -> None:
            self._busy -= 1
            if future.cancelled():
                return
            if error is not None:
                future.set_exception(error)
            else:
                future.set_result(result)  # type: ignore[arg-type] # what `call` returned

        def told(result: T | None, error: Exception | None) -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(settle, result, error)

        self._busy += 1
        self._waiting.put((call, told))
        if self._busy > self._threads:
            self._threads += 1
            threading.Thread(target=self._work, name="source", daemon=True).start()
        return await future

    def close(self) -> None:
        """Let the threads end, each when it has nothing to do."""
        for _ in range(self._threads):
            self._waiting.put(None)
        self._threads = 0

    def _work(self) -> None:
        while (work := self._waiting.get()) is not None:
            call, told = work
            result, error = None, None
            try:
                result = call()
            except Exception as raised:  # noqa: BLE001 - the caller's
                error = raised
            told(result, error)
            # What was read is the article's alone.
            del call, told, work, result, error
