"""Worker: has the articles of all batches summarized, beside what is asked for at once.

One loop decides what is begun: it writes what came of articles and takes others in one
transaction, so that many that end together cost one wait for the disk.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextvars import Context
from dataclasses import dataclass

from summarizer import logs
from summarizer.errors import SummarizerError
from summarizer.service.database import StoreError
from summarizer.service.records import Job, Returned, Written
from summarizer.service.store import Store
from summarizer.service.store_thread import StoreThread


class NotNow(Exception):
    """The articles of this one's owner have to wait for `seconds`. It is not asked again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class MeetsAll(Exception):
    """What an article met would meet each of them. All wait, and none has failed."""

    def __init__(self, error: SummarizerError) -> None:
        super().__init__(str(error))
        self.error = error


class Abandoned(Exception):
    """The service ended, without being told to, at each try of this article."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How often an article is tried. Times are in seconds.

    What may pass is tried `tries` times; the wait doubles from `first_wait` up to
    `longest_wait`, less a random share of up to a half. What would meet every article has
    them all wait for `pause`, after which one is tried. An article that the process ended
    with `losses` times is given up.
    """

    tries: int = 12
    losses: int = 5
    first_wait: float = 15.0
    longest_wait: float = 1800.0
    pause: float = 60.0
    jitter: Callable[[], float] = random.random

    def wait(self, tries: int) -> float:
        """How long an article waits that was tried so often, from 1."""
        doubled = self.first_wait * 2 ** (tries - 1)
        return float(min(self.longest_wait, doubled) * (1 - self.jitter() / 2))


class Worker:
    """Has articles of a store made into rows, until it is stopped.

    `make` gives an article's record, or raises: MeetsAll and NotNow are for it. `fault`
    gives the row of what it raised; both are JSON. `room` is asked for how many articles may
    be under way; one always may.
    """

    def __init__(
        self,
        store: StoreThread,
        make: Callable[[Job], Awaitable[str]],
        fault: Callable[[Exception], str],
        *,
        room: Callable[[], int],
        patience: Patience | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._make = make
        self._fault = fault
        self._room = room
        self._patience = patience or Patience()
        self._clock = clock
        self._under_way: dict[tuple[int, int], asyncio.Task[Written | Returned]] = {}
        #: What came of articles; None wakes the loop.
        self._ended: asyncio.Queue[Written | Returned | None] = asyncio.Queue()
        self._loop: asyncio.Task[None] | None = None
        self._stopping = False
        #: Until when nothing is begun, and for which error. Then one article is tried.
        self._paused_until = 0.0
        self._paused_for: SummarizerError | None = None
        self._held: dict[str, float] = {}
        #: What the store said last, while it cannot be written.
        self.trouble: StoreError | None = None
        #: Accepted articles without a row, as the store said last.
        self.left = 0

    @property
    def alive(self) -> bool:
        """Whether articles are taken, and their rows written."""
        return self._loop is not None and not self._loop.done() and self.trouble is None

    @property
    def running(self) -> int:
        """How many articles are under way."""
        return len(self._under_way)

    @property
    def paused_for(self) -> SummarizerError | None:
        """What all articles wait for, since it would meet each of them."""
        return self._paused_for

    def start(self) -> None:
        """Begin, with what is left of earlier runs."""
        # In a context of its own: the articles are not those of the request at hand.
        self._loop = asyncio.create_task(self._run(), name="batches", context=Context())

    def wake(self) -> None:
        """Look for articles now: there are new ones."""
        self._ended.put_nowait(None)

    def give_up(self, batch: int) -> None:
        """End what is under way of a cancelled batch."""
        for (number, _), task in self._under_way.items():
            if number == batch:
                task.cancel()

    def drain(self) -> None:
        """Begin nothing more. What is under way goes on."""
        self._stopping = True

    async def stop(self, within: float, *, grace: float = 5.0) -> None:
        """Begin nothing more, and end: what is not done `within` seconds goes back.

        `grace` is for the store to write what went back. Where it cannot, the next start
        finds the articles as after a crash.
        """
        self.drain()
        if self._loop is None:
            return
        self.wake()
        await asyncio.wait([self._loop], timeout=within)
        for task in self._under_way.values():
            task.cancel()
        await asyncio.wait([self._loop], timeout=grace)
        self._loop.cancel()
        await asyncio.wait([self._loop])

    async def _run(self) -> None:
        ended: list[Written | Returned] = []
        while True:
            wanted, until = self._wanted()
            jobs, ready = await self._step(ended, wanted)
            for job in jobs:
                self._begin(job)
            if self._stopping and not self._under_way and self._ended.empty():
                return
            if len(jobs) < wanted and ready is not None:
                until = min(ready, until or ready)
            ended = await self._what_ended(until)

    def _wanted(self) -> tuple[int, float | None]:
        """How many articles to begin, and when to ask again at the latest."""
        if self._stopping:
            return 0, None
        now = self._clock()
        self._held = {owner: until for owner, until in self._held.items() if until > now}
        until = min(self._held.values(), default=None)
        free = max(1, self._room()) - len(self._under_way)
        if self._paused_for is None:
            return max(0, free), until
        if now < self._paused_until:
            return 0, self._paused_until
        return (0 if self._under_way else 1), until

    async def _step(
        self, ended: Sequence[Written | Returned], wanted: int
    ) -> tuple[list[Job], float | None]:
        """The articles to begin, and when the next is ready, if there are fewer than wanted."""

        def action(store: Store) -> tuple[list[Job], float | None, int]:
            jobs = store.step(ended, wanted, without=held)
            ready = store.next_ready(without=held) if len(jobs) < wanted else None
            return jobs, ready, store.left()

        held = frozenset(self._held)
        wait = 0.5
        while True:
            try:
                jobs, ready, self.left = await self._store.do(action)
            except StoreError as error:
                # What was made is kept, and written when the disk has room again.
                if self.trouble is None:
                    logs.event("store_failed", logs.WARNING, reason=str(error))
                self.trouble = error
                await asyncio.sleep(wait)
                wait = min(30.0, 2 * wait)
            else:
                self.trouble = None
                return jobs, ready

    async def _what_ended(self, until: float | None) -> list[Written | Returned]:
        """What came of articles since, waiting for the first of it."""
        timeout = None if until is None else max(0.0, until - self._clock())
        ended: list[Written | Returned | None] = []
        try:
            async with asyncio.timeout(timeout):
                ended.append(await self._ended.get())
        except TimeoutError:
            return []
        while not self._ended.empty():
            ended.append(self._ended.get_nowait())
        return [one for one in ended if one is not None]

    def _begin(self, job: Job) -> None:
        task = asyncio.create_task(self._do(job))
        self._under_way[job.batch, job.place] = task

        # Not in the task itself: one that is cancelled at once never begins.
        def ended(task: asyncio.Task[Written | Returned]) -> None:
            del self._under_way[job.batch, job.place]
            if task.cancelled():
                self._ended.put_nowait(Returned(job, 0.0, counted=False))
            elif (bug := task.exception()) is not None:
                logs.event("internal_error", logs.WARNING, error=type(bug).__name__)
                ready = self._clock() + self._patience.wait(job.tries)
                self._ended.put_nowait(Returned(job, ready, counted=True))
            else:
                self._ended.put_nowait(task.result())

        task.add_done_callback(ended)

    async def _do(self, job: Job) -> Written | Returned:
        """What comes of an article, and what of the others because of it."""
        try:
            outcome = await self._outcome(job)
        except NotNow as error:
            self._held[job.owner] = self._clock() + error.seconds
        except MeetsAll as met:
            if self._paused_for is None:
                logs.event("batches_paused", logs.WARNING, error=type(met.error).__name__)
            self._paused_for = met.error
            self._paused_until = self._clock() + self._patience.pause
        else:
            self._paused_for = None
            return outcome
        return Returned(job, 0.0, counted=False)

    async def _outcome(self, job: Job) -> Written | Returned:
        patience = self._patience
        try:
            if job.losses >= patience.losses:
                raise Abandoned
            return Written(job, "summary", await self._make(job))
        except (NotNow, MeetsAll):
            raise
        except Exception as error:  # noqa: BLE001 - a bug met by one article spares the others
            passing = isinstance(error, SummarizerError) and error.retryable
            if passing and job.tries < patience.tries:
                return Returned(job, self._clock() + patience.wait(job.tries), counted=True)
            return Written(job, "error", self._fault(error))
