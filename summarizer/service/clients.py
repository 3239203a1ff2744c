"""Clients that leave: the work that they wanted is ended."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from starlette.types import Receive

R = TypeVar("R")


class Gone(Exception):
    """The client left before it was answered."""


async def unless_gone(receive: Receive, work: Coroutine[Any, Any, R]) -> R:
    """What `work` comes to. It is cancelled, and Gone raised, when the client leaves.

    The request's body has been read.
    """
    task = asyncio.create_task(work)
    gone = asyncio.create_task(_gone(receive))
    try:
        await asyncio.wait([task, gone], return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            raise Gone
        return task.result()
    finally:
        task.cancel()
        gone.cancel()
        await asyncio.wait([task, gone])
        # Raised above, or nobody's any more; a task's error that nobody saw is complained of.
        for one in (task, gone):
            _ = one.cancelled() or one.exception()


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
