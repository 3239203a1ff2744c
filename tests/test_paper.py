"""What many articles cost on paper: the sums, and that the page has them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from bench.paper import (
    BEGIN,
    END,
    Article,
    Assumed,
    Tier,
    again,
    batch_seconds,
    counted,
    first,
    live_seconds,
    price,
    put,
    tables,
    whole,
)

PAGE = Path(__file__).parents[1] / "docs" / "scale.md"
ARTICLE = Article(
    articles=1, characters=400, system=100, schema=50, user=50, answer=40, request_bytes=1000,
    record_bytes=2000, packed_bytes=500,
)  # fmt: skip
ONCE = Assumed(repairs=0)


def test_an_article_that_is_asked_about_once_takes_its_prompt_and_its_answer() -> None:
    assert first(ARTICLE, ONCE) == whole(ARTICLE, ONCE) == (200, 40)
    assert again(ARTICLE, ONCE) == (0, 0)


def test_a_second_question_takes_the_first_one_and_its_answer_again() -> None:
    assumed = Assumed(repairs=0.5, repair_question=10, repair_answer=0.5, thinking=4)
    assert first(ARTICLE, assumed) == (200, 44)
    assert again(ARTICLE, assumed) == (0.5 * 250, 0.5 * 24)
    assert whole(ARTICLE, assumed) == (325, 56)


def test_the_tighter_limit_of_an_account_tells_the_time() -> None:
    assert live_seconds(600, ARTICLE, ONCE, Tier("", 10, 1e9, 1)) == 3600
    assert live_seconds(600, ARTICLE, ONCE, Tier("", 1e9, 2400, 1)) == 3600


def test_a_batch_takes_as_often_as_the_queue_is_filled() -> None:
    tier = Tier("", 1, 1, queued=2000)
    assert batch_seconds(10, ARTICLE, ONCE, tier) == ONCE.turnaround
    assert batch_seconds(11, ARTICLE, ONCE, tier) == 2 * ONCE.turnaround


def test_cached_tokens_cost_less_and_a_price_is_in_proportion() -> None:
    once = price("gpt-6-luna", 1000, 100)
    assert 0 < price("gpt-6-luna", 1000, 100, 800) < once
    assert price("gpt-6-luna", 2000, 200) == pytest.approx(2 * once)


def test_a_page_without_its_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="no place"):
        put("# Scale", ["a"])
    assert put(f"a {BEGIN} old {END} b", ["new"]) == f"a {BEGIN}\n\nnew\n\n{END} b"


def test_the_page_has_what_is_counted_today_make_paper_writes_it() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert put(page, list(tables(counted(Assumed()), Assumed()))) == page


def test_fewer_characters_in_a_token_are_more_tokens() -> None:
    four, three = (counted(replace(Assumed(), characters=each)) for each in (4.0, 3.0))
    assert three.prompt == pytest.approx(four.prompt * 4 / 3)
    assert three.characters == four.characters
    assert four.articles == three.articles > 30
