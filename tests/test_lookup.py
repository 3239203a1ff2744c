"""Words of a text and their places, as a look at every word in turn finds them."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from summarizer import lookup

_PARTS = st.sampled_from(
    "May may MAY maybe a A an day Sunday K k - ' 4 _ \n \u0130 \u0131 \u017f \u212a \xe9".split(" ")
)
_TEXTS = st.lists(_PARTS | st.just(" ")).map("".join) | st.text()


@given(_TEXTS)
def test_words_are_the_runs_of_plain_letters(text: str) -> None:
    assert lookup.words_of(text).words == {w.lower() for w in re.findall("[A-Za-z]+", text)}


@given(_TEXTS)
def test_each_word_is_found_wherever_it_stands(text: str) -> None:
    known = lookup.words_of(text)
    for word in known.words | {"day", "a"}:
        runs = re.finditer("[A-Za-z]+", text)
        assert list(known.places(word)) == [m.span() for m in runs if m[0].lower() == word]
