"""Which articles need a request, and the requests: one part after the other."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from summarizer import flow
from summarizer.batch import rows
from summarizer.batch.provider.records import Asked, Most
from summarizer.batch.provider.state import State
from summarizer.batch.provider.stored import Key
from summarizer.batch.run import Batch
from summarizer.engines.base import Message, Request
from summarizer.engines.openai.batch_objects import request_line
from summarizer.engines.openai.engine import OpenAIEngine
from summarizer.engines.openai.given import lesson_as_json

if TYPE_CHECKING:
    from summarizer.article import Article
    from summarizer.cache import AnswerCache
    from summarizer.prompts import PromptSet
    from summarizer.sources import Source

#: Sources that are read at once, and requests that are noted together.
_READERS = 8
_TOGETHER = 100


class Wanted(NamedTuple):
    """A source and its article."""

    source: Source
    article: Article


class Planner:
    """Reads the sources, and plans a request for each article that needs one.

    An article needs none that has its row, an answer in the cache, or a request already.
    One whose request came to nothing gets another, unless it is a leftover that is asked about
    `live`. A source that cannot be read is left for the batch, which tells why.

    `probe` is given the first article of a state that has no part: what that teaches of the
    endpoint, all requests are made by.
    """

    def __init__(
        self,
        sources: Iterable[Source],
        *,
        batch: Batch,
        state: State,
        engine: OpenAIEngine,
        prompts: PromptSet,
        key: Key,
        cache: AnswerCache | None,
        live: bool,
        probe: Callable[[Wanted], Awaitable[None]],
    ) -> None:
        self._batch = batch
        self._state = state
        self._engine = engine
        self._prompts = prompts
        self._key = key
        self._cache = cache
        self._live = live
        self._probe = probe
        self._found = self._articles(sources)
        self._probed = bool(state.parts())
        #: Sources that were read.
        self.read = 0
        self._told = 0

    async def plan(self, most: Most, tell: Callable[[], object]) -> bool:
        """Plan until a part is full; whether there may be more."""
        asked: list[Asked] = []
        places: list[tuple[bytes, str]] = []
        lesson = b""
        async for source, article in self._found:
            if self.read >= self._told + _TOGETHER:
                self._told = self.read
                tell()
            if not await self._is_wanted(source, article):
                continue
            if not self._probed:
                self._probed = True
                await self._probe(Wanted(source, article))
                continue
            name = self._key(article)
            places.append((rows.place(source.location), name))
            if self._is_there(name):
                continue
            made = self._request(article, name)
            if made is None:
                continue
            if made[0] != lesson:
                self._note(asked, places, lesson, most)
                lesson = made[0]
            asked.append(made[1])
            if len(asked) >= _TOGETHER and self._note(asked, places, lesson, most):
                return True
        self._note(asked, places, lesson, most)
        self._state.close_open()
        return False

    async def aclose(self) -> None:
        """Leave what is being read."""
        await self._found.aclose()
        if self._cache is not None:
            self._cache.close()

    def _note(
        self, asked: list[Asked], places: list[tuple[bytes, str]], lesson: bytes, most: Most
    ) -> bool:
        """Write what was planned; whether a part is full."""
        self._state.locate(places)
        closed = bool(asked) and self._state.add(asked, lesson=lesson, most=most)
        asked.clear()
        places.clear()
        return closed

    def _is_there(self, name: str) -> bool:
        """Whether the request of this name need not be made again."""
        found = self._state.find(name)
        if found is None:
            return False
        if self._live:
            return found.lack != "cancelled"
        return found.lack is None and found.status in (None, 200)

    def _request(self, article: Article, name: str) -> tuple[bytes, Asked] | None:
        """The request and its lesson; None for an article that is asked about in parts."""
        messages = (
            Message("system", self._prompts.system),
            Message("user", self._prompts.render_user(article)),
        )
        made = self._engine.prepared(Request(article, messages))
        if made is None:
            return None
        asked = Asked(name, request_line(name, made.body), made.most_tokens, made.worst_usd)
        return lesson_as_json(made.lesson), asked

    async def _articles(self, sources: Iterable[Source]) -> AsyncGenerator[Wanted]:
        work = flow.run(self._loaded, sources, concurrency=_READERS, ordered=True)
        async with contextlib.aclosing(work):
            async for done in work:
                self.read += 1
                if done.error is not None:
                    raise done.error
                if done.result is not None:
                    yield Wanted(done.item, done.result)

    async def _loaded(self, source: Source) -> Article | None:
        try:
            return await self._batch.load(source)
        except Exception:  # noqa: BLE001 - the batch reads it again, and tells what is wrong
            return None

    async def _is_wanted(self, source: Source, article: Article) -> bool:
        """Whether there is no answer: a row of the batch's, or one in the cache."""
        if not self._batch.asks(article, source.location):
            return False
        if self._cache is None:
            return True
        from summarizer.cache import key_of

        fingerprint = self._engine.fingerprint or ""
        name = key_of(
            article, engine=self._engine.name, fingerprint=fingerprint, prompt=self._prompts.id
        )
        return await self._cache.aget(name) is None
