"""Facts about splitting overlapping marks."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from summarizer.render.segments import Mark, Segment, split

LENGTH = 30
marks = st.lists(
    st.builds(
        Mark,
        st.integers(-3, LENGTH + 3),
        st.integers(-3, LENGTH + 3),
        st.sampled_from("abcd"),
    ),
    max_size=8,
)


@given(marks, st.lists(st.integers(-2, LENGTH + 2), max_size=4))
def test_segments_cover_the_text_once_and_in_order(found: list[Mark], breaks: list[int]) -> None:
    segments = split(LENGTH, found, breaks=breaks)
    assert [segment.start for segment in segments] == [0, *(one.end for one in segments[:-1])]
    assert segments[-1].end == LENGTH
    assert {at for at in breaks if 0 < at < LENGTH} <= {segment.start for segment in segments}


@given(marks)
def test_each_code_point_has_exactly_the_keys_of_the_marks_on_it(found: list[Mark]) -> None:
    for segment in split(LENGTH, found):
        for at in range(segment.start, segment.end):
            on_it = [mark.key for mark in found if mark.start <= at < mark.end]
            assert list(segment.keys) == list(dict.fromkeys(on_it))


@given(marks)
def test_each_mark_is_opened_where_it_starts_and_nowhere_else(found: list[Mark]) -> None:
    opened = {(one.start, key) for one in split(LENGTH, found) for key in one.opened}
    assert opened == {
        (max(mark.start, 0), mark.key)
        for mark in found
        if max(mark.start, 0) < min(mark.end, LENGTH)
    }


def test_two_overlapping_marks_make_three_segments() -> None:
    assert split(10, [Mark(2, 6, "who-1"), Mark(4, 8, "what-1")]) == [
        Segment(0, 2),
        Segment(2, 4, ("who-1",), ("who-1",)),
        Segment(4, 6, ("who-1", "what-1"), ("what-1",)),
        Segment(6, 8, ("what-1",)),
        Segment(8, 10),
    ]


def test_an_empty_text_has_no_segment() -> None:
    assert split(0, [Mark(0, 3, "a")]) == []
