"""One article's way: draft, ground, ask once more for what failed, finish."""

from __future__ import annotations

import datetime as dt
import functools
import threading
import time
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import summarizer
from summarizer import repair
from summarizer.article import Article
from summarizer.engines.base import Completion, Engine, Message, Request
from summarizer.errors import ConfigurationError, EngineError, NothingGrounded
from summarizer.grounding import Checked, EvidenceIndex, Item, ground
from summarizer.prompts import PromptSet
from summarizer.schema import (
    FIELD_NAMES,
    ArticleFacts,
    Attempt,
    FieldName,
    Provenance,
    Reaction,
    Span,
    Summary,
)
from summarizer.settings import EngineName, Settings

if TYPE_CHECKING:
    from anyio.from_thread import BlockingPortal


class Summarizer:
    """Turns articles into Summaries with one engine and its connections.

    Use it as a context manager, in `with` or in `async with`; `close` or `aclose` frees
    the connections otherwise. Options are those of `Settings.load`, which checks them.
    `engine` is an engine's name, or an engine, which is closed with the Summarizer.

    Safe for concurrent use within one event loop. The synchronous calls, which any thread
    may make, run on an event loop in a thread of its own, so that they also work where a
    loop is already running. Use either them or the asynchronous ones, not both.
    """

    def __init__(
        self,
        settings: Settings | None = None,
        *,
        engine: Engine | EngineName | None = None,
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
        self.engine = engine or _engine_for(settings)
        self._prompts = PromptSet.load(settings.prompts_dir) if self.engine.prompted else None
        self._portal_manager: AbstractContextManager[BlockingPortal] | None = None
        self._portal: BlockingPortal | None = None
        self._portal_lock = threading.Lock()

    async def asummarize(
        self,
        article: Article | str,
        *,
        title: str | None = None,
        published: dt.date | None = None,
    ) -> Summary:
        """The Summary of an Article, or of a text together with what is known of it.

        Raises EmptyArticle or UnreadableSource for a text that is none, an EngineError if
        the engine gives no answer before the deadline, and NothingGrounded if the article
        supports nothing of the answer.
        """
        if isinstance(article, str):
            article = Article.from_text(article, title=title, published=published)
        elif title is not None or published is not None:
            raise ConfigurationError("an Article brings its own title and date")
        started = time.monotonic()
        deadline = started + self.settings.timeout
        index = EvidenceIndex(article)
        messages = self._messages(article)
        completion = await self.engine.complete(Request(article, messages, "draft", deadline))
        checked = ground(completion.draft, index)
        attempts = list(completion.attempts)
        if self._prompts is not None and any(entry.problems for entry in checked):
            checked, more = await self._repair(index, messages, completion, checked, deadline)
            attempts += more
        return self._summary(index, checked, completion, attempts, time.monotonic() - started)

    def summarize(
        self,
        article: Article | str,
        *,
        title: str | None = None,
        published: dt.date | None = None,
    ) -> Summary:
        """As `asummarize`, for callers without an event loop of their own."""
        call = functools.partial(self.asummarize, article, title=title, published=published)
        future = self._loop().start_task_soon(call)
        try:
            return future.result()
        finally:
            # Ctrl-C ends the wait: end the work too.
            future.cancel()

    async def aclose(self) -> None:
        """Free the engine's connections. The Summarizer is not used afterwards."""
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
            self._loop().call(self.aclose)
        finally:
            manager, self._portal_manager, self._portal = self._portal_manager, None, None
            if manager is not None:
                # With an error, Ctrl-C above all, what still runs on the loop is cancelled.
                manager.__exit__(kind, error, trace)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    def _loop(self) -> BlockingPortal:
        with self._portal_lock:
            if self._portal is None:
                from anyio.from_thread import start_blocking_portal

                self._portal_manager = start_blocking_portal()
                self._portal = self._portal_manager.__enter__()
            return self._portal

    def _messages(self, article: Article) -> tuple[Message, ...]:
        if self._prompts is None:
            return ()
        return (
            Message("system", self._prompts.system),
            Message("user", self._prompts.render_user(article)),
        )

    async def _repair(
        self,
        index: EvidenceIndex,
        messages: tuple[Message, ...],
        completion: Completion,
        checked: Sequence[Checked],
        deadline: float,
    ) -> tuple[list[Checked], tuple[Attempt, ...]]:
        """Ask once more for what failed. If that fails too, the first answer stands."""
        assert self._prompts is not None
        question = self._prompts.render_repair(
            problems=repair.problems_text([entry for entry in checked if entry.problems], index),
            uncited=repair.uncited_text(_uncited(index, _items(checked))),
        )
        turns = (
            *messages,
            Message("assistant", completion.draft.model_dump_json()),
            Message("user", question),
        )
        try:
            answer = await self.engine.complete(Request(index.article, turns, "repair", deadline))
        except EngineError as error:
            return list(checked), error.attempts
        return repair.merge(checked, ground(answer.draft, index)), answer.attempts

    def _summary(
        self,
        index: EvidenceIndex,
        checked: Sequence[Checked],
        completion: Completion,
        attempts: Sequence[Attempt],
        elapsed: float,
    ) -> Summary:
        article = index.article
        items = _items(checked)
        if not any(items.values()):
            raise NothingGrounded("the article supports no item of the engine's answer")
        rejected = tuple(entry.rejection for entry in checked if entry.rejection is not None)
        lost = any(rejection.reason != "duplicate" for rejection in rejected)
        return Summary(
            status="partial" if lost or not items["what"] else "complete",
            article=ArticleFacts(
                location=article.location,
                length=len(article.text),
                title=article.title,
                title_from=article.title_from,
                publisher=article.publisher,
                publisher_from=article.publisher_from,
                published=article.published,
                published_from=article.published_from,
                url=article.url,
                url_from=article.url_from,
            ),
            what=next(iter(items["what"]), None),
            **{name: tuple(items[name]) for name in FIELD_NAMES if name != "what"},
            rejected=rejected,
            adjusted=tuple(
                adjustment
                for entry in checked
                if entry.item is not None
                for adjustment in entry.adjustments
            ),
            uncited_quotes=tuple(_uncited(index, items)),
            provenance=Provenance(
                engine=self.engine.name,
                model=self.engine.model,
                mode=completion.mode,
                prompt=self._prompts.id if self._prompts else None,
                package_version=summarizer.__version__,
                article_sha256=article.sha256,
                attempts=tuple(attempts),
                cost_usd=_cost(attempts),
                elapsed_seconds=round(elapsed, 6),
            ),
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


def _cost(attempts: Iterable[Attempt]) -> float | None:
    """What the attempts cost together, or None if one may have cost something unknown."""
    costs = [attempt.cost_usd for attempt in attempts if not _was_turned_away(attempt)]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) else None


def _was_turned_away(attempt: Attempt) -> bool:
    """Whether the endpoint refused the request before a model saw it: nobody bills that."""
    reported = (attempt.cost_usd, attempt.input_tokens, attempt.output_tokens)
    return attempt.outcome in _TURNED_AWAY and reported == (None, None, None)


_TURNED_AWAY = frozenset({"authentication", "parameter_refused", "rate_limited", "rejected"})


def _engine_for(settings: Settings) -> Engine:
    if settings.resolved_engine == "extractive":
        from summarizer.engines.extractive import ExtractiveEngine

        return ExtractiveEngine()
    if not settings.api_key and not settings.base_url:
        raise ConfigurationError(
            "the openai engine needs OPENAI_API_KEY, or OPENAI_BASE_URL for a server without keys"
        )
    from summarizer.engines.openai import OpenAIEngine

    return OpenAIEngine(settings)


def _items(checked: Iterable[Checked]) -> dict[FieldName, list[Any]]:
    items: dict[FieldName, list[Any]] = {name: [] for name in FIELD_NAMES}
    for entry in checked:
        if entry.item is not None:
            items[entry.field].append(entry.item)
    return items


def _uncited(index: EvidenceIndex, items: dict[FieldName, list[Item]]) -> list[Span]:
    """The direct quotations that no item's evidence or quote overlaps."""
    cited: list[Span] = []
    for item in (item for group in items.values() for item in group):
        cited += item.evidence
        if isinstance(item, Reaction) and item.quote is not None:
            cited.append(item.quote)
    return [
        speech
        for speech in index.speeches()
        if not any(span.start < speech.end and speech.start < span.end for span in cited)
    ]
