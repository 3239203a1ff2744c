"""Items of a Draft, read while its JSON is being written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarizer.draft import Draft, DraftItem
from summarizer.engines.openai import answers
from summarizer.engines.openai.increments import CONTENT, Items, Reader
from tests.openai_support import DRAFT

TEXT = DRAFT.model_dump_json()

words = st.text(
    st.characters(codec="utf-8") | st.sampled_from('{}[]":,\\/<>`\n\t\U0001f600'),
    max_size=20,
)
evidence = st.lists(words, max_size=2)


def _items(**fields: Any) -> Any:
    return st.lists(st.fixed_dictionaries({"evidence": evidence, **fields}), max_size=3)


maybe = st.none() | words
drafts = st.fixed_dictionaries(
    {
        "what": st.none() | st.fixed_dictionaries({"evidence": evidence, "statement": words}),
        "who": _items(name=words, kind=st.sampled_from(["person", "group"]), role=maybe),
        "where": _items(name=words, country=maybe),
        "when": _items(text=words, date=maybe, event=words),
        "reactions": _items(speaker=words, quote=maybe, statement=words, stance=st.just("neutral")),
        "background": _items(statement=words, date=maybe),
    }
).map(Draft.model_validate)
forms = st.fixed_dictionaries(
    {"ensure_ascii": st.booleans(), "indent": st.sampled_from([None, 2, "\t"])}
)


def cut(text: str, data: st.DataObject) -> list[str]:
    """The text in pieces, cut at borders that hypothesis draws."""
    borders = data.draw(st.lists(st.integers(0, len(text)), max_size=12).map(sorted))
    size = data.draw(st.sampled_from([1, 3, 50, len(text) + 1]))
    pieces = [text[a:b] for a, b in zip([0, *borders], [*borders, len(text)], strict=True)]
    return [piece[at : at + size] for piece in pieces for at in range(0, len(piece), size)]


def read(pieces: Sequence[str]) -> list[tuple[str, DraftItem]]:
    reader = Reader()
    return [found for piece in pieces for found in reader.feed(piece)]


def items(draft: Draft) -> list[tuple[str, DraftItem]]:
    """The items of a Draft in the order of its fields."""
    found: list[tuple[str, DraftItem]] = []
    for field in Draft.model_fields:
        value = getattr(draft, field)
        listed = value if isinstance(value, list) else [value]
        found += [(field, item) for item in listed if item is not None]
    return found


@given(drafts, forms, words, words, st.data())
def test_the_items_of_any_draft_are_given_once_and_in_order(
    draft: Draft, form: dict[str, Any], before: str, after: str, data: st.DataObject
) -> None:
    text = json.dumps(draft.model_dump(mode="json"), **form)
    before, after = (part.translate({ord("{"): "(", ord("<"): "("}) for part in (before, after))
    whole = before + text + after
    assert answers.draft(answers.Answer(content=whole)) == draft
    assert read(cut(whole, data)) == items(draft)


@given(drafts)
def test_an_item_is_given_with_its_last_character(draft: Draft) -> None:
    text = draft.model_dump_json()
    reader, seen = Reader(), ""
    for char in text:
        seen += char
        for _, item in reader.feed(char):
            assert seen.endswith(item.model_dump_json())


@pytest.mark.parametrize(
    "text",
    [
        f"```json\n{TEXT}\n```",
        f"<think>\n{TEXT} is no answer yet, {{name}} is missing\n</think>\n{TEXT}",
        f"so the form is {{...}}\n</think>{TEXT}",
        f"<THINKING>{TEXT}</THINKING>{TEXT}",
        f"Sure {{as asked}}: {TEXT} That is all {{I hope}}.",
        f'"{{" {TEXT}',
        f'{{ "{TEXT}',
        f'{{"what"{TEXT}',
        f'{{"mood": 1}} {TEXT}',
        f"{{{{{{{TEXT}",
        f"< {{ <thin {TEXT}",
        f"\ufeff{TEXT}",
    ],
)
@pytest.mark.parametrize("size", [1, 2, 7, 10_000])
def test_what_stands_around_a_draft_is_passed_over(text: str, size: int) -> None:
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    assert read(pieces) == items(DRAFT)


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5])
def test_an_escape_may_be_cut_anywhere(size: int) -> None:
    statement = 'a "quote\\" of \U0001f600, {[ and \\\\'
    what = {"evidence": ["\U0001f600\\"], "statement": statement}
    text = json.dumps({"what": what})
    assert "\\ud83d\\ude00" in text
    pieces = [text[at : at + size] for at in range(0, len(text), size)]
    ((field, item),) = read(pieces)
    assert (field, item.model_dump()) == ("what", what)


def test_items_before_a_break_are_given() -> None:
    end = TEXT.index('"who"')
    assert read([TEXT[:end]]) == [("what", DRAFT.what)]


@pytest.mark.parametrize(
    "text",
    [
        '{"what": 1}',
        '{"what": nul}',
        '{"what": {"evidence": [], "statement": 1}}',
        '{"what": {"evidence": [], "statement": "s", "mood": 1}}',
        '{"what": {"evidence": [], "statement": "\\ud800"}}',
        '{"what": {"evidence": [}, "statement": "s"}}',
        '{"who": {"evidence": []}}',
        '{"who": [null]}',
        '{"WHAT": {"evidence": [], "statement": "s"}}',
        '{"mood": {"evidence": [], "statement": "s"}}',
        '<think>{"what": {"evidence": [], "statement": "s"}}',
    ],
)
def test_what_is_no_item_of_a_draft_is_not_given(text: str) -> None:
    assert read(list(text)) == []
    assert read([*text, " ", TEXT]) == ([] if text.startswith("<") else items(DRAFT))


@given(st.lists(words | st.sampled_from(['{"what":', "null,", '"who"', ":[{", "}]", '"', "\\"])))
@example(['{"what":'] * 20_000)
@example(['{"who":[{' + "[" * 20_000])
@example(["{"] * 20_000)
@example(["<"] * 20_000)
@example([" "] * 20_000)
@example(['{"what":' + " " * 20_000])
@example(['{"what":{"', *["\\"] * 20_001])
@example(["\ud800", "\udc00", '{"what": {"evidence": [], "statement": "', "\ud800", '"}}'])
def test_rubbish_raises_nothing_and_little_of_it_is_kept(pieces: list[str]) -> None:
    reader = Reader()
    for piece in pieces:
        reader.feed(piece)
    assert len(reader._held) <= 160


def test_an_item_without_an_end_is_not_kept() -> None:
    reader = Reader()
    for piece in ['{"what": {"evidence": ["', *["words " * 1000] * 100]:
        reader.feed(piece)
    assert sum(map(len, reader._item)) <= 100_000


def test_the_first_call_with_an_item_is_followed() -> None:
    given: list[tuple[str, DraftItem]] = []
    reader = Items(lambda field, item: given.append((field, item)))
    reader.feed(CONTENT, 'I call {"what": ')
    for piece in TEXT:
        for call in (0, 1):
            reader.feed(call, piece)
    reader.feed(CONTENT, TEXT)
    assert given == items(DRAFT)


def test_many_calls_are_not_all_followed() -> None:
    given: list[DraftItem] = []
    reader = Items(lambda _, item: given.append(item))
    for call in range(1000):
        reader.feed(call, '{"what": ')
    assert len(reader._readers) < 10
    reader.feed(999, '{"evidence": [], "statement": "s"}')
    assert given == []


def test_what_the_taker_raises_passes_through() -> None:
    def refuse(_field: str, _item: DraftItem) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        Items(refuse).feed(CONTENT, TEXT)
