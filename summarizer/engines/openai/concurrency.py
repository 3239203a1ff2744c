"""How many requests are under way at once: a window that gives way, and a fair queue for it."""

from __future__ import annotations

import asyncio
import math
from collections import deque

#: How much one request's outcome counts in the share of those that are turned away.
_GAIN = 1 / 16


class Window:
    """How many requests an endpoint takes at once, as its answers show. Pure.

    Shrinks where requests are turned away, once for all that were under way together, by
    half their share: an endpoint that turns all away is asked half as much, and one that
    turns a few away at random, whatever is sent, is not throttled for it. Grows by a
    sixteenth of `most` for a window's worth of requests that went well.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.size = float(most)
        self._share = 0.0
        self._shrunk = -math.inf

    @property
    def limit(self) -> int:
        """The size in whole requests, at least 1."""
        return int(self.size)

    def worked(self) -> None:
        """A request was taken."""
        self._share -= _GAIN * self._share
        if self.size < self.most:
            self.size = min(float(self.most), self.size + max(1.0, self.most / 16) / self.size)

    def turned_away(self, started: float, now: float) -> None:
        """A request that was sent at `started` was one too many."""
        self._share += _GAIN * (1 - self._share)
        if started > self._shrunk:
            self.size = max(1.0, self.size * (1 - self._share / 2))
            self._shrunk = now


class Slots:
    """At most `limit` holders at once, first come, first served. For one event loop at a time.

    A waiter that is cancelled, even as it is handed a slot, leaves none taken.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._waiting: deque[asyncio.Future[None]] = deque()
        #: How many are held.
        self.taken = 0

    @property
    def free(self) -> bool:
        """Whether one can be had without waiting."""
        return self.taken < self._limit  # then nobody waits: see _hand_on

    @property
    def waiting(self) -> int:
        """How many wait for one."""
        return len(self._waiting)

    async def acquire(self, seconds: float) -> bool:
        """Take a slot, or return False if none is free within so many seconds."""
        if self.free:
            self.taken += 1
            return True
        if seconds <= 0:
            return False
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(seconds):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self.release()
            elif turn in self._waiting:
                self._waiting.remove(turn)
            if isinstance(error, TimeoutError):
                return False
            raise
        return True

    def release(self) -> None:
        """Give a slot back."""
        self.taken -= 1
        self._hand_on()

    def resize(self, limit: int) -> None:
        """Change the limit. What is held above it stays held until it is released."""
        self._limit = limit
        self._hand_on()

    def _hand_on(self) -> None:
        """Afterwards either no slot is free or nobody waits."""
        while self._waiting and self.taken < self._limit:
            turn = self._waiting.popleft()
            if not turn.done():
                self.taken += 1
                turn.set_result(None)
