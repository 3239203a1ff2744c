"""The pure parts of an article's way, which need the processor and nothing else.

`Here` does them in this process, one at a time and with a turn of the event loop between
two, so that a cancellation or another article's answer waits for one of them at most.
`InWorkers` has them done by worker processes. Both give the same, to the byte.
"""

from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING, Protocol
from weakref import WeakKeyDictionary

from summarizer.article import Article
from summarizer.draft import Draft
from summarizer.grounding import Checked, EvidenceIndex, ground

if TYPE_CHECKING:
    from summarizer.pipeline.workers import Workers


#: Characters of an article that may hold the event loop up: for some ten milliseconds.
_SHORT = 8_000


class Parts(Protocol):
    """What can be done here or elsewhere."""

    async def read(self, text: str, title: str | None, published: dt.date | None) -> Article:
        """As `Article.from_text`, with what it raises."""
        ...

    async def draft(self, article: Article) -> Draft:
        """The extractive engine's."""
        ...

    async def ground(self, draft: Draft, index: EvidenceIndex) -> list[Checked]:
        """As `grounding.ground`."""
        ...

    async def aclose(self) -> None:
        """Free what it takes."""
        ...


class Here:
    """In this process."""

    def __init__(self) -> None:
        self._turns: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = (
            WeakKeyDictionary()
        )

    async def read(self, text: str, title: str | None, published: dt.date | None) -> Article:
        return Article.from_text(text, title=title, published=published)

    async def draft(self, article: Article) -> Draft:
        from summarizer.engines.extractive import draft

        async with self._turn:
            return draft(article)

    async def ground(self, draft: Draft, index: EvidenceIndex) -> list[Checked]:
        async with self._turn:
            await asyncio.sleep(0)
            return ground(draft, index)

    async def aclose(self) -> None:
        """Nothing to free."""

    @property
    def _turn(self) -> asyncio.Lock:
        return self._turns.setdefault(asyncio.get_running_loop(), asyncio.Lock())


class InWorkers:
    """In worker processes; a short article's here, where they have more to do than is good."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self._here = Here()

    async def read(self, text: str, title: str | None, published: dt.date | None) -> Article:
        if self._is_for_here(text):
            return await self._here.read(text, title, published)
        article: Article = await self._workers.do("read", text, title, published)
        return article

    async def draft(self, article: Article) -> Draft:
        if self._is_for_here(article.text):
            return await self._here.draft(article)
        return Draft.model_validate_json(await self._workers.do("draft", article))

    async def ground(self, draft: Draft, index: EvidenceIndex) -> list[Checked]:
        if self._is_for_here(index.article.text):
            return await self._here.ground(draft, index)
        given = draft.model_dump_json()
        found = await self._workers.do("ground", given, index.article, index.preferred)
        from summarizer.pipeline.tasks import heard

        return heard(found, draft)

    async def aclose(self) -> None:
        await self._workers.aclose()

    def _is_for_here(self, text: str) -> bool:
        return len(text) <= _SHORT and self._workers.full
