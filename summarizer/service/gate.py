"""How many articles are worked on at once, and how many wait for their turn."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections import deque
from collections.abc import AsyncIterator, Callable

from summarizer.service.problems import DRAINING, OVERLOADED, Problem

#: What Retry-After says at least and at most, in seconds.
_SOONEST, _LATEST = 1, 60
#: How much the newest article counts in how long one takes.
_NEWEST = 0.2


class Gate:
    """Lets `running` articles in at once; `queue` more wait, in order, for `patience` seconds.

    Everyone else is turned away at once, with a time after which it is worth trying again:
    a queue that only grows serves nobody in time. One event loop uses it.
    """

    def __init__(
        self,
        *,
        running: int,
        queue: int,
        patience: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.running = 0
        self.most = running
        self._queue = queue
        self._patience = patience
        self._clock = clock
        self._waiting: deque[asyncio.Future[None]] = deque()
        #: How long an article takes, in seconds, as far as is known.
        self._usual = 1.0
        self._closed = False

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return len(self._waiting)

    def close(self) -> None:
        """Let nobody in any more. Who was taken into the queue still gets a turn."""
        self._closed = True

    @contextlib.asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a turn, and have it. Raises the Problem to answer with if there is none."""
        await self._enter()
        began = self._clock()
        try:
            yield
        finally:
            took = self._clock() - began
            self._usual += _NEWEST * (took - self._usual)
            self._leave()

    def retry_after(self) -> int:
        """In how many seconds there may be a turn."""
        ahead = self.waiting + 1
        return max(_SOONEST, min(_LATEST, math.ceil(ahead * self._usual / self.most)))

    async def _enter(self) -> None:
        if self._closed:
            raise Problem(DRAINING, "The service is stopping.", retry_after=_SOONEST)
        if self.running < self.most and not self._waiting:
            self.running += 1
            return
        if len(self._waiting) >= self._queue:
            raise self._busy("Too many articles wait already.")
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(self._patience):
                await turn
        except TimeoutError:
            if not self._taken_back(turn):
                return  # the turn came at the last moment
            raise self._busy("There was no turn in time.") from None
        except asyncio.CancelledError:
            if not self._taken_back(turn):
                self._leave()
            raise

    def _taken_back(self, turn: asyncio.Future[None]) -> bool:
        """Whether a place in the queue was given up; else it had become a turn."""
        if turn.done() and not turn.cancelled():
            return False
        with contextlib.suppress(ValueError):
            self._waiting.remove(turn)
        return True

    def _leave(self) -> None:
        self.running -= 1
        while self._waiting and self.running < self.most:
            turn = self._waiting.popleft()
            if not turn.done():
                self.running += 1
                turn.set_result(None)

    def _busy(self, detail: str) -> Problem:
        return Problem(OVERLOADED, detail, retry_after=self.retry_after())
