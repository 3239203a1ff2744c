"""The extractive engine: processor time for one article, everything imported."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterator

from bench.startup import ARTICLE
from bench.timing import Case, call
from summarizer.article import Article
from summarizer.engines.base import Request
from summarizer.engines.extractive import ExtractiveEngine

_SIZE = 4_000


def cases(rounds: int) -> Iterator[Case]:
    """One draft of a 4 kB article, against a loop that does nothing."""
    texts = fresh_texts()
    engine = ExtractiveEngine()

    def draft() -> object:
        article = Article.from_text(next(texts))
        return asyncio.run(engine.complete(Request(article, messages=())))

    yield Case("extractive draft of 4 kB", call(draft), "a million steps", call(_idle), rounds)


def fresh_texts() -> Iterator[str]:
    """The article, made 4 kB long, with another last line each time: nothing is cached."""
    text = ARTICLE.read_text(encoding="utf-8")
    sentences = itertools.cycle(text.split("\n\n")[1:])
    while len(text) < _SIZE:
        text += "\n\n" + next(sentences)
    for number in itertools.count():
        yield f"{text[:_SIZE]}\n\nEdition {number}"


def _idle() -> None:
    for _ in range(1_000_000):
        pass
