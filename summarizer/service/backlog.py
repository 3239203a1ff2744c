"""Backlog: the batches of one service, where they are kept and who works on them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from contextvars import Context
from pathlib import Path
from typing import Final, TypeVar

from summarizer import logs, render
from summarizer.errors import (
    AuthenticationFailed,
    BudgetExceeded,
    ConfigurationError,
    SummarizerError,
)
from summarizer.folders import data_folder
from summarizer.service import problems
from summarizer.service.database import StoreError, StoreFull
from summarizer.service.intake import BatchArticle
from summarizer.service.problems import (
    INTERNAL,
    INTERRUPTED,
    NO_ROOM,
    STORE_FAILED,
    Problem,
)
from summarizer.service.records import Job
from summarizer.service.state import ServiceState
from summarizer.service.store import Store
from summarizer.service.store_thread import StoreThread
from summarizer.service.submissions import checked
from summarizer.service.worker import Abandoned, MeetsAll, NotNow, Patience, Worker

T = TypeVar("T")

FILE: Final = "batches.db"
_DAY = 86_400.0
#: Seconds that another server is given to leave the file.
_WAIT = 5.0
#: Seconds between two looks for what is to be deleted.
_SWEEP = 60.0
#: Seconds after which it is worth asking again while the store cannot be used.
_RETRY_AFTER = 30
#: Seconds for which articles wait whose key is not known any more.
_KEY_GONE = 300.0
#: Of so many turns, one is left to who waits for an answer.
_SHARE = 8


class Backlog:
    """The batches of one service.

    Their file is made with the first of them; one that is there is opened at the start,
    and what is left in it is worked on. One event loop uses it.
    """

    def __init__(
        self,
        state: ServiceState,
        *,
        patience: Patience | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._state = state
        self._patience = patience
        self._clock = clock
        self._store: StoreThread | None = None
        self._worker: Worker | None = None
        self._sweeper: asyncio.Task[None] | None = None
        self._swept = asyncio.Event()
        self._forgetting: set[asyncio.Task[None]] = set()
        self._lock = asyncio.Lock()
        self._began = False
        self._drained_at: float | None = None
        state.metrics.watch(
            "batch_articles_running",
            "Articles of batches that are worked on.",
            lambda: self._worker.running if self._worker else 0,
        )
        state.metrics.watch(
            "batch_articles_left",
            "Articles of batches without a row, as far as is known.",
            lambda: self._worker.left if self._worker else 0,
        )
        state.metrics.watch(
            "batches_stuck",
            "1 while the file of batches cannot be written, or their work has ended.",
            lambda: int(self._began and self._worker is not None and not self._worker.alive),
        )

    @property
    def path(self) -> Path:
        """The file."""
        return data_folder(self._state.config.data_dir) / FILE

    @property
    def waits_for(self) -> str | None:
        """What keeps every batch waiting, in words for a client; None if nothing does."""
        error = self._worker.paused_for if self._worker else None
        return None if error is None else problems.of_error(error).kind.title

    def open(self) -> None:
        """Open the file, if there is one. Raises ConfigurationError if it cannot be had."""
        if self._store is None and self.path.exists():
            self._open()

    def start(self) -> None:
        """Begin to work on what is left."""
        self.open()
        self._began = True
        self._go()

    def drain(self) -> None:
        """Begin no article any more. A signal's handler may call it."""
        self._drained_at = time.monotonic()
        if self._worker is not None:
            self._worker.drain()

    async def aclose(self) -> None:
        """End: what is under way has until the drain's timeout, and goes back after it."""
        if self._drained_at is None:
            self.drain()
        assert self._drained_at is not None
        if self._sweeper is not None:
            self._sweeper.cancel()
            await asyncio.wait([self._sweeper])
        if self._worker is not None and self._began:
            past = time.monotonic() - self._drained_at
            await self._worker.stop(max(0.0, self._state.config.drain_timeout - past))
        if self._forgetting:
            await asyncio.wait(self._forgetting)
        if self._store is not None:
            await self._store.aclose()

    async def do(self, action: Callable[[Store], T]) -> T:
        """What `action` makes of the store. Raises a Problem if it cannot be used."""
        try:
            if self._store is None:
                async with self._lock:
                    if self._store is None:
                        await asyncio.to_thread(self._open)
                        self._go()
            assert self._store is not None
            return await self._store.do(action)
        except StoreFull:
            told = "The service keeps as many articles as it may."
            raise Problem(NO_ROOM, told, retry_after=_RETRY_AFTER) from None
        except StoreError as error:
            logs.event("store_failed", logs.WARNING, reason=str(error))
            told = "Batches cannot be kept at the moment."
            raise Problem(STORE_FAILED, told, retry_after=_RETRY_AFTER) from None

    async def ask(self, query: Callable[[Store], T], without: T) -> T:
        """As `do`, where a store that is not there yet answers `without`."""
        if self._store is None and not self.path.exists():
            return without
        return await self.do(query)

    def accepted(self) -> None:
        """There is a new batch."""
        if self._worker is not None:
            self._worker.wake()

    def forget(self, number: int) -> None:
        """A batch was not accepted after all: delete what is there of it."""
        task = asyncio.create_task(self._forget(number))
        self._forgetting.add(task)
        task.add_done_callback(self._forgetting.discard)

    async def _forget(self, number: int) -> None:
        # Where this fails, the next start drops it: it was never accepted.
        with contextlib.suppress(Problem):
            await self.do(lambda store: store.drop(number))
        self._swept.set()

    def ended(self, number: int) -> None:
        """A batch was cancelled or removed: end what is under way, delete what is left."""
        if self._worker is not None:
            self._worker.give_up(number)
        self._swept.set()

    def _open(self) -> None:
        config = self._state.config
        self._store = StoreThread(
            lambda: Store(self.path, max_bytes=config.data_bytes, wait=_WAIT, clock=self._clock)
        )
        self._worker = Worker(
            self._store,
            self._record,
            self._fault,
            room=self._room,
            patience=self._patience,
            clock=self._clock,
        )

    def _go(self) -> None:
        """Work on what there is, once the service runs and the file is open."""
        if self._worker is None or not self._began or self._sweeper is not None:
            return
        if self._drained_at is not None:
            self._worker.drain()
        self._worker.start()
        self._sweeper = asyncio.create_task(self._sweep(), name="sweeper", context=Context())

    def _room(self) -> int:
        """How many articles of batches may be under way beside those that are waited for."""
        gate = self._state.gate
        if gate.waiting:
            return 1
        return gate.most - gate.running - max(1, gate.most // _SHARE)

    async def _record(self, job: Job) -> str:
        """The record of an article, as JSON on one line."""
        state = self._state
        key = state.keys.named(job.owner)
        if key is None:
            raise NotNow(_KEY_GONE)
        try:
            state.rates.check_cost(key)
        except Problem as problem:
            raise NotNow(problem.retry_after or _KEY_GONE) from None
        # The service may allow less than when the article was accepted.
        submission = checked(BatchArticle.model_validate_json(job.body), state.config)
        article = await state.article(submission, key)
        options = submission.options
        try:
            with logs.about(batch=job.id):
                summary = await state.summarize(
                    article, key, model=options.model, timeout=options.timeout
                )
        except (AuthenticationFailed, BudgetExceeded, ConfigurationError) as error:
            # Of a model that the article asks for, it is the article's fault alone.
            if options.model is None or options.model == state.settings.model:
                raise MeetsAll(error) from None
            raise
        return render.to_json(summary, indent=None)

    def _fault(self, error: Exception) -> str:
        """The row of an article without a record: a problem, with no word of the article."""
        if isinstance(error, Problem):
            problem = error
        elif isinstance(error, SummarizerError):
            problem = problems.of_error(error)
        elif isinstance(error, Abandoned):
            problem = Problem(INTERRUPTED, "The service ended at each try of this article.")
        else:
            logs.event("internal_error", logs.WARNING, error=type(error).__name__)
            problem = Problem(INTERNAL, "This is a bug of the service.")
        told = problem.object(instance="", request_id="")
        del told["instance"], told["request_id"]
        return json.dumps(told)

    async def _sweep(self) -> None:
        """Delete what ended long enough ago, and what was given up."""
        store, kept = self._store, self._state.config.batch_days * _DAY
        assert store is not None
        while True:
            self._swept.clear()
            with contextlib.suppress(StoreError):  # the worker tells of it
                more = True
                while more:
                    more = await store.do(lambda store: store.sweep(self._clock() - kept))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_SWEEP):
                    await self._swept.wait()
