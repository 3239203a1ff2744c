"""Sentences and words of an article, where each begins and ends."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import quotations
from summarizer.engines.extractive import sentences
from summarizer.engines.extractive.tokens import tokenize
from tests.extractive_support import read


def split(text: str) -> list[str]:
    quoted = [(each.start, each.end) for each in quotations.find(text, [(0, len(text))])]
    return [text[each.start : each.end] for each in sentences.split(text, 0, len(text), quoted)]


@pytest.mark.parametrize(
    "text",
    [
        "The bridge fell. Nobody was hurt.",
        "Was it safe? Few thought so.",
        "It fell at 4 p.m. Police came at once.",
        "She lives in the U.S. The move came in May.",
        "Shares of Marlow Inc. The rise was its first.",
        "The answer is no. The mayor said so.",
        "He waited… Then the bridge fell.",
        "“It fell.” The mayor shook her head.",
        "It was plan B. The mayor had no other.",
        "It cost 3.5 million. That was too much.",
    ],
)
def test_a_full_stop_ends_a_sentence(text: str) -> None:
    assert len(split(text)) == 2
    assert " ".join(split(text)) == text


@pytest.mark.parametrize(
    "text",
    [
        "Mr. Lee met Gen. Berg in St. Ives.",
        "J. R. Smith was there, e.g. on Monday.",
        "The U.S. Geological Survey said so.",
        "It rose 3.5 percent to No. 4 in the list.",
        "Marlow Co. said that it had paid.",
        "The quake struck at 4 p.m. local time.",
        "“It fell. We ran. We are all safe,” she said.",
        "“Is it safe?” Maria Lopez asked.",
        "“Go!” he shouted.",
        "He waited ... and the bridge fell.",
    ],
)
def test_a_full_stop_that_ends_no_sentence(text: str) -> None:
    assert split(text) == [text]


def test_a_long_quotation_is_divided_like_other_text() -> None:
    text = "“" + " ".join(["The river rose above the road again."] * 30) + "”"
    assert len(split(text)) == 30


def test_a_headline_is_one_sentence() -> None:
    found = read("Bridge falls. Who is to blame?", "The footbridge over the Arle fell on Monday.")
    assert [sentence.text for sentence in found.sentences] == [
        "Bridge falls. Who is to blame?",
        "The footbridge over the Arle fell on Monday.",
    ]


def test_a_label_that_opens_a_paragraph_is_no_part_of_its_sentence() -> None:
    found = read("Details: The footbridge over the Arle fell on Monday, said police.")
    assert found.sentences[0].text.startswith("The footbridge")


def test_furniture_and_captions_hold_no_sentences() -> None:
    found = read(
        "Footbridge falls in Ostwick",
        "Photo: Ann Lee/AP",
        "The footbridge over the Arle fell on Monday, police said.",
        "Read more: Bridge repairs are late. Again.",
    )
    assert len(found.sentences) == 2


def test_words_have_offsets_and_a_form_without_possessive() -> None:
    tokens = tokenize("x Ann's U.S. co-op, 3.5m", 2, 24)
    assert [(t.text, t.low, t.possessive) for t in tokens] == [
        ("Ann's", "ann", True),
        ("U.S.", "u.s.", False),
        ("co-op", "co-op", False),
        (",", ",", False),
        ("3.5m", "3.5m", False),
    ]
    assert (tokens[0].start, tokens[0].bare_end, tokens[0].end) == (2, 5, 7)


@given(st.text(st.sampled_from('aB. "“”?!…,\n’1'), max_size=60))
def test_sentences_stand_in_order_and_leave_out_only_space(text: str) -> None:
    found = sentences.split(text, 0, len(text), [])
    assert all(one.end <= two.start for one, two in pairwise(found))
    kept = "".join(text[each.start : each.end] for each in found)
    assert "".join(kept.split()) == "".join(text.split())


@given(st.text(max_size=60))
def test_words_are_slices_in_order(text: str) -> None:
    found = tokenize(text, 0, len(text))
    assert all(text[token.start : token.end] == token.text for token in found)
    assert all(one.end <= two.start for one, two in pairwise(found))
