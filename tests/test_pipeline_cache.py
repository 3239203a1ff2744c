"""Answers that are given again: when, of what, and what the record then says."""

from __future__ import annotations

import asyncio
import datetime as dt
from pathlib import Path
from typing import Any

import pytest

from summarizer import Article, EngineUnavailable, Settings, Summarizer, Summary
from summarizer.engines.base import Completion, Request
from summarizer.pipeline import Verified
from summarizer.testing import ScriptedEngine
from tests.pipeline_support import HALDEN, INVENTED, TEXT, WHAT, draft

SOUND = draft(what=WHAT, where=[HALDEN])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(cache_dir=tmp_path / "cache")


def engine(*answers: Any, fingerprint: str | None = "one") -> ScriptedEngine:
    return ScriptedEngine(*answers, fingerprint=fingerprint)


def summarize(
    settings: Settings, engine: ScriptedEngine, text: str | Article = TEXT, *, fresh: bool = False
) -> Summary:
    with Summarizer(settings, engine=engine, fresh=fresh) as summarizer:
        return summarizer.summarize(text)


def test_a_complete_record_is_given_again_and_nobody_is_asked(settings: Settings) -> None:
    first = summarize(settings, engine(SOUND))
    unasked = engine()
    second = summarize(settings, unasked)
    assert unasked.requests == []
    assert second.provenance.cached
    assert not first.provenance.cached
    assert second.provenance.attempts == ()
    assert second.provenance.cost_usd == 0.0
    assert second.model_dump(exclude={"provenance"}) == first.model_dump(exclude={"provenance"})


def test_the_same_article_from_elsewhere_has_its_own_location(settings: Settings) -> None:
    summarize(settings, engine(SOUND), Article.from_text(TEXT, location="one.txt"))
    again = summarize(settings, engine(), Article.from_text(TEXT, location="two.txt"))
    assert again.provenance.cached
    assert again.article.location == "two.txt"


def test_another_date_fingerprint_or_text_is_asked_for(settings: Settings) -> None:
    summarize(settings, engine(SOUND))
    for changed in (
        Article.from_text(TEXT, published=dt.date(2031, 3, 4)),
        Article.from_text(TEXT + "\nThe ferries sail again.\n"),
    ):
        assert not summarize(settings, engine(SOUND), changed).provenance.cached
    assert not summarize(settings, engine(SOUND, fingerprint="two")).provenance.cached


def test_a_partial_record_is_not_kept(settings: Settings) -> None:
    partial = draft(what=WHAT, where=[INVENTED])
    assert summarize(settings, engine(partial, draft())).status == "partial"
    assert not summarize(settings, engine(SOUND)).provenance.cached


def test_an_error_is_not_kept(settings: Settings) -> None:
    with pytest.raises(EngineUnavailable):
        summarize(settings, engine(EngineUnavailable("no connection")))
    assert not summarize(settings, engine(SOUND)).provenance.cached


def test_fresh_asks_anew_and_keeps_the_new_answer(settings: Settings) -> None:
    summarize(settings, engine(SOUND))
    anew = summarize(settings, engine(draft(what=WHAT)), fresh=True)
    assert not anew.provenance.cached
    again = summarize(settings, engine())
    assert again.provenance.cached
    assert again.where == ()


def test_without_a_cache_nothing_is_kept_or_made(tmp_path: Path) -> None:
    settings = Settings(cache=False, cache_dir=tmp_path / "cache")
    summarize(settings, engine(SOUND))
    assert not summarize(settings, engine(SOUND)).provenance.cached
    assert list(tmp_path.iterdir()) == []


def test_an_engine_without_a_fingerprint_is_always_asked(settings: Settings) -> None:
    summarize(settings, engine(SOUND, fingerprint=None))
    assert not summarize(settings, engine(SOUND, fingerprint=None)).provenance.cached


class Another(ScriptedEngine):
    """Gives an answer that its fingerprint does not stand for, as after a failover."""

    async def complete(self, request: Request) -> Completion:
        completion = await super().complete(request)
        return Completion(completion.draft, keepable=False)


def test_an_answer_that_is_not_the_fingerprints_own_is_not_kept(settings: Settings) -> None:
    summarize(settings, Another(SOUND, fingerprint="one"))
    assert not summarize(settings, engine(SOUND)).provenance.cached


class Learning(ScriptedEngine):
    """Learns with its first answer what its further ones are shaped by."""

    async def complete(self, request: Request) -> Completion:
        self.fingerprint = "learnt"
        return await super().complete(request)


def test_an_answer_is_kept_under_what_the_engine_knows_after_it(settings: Settings) -> None:
    summarize(settings, Learning(SOUND, fingerprint="unlearnt"))
    assert summarize(settings, engine(fingerprint="learnt")).provenance.cached
    assert not summarize(settings, engine(SOUND, fingerprint="unlearnt")).provenance.cached


def test_kept_items_are_handed_on_like_new_ones(settings: Settings) -> None:
    first = summarize(settings, engine(SOUND))
    found: list[Verified] = []

    async def run() -> Summary:
        async with Summarizer(settings, engine=engine()) as summarizer:
            return await summarizer.asummarize(TEXT, on_item=found.append)

    assert asyncio.run(run()).provenance.cached
    assert first.what is not None
    assert found == [Verified("what", first.what), Verified("where", first.where[0])]
