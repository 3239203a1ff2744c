"""The extractive engine: a Draft from the article's text alone, without a model.

A baseline and a fallback, not a model: it selects and trims the article's own words by the
habits of English news prose. Pure and deterministic; it opens no connection and reads no
clock.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from summarizer.article import Article
from summarizer.draft import Draft
from summarizer.engines.base import Completion, Request
from summarizer.engines.extractive import (
    actors,
    background,
    places,
    reactions,
    story,
    times,
    what,
)

__all__ = ["ExtractiveEngine", "draft"]


class ExtractiveEngine:
    """Drafts without a model. Safe for concurrent use: it holds no state.

    `drafting` stands for `draft` where that is done elsewhere.
    """

    def __init__(self, drafting: Callable[[Article], Awaitable[Draft]] | None = None) -> None:
        self._drafting = drafting

    @property
    def name(self) -> str:
        """What the record calls it."""
        return "extractive"

    @property
    def model(self) -> str | None:
        """None: there is no model."""
        return None

    @property
    def prompted(self) -> bool:
        """False: it reads no messages and cannot repair."""
        return False

    @property
    def fingerprint(self) -> str | None:
        """None: drafting anew is as quick as looking an answer up."""
        return None

    @property
    def input_characters(self) -> int | None:
        """None: an article of any length is read whole."""
        return None

    async def complete(self, request: Request) -> Completion:
        """Fill a Draft from the request's article. Raises what `drafting` does."""
        if self._drafting is None:
            return Completion(draft(request.article))
        return Completion(await self._drafting(request.article))

    async def aclose(self) -> None:
        """Nothing to free."""


def draft(article: Article) -> Draft:
    """The Draft of an article. Every evidence string is a slice of its text."""
    told = story.read(article)
    return Draft(
        what=what.draft(told),
        who=actors.drafts(told),
        where=places.drafts(told),
        when=times.drafts(told),
        reactions=reactions.drafts(told),
        background=background.drafts(told),
    )
