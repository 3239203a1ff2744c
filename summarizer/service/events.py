"""Server-sent events: items as they are verified, then the record or the problem."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from typing import Any

from summarizer import render
from summarizer.pipeline import Verified
from summarizer.render.characters import escaped_json
from summarizer.schema import Summary

MEDIA_TYPE = "text/event-stream"

#: Says that the connection stands, where an answer takes long.
KEEP_ALIVE = b": keep-alive\n\n"


class Events:
    """Numbers events from 1 and writes each; its data is one line of JSON."""

    def __init__(self) -> None:
        self._count = 0

    def item(self, verified: Verified) -> bytes:
        """An item that was verified, and its field."""
        item = verified.item.model_dump_json()
        return self._event("item", f'{{"field": "{verified.field}", "item": {item}}}')

    def summary(self, summary: Summary) -> bytes:
        """The whole record, as the last event."""
        return self._event("summary", render.to_json(summary, indent=None))

    def error(self, problem: Mapping[str, Any]) -> bytes:
        """An RFC 9457 problem, as the last event."""
        return self._event("error", json.dumps(problem))

    def _event(self, name: str, data: str) -> bytes:
        self._count += 1
        return f"id: {self._count}\nevent: {name}\ndata: {escaped_json(data)}\n\n".encode()


async def kept_alive(
    work: Callable[[Callable[[bytes], None]], Coroutine[Any, Any, None]], *, interval: float
) -> AsyncGenerator[bytes]:
    """What `work` tells, with a comment wherever it told nothing for `interval` seconds.

    Raises what `work` raises. Leaving it early cancels the work.
    """
    told: asyncio.Queue[bytes | None] = asyncio.Queue()
    task = asyncio.create_task(work(told.put_nowait))
    task.add_done_callback(lambda _: told.put_nowait(None))
    try:
        while (event := await _following(told, interval)) is not None:
            yield event
        await task
    finally:
        task.cancel()
        await asyncio.wait([task])
        # Raised above, or nobody's any more; a task's error that nobody saw is complained of.
        _ = task.cancelled() or task.exception()


async def _following(told: asyncio.Queue[bytes | None], interval: float) -> bytes | None:
    try:
        async with asyncio.timeout(interval):
            return await told.get()
    except TimeoutError:
        return KEEP_ALIVE
