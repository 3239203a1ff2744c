"""Facts about which answers are the same, and what one is when it is given again."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from summarizer.article import Article
from summarizer.cache import key_of, recalled
from summarizer.grounding import EvidenceIndex, ground
from summarizer.prompts import PromptSet
from tests import invented
from tests.cache_support import record
from tests.grounded import ITEMS, TEXT, draft

ENGINE: dict[str, Any] = {"engine": "openai", "fingerprint": "[1]", "prompt": "summarize@0"}


def test_equal_questions_have_one_key() -> None:
    key = key_of(invented.article(), **ENGINE)
    assert key == key_of(invented.article(), **ENGINE)
    assert len(bytes.fromhex(key)) == 32


@pytest.mark.parametrize(
    "change",
    [
        {"engine": "other"},
        {"fingerprint": "[2]"},
        {"prompt": "summarize@1"},
        {"prompt": None},
        {"title": "Another"},
        {"title": None},
        {"published": dt.date(2031, 3, 15)},
        {"published": None},
        {"text": invented.TEXT + " "},
    ],
    ids=str,
)
def test_what_shapes_an_answer_is_in_its_key(change: dict[str, Any]) -> None:
    engine = ENGINE | {name: value for name, value in change.items() if name in ENGINE}
    facts = {name: value for name, value in change.items() if name not in ENGINE}
    assert key_of(invented.article(**facts), **engine) != key_of(invented.article(), **ENGINE)


@pytest.mark.parametrize(
    "change",
    [
        {"location": "elsewhere.txt"},
        {"location": None},
        {"title_from": "caller"},
        {"published_from": "metadata"},
        {"publisher": None, "publisher_from": None},
        {"url": "https://mirror.example/heron", "url_from": "url"},
    ],
    ids=str,
)
def test_the_same_article_from_elsewhere_has_the_same_key(change: dict[str, Any]) -> None:
    assert key_of(invented.article(**change), **ENGINE) == key_of(invented.article(), **ENGINE)


class Watched(Article):
    """Notes which of its facts are looked at."""

    seen: set[str] = set()  # noqa: RUF012  # shared on purpose

    def __getattribute__(self, name: str) -> Any:
        Watched.seen.add(name)
        return super().__getattribute__(name)


def test_prompt_and_grounding_look_at_no_fact_that_is_not_in_the_key() -> None:
    source = Watched.from_text(TEXT, origin="metadata", url="https://courier.example/heron")
    facts = set(Article.__dataclass_fields__)
    Watched.seen.clear()
    key_of(source, **ENGINE)
    in_the_key = Watched.seen & facts
    Watched.seen.clear()
    PromptSet.load().render_user(source)
    index = EvidenceIndex(source)
    drafted = draft(**{field: [item] for field, item in ITEMS.items() if field != "what"})
    assert len([entry for entry in ground(drafted, index) if entry.item is not None]) == 5
    index.speeches()
    assert Watched.seen & facts == in_the_key == {"text", "title", "published"}


def test_a_recalled_record_has_the_facts_of_the_article_at_hand_and_cost_nothing() -> None:
    kept = record()
    facts = kept.article.model_copy(update={"location": "copy.txt", "url": None, "url_from": None})
    again = recalled(kept, facts, elapsed_seconds=0.002)
    assert again.article == facts
    made = again.provenance
    assert (made.cached, made.attempts, made.cost_usd) == (True, (), 0.0)
    assert made.elapsed_seconds == 0.002
    assert made.model == kept.provenance.model
    assert again.what == kept.what
    assert again.spans() == kept.spans()
    assert type(again).model_validate_json(again.model_dump_json()) == again
