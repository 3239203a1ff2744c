"""Text as the scorer compares it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.text import best_dice, dice, holds, name, tokens


def test_tokens_are_folded_words_without_apostrophes() -> None:
    assert tokens("Putin’s “two-day” visit, ﬁrst of 2024_") == (
        "putins", "two", "day", "visit", "first", "of", "2024",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Kim Jong-un", "Kim Jong Un"),
        ("Mr. Putin’s", "putin"),
        ("the United States'", "United States"),
        ("U.S.", "US"),
        ("Dr. Ana Lopes", "ANA LOPES"),
        ("Zoë\u00a0Quinn", "Zoe\u0308 Quinn"),
    ],
)
def test_names_are_equal_in_spite_of_form(one: str, other: str) -> None:
    assert name(one) == name(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Kim Jong Un", "Kim Jong Il"), ("South Korea", "Korea"), ("Lopes", "Lopez"), ("Mr", "")],
)
def test_nothing_else_makes_names_equal(one: str, other: str) -> None:
    assert name(one) != name(other)


def test_phrases_are_found_as_whole_tokens_in_a_row() -> None:
    words = tokens("He did not visit North Korea.")
    assert holds(words, "north korea")
    assert holds(words, "Not visit")
    assert not holds(words, "korea north")
    assert not holds(words, "vis")
    assert not holds(words, "…")


def test_dice_is_twice_the_common_tokens_over_all() -> None:
    assert dice("a b c d", "a b c e") == 750
    assert dice("a a b", "a b") == 800
    assert dice("one", "two") == 0
    assert dice("…", "…") == 0


def test_best_dice_takes_the_best_pair() -> None:
    assert best_dice(["x", "a b"], ["a b c", "y"]) == 800
    assert best_dice([], ["a"]) == 0


@given(st.text(), st.text())
def test_dice_is_symmetric_and_within_bounds(one: str, other: str) -> None:
    assert dice(one, other) == dice(other, one)
    assert 0 <= dice(one, other) <= 1000
    if tokens(one):
        assert dice(one, one) == 1000


@given(st.text())
def test_tokens_and_names_do_not_change_when_read_again(text: str) -> None:
    assert tokens(" ".join(tokens(text))) == tokens(text)
