"""Answers made from the article ground, or fail to, as their names say."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from summarizer.article import Article
from summarizer.draft import Draft
from summarizer.errors import NothingGrounded
from summarizer.grounding import EvidenceIndex, ground
from summarizer.pipeline import Summarizer
from summarizer.schema import Summary
from summarizer.testing import LoopbackServer, Reply, answers
from summarizer.testing.answers import SPOILED, STRANGER
from summarizer.testing.replies import Script
from tests.wire_support import TEXT, asked, post

pytestmark = pytest.mark.openai


def summary(script: Script) -> Summary:
    """The record of the article by a server that answers so."""

    async def run() -> Summary:
        with LoopbackServer(then=script) as server:
            options: dict[str, Any] = {"engine": "openai", "base_url": server.base_url}
            async with Summarizer(model="m", cache=False, **options) as summarizer:
                return await summarizer.asummarize(TEXT)

    return asyncio.run(run())


def draft_of(script: Script) -> Draft:
    """The Draft that a script answers with."""
    reply = script if isinstance(script, Reply) else script(asked())
    assert reply.content is not None
    return Draft.model_validate_json(reply.content)


def test_the_article_has_an_item_for_each_way_to_spoil_one() -> None:
    draft = answers.drafted(asked())
    assert draft is not None
    for way, spoil in SPOILED.items():
        assert spoil(draft) != draft, way


def test_a_grounded_answer_holds_to_the_last_item() -> None:
    record = summary(answers.grounded)
    assert record.status == "complete"
    assert (record.rejected, record.adjusted) == ((), ())
    assert [attempt.purpose for attempt in record.provenance.attempts] == ["draft"]


def test_nothing_of_an_ungrounded_answer_holds() -> None:
    with pytest.raises(NothingGrounded):
        summary(answers.ungrounded)


#: What grounding says to each way, on this article.
FOUND = {
    "invented-evidence": "evidence_not_in_article",
    "unmarked-quote": "quote_not_in_quotation_marks",
    "wrong-date": "date_disagrees",
    "wrong-name": "name_not_in_article",
}

#: Direct speech that is none becomes reported speech, and nothing is left to ask about.
ASKED_ABOUT = sorted(set(SPOILED) - {"unmarked-quote"})


@pytest.mark.parametrize("way", SPOILED)
def test_each_way_fails_for_its_reason_and_no_other(way: str) -> None:
    index = EvidenceIndex(Article.from_text(TEXT))
    checked = ground(draft_of(answers.partly(way)), index)
    reasons: list[str] = [entry.rejection.reason for entry in checked if entry.rejection]
    reasons += [change.reason for entry in checked for change in entry.adjustments]
    assert reasons == [FOUND[way]]


@pytest.mark.parametrize("way", SPOILED)
def test_what_is_spoiled_is_never_presented_as_verified(way: str) -> None:
    record = summary(answers.partly(way))
    kept = record.model_dump(exclude={"rejected", "adjusted", "provenance"})
    assert STRANGER not in str(kept)
    reasons: list[str] = [r.reason for r in record.rejected]
    assert reasons + [change.reason for change in record.adjusted] == [FOUND[way]]
    asked_again = ["repair"] if way in ASKED_ABOUT else []
    assert [a.purpose for a in record.provenance.attempts] == ["draft", *asked_again]


@pytest.mark.parametrize("way", ASKED_ABOUT)
def test_what_is_mended_is_as_if_it_had_been_right(way: str) -> None:
    record, right = summary(answers.mended(way)), summary(answers.grounded)
    assert [attempt.purpose for attempt in record.provenance.attempts] == ["draft", "repair"]
    assert record.model_copy(update={"provenance": right.provenance}) == right


def test_without_an_article_each_is_refused() -> None:
    with LoopbackServer() as server:
        seen = post(server, {"model": "m", "messages": [], "stream": True})
    assert seen.status == 400
