"""What the tests of the openai engine share: a request, an engine and a clock."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

from summarizer.article import Article
from summarizer.draft import Draft
from summarizer.engines.base import Message, Request
from summarizer.engines.openai import Lesson, OpenAIEngine, RetryPolicy
from summarizer.settings import Settings

KEY = "sk-test-0123456789"
ARTICLE = Article.from_text("Ferry crews in Halden ended a nine-day strike on Sunday.")
DRAFT = Draft.model_validate(
    {
        "what": {
            "evidence": ["Ferry crews in Halden ended a nine-day strike"],
            "statement": "Ferry crews in Halden ended a nine-day strike.",
        },
        "who": [],
        "where": [{"evidence": ["Ferry crews in Halden ended"], "name": "Halden", "country": "NO"}],
        "when": [],
        "reactions": [],
        "background": [],
    }
)


def request(**changes: Any) -> Request:
    """A request with fixed messages."""
    messages = (
        Message("system", "You make records of news articles."),
        Message("user", f"<<<ARTICLE 00c0ffee\n{ARTICLE.text}\nARTICLE 00c0ffee>>>"),
    )
    return replace(Request(ARTICLE, messages), **changes)


@dataclass
class Clock:
    """A clock that stands still but for what is slept, and remembers that."""

    now: float = 1000.0
    wall: float = 1_900_000_000.0
    slept: list[float] = field(default_factory=list)

    def policy(self, **changes: Any) -> RetryPolicy:
        """Retries by this clock, without jitter."""
        options: dict[str, Any] = {
            "clock": lambda: self.now,
            "wall_clock": lambda: self.wall,
            "sleep": self._sleep,
            "jitter": lambda: 0.0,
        }
        return RetryPolicy(**(options | changes))

    async def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds
        self.wall += seconds


@contextlib.asynccontextmanager
async def engine_at(
    base_url: str,
    *,
    clock: Clock | None = None,
    lesson: Lesson | None = None,
    many: bool = False,
    **options: Any,
) -> AsyncIterator[OpenAIEngine]:
    """An engine that asks `base_url`, closed at the end.

    With `many` its connections are those for many requests at once.
    """
    chosen: dict[str, Any] = {"model": "m", "api_key": KEY, "timeout": 60.0} | options
    engine = OpenAIEngine(
        Settings(engine="openai", base_url=base_url, **chosen),
        retries=(clock or Clock()).policy(),
        lesson=lesson,
    )
    try:
        if many:
            await engine._client.load()
            await engine._client.expect_many()
            assert engine._client._many, "aiohttp is not used here"
        yield engine
    finally:
        await engine.aclose()
