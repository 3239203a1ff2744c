"""The pure parts of an article's way: a turn of the event loop between two, here or elsewhere."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from summarizer.article import Article
from summarizer.draft import Draft
from summarizer.engines.extractive import draft
from summarizer.grounding import EvidenceIndex, ground
from summarizer.pipeline.parts import Here, InWorkers
from tests.wire_support import TEXT

pytestmark = pytest.mark.anyio

ARTICLE = Article.from_text(TEXT)
DRAFT = draft(ARTICLE)


class Busy:
    """Stands for worker processes; tells what it was asked for."""

    def __init__(self, *, full: bool) -> None:
        self.full = full
        self.asked: list[str] = []

    async def do(self, name: str, *arguments: Any) -> Any:
        from summarizer.pipeline.tasks import TASKS

        self.asked.append(name)
        return TASKS[name](*arguments)


async def all_parts(parts: Any, text: str) -> None:
    article = await parts.read(text, None, None)
    assert article == Article.from_text(text)
    drafted: Draft = await parts.draft(article)
    assert drafted == draft(article)
    index = EvidenceIndex(article)
    assert await parts.ground(drafted, index) == ground(drafted, index)


async def test_other_work_gets_a_turn_between_two_articles() -> None:
    here, told = Here(), []

    async def check() -> None:
        await here.ground(DRAFT, EvidenceIndex(ARTICLE))
        told.append("checked")

    async def tick() -> None:
        while told.count("checked") < 6:
            told.append("tick")
            await asyncio.sleep(0)

    await asyncio.gather(*(check() for _ in range(6)), tick())
    assert told.count("checked") == 6
    assert "checked checked" not in " ".join(told)


async def test_an_article_that_is_cancelled_in_the_queue_is_not_worked_on() -> None:
    here = Here()
    work = [asyncio.ensure_future(here.ground(DRAFT, EvidenceIndex(ARTICLE))) for _ in range(5)]
    await asyncio.sleep(0)
    for one in work[1:]:
        one.cancel()
    done = await asyncio.gather(*work, return_exceptions=True)
    assert isinstance(done[0], list)
    assert all(isinstance(result, asyncio.CancelledError) for result in done[1:])


def test_parts_serve_one_loop_after_the_other() -> None:
    here = Here()
    for _ in range(2):
        asyncio.run(all_parts(here, TEXT))


async def test_workers_are_asked_for_every_part() -> None:
    workers = Busy(full=False)
    await all_parts(InWorkers(workers), TEXT)  # type: ignore[arg-type] # it stands for them
    assert workers.asked == ["read", "draft", "ground"]


async def test_where_they_have_too_much_to_do_a_short_article_s_parts_are_done_here() -> None:
    workers = Busy(full=True)
    await all_parts(InWorkers(workers), TEXT)  # type: ignore[arg-type] # it stands for them
    assert workers.asked == []


async def test_a_long_article_never_holds_the_loop_up() -> None:
    workers = Busy(full=True)
    await all_parts(InWorkers(workers), TEXT * 20)  # type: ignore[arg-type] # it stands for them
    assert workers.asked == ["read", "draft", "ground"]
