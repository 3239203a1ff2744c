"""Layout: where paragraphs begin and end, what a text says of itself, and ranges."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import layout
from summarizer.layout import Kind
from tests.layout_pages import FIRST, HEADLINE, PAGE, SECOND, THIRD, at_foot, kinds, within

# Lines and paragraphs


def test_lines_wrapped_at_a_width_are_one_paragraph() -> None:
    wrapped = (
        f"{HEADLINE}\n\n"
        "A ferry with 84 people aboard ran aground off Brackwater early on\n"
        "Monday, police said. Nobody was hurt, and a tug pulled the ship free at\n"
        "high tide, the harbour master said. The line's owner said that it would\n"
        "look into why the ship had left its usual channel.\n"
    )
    blocks = layout.read(wrapped).blocks
    assert [block.kind for block in blocks] == [Kind.HEADLINE, Kind.BODY]
    assert wrapped[blocks[1].start : blocks[1].end].count("\n") == 3


def test_lines_of_one_paragraph_each_stay_apart() -> None:
    text = f"{HEADLINE}\n{FIRST}\n{SECOND}\n{THIRD}\n"
    assert list(kinds(text)) == [HEADLINE, FIRST, SECOND, THIRD]


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\x85", "\u2028"])
def test_any_line_ending_ends_a_line(ending: str) -> None:
    text = PAGE.replace("\n", ending)
    assert list(kinds(text)) == list(kinds(PAGE))


def test_a_sentence_broken_off_by_a_blank_line_goes_on_behind_it() -> None:
    text = (
        f"{HEADLINE}\n\nA ferry with 84 people aboard ran aground off the\n\n"
        f"coast of Brackwater early on Monday, police said.\n\n{SECOND}\n\n{THIRD}\n"
    )
    assert len(layout.read(text).blocks) == 4


def test_one_line_is_one_block() -> None:
    text = f"{FIRST} {SECOND} {THIRD}"
    (block,) = layout.read(text).blocks
    assert (block.start, block.end, block.kind) == (0, len(text), Kind.BODY)


def test_emphasis_and_links_do_not_change_what_a_line_is() -> None:
    text = f"**{HEADLINE}**\n\n*By Ann Lee*\n\n{FIRST} See [the map](/map) for more of it.\n"
    assert list(kinds(text).values()) == [Kind.HEADLINE, Kind.BYLINE, Kind.BODY]
    assert layout.read(text).title == HEADLINE


def test_a_text_without_words_has_no_blocks_of_the_article() -> None:
    assert layout.read("").blocks == ()
    assert layout.read(" \n\n\t\n").blocks == ()
    assert {block.kind for block in layout.read("***\n\n---\n").blocks} <= {Kind.FURNITURE}


# Facts


def test_the_holder_of_the_copyright_is_the_publisher() -> None:
    text = at_foot("© 2024 The Brackwater Post Ltd. All rights reserved.")
    assert layout.read(text).publisher == "The Brackwater Post"


def test_a_labelled_address_is_the_articles_own() -> None:
    line = "Original url: https://coast.example/ferry?id=3."
    assert layout.read(at_foot(line)).url == "https://coast.example/ferry?id=3"
    following = at_foot("Source:", "https://coast.example/ferry")
    assert layout.read(following).url == "https://coast.example/ferry"


def test_an_address_without_a_label_is_not_the_articles() -> None:
    assert layout.read(within("https://coast.example/ferry")).url is None


def test_nothing_is_said_of_facts_that_the_text_leaves_out() -> None:
    read = layout.read(PAGE)
    assert (read.publisher, read.published, read.url) == (None, None, None)


# Ranges


def test_a_range_is_furniture_only_if_all_of_it_is() -> None:
    text = at_foot("Share this article", "© 2024 The Brackwater Post")
    read = layout.read(text)
    share, end = text.index("Share"), text.index("© 2024")
    assert read.is_furniture(share, share + 5)
    assert read.is_furniture(share, end + 6)
    assert not read.is_furniture(text.index(THIRD), end)
    assert not read.is_furniture(0, 5)
    assert not read.is_furniture(len(HEADLINE), len(HEADLINE) + 2)


def test_between_blocks_there_is_none() -> None:
    read = layout.read(PAGE)
    assert read.block_at(0) == read.blocks[0]
    assert read.block_at(len(HEADLINE)) is None
    assert read.block_at(len(PAGE) + 10) is None


_LINES = (HEADLINE, FIRST, SECOND, "By Ann Lee", "17 June 2024", "Share", "Comments", "14:05")
_MARKS = ("• ", "# ", "> ", "**", "[a](b)", "PARIS (AP) - ", "Photo: X", "\n", "\n\n", "\r\n")
_PIECES = st.lists(st.sampled_from(_LINES + _MARKS) | st.text(max_size=20), max_size=25)


@given(_PIECES.map("".join))
def test_blocks_stand_in_order_within_any_text_and_none_is_blank(text: str) -> None:
    read = layout.read(text)
    for block in read.blocks:
        assert 0 <= block.start < block.end <= len(text)
        assert text[block.start : block.end].strip()
        assert read.block_at(block.start) == block
    assert all(one.end <= two.start for one, two in pairwise(read.blocks))


@given(_PIECES.map("".join))
def test_every_letter_is_in_a_block(text: str) -> None:
    covered = {place for b in layout.read(text).blocks for place in range(b.start, b.end)}
    missed = {c for place, c in enumerate(text) if c.isalpha() and place not in covered}
    assert not missed


def test_a_long_text_is_read_through() -> None:
    text = PAGE + "\n\n".join([SECOND] * 10_000)
    read = layout.read(text)
    assert len(read.blocks) == 10_004
    one_line = FIRST + " " + " ".join([SECOND] * 10_000)
    assert len(layout.read(one_line).blocks) == 1
