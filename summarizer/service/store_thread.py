"""StoreThread: the store of batches beside an event loop, which waits for no disk."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from summarizer.service.store import Store

T = TypeVar("T")


class StoreThread:
    """A Store in a thread of its own, so that no event loop waits for a disk."""

    def __init__(self, open_store: Callable[[], Store]) -> None:
        """Open the store. Raises what that raises."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")
        try:
            self._store = self._thread.submit(open_store).result()
        except BaseException:
            self._thread.shutdown()
            raise

    async def do(self, action: Callable[[Store], T]) -> T:
        """What `action` returns or raises. Once begun it ends, whoever stops waiting."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._thread, action, self._store)

    async def aclose(self) -> None:
        """Give the file to the next server, when what was begun is done."""
        await self.do(Store.close)
        self._thread.shutdown()
