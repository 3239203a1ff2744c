"""Facts about what the renderers do with characters that may mislead."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer.render.characters import escaped_json, line, shown, width, wrapped

CONTROLS = [chr(code) for code in (*range(0x20), *range(0x7F, 0xA0))]
BIDI = list("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u206a\u206f\ufff9")
UNSEEN = list("\u200b\u200e\u200f\u061c\u2060\ufeff\xad\u034f\u3164\U000e0041\U000e0100")

#: Any text at all, rich in what this is about.
texts = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"]),
        st.sampled_from([*CONTROLS, *BIDI, *UNSEEN, "\u200c", "\u200d", "\ufe0f", " ", "漢", "ب"]),
    ),
    max_size=40,
)


@given(texts)
def test_a_line_holds_no_control_no_reordering_and_no_unseen_character(text: str) -> None:
    assert set(line(text)).isdisjoint([*CONTROLS, *BIDI, *UNSEEN, "\u2028", "\u2029"])


@given(texts)
def test_a_line_made_twice_is_the_same(text: str) -> None:
    assert line(line(text)) == line(text)


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=40))
def test_a_line_keeps_words_as_they_are(text: str) -> None:
    kept = "".join(one for one in text if one not in UNSEEN and not 0xFFF0 <= ord(one) <= 0xFFFB)
    if not set(text) & set("\u115f\u1160\u3164\uffa0"):
        assert line(text).replace("\ufffd", "") == kept.replace("\ufffd", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\x1b[31mb", "a␛[31mb"),
        ("a\x00\x7f\x9bb", "a␀␡\ufffdb"),
        ("one\r\n  two\tthree\u2028four", "one two three four"),
        ("\u202eevil\u202c", "evil"),
        ("pay\u200bpal\u200d \ufefftwo", "paypal two"),
        ("\udcff", "\ufffd"),
    ],
)
def test_what_a_line_makes_of_tricks(text: str, expected: str) -> None:
    assert line(text) == expected


@pytest.mark.parametrize(
    "text",
    ["می‌خواهم", "क्‍ष", "👩‍👩‍👧", "❤️‍🔥", "❤️", "👍🏽", "naïve café"],
    ids=["persian", "devanagari", "family", "burning-heart", "heart", "skin-tone", "combining"],
)
def test_a_line_keeps_what_a_script_or_an_emoji_needs(text: str) -> None:
    assert line(text) == text


@given(texts)
def test_shown_keeps_every_offset(text: str) -> None:
    visible = shown(text)
    assert len(visible) == len(text)
    for before, after in zip(text, visible, strict=True):
        hidden = before in [*CONTROLS, *BIDI] and before not in "\t\n\r"
        assert (after != before) == hidden


@given(st.text(st.characters(exclude_categories=["C"]) | st.sampled_from("\t\n\r")))
def test_shown_changes_nothing_in_ordinary_text(text: str) -> None:
    assert shown(text) == text


@given(texts)
def test_escaped_json_means_the_same_and_cannot_act(text: str) -> None:
    document = escaped_json(json.dumps({"text": text}, ensure_ascii=False))
    assert json.loads(document) == {"text": text}
    assert set(document).isdisjoint([*CONTROLS, *BIDI, *UNSEEN, "\u2028", "\u2029"])


@pytest.mark.parametrize(
    ("text", "cells"),
    [("", 0), ("abc", 3), ("漢字", 4), ("e\u0301", 1), ("سلام", 4), ("ｗ", 2)],
)
def test_width_counts_terminal_cells(text: str, cells: int) -> None:
    assert width(text) == cells


words = st.lists(st.text("ab漢字é\u0301", min_size=1, max_size=30), max_size=12)


@given(words, st.integers(min_value=2, max_value=30))
def test_wrapping_loses_only_spaces_and_keeps_to_the_width(parts: list[str], cells: int) -> None:
    text = line(" ".join(parts))
    lines = [text[start:end] for start, end in wrapped(text, cells)]
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(width(one) <= cells for one in lines)


@given(words, st.integers(min_value=2, max_value=30))
def test_wrapping_never_parts_a_mark_from_its_letter(parts: list[str], cells: int) -> None:
    text = line("x" + " x".join(parts))
    for start, _ in wrapped(text, cells):
        assert not unicodedata.combining(text[start])


def test_wrapping_breaks_at_spaces_where_it_can() -> None:
    text = "the council voted to close the bridge"
    lines = [text[start:end] for start, end in wrapped(text, 12)]
    assert lines == ["the council", "voted to", "close the", "bridge"]


def test_an_empty_text_is_one_empty_line() -> None:
    assert wrapped("", 10) == [(0, 0)]
