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


@given(
    st.lists(
        st.sampled_from(
            "Ann Lee of AP contributed to this report story ConTrIbUTED \u0131 please PLEASE "
            "consider think about becoming supporting . journalism costs \u017f \u0130".split(" ")
        )
    ).map(" ".join)
)
def test_no_furniture_known_by_its_middle_is_without_its_marks(line: str) -> None:
    if patterns.FURNITURE_AMID.match(line):
        assert any(mark in line.casefold() for mark in patterns.FURNITURE_AMID_MARKS)
