"""Signs: the quick look before a slow pattern misses no line."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer.layout import patterns

_ENDINGS = st.lists(
    st.sampled_from(
        "Photo: photograph by Courtesy of from / © ( ) [ ] . , ; - \u2013 | ! \u201d image picture "
        "Getty Images AP Photo Shutterstock iStock Alamy Unsplash Pexels Wikimedia Commons PA Wire "
        "PA Media via Reuters AFP/ EPA Jane Roe credit illustration screenshot Video graphic foto "
        "handout File Stock Archive Pictured submitted Supplied all rights reserved powered "
        "by x privacy policy terms of use 3 min read mins read contributed to this report cookie "
        "daily newsletter opens in a new tab window click here to".split(" ")
    )
).map(" ".join)


@settings(max_examples=400)
@given(_ENDINGS)
def test_each_ending_has_one_of_its_marks(line: str) -> None:
    for pattern, marks in (
        (patterns.CAPTION_END, patterns.CAPTION_MARKS),
        (patterns.FURNITURE_END, patterns.FURNITURE_MARKS),
    ):
        found = pattern.search(line)
        assert found is None or any(mark in found[0].casefold() for mark in marks)
