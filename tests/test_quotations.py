"""Direct quotations: what stands inside quotation marks."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import quotations


def quoted(text: str) -> list[str]:
    return [text[start:end] for start, end in quotations.find(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("He said “yes we can” twice.", ["yes we can"], id="curly"),
        pytest.param('He said "yes we can" twice.', ["yes we can"], id="straight"),
        pytest.param("He said ‘yes we can’ twice.", ["yes we can"], id="single"),
        pytest.param("He said 'yes we can' twice.", ["yes we can"], id="straight-single"),
        pytest.param("Er sagte „ja, gut“ und ging.", ["ja, gut"], id="german"),
        pytest.param("Er sagte ‚ja, gut‘ und ging.", ["ja, gut"], id="german-single"),
        pytest.param("Er sagte »ja, gut« und ging.", ["ja, gut"], id="german-books"),
        pytest.param("Il dit «\u00a0oui\u00a0» et part.", ["oui"], id="french"),
        pytest.param("Il dit «oui» et part.", ["oui"], id="swiss"),
        pytest.param("Han sade ”ja” och gick.", ["ja"], id="swedish"),
        pytest.param("Han sa »ja» ja.", ["ja"], id="finnish"),
        pytest.param('He said „yes” and “no" and "maybe”.', ["yes", "no", "maybe"], id="mixed"),
        pytest.param("“Call it ‘love’,” he said.", ["Call it ‘love’,"], id="nested"),
        pytest.param("‘Call it “love”,’ he said.", ["Call it “love”,"], id="nested-british"),
        pytest.param("“One,” he said, “two.”", ["One,", "two."], id="interrupted"),
        pytest.param("‘We’re here,’ he said.", ["We’re here,"], id="apostrophe"),
        pytest.param("He said 'it's over' and left", ["it's over"], id="straight-apostrophe"),
        pytest.param("(“in brackets”) — “dash”", ["in brackets", "dash"], id="brackets"),
        pytest.param('“One”“two” "three""four"', ["One", "two", "three", "four"], id="adjacent"),
        pytest.param("a “line\nbreak” inside", ["line\nbreak"], id="line-break"),
    ],
)
def test_the_words_inside_marks_of_every_kind_are_quotations(
    text: str, expected: list[str]
) -> None:
    assert quoted(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "The workers' rights and James' hat, don't they?",
        "Back in the '90s and rock 'n' roll for 'em",
        'A 6\'2" man with a 5" scar',
        'One mark " alone',
        '“” and "" and ‘’ and " "',
        "No marks at all",
        "",
    ],
)
def test_apostrophes_and_lone_marks_quote_nothing(text: str) -> None:
    assert quoted(text) == []


def test_an_elided_word_does_not_swallow_the_speech_after_it() -> None:
    assert quoted("'Tis done: “We must go,” the boys' club said.") == ["We must go,"]


def test_a_quotation_ends_with_its_paragraph() -> None:
    assert quoted("“Never closed.\n\nNot a quotation.") == []


def test_a_long_quotation_opens_each_of_its_paragraphs() -> None:
    text = "“First part.\n\n“Second part,” he said.\n\nNot quoted."
    assert quoted(text) == ["First part.", "Second part,"]


def test_given_paragraphs_are_the_limits() -> None:
    text = 'She said "no\nand left" then'
    assert [text[a:b] for a, b in quotations.find(text, [(0, len(text))])] == ["no\nand left"]
    assert quotations.find(text, [(0, 12), (13, len(text))]) == []
    assert quotations.find(text, []) == []


def test_offsets_refer_to_the_text() -> None:
    assert quotations.find("👩 «\u202foui\u202f»") == [(4, 7)]


@given(st.text(alphabet="ab .,\n\r“”„\"'‘’«»‚‹›é") | st.text())
def test_quotations_are_in_order_apart_and_without_outer_spaces(text: str) -> None:
    found = quotations.find(text)
    for start, end in found:
        assert 0 < start < end <= len(text)
        assert text[start:end] == text[start:end].strip()
    assert all(one.end < two.start for one, two in pairwise(found))


@given(
    st.text(alphabet="abc def", min_size=1).map(str.strip).filter(bool),
    st.sampled_from(["“”", '""', "„“", "«»", "‘’", "‹›"]),
)
def test_words_set_in_marks_are_a_quotation(words: str, marks: str) -> None:
    text = f"He said {marks[0]}{words}{marks[1]} and left."
    assert quoted(text) == [words]


@pytest.mark.parametrize(
    "unit", ['"', "“", "”", "«", "»", "‘a", "'a ", "„", ' "a\n\n', "\n\n", " \n", "a'b"]
)
def test_a_long_text_of_one_thing_takes_linear_time(unit: str) -> None:
    quotations.find(unit * (200_000 // len(unit)))
