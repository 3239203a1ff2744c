"""ServiceState: what the requests of one service share."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from summarizer import logs
from summarizer.article import Article
from summarizer.errors import ConfigurationError, EngineTimeout, SummarizerError
from summarizer.pipeline import Summarizer, Verified
from summarizer.schema import Summary
from summarizer.service import problems
from summarizer.service.auth import Key, Keys
from summarizer.service.bodies import Room
from summarizer.service.config import ServiceConfig
from summarizer.service.gate import Gate
from summarizer.service.idempotency import Idempotency
from summarizer.service.metrics import Metrics
from summarizer.service.rates import Rates
from summarizer.service.submissions import EXAMPLE_TEXT, Submission
from summarizer.settings import Settings

if TYPE_CHECKING:
    from summarizer.service.backlog import Backlog

OnVerified = Callable[[Verified], None]


@dataclass(slots=True)
class ServiceState:
    """What the requests of one service share; `app.state.service` holds it.

    Make it with `of`. One event loop uses it.
    """

    config: ServiceConfig
    settings: Settings
    summarizer: Summarizer
    keys: Keys
    gate: Gate
    rates: Rates
    metrics: Metrics
    idempotency: Idempotency
    room: Room
    #: Whether the service is stopping: what was accepted is finished, and nothing else begun.
    draining: bool = False
    #: Requests that were broken off, because they took longer than the service waited.
    broken_off: int = 0
    #: Set by the application.
    batches: Backlog | None = None
    _others: dict[str, Summarizer] = field(default_factory=dict)
    _fetching: ThreadPoolExecutor | None = None

    @classmethod
    def of(
        cls,
        settings: Settings,
        config: ServiceConfig,
        *,
        summarizer: Summarizer | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> ServiceState:
        """The state of a service that is about to begin.

        Raises ConfigurationError if the settings do not fit together, or others than this
        machine could use the service without a key.
        """
        keys = Keys.of(config)
        if not keys.required and not config.is_loopback:
            raise ConfigurationError(
                f"{config.host} can be reached from elsewhere, so that keys are required: give "
                "--keys-file, or listen on 127.0.0.1"
            )
        if config.allow_models and settings.resolved_engine == "extractive":
            raise ConfigurationError("--allow-models needs an endpoint: set OPENAI_BASE_URL")
        if config.allow_models and settings.max_cost is not None:
            raise ConfigurationError(
                "--allow-models does not go with SUMMARIZER_MAX_COST: give keys a cost_per_day"
            )
        metrics = Metrics()
        gate = Gate(
            running=config.running or usual_running(settings),
            queue=config.queue,
            patience=config.queue_timeout,
            clock=clock,
        )
        metrics.watch("articles_running", "Articles that are worked on.", lambda: gate.running)
        metrics.watch("articles_waiting", "Articles that wait for a turn.", lambda: gate.waiting)
        # As much as the articles may have that are worked on or wait.
        room = Room((gate.most + config.queue) * config.max_body_bytes)
        metrics.watch("body_bytes", "Bytes of bodies that are not whole yet.", lambda: room.size)
        idempotency = Idempotency(
            seconds=config.idempotency_seconds, most=config.idempotency_bytes, clock=clock
        )
        kept = "Bytes of answers that are kept for their idempotency keys."
        metrics.watch("kept_answer_bytes", kept, lambda: idempotency.size)
        return cls(
            config=config,
            settings=settings,
            summarizer=summarizer or Summarizer(settings),
            keys=keys,
            gate=gate,
            rates=Rates(
                requests_per_minute=config.requests_per_minute,
                cost_per_day=config.cost_per_day,
                clock=clock,
                wall_clock=wall_clock,
            ),
            metrics=metrics,
            idempotency=idempotency,
            room=room,
        )

    def drain(self) -> None:
        """Begin nothing more. What was accepted is finished."""
        self.draining = True
        self.gate.close()
        if self.batches is not None:
            self.batches.drain()

    @property
    def ready(self) -> bool:
        """Whether the engine can be asked, as far as is known without asking it."""
        return bool(getattr(self.summarizer.engine, "available", True))

    async def warm(self) -> None:
        """Let the first article find its engine loaded, where that asks no model."""
        if self.summarizer.engine.name != "extractive":
            return
        with logs.about(request="warm-up"), contextlib.suppress(SummarizerError):
            await self.summarizer.asummarize(EXAMPLE_TEXT)

    def summarizer_for(self, model: str | None) -> Summarizer:
        """The Summarizer that asks this model, the service's own unless it is named."""
        if model is None or model == self.settings.model:
            return self.summarizer
        if model not in self._others:
            self._others[model] = Summarizer(self.settings, model=model)
        return self._others[model]

    async def article(self, submission: Submission, key: Key) -> Article:
        """The article that was sent, read in a thread. Raises a SourceError, which is counted.

        A thread cannot be cancelled: who is cancelled here, and with it the turn at the
        gate, waits for its end.
        """
        work = asyncio.create_task(self._read(submission))
        try:
            return await asyncio.shield(work)
        except SummarizerError as error:
            self.failed(error, key)
            raise
        finally:
            await asyncio.wait([work])
            # Raised above, or nobody's any more; an error that nobody saw is complained of.
            _ = work.cancelled() or work.exception()

    async def _read(self, submission: Submission) -> Article:
        if submission.url is None:
            return await asyncio.to_thread(submission.article, self.settings)
        # A slow site takes none of the threads that all other work shares.
        if self._fetching is None:
            self._fetching = ThreadPoolExecutor(self.gate.most, thread_name_prefix="fetch")
        run = contextvars.copy_context().run
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._fetching, run, submission.article, self.settings)

    async def summarize(
        self,
        article: Article,
        key: Key,
        *,
        model: str | None = None,
        timeout: float | None = None,
        on_item: OnVerified | None = None,
    ) -> Summary:
        """The record of an article, counted and put to the key's account.

        The caller has a turn at the gate. `timeout` is in seconds. `on_item`, and what is
        raised, are as for `Summarizer.asummarize`.
        """
        try:
            async with asyncio.timeout(timeout):
                summary = await self.summarizer_for(model).asummarize(article, on_item=on_item)
        except TimeoutError:
            error = EngineTimeout(f"there was no record after {timeout:g} seconds")
            self.failed(error, key)
            raise error from None
        except SummarizerError as error:
            self.failed(error, key)
            raise
        self.done(summary, key)
        return summary

    def done(self, summary: Summary, key: Key) -> None:
        """Count a record, and put it to the key's account."""
        self.metrics.summarized(summary)
        self.rates.spend(key, summary.provenance.cost_usd)

    def failed(self, error: SummarizerError, key: Key) -> None:
        """Count an article without a record, and put what it cost to the key's account."""
        attempts = getattr(error, "attempts", ())
        self.metrics.failed(problems.of_error(error).kind.name, attempts)
        self.rates.spend(key, sum(attempt.cost_usd or 0 for attempt in attempts))

    async def aclose(self) -> None:
        """Close every Summarizer, and begin to fetch nothing more."""
        if self._fetching is not None:
            self._fetching.shutdown(wait=False, cancel_futures=True)
        for one in (*self._others.values(), self.summarizer):
            await one.aclose()


def usual_running(settings: Settings) -> int:
    """How many articles are worked on at once, unless it is set.

    A model's answers are waited for. The extractive engine's take a core each; a worker has
    the next article before it is done with one.
    """
    if settings.resolved_engine == "openai":
        return settings.concurrency
    return 2 * max(1, settings.workers)
