"""Hostile articles against a model that obeys them: what reaches the record, and a reader."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from lxml import html as lxml_html
from markdown_it import MarkdownIt

from summarizer import Article, InvalidAnswer, Settings, Summarizer, Summary, render
from summarizer.prompts import PromptSet, article_in
from summarizer.schema import FIELD_NAMES
from summarizer.sources import from_html
from summarizer.testing import LoopbackServer, Reply
from tests.injection.attacks import ATTACKS, FORGED, LEAD, Attack

pytestmark = pytest.mark.openai

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

_REORDERING = frozenset(("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"))

#: Answers that no schema admits, so that there is no record at all.
_NO_RECORD = {"schema-a-record-of-our-own", "schema-another", "schema-prose", "schema-extra-fields"}


def article_of(attack: Attack) -> Article:
    if attack.page:
        return from_html(attack.article)
    return Article.from_text(attack.article)


def summarize(attack: Attack) -> tuple[Summary, Article, LoopbackServer]:
    """The record that comes of an attack: its repair turn is obeyed as well."""
    answer = attack.answer if isinstance(attack.answer, str) else json.dumps(attack.answer)
    article = article_of(attack)
    with LoopbackServer(then=Reply(content=answer)) as server:
        settings = Settings(engine="openai", base_url=server.base_url, cache=False)
        with Summarizer(settings) as summarizer:
            return summarizer.summarize(article), article, server


def test_there_are_more_than_forty_attacks_each_of_its_own() -> None:
    assert len(ATTACKS) >= 50
    assert len({attack.name for attack in ATTACKS}) == len(ATTACKS)
    assert len({attack.article for attack in ATTACKS}) == len(ATTACKS)


@pytest.fixture(params=[a for a in ATTACKS if a.name not in _NO_RECORD], ids=lambda a: a.name)
def attacked(request: pytest.FixtureRequest) -> tuple[Summary, Article, LoopbackServer]:
    return summarize(request.param)


def test_an_obeyed_attack_brings_nothing_unverified_and_breaks_no_output(
    attacked: tuple[Summary, Article, LoopbackServer],
) -> None:
    summary, article, server = attacked
    # The news is there all the same,
    assert summary.article.length == len(article.text)
    assert summary.status == "partial" or not summary.rejected
    # no claim of the attacker's is,
    items = [item for name in FIELD_NAMES for item in summary.items(name)]
    for item in items:
        claims = item.model_dump(exclude={"evidence", "quote"})
        assert not [name for name in FORGED if name in json.dumps(claims, ensure_ascii=False)]
    # and what is there stands in the article, to the character.
    for _, _, span in summary.spans():
        assert article.text[span.start : span.end] == span.text
    assert [r for r in summary.rejected if r.reason != "duplicate"]
    _assert_conversation_is_ours(server, article)
    _assert_terminal_is_safe(summary)
    _assert_page_is_safe(summary, article)
    _assert_markdown_is_safe(summary)
    assert Summary.model_validate_json(render.to_json(summary)) == summary
    assert not set(_unsafe(render.to_json(summary)))


@pytest.mark.parametrize(
    "attack", [a for a in ATTACKS if a.name in _NO_RECORD], ids=lambda a: a.name
)
def test_an_answer_of_the_attackers_own_form_is_one_typed_error(attack: Attack) -> None:
    with pytest.raises(InvalidAnswer) as caught:
        summarize(attack)
    assert not [name for name in FORGED if name in str(caught.value)]


@pytest.mark.parametrize("attack", [a for a in ATTACKS if a.page], ids=lambda a: a.name)
def test_what_a_page_hides_is_no_part_of_the_article(attack: Attack) -> None:
    article = article_of(attack)
    assert LEAD in " ".join(article.text.split())
    assert not [name for name in FORGED if name in article.text]


def _assert_conversation_is_ours(server: LoopbackServer, article: Article) -> None:
    """No order became a turn, left its fence or filled a placeholder."""
    first = server.bodies[0]["messages"]
    assert [turn["role"] for turn in first] == ["system", "user"]
    assert first[0]["content"].startswith(PromptSet.load().system)
    assert article_in(first[1]["content"]) == article.text
    nonce = re.findall(r"^ARTICLE ([0-9a-f]+)>>>$", first[1]["content"], re.MULTILINE)[-1]
    assert nonce not in article.text
    for body in server.bodies[1:]:
        assert [turn["role"] for turn in body["messages"]] == [
            "system", "user", "assistant", "user",
        ]  # fmt: skip


def _assert_terminal_is_safe(summary: Summary) -> None:
    for colour in (True, False):
        shown = render.to_text(summary, colour=colour, width=80)
        shown += render.to_explanation(summary, colour=colour, width=80)
        plain = _COLOUR.sub("", shown) if colour else shown
        assert not set(_unsafe(plain))


def _unsafe(text: str) -> Iterator[str]:
    """Characters that act on a terminal, reorder a line or cannot be seen."""
    for character in text:
        if character == "\n":
            continue
        unseen = 0xE0000 <= ord(character) <= 0xE007F
        acting = unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"}
        if unseen or acting or unicodedata.bidirectional(character) in _REORDERING:
            yield character


def _assert_page_is_safe(summary: Summary, article: Article) -> None:
    page = lxml_html.document_fromstring(render.to_html(summary, article))
    assert len(page.findall(".//script")) <= 1
    elements: Any = page.iter("*")
    for element in elements:
        assert element.tag not in {"img", "iframe", "object", "embed", "base", "form"}
        for name, value in element.attrib.items():
            assert not name.startswith("on")
            if name in {"href", "src"}:
                assert value == "data:," or value.startswith(("#", "http://", "https://"))
                assert "192.0.2.1" not in value


def _assert_markdown_is_safe(summary: Summary) -> None:
    tokens = MarkdownIt("commonmark", {"html": True}).parse(render.to_markdown(summary))
    flat = [inner for token in tokens for inner in (token, *(token.children or ()))]
    assert not {token.type for token in flat} & {"html_block", "html_inline", "image"}
    assert not [token for token in flat if token.type == "link_open"]
