"""Layout: what each paragraph of a pasted, scraped or exported article is."""

from __future__ import annotations

import datetime as dt

import pytest

from summarizer import layout
from summarizer.layout import Kind
from tests.layout_pages import (
    BODY,
    FIRST,
    HEADLINE,
    PAGE,
    SECOND,
    THIRD,
    above,
    at_foot,
    below_headline,
    kind_of,
    kinds,
    within,
)

# Headlines


def test_the_line_above_the_sentences_is_the_headline() -> None:
    read = layout.read(PAGE)
    assert kinds(PAGE) == {
        HEADLINE: Kind.HEADLINE,
        FIRST: Kind.BODY,
        SECOND: Kind.BODY,
        THIRD: Kind.BODY,
    }
    assert read.title == HEADLINE
    assert read.headline == read.blocks[0]


def test_a_repeated_headline_is_one_each_time() -> None:
    text = f"{HEADLINE}\n\nNews\n\n{HEADLINE}\n\n{BODY}\n"
    found = [block.kind for block in layout.read(text).blocks]
    assert found[:3] == [Kind.HEADLINE, Kind.FURNITURE, Kind.HEADLINE]
    assert layout.read(text).title == HEADLINE


@pytest.mark.parametrize("suffix", [" | The Brackwater Post", " - Brackwater Herald"])
def test_the_site_behind_a_headline_is_its_publisher(suffix: str) -> None:
    read = layout.read(f"{HEADLINE}{suffix}\n\n{BODY}\n")
    assert read.title == HEADLINE
    assert read.publisher == suffix.strip(" |-")


def test_a_dash_within_a_headline_sets_no_site_apart() -> None:
    title = "Ferry runs aground off Brackwater - all aboard are safe"
    read = layout.read(f"{title}\n\n{BODY}\n")
    assert (read.title, read.publisher) == (title, None)


def test_the_longer_of_two_headlines_shows_the_site() -> None:
    read = layout.read(f"{HEADLINE} – Coastline\n\n{HEADLINE}\n\n{BODY}\n")
    assert (read.title, read.publisher) == (HEADLINE, "Coastline")


def test_a_markdown_title_is_the_headline_without_its_mark() -> None:
    text = f"[Home](/) [News](/news)\n\n# {HEADLINE}\n\n{BODY}\n"
    assert kinds(text)[HEADLINE] is Kind.HEADLINE
    assert kinds(text)["[Home](/) [News](/news)"] is Kind.FURNITURE
    assert layout.read(text).title == HEADLINE


def test_a_text_of_sentences_alone_has_no_headline() -> None:
    read = layout.read(BODY)
    assert {block.kind for block in read.blocks} == {Kind.BODY}
    assert (read.headline, read.title) == (None, None)


def test_a_standfirst_stands_between_headline_and_byline() -> None:
    line = "Tug frees the ship at high tide after a night on the sand, with nobody hurt."
    text = f"{HEADLINE}\n\n{line}\n\nBy Ann Lee\n\n{BODY}\n"
    assert kind_of(line, text) is Kind.STANDFIRST
    assert kind_of("By Ann Lee", text) is Kind.BYLINE


# Datelines and the day of publication


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Monday, 17 June 2024, 14:44", "2024-06-17"),
        ("June 17, 2024", "2024-06-17"),
        ("2024-06-17", "2024-06-17"),
        ("2024-06-17T14:44:00Z", "2024-06-17"),
        ("17 June 2024 | 14:44 GMT", "2024-06-17"),
        ("Published: 17 June 2024 at 2:44 pm", "2024-06-17"),
        ("Published 17 June 2024, updated 18 June 2024", "2024-06-17"),
        ("By Ann Lee | Updated 17 June 2024 10:12 GMT", "2024-06-17"),
        ("Mon, Jun 17th 2024 14:44 BST • 3 min read", "2024-06-17"),
        ("Monday, 17 June", None),
    ],
)
def test_a_line_that_says_when_it_was_written_is_a_dateline(line: str, day: str | None) -> None:
    text = below_headline(line)
    assert kind_of(line, text) is Kind.DATELINE
    assert layout.read(text).published == (dt.date.fromisoformat(day) if day else None)


def test_a_line_at_the_foot_may_tell_the_day() -> None:
    read = layout.read(at_foot("Published 17 June 2024"))
    assert read.published == dt.date(2024, 6, 17)


def test_the_day_of_publication_goes_before_that_of_an_update() -> None:
    lines = "Last updated 19 June 2024\n\nPublished 17 June 2024"
    assert layout.read(below_headline(lines)).published == dt.date(2024, 6, 17)


def test_the_line_below_the_headline_goes_before_one_above_it() -> None:
    text = f"Wednesday, 19 June 2024\n\n{HEADLINE}\n\n17 June 2024\n\n{BODY}\n"
    assert layout.read(text).published == dt.date(2024, 6, 17)


def test_a_day_in_a_sentence_is_not_that_of_publication() -> None:
    sentence = "The ship was built in Leith and first sailed on 3 March 2009, its owner said."
    assert layout.read(within(sentence)).published is None


def test_a_wire_dateline_is_set_apart_from_its_sentence() -> None:
    text = f"{HEADLINE}\n\nBRACKWATER, England, June 17, 2024 (AP) — {BODY}\n"
    read = layout.read(text)
    found = kinds(text)
    assert found["BRACKWATER, England, June 17, 2024 (AP) —"] is Kind.DATELINE
    assert found[FIRST] is Kind.BODY
    assert read.published == dt.date(2024, 6, 17)


def test_a_wire_dateline_without_a_year_tells_no_day() -> None:
    read = layout.read(f"{HEADLINE}\n\nBRACKWATER, June 17 (AP) - {BODY}\n")
    assert Kind.DATELINE in {block.kind for block in read.blocks}
    assert read.published is None


def test_a_name_and_a_dash_are_no_dateline() -> None:
    text = f"{HEADLINE}\n\nBrackwater - The ferry that ran aground there sails again.\n\n{BODY}\n"
    assert Kind.DATELINE not in kinds(text).values()


# Bylines and captions


@pytest.mark.parametrize(
    "line",
    [
        "By Ann Lee",
        "BY ANN LEE AND TOM DE VRIES",
        "By Ann Lee, Transport Correspondent",
        "Ann Lee | Senior reporter",
        "Words: Ann Lee",
        "Reporting by Ann Lee; editing by Tom Berg",
        "By our staff reporter",
    ],
)
def test_a_byline_is_one(line: str) -> None:
    assert kind_of(line, below_headline(line)) is Kind.BYLINE


@pytest.mark.parametrize(
    "line",
    [
        "Photo: Ann Lee/AP",
        "The ferry on the sand at dawn. Photograph: Ann Lee/Getty Images",
        "The harbour at Brackwater (file photo)",
        "FILE PHOTO: The ferry leaves the harbour in May.",
        "Image caption, The ferry on the sand at dawn",
        "Tugs at work on Monday morning. (AP Photo/Ann Lee)",
    ],
)
def test_a_caption_or_credit_is_a_caption(line: str) -> None:
    text = within(line)
    assert kind_of(line, text) is Kind.CAPTION
    start = text.index(line)
    assert layout.read(text).is_furniture(start, start + len(line))


def test_a_line_that_announces_a_caption_makes_the_next_one_the_caption() -> None:
    text = within("Image caption,\n\nThe ferry lay on the sand until the tide rose at noon.")
    assert kind_of("The ferry lay on", text) is Kind.CAPTION


# Furniture


@pytest.mark.parametrize(
    "line",
    [
        "Home | News | Sport | Opinion | Subscribe",
        "Home > News > Europe",
        "English | Français | Deutsch",
        "Share this article",
        "Facebook Twitter WhatsApp Email",
        "Advertisement",
        "Article continues below",
        "Sign up for our daily newsletter",
        "Subscribe to read the full story",
        "We use cookies to improve your experience. Accept all",
        "Related article: Tug crews ask for higher pay",
        "Read more: Tug crews ask for higher pay",
        "[Tug crews ask for higher pay](https://coast.example/tugs)",
        "Follow us on Facebook and Instagram",
        "Tags: ferry, Brackwater, shipping",
        "© 2024 The Brackwater Post. All rights reserved.",
        "Original url: https://coast.example/ferry",
        "https://coast.example/ferry",
        "Listen to this article",
        "Join our WhatsApp channel",
        "This article was translated automatically.",
        "3 hours ago",
        "~ ~ ~",
    ],
)
def test_the_page_around_an_article_is_furniture_wherever_it_stands(line: str) -> None:
    for text in (above(line), within(line), at_foot(line)):
        assert kind_of(line, text) is Kind.FURNITURE, text


@pytest.mark.parametrize(
    "line",
    [
        "The company said that it would share the report with its passengers within a week.",
        "Advertisements for the crossing had promised calm seas and a hot breakfast for all.",
        "Subscribers to the line's messages were told of the delay shortly after five o'clock.",
        "By Monday evening the ship was back at its berth, and the line sailed as planned.",
        '"Read more books," the captain told the waiting passengers, who laughed.',
        "It was the third such accident off the coast in two years, the coastguard said.",
        "Home owners along the shore had heard the ship's horn since four in the morning.",
    ],
)
def test_a_sentence_that_begins_like_furniture_is_body(line: str) -> None:
    for text in (within(line), f"{HEADLINE}\n\n{FIRST}\n\n{SECOND}\n\n{line}\n"):
        assert kind_of(line, text) is Kind.BODY


def test_headlines_of_other_stories_after_the_article_are_furniture() -> None:
    others = ["Tug crews ask for higher pay", "Bridge closed for the summer", "Rain ends drought"]
    text = at_foot("Related stories", *others)
    assert {kind_of(line, text) for line in ("Related stories", *others)} == {Kind.FURNITURE}
    bare = at_foot(*others)
    assert {kind_of(line, bare) for line in others} == {Kind.FURNITURE}


def test_headlines_of_other_stories_amid_the_article_are_furniture() -> None:
    others = ["Tug Crews Ask for Higher Pay", "Bridge Closed for Summer", "Rain Ends the Drought"]
    text = within("\n\n".join(["Read more", *others]))
    assert {kind_of(line, text) for line in others} == {Kind.FURNITURE}
    assert kind_of(SECOND, text) is Kind.BODY


def test_a_news_list_with_clock_times_is_furniture() -> None:
    text = at_foot("14:05", "Tug crews ask for higher pay", "13:40", "Bridge closed for summer")
    assert kind_of("14:05", text) is Kind.FURNITURE
    assert kind_of("Bridge closed", text) is Kind.FURNITURE


def test_readers_comments_are_no_part_of_the_article() -> None:
    comment = "I was on that ferry and the crew were wonderful from beginning to end, thank you."
    text = at_foot("Comments (2)", comment, "Same here, never again though, too much fog.")
    assert kind_of(comment, text) is Kind.FURNITURE
    assert kind_of(THIRD, text) is Kind.BODY


def test_a_plea_at_the_foot_is_furniture_and_one_that_is_quoted_is_body() -> None:
    plea = "If our reporting helps you, tell us and think about a donation to keep it free."
    assert kind_of(plea, at_foot(plea)) is Kind.FURNITURE
    quoted = '"Write to us if you were on board," the harbour master told your newspaper.'
    assert kind_of(quoted, at_foot(quoted)) is Kind.BODY


def test_a_line_about_the_author_is_furniture_at_the_foot_only() -> None:
    line = "Ann Lee is a reporter who covers shipping."
    assert kind_of(line, at_foot(line)) is Kind.FURNITURE
    assert kind_of(line, within(line)) is Kind.BODY


def test_what_begins_with_the_authors_name_at_the_foot_is_furniture() -> None:
    line = "Ann Lee has been at sea for most of her life and keeps two dogs in Brackwater."
    text = f"{HEADLINE}\n\nBy Ann Lee\n\n{BODY}\n\n{line}\n"
    assert kind_of(line, text) is Kind.FURNITURE


def test_an_article_of_nothing_but_furniture_is_not_emptied() -> None:
    text = "Tug crews ask for pay\n\nBridge closed for the summer\n\nRain ends the drought\n"
    assert Kind.BODY in kinds(text).values()


# Body


def test_bullets_under_a_heading_are_body() -> None:
    text = at_foot(
        "Background:",
        "• The ferry was built in 1998 and can carry 300 people",
        "• It last ran aground in 2011, off the same cape",
    )
    assert kind_of("Background:", text) is Kind.HEADING
    assert kind_of("The ferry was built in 1998", text) is Kind.BODY
    assert kind_of("It last ran aground", text) is Kind.BODY


def test_a_bullet_stands_outside_its_block() -> None:
    text = within("- The ferry was built in 1998 and can carry 300 people.")
    assert "The ferry was built in 1998 and can carry 300 people." in kinds(text)


@pytest.mark.parametrize(
    "line", ["What we know", "Background", "Why it matters", "## A long night", "The ship:"]
)
def test_a_heading_amid_the_sentences_is_a_heading(line: str) -> None:
    assert kind_of(line.lstrip("# "), within(line)) is Kind.HEADING


def test_a_short_sentence_after_the_long_ones_is_body() -> None:
    text = at_foot("Nobody was hurt.")
    assert kind_of("Nobody was hurt.", text) is Kind.BODY


def test_a_question_amid_the_sentences_is_body_or_a_heading() -> None:
    assert kind_of("What went wrong?", within("What went wrong?")) is not Kind.FURNITURE
