"""ProviderBatch: from sources to rows, by way of a provider's batches."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, NamedTuple, Self

from summarizer.batch import rows
from summarizer.batch.claim import OutputProblem
from summarizer.batch.outcome import Outcome
from summarizer.batch.provider.plan import Planner, Wanted
from summarizer.batch.provider.records import Most
from summarizer.batch.provider.state import State
from summarizer.batch.provider.stored import Key, StoredAnswers
from summarizer.batch.provider.submit import Submission
from summarizer.batch.run import Batch
from summarizer.engines.failover import Failover
from summarizer.engines.openai import build
from summarizer.engines.openai.budget import Budget
from summarizer.engines.openai.engine import OPENAI_URL, OpenAIEngine
from summarizer.engines.openai.given import lesson_of
from summarizer.engines.openai.modes import Lesson
from summarizer.engines.openai.provider_batch import ProviderBatches
from summarizer.engines.openai.retries import RetryPolicy
from summarizer.errors import (
    ConfigurationError,
    EngineError,
    RequestRejected,
    RequestTooLong,
)
from summarizer.pipeline import Summarizer
from summarizer.prompts import PromptSet

if TYPE_CHECKING:
    from summarizer.settings import Settings
    from summarizer.sources import Source

#: What becomes of an article that the batches gave no answer for: it is asked about, or a
#: failure is reported.
Leftovers = Literal["live", "report"]
Sources = Callable[[], Iterable["Source"]]

#: Seconds after which a new batch is first asked after.
_FIRST_POLL = 5.0
_SLOWER = 1.5
_MOST = Most()


class Progress(NamedTuple):
    """How far the batches are. `batches` are those that the provider has, or had."""

    read: int
    requests: int
    done: int
    batches: int
    ended: int

    @property
    def text(self) -> str:
        """All of it, in words."""
        parts = [f"{self.read:,} sources read"] if self.read else []
        if self.batches:
            parts.append(f"{self.batches:,} batch{'es' if self.batches > 1 else ''} submitted")
            if self.ended:
                parts.append(f"{self.ended:,} ended")
            parts.append(f"{self.done:,}/{self.requests:,} requests done")
        return " · ".join(parts) or "nothing submitted"


def state_path(output: Path) -> Path:
    """Where the state of a batch with this file of rows is kept."""
    return output.with_name(f"{output.stem}.provider-batch.db")


def _write_through(path: Path) -> None:
    """Have a file on the disk, before what it was made of is removed."""
    with contextlib.suppress(OSError), path.open("rb") as file:
        os.fsync(file.fileno())


class ProviderBatch:
    """A `Batch` whose answers come from a provider's batches.

    A context manager around one `fill` and one `run`; `batch` has the files and what came of
    it. Entering raises OutputProblem as `Batch` does, also for the state, and
    ConfigurationError if that belongs to another question: another model, prompt or endpoint.
    The state is removed when all is in the output.

    `poll` is the longest time between two looks at a batch, in seconds. `most` bounds the
    files; `retries`, `sleep` and the wall `clock` are seams. The other options are those of
    `Batch`. Raises ConfigurationError for an engine without a model, and for options that
    contradict each other.
    """

    def __init__(
        self,
        settings: Settings,
        output: Path,
        *,
        leftovers: Leftovers = "live",
        poll: float = 60.0,
        jobs: int | None = None,
        ordered: bool = False,
        retry_errors: bool = False,
        fresh: bool = False,
        most: Most = _MOST,
        retries: RetryPolicy | None = None,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        clock: Callable[[], float] = time.time,
    ) -> None:
        if settings.resolved_engine != "openai":
            raise ConfigurationError("a provider batch needs a model: the engine has none")
        if leftovers == "report" and settings.fallback_model is not None:
            raise ConfigurationError(
                "a fallback model is asked for what others left over: report leftovers or set "
                "a fallback, not both"
            )
        self._live = leftovers == "live"
        self._answers = StoredAnswers(live=self._live)
        self._budget = Budget(settings.max_cost) if settings.max_cost is not None else None
        engine = build(settings, budget=self._budget, answers=self._answers)
        first = engine.engines[0] if isinstance(engine, Failover) else engine
        assert isinstance(first, OpenAIEngine)
        self._engine = first
        self._settings = settings
        self._poll, self._most = poll, most
        self._retries, self._sleep, self._clock = retries, sleep, clock
        self._ordered, self._fresh = ordered, fresh
        self._prompts = PromptSet.load(settings.prompts_dir)
        self._key = Key(first.shape, self._prompts.id)
        self.summarizer = Summarizer(settings, engine=engine, fresh=fresh)
        self.batch = Batch(
            self.summarizer,
            output,
            jobs=jobs,
            ordered=ordered,
            retry_errors=retry_errors,
            fresh=fresh,
        )
        self.path = state_path(self.batch.path)
        self._probed: set[bytes] = set()
        self._read = 0
        self._closed: Progress | None = None

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as opened:
            opened.enter_context(self.batch)
            self._state = opened.enter_context(contextlib.closing(State(self.path)))
            asked = self._state.noted("question")
            if asked is None:
                self._state.note("question", self._key.question)
            elif asked != self._key.question:
                raise ConfigurationError(
                    f"'{self.path}' belongs to a batch by another model, endpoint or prompt: "
                    "finish that with them, or remove the file to lose it"
                )
            self._learn()
            opened.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closed = self.progress
        done = kind is None and self.batch.complete
        with contextlib.closing(self._state):
            empty = not self._state.parts()
            self.batch.__exit__(kind, error, trace)
            if done:
                _write_through(self.batch.path)
            if done or empty:
                self._state.remove()

    def _learn(self) -> None:
        """Make requests as those that are there were made: an endpoint took that."""
        try:
            lessons = [lesson_of(part.lesson) for part in self._state.parts()]
        except ValueError:
            raise OutputProblem(
                f"'{self.path}' is of another version of this package: it is left alone"
            ) from None
        if lessons and self._engine.lesson == Lesson():
            self._engine.lesson = lessons[-1]

    @property
    def progress(self) -> Progress:
        """How far the batches are."""
        if self._closed is not None:
            return self._closed
        parts = self._state.parts()
        sent = [part for part in parts if part.status in {"submitted", "ended", "done"}]
        done = [part for part in parts if part.status == "done"]
        return Progress(
            read=self._read,
            requests=sum(part.requests for part in parts),
            done=sum(part.requests if part in done else part.done for part in sent),
            batches=len(sent),
            ended=len(done),
        )

    async def fill(
        self,
        sources: Sources,
        *,
        tell: Callable[[Progress], object] = lambda _: None,
        done: Callable[[Outcome], object] = lambda _: None,
    ) -> None:
        """Have every article asked about that needs it, and all answers fetched.

        Where nothing was submitted yet, one article is asked about at once, and `done` is
        told what came of it: a wrong key, model or parameter shows there, and not in fifty
        thousand answers. `tell` is called as things go on. Raises an EngineError where the
        provider ends it; what was submitted stays submitted, and the next call goes on.
        """
        remote = ProviderBatches(
            base_url=self._settings.base_url or OPENAI_URL,
            api_key=self._settings.api_key,
            retries=self._retries,
        )
        async with contextlib.aclosing(remote):
            failed = await remote.check()
            if failed is not None:
                raise failed.error(failed.message)
            submission = Submission(
                self._state,
                remote,
                budget=self._budget,
                max_cost=self._settings.max_cost,
                most=self._most,
                cost=self._engine.cost_in_batch,
                first_wait=min(0.5, self._poll),
                sleep=self._sleep,
                clock=self._clock,
            )
            planner = self._planner(sources, done)
            async with contextlib.aclosing(planner):
                await self._advance(submission, planner, tell)
        self._answers.stopped = submission.stopped
        self._answers.attach(self._state, self._key)

    async def run(self, sources: Sources) -> AsyncGenerator[Outcome]:
        """What becomes of each source, as `Batch.run` tells it, after `fill`.

        Unless rows are `ordered`, the articles that have an answer go first: what was paid
        for is written before anything else is asked.
        """
        async with contextlib.aclosing(self.batch.run(self._in_turn(sources))) as outcomes:
            async for outcome in outcomes:
                yield outcome

    async def aclose(self) -> None:
        """Free the connections."""
        await self.summarizer.aclose()

    async def _advance(
        self, submission: Submission, planner: Planner, tell: Callable[[Progress], object]
    ) -> None:
        """Take steps until none is left to take."""

        def told() -> None:
            self._read = planner.read
            tell(self.progress)

        more, wait = True, min(_FIRST_POLL, self._poll)
        while True:
            await submission.follow()
            before = len(self._state.parts("submitted"))
            await submission.submit()
            if len(self._state.parts("submitted")) != before:
                wait = min(_FIRST_POLL, self._poll)
            told()
            waiting = self._state.parts("ready", "uploaded", "creating")
            if submission.stopped is not None:
                more = False
            if more and not waiting:
                more = await planner.plan(submission.most, told)
                continue
            under_way = self._state.parts("submitted", "creating", "ended")
            if not under_way and (submission.stopped is not None or not waiting):
                return
            await self._sleep(wait)
            wait = min(self._poll, wait * _SLOWER)

    def _planner(self, sources: Sources, done: Callable[[Outcome], object]) -> Planner:
        async def probe(wanted: Wanted) -> None:
            await self._ask_first(wanted, done)

        cache = None
        if self._settings.cache and not self._fresh:
            from summarizer.cache import AnswerCache

            cache = AnswerCache.of(self._settings)
        return Planner(
            sources(),
            batch=self.batch,
            state=self._state,
            engine=self._engine,
            prompts=self._prompts,
            key=self._key,
            cache=cache,
            live=self._live,
            probe=probe,
        )

    async def _ask_first(self, wanted: Wanted, done: Callable[[Outcome], object]) -> None:
        """Ask about one article, and raise what would meet all others as well."""
        async for outcome in self.batch.run([wanted.source], last=False):
            if self.batch.stopped is not None:
                raise self.batch.stopped
            error = outcome.error
            final = isinstance(error, RequestRejected) and not isinstance(error, RequestTooLong)
            if isinstance(error, EngineError) and (final or error.retryable):
                raise error
            self._probed.add(rows.place(outcome.source))
            done(outcome)

    def _in_turn(self, sources: Sources) -> Iterator[Source]:
        if self._ordered:
            return (source for source in sources() if not self._is_probed(source))
        answered = (source for source in sources() if self._is_answered(source))
        others = (
            source
            for source in sources()
            if not self._is_answered(source) and not self._is_probed(source)
        )
        return itertools.chain(answered, others)

    def _is_answered(self, source: Source) -> bool:
        return self._state.answered(rows.place(source.location))

    def _is_probed(self, source: Source) -> bool:
        return rows.place(source.location) in self._probed
