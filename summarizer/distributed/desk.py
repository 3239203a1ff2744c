"""The desk: the one place that the driver and all workers of a run ask. No Ray in here."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

from summarizer.distributed.job import Job
from summarizer.distributed.limits import Ask, Lease, Limits
from summarizer.engines.openai.budget import UNITS
from summarizer.errors import AuthenticationFailed, BudgetExceeded


class Desk:
    """Holds the limits, says when to end, and knows whose each block is.

    Ray runs it as an actor. What it is told stays in its memory: the settings, with the key,
    come by a call and go by a call, from process to process.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._job: tuple[Job, dict[str, Any]] | None = None
        self._limits = Limits()
        self._changed = asyncio.Condition()
        #: How far the run is asked to end: 0 not, 1 begin nothing more, 2 drop what is under way.
        self._ending = 0
        self._reason: AuthenticationFailed | BudgetExceeded | None = None
        self._owners: dict[int, str] = {}

    async def open(self, job: Job, asked: dict[str, Any]) -> None:
        """Begin a run."""
        settings = job.settings
        self._job = job, asked
        self._limits = Limits(
            settings.requests_per_minute,
            settings.tokens_per_minute,
            None if settings.max_cost is None else int(settings.max_cost * UNITS),
            minute=job.minute,
        )

    async def job(self) -> tuple[Job, dict[str, Any]]:
        """What the run is, and what it asks as the driver has it."""
        assert self._job is not None
        return self._job

    async def lend(self, ask: Ask) -> Lease:
        """As `Limits.lend`, now."""
        return self._limits.lend(ask, self._clock())

    async def fund(self, worker: str, spent: int, reserved: int, need: int) -> int | None:
        """As `Limits.fund`."""
        return self._limits.fund(worker, spent=spent, reserved=reserved, need=need)

    async def claim(self, first: int, worker: str) -> None:
        """A block is this worker's from now on, and no longer that of one before."""
        self._owners[first] = worker

    async def owns(self, first: int, worker: str) -> bool:
        """Whether a block is still this worker's."""
        return self._owners.get(first) == worker

    async def stop(
        self, reason: AuthenticationFailed | BudgetExceeded | None, *, drop: bool = False
    ) -> None:
        """Let every worker end."""
        async with self._changed:
            self._reason = self._reason or reason
            self._ending = max(self._ending, 2 if drop else 1)
            self._changed.notify_all()

    async def ending(self, seen: int) -> int:
        """How far the run is asked to end, as soon as it is further than was seen."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._ending > seen)
            return self._ending

    async def reason(self) -> AuthenticationFailed | BudgetExceeded | None:
        """What would meet every further article."""
        return self._reason
