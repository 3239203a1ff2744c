"""Article: the text as given, and what is known of it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.article import Article
from summarizer.errors import EmptyArticle, SourceError, UnreadableSource

TEXT = """Ferry crews in Halden end their strike

Monday, 3 March 2031

Ferry crews in Halden ended a nine-day strike on Sunday after the operator agreed to hire
forty sailors. They had stopped work in late February.

The operator called the deal fair to all sides.
"""


def test_facts_are_read_from_the_text_where_it_states_them() -> None:
    article = Article.from_text(TEXT)
    assert (article.title, article.title_from) == ("Ferry crews in Halden end their strike", "text")
    assert (article.published, article.published_from) == (dt.date(2031, 3, 3), "text")
    assert (article.publisher, article.publisher_from) == (None, None)
    assert (article.url, article.url_from) == (None, None)
    assert article.location is None


def test_given_facts_come_before_what_the_text_says() -> None:
    article = Article.from_text(
        TEXT,
        title="Strike ends",
        published=dt.date(2031, 3, 4),
        publisher="The Halden Post",
        url="https://post.example/1",
        location="1.txt",
    )
    assert (article.title, article.title_from) == ("Strike ends", "caller")
    assert (article.published, article.published_from) == (dt.date(2031, 3, 4), "caller")
    assert (article.publisher, article.publisher_from) == ("The Halden Post", "caller")
    assert (article.url, article.url_from) == ("https://post.example/1", "caller")
    assert article.location == "1.txt"


def test_the_origin_of_given_facts_is_recorded() -> None:
    article = Article.from_text(TEXT, title="Strike ends", origin="metadata")
    assert (article.title_from, article.published_from) == ("metadata", "text")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")))
def test_any_text_is_kept_to_the_code_point(text: str) -> None:
    article = Article.from_text("a" + text)
    assert article.text == "a" + text
    assert article.sha256 == hashlib.sha256(("a" + text).encode()).hexdigest()
    blocks = article.layout.blocks
    assert all(0 <= block.start < block.end <= len(text) + 1 for block in blocks)


@pytest.mark.parametrize(
    "text", ["", " \n\t\u00a0", "— … “”", "\u0301" * 2, "👩\u200d🚀", "\ufeff"]
)
def test_a_text_without_a_word_is_no_article(text: str) -> None:
    with pytest.raises(EmptyArticle):
        Article.from_text(text)


@pytest.mark.parametrize("text", ["one\0two", "half \ud83d a character", "\udcff latin"])
def test_what_is_not_text_is_no_article(text: str) -> None:
    with pytest.raises(UnreadableSource) as caught:
        Article.from_text(text)
    assert isinstance(caught.value, SourceError)
    assert "one" not in str(caught.value)


@pytest.mark.parametrize("text", ["Word", "7", "日本", "ไทย", "مرحبا", "١٢"])
def test_one_word_of_any_script_is_enough(text: str) -> None:
    assert Article.from_text(text).text == text


def test_an_article_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Article.from_text(TEXT).text = "other"  # type: ignore[misc]  # what is being tested


@pytest.mark.parametrize("unit", ["word ", "\n", "a\n", '"', "\u00ad", "\u0301", "1", "June "])
def test_a_long_text_of_one_thing_is_an_article(unit: str) -> None:
    article = Article.from_text("A word. " + unit * (100_000 // len(unit)))
    assert article.layout.blocks
