"""Summarizer: the way of each article, with one engine for all of them."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import datetime as dt
import functools
import threading
import time
import weakref
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from summarizer import flow, logs, telemetry
from summarizer.article import Article
from summarizer.engines.base import Engine
from summarizer.errors import ConfigurationError, RequestTooLong, SummarizerError
from summarizer.flow import Done
from summarizer.grounding import EvidenceIndex
from summarizer.pipeline import record
from summarizer.pipeline.parts import Here, Parts
from summarizer.pipeline.run import Outcome, Run, length
from summarizer.pipeline.stream import OnVerified, Stream, Verified
from summarizer.prompts import PromptSet
from summarizer.schema import FIELD_NAMES, Summary
from summarizer.settings import EngineName, Settings

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal

    from summarizer.cache import AnswerCache

R = TypeVar("R")


class Summarizer:
    """Turns articles into Summaries with one engine and its connections.

    Use it as a context manager, in `with` or in `async with`; `close` or `aclose` frees
    the connections otherwise. Options are those of `Settings.load`, which checks them.
    `engine` is an engine's name, or an engine, which is closed with the Summarizer. Answers
    are kept in the cache that the settings name, if they turn it on; with `fresh` they are
    asked for all the same, and kept in the place of earlier ones.

    Safe for concurrent use within one event loop. The synchronous calls, which any thread
    may make, run on an event loop in a thread of its own, so that they also work where a
    loop is already running. Use either them or the asynchronous ones, not both. Closing
    ends what other threads still wait for: it, and every later call, is a ConfigurationError.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        engine: Engine | EngineName | None = None,
        fresh: bool = False,
        **options: Any,
    ) -> None:
        """Raises ConfigurationError if the settings do not fit together."""
        if isinstance(engine, str):
            options["engine"], engine = engine, None
        if settings is None:
            settings = Settings.load(**options)
        elif options:
            settings = settings.with_options(**options)
        self.settings = settings
        self._parts = _parts_for(settings)
        self.engine = engine or _engine_for(settings, self._parts)
        self._prompts = PromptSet.load(settings.prompts_dir) if self.engine.prompted else None
        self._fresh = fresh
        self._cache: AnswerCache | None = None
        if settings.cache and self.engine.fingerprint is not None:
            from summarizer.cache import AnswerCache

            self._cache = AnswerCache.of(settings)
        self._closed = False
        self._portal: BlockingPortal | None = None
        #: Ends the portal's thread: when closed, else with the Summarizer or the process.
        self._end_portal: Callable[[], object] | None = None
        self._portal_lock = threading.Lock()

    @property
    def prompt(self) -> str | None:
        """The prompt files' id, `name@sha256[:8]`, or None for an engine without a prompt."""
        return self._prompts.id if self._prompts else None

    async def asummarize(
        self,
        article: Article | str,
        *,
        title: str | None = None,
        published: dt.date | None = None,
        on_item: OnVerified | None = None,
    ) -> Summary:
        """The Summary of an Article, or of a text together with what is known of it.

        `on_item` is called with each item as soon as it is verified, once each; an engine
        that can stream is made to. All of them are in the Summary, but that the parts of a
        long article may have given one item in two forms, which the Summary unites.

        Raises EmptyArticle or UnreadableSource for a text that is none, an EngineError if
        the engine gives no answer before the deadline, and NothingGrounded if the article
        supports nothing of the answer.
        """
        started = time.monotonic()
        self._check_open()
        if isinstance(article, str):
            article = await self._parts.read(article, title, published)
        elif title is not None or published is not None:
            raise ConfigurationError("an Article brings its own title and date")
        short = article.sha256[:12]
        told = {"summarizer.engine": self.engine.name, "summarizer.article": short}
        with logs.about(article=short), telemetry.span("summarize", attributes=told) as span:
            try:
                summary = await self._summary(article, started, on_item)
            except SummarizerError as error:
                logs.event(
                    "article_failed",
                    logs.INFO,
                    error=type(error).__name__,
                    attempts=len(getattr(error, "attempts", ())),
                    seconds=time.monotonic() - started,
                )
                raise
            made = summary.provenance
            span.set({"summarizer.status": summary.status, "summarizer.cached": made.cached})
            logs.event(
                "article_done",
                logs.INFO,
                status=summary.status,
                items=sum(len(summary.items(field)) for field in FIELD_NAMES),
                rejected=len(summary.rejected),
                missing=len(summary.missing),
                attempts=len(made.attempts),
                cached=made.cached,
                cost_usd=made.cost_usd,
                seconds=made.elapsed_seconds,
            )
        return summary

    async def stream_items(
        self,
        article: Article | str,
        *,
        title: str | None = None,
        published: dt.date | None = None,
    ) -> AsyncGenerator[Verified | Summary]:
        """Each item as soon as it is verified, and at last the Summary.

        As `asummarize` with `on_item`. Leaving early ends the work; an `aclosing` around
        the generator does so at once.
        """
        events: asyncio.Queue[Verified | None] = asyncio.Queue()
        work = asyncio.create_task(
            self.asummarize(article, title=title, published=published, on_item=events.put_nowait)
        )
        work.add_done_callback(lambda _: events.put_nowait(None))
        try:
            while (event := await events.get()) is not None:
                yield event
            yield await work
        finally:
            work.cancel()
            await asyncio.wait([work])
            # Raised above, or nobody's any more; a task's error that nobody saw is complained of.
            _ = work.cancelled() or work.exception()

    def summarize(
        self,
        article: Article | str,
        *,
        title: str | None = None,
        published: dt.date | None = None,
    ) -> Summary:
        """As `asummarize`, for callers without an event loop of their own."""
        return self._result(
            functools.partial(self.asummarize, article, title=title, published=published)
        )

    def map(
        self,
        articles: Iterable[Article | str] | AsyncIterable[Article | str],
        *,
        concurrency: int | None = None,
        ordered: bool = True,
    ) -> AsyncGenerator[Done[Article | str, Summary]]:
        """The Summary of each article, or the error that there is in its place.

        At most `concurrency` are under way at once, the settings' number unless given.
        Articles are taken as they are needed, so that there may be any number of them, and
        no more are begun than the consumer keeps up with. Results come in the order of the
        articles, or as they are done. Leaving the generator early cancels what is under way.
        """
        if concurrency is None:
            concurrency = self.settings.concurrency
        if concurrency < 1:
            raise ConfigurationError("concurrency must be a whole number above 0")
        return flow.run(self.asummarize, articles, concurrency=concurrency, ordered=ordered)

    def imap(
        self,
        articles: Iterable[Article | str],
        *,
        concurrency: int | None = None,
        ordered: bool = True,
    ) -> Iterator[Done[Article | str, Summary]]:
        """As `map`, for callers without an event loop of their own."""
        results = self.map(articles, concurrency=concurrency, ordered=ordered)
        turn = asyncio.Lock()
        step: asyncio.Task[Any] | None = None

        async def following() -> Done[Article | str, Summary] | None:
            nonlocal step
            async with turn:
                step = asyncio.current_task()
                return await anext(results, None)

        async def leave() -> None:
            # Ctrl-C may have left a step under way, and results are left after it.
            if step is not None:
                step.cancel()
            async with turn:
                await results.aclose()

        try:
            while (done := self._result(following)) is not None:
                yield done
        finally:
            if not self._closed:
                self._result(leave)

    async def aclose(self) -> None:
        """Free the engine's connections. The Summarizer cannot be used afterwards."""
        self._closed = True
        if self._cache is not None:
            self._cache.close()
        try:
            await self._parts.aclose()
        finally:
            await self.engine.aclose()

    def close(self) -> None:
        """As `aclose`, for callers without an event loop of their own."""
        self.__exit__(None, None, None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if not self._closed:
                self._loop().call(self.aclose)
        finally:
            if self._end_portal is not None:
                self._end_portal()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def _check_open(self) -> None:
        if self._closed:
            raise ConfigurationError("the Summarizer is closed")

    def _result(self, call: Callable[[], Awaitable[R]]) -> R:
        """What `call` comes to on the synchronous calls' loop."""
        future = self._loop().start_task_soon(call)
        try:
            return future.result()
        except CancelledError:
            raise ConfigurationError("the Summarizer was closed in the meantime") from None
        finally:
            # Ctrl-C ends the wait: end the work too.
            future.cancel()

    def _loop(self) -> BlockingPortal:
        with self._portal_lock:
            self._check_open()
            if self._portal is None:
                from anyio.from_thread import start_blocking_portal

                manager = start_blocking_portal()
                self._portal = manager.__enter__()
                self._end_portal = weakref.finalize(self, _end, self._portal, manager)
            return self._portal

    async def _summary(
        self, article: Article, started: float, on_item: OnVerified | None
    ) -> Summary:
        """The record, kept or made. `started` is a reading of `time.monotonic()`."""
        if (kept := await self._kept(article, started)) is not None:
            if on_item is not None:
                for field in FIELD_NAMES:
                    for item in kept.items(field):
                        on_item(Verified(field, item))
            return kept
        index = EvidenceIndex(article)
        run = Run(
            index,
            self.engine,
            self._parts,
            self._prompts,
            started + self.settings.timeout,
            Stream(index, on_item) if on_item is not None else None,
        )
        outcome = await self._outcome(run)
        summary = record.summary(
            index,
            outcome,
            engine=self.engine,
            prompt=self.prompt,
            elapsed=time.monotonic() - started,
        )
        if run.stream is not None:
            run.stream.finish(outcome.checked)
        # The key again: the engine may have learnt what its answers are shaped by.
        if summary.status == "complete" and outcome.keepable and (key := self._key(article)):
            assert self._cache is not None
            await self._cache.aput(key, summary)
        return summary

    async def _kept(self, article: Article, started: float) -> Summary | None:
        """The record in the cache, as one of this article."""
        if self._fresh or (key := self._key(article)) is None:
            return None
        assert self._cache is not None
        kept = await self._cache.aget(key)
        logs.event("cache_miss" if kept is None else "cache_hit")
        if kept is None:
            return None
        from summarizer.cache import recalled

        elapsed = round(time.monotonic() - started, 6)
        return recalled(kept, record.facts(article), elapsed_seconds=elapsed)

    async def _outcome(self, run: Run) -> Outcome:
        """The article's, asked about whole if it fits, else in parts."""
        messages = run.messages()
        most = self.engine.input_characters
        if most is None or length(messages) <= most:
            try:
                return await run.answered(messages)
            except RequestTooLong as error:
                run = dataclasses.replace(run, earlier=error.attempts)
        from summarizer.pipeline import long

        return await long.answered(run)

    def _key(self, article: Article) -> str | None:
        """The answer's place in the cache, or None if none is to be kept."""
        if self._cache is None or (fingerprint := self.engine.fingerprint) is None:
            return None
        from summarizer.cache import key_of

        return key_of(
            article,
            engine=self.engine.name,
            fingerprint=fingerprint,
            prompt=self.prompt,
        )


async def asummarize(
    article: Article | str,
    *,
    title: str | None = None,
    published: dt.date | None = None,
    settings: Settings | None = None,
    **options: Any,
) -> Summary:
    """The Summary of one article. See `Summarizer.asummarize`."""
    async with Summarizer(settings, **options) as summarizer_:
        return await summarizer_.asummarize(article, title=title, published=published)


def summarize(
    article: Article | str,
    *,
    title: str | None = None,
    published: dt.date | None = None,
    settings: Settings | None = None,
    **options: Any,
) -> Summary:
    """The Summary of one article. See `Summarizer.asummarize`.

    Works in a notebook as well, where an event loop is already running.
    """
    with Summarizer(settings, **options) as summarizer_:
        return summarizer_.summarize(article, title=title, published=published)


def _end(portal: BlockingPortal, manager: AbstractContextManager[BlockingPortal]) -> None:
    """Cancel what runs on a portal's loop, and end its thread."""
    # Raised in that thread itself, where the garbage collector may come by.
    with contextlib.suppress(RuntimeError):
        portal.call(functools.partial(portal.stop, cancel_remaining=True))
    with contextlib.suppress(RuntimeError):
        manager.__exit__(None, None, None)


def _parts_for(settings: Settings) -> Parts:
    if not settings.workers:
        return Here()
    from summarizer.pipeline.parts import InWorkers
    from summarizer.pipeline.workers import Workers

    return InWorkers(Workers(settings.workers))


def _engine_for(settings: Settings, parts: Parts) -> Engine:
    if settings.resolved_engine == "extractive":
        from summarizer.engines.extractive import ExtractiveEngine

        return ExtractiveEngine(parts.draft)
    if not settings.api_key and not settings.base_url:
        raise ConfigurationError(
            "the openai engine needs OPENAI_API_KEY, or OPENAI_BASE_URL for a server without keys"
        )
    from summarizer.engines.openai import build

    return build(settings)
