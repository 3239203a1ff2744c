"""Spans: a quotation is found to the code point, or not at all."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from summarizer import spans
from summarizer.spans import Folded, Hit, fold, words

NFD: Final = "NFD"
#: What may stand around a quotation: spaces of every kind, and marks that are left out.
BLANK = "".join(filter(str.isspace, map(chr, range(0x3001)))) + "\u00ad\u200b\u2060\ufeff"


def hits(text: str, quote: str) -> list[Hit]:
    """The hits of a quotation, each checked against what every hit promises."""
    found = list(Folded.of(text).find(quote))
    for hit in found:
        here = text[hit.start : hit.end]
        assert fold(here) == fold(quote.strip(BLANK))
        assert (hit.match == "exact") == (here == quote.strip(BLANK))
    assert all(one.end <= two.start for one, two in pairwise(found))
    return found


def found(text: str, quote: str) -> list[str]:
    return [text[hit.start : hit.end] for hit in hits(text, quote)]


def names(text: str, name: str) -> list[str]:
    return [text[hit.start : hit.end] for hit in Folded.of(text).names(name)]


# What is one quotation


def test_a_verbatim_quotation_is_exact() -> None:
    text = "The vote was held. The vote was close."
    assert hits(text, "The vote was close") == [Hit(19, 37, "exact")]


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        pytest.param("he said “we won’t go” twice", 'said "we won\'t go" twice', id="curly-text"),
        pytest.param('he said "we won\'t go" twice', "said “we won’t go” twice", id="curly-quote"),
        pytest.param("er sagte „wir gehen“ und ging", 'sagte "wir gehen" und', id="german"),
        pytest.param("er sagte „wir gehen“ und ging", "sagte “wir gehen” und", id="german-english"),
        pytest.param("er sagte ‚wir gehen‘ und ging", "sagte 'wir gehen' und", id="german-single"),
        pytest.param("er sagte »wir gehen« und ging", 'sagte "wir gehen" und', id="german-books"),
        pytest.param("il dit «\u00a0on part\u00a0» et", 'dit "on part" et', id="french"),
        pytest.param("il dit «\u202fon part\u202f».", 'il dit "on part".', id="french-narrow"),
        pytest.param('il dit "on part" et part', "dit « on part » et", id="french-quote"),
        pytest.param("(« on part », dit-il)", '("on part", dit-il)', id="french-in-brackets"),
        pytest.param("il dit «on part» et part", "dit « on part » et", id="swiss"),
        pytest.param("han sade ”vi går” och gick", 'sade "vi går" och', id="swedish"),
        pytest.param("he said ``we go'' and went", 'said "we go" and', id="latex"),
        pytest.param("a long\nwrapped line of text", "long wrapped line", id="line-break"),
        pytest.param("a long\r\nwrapped line", "long wrapped line", id="crlf"),
        pytest.param("one end\n\nand a beginning", "end and a beginning", id="paragraphs"),
        pytest.param("two  spaces   and\tmore", "two spaces and more", id="double-spaces"),
        pytest.param("two spaces and more", "two \n spaces\u3000and", id="spaces-in-the-quote"),
        pytest.param("50\u00a0000 people came", "50 000 people came", id="no-break-space"),
        pytest.param("a non\u2011violent march", "a non-violent march", id="U+2011"),
        pytest.param("a non-violent march", "a non\u2010violent march", id="U+2010"),
        pytest.param("peace—at last—came", "peace--at last--came", id="double-hyphens"),
        pytest.param("peace – at last – came", "peace — at last — came", id="dashes"),
        pytest.param("minus \u22125 degrees", "minus -5 degrees", id="minus"),
        pytest.param("the co\u00adoper\u00adation ends", "the cooperation ends", id="soft-hyphen"),
        pytest.param("the cooperation ends", "the co\u00adoperation ends", id="soft-hyphen-quote"),
        pytest.param("the co\u00ad\noperation", "the co operation", id="soft-hyphen-at-line-end"),
        pytest.param("zero\u200bwidth space here", "zerowidth space here", id="zero-width-space"),
        pytest.param("\ufeffThe first word", "The first word", id="byte-order-mark"),
        pytest.param("we wait… and wait", "we wait... and wait", id="ellipsis"),
        pytest.param("we wait . . . and wait", "we wait ... and wait", id="spaced-ellipsis"),
        pytest.param("we wait... and wait", "we wait… and wait", id="ellipsis-quote"),
        pytest.param("the cafe\u0301 in Ko\u0308ln is", "café in Köln", id="NFD-text"),
        pytest.param("the café in Köln is", "cafe\u0301 in Ko\u0308ln", id="NFD-quote"),
        pytest.param("so 1 \u212b wide", "so 1 \u00c5 wide", id="singleton"),
        pytest.param("북한 방문", unicodedata.normalize(NFD, "북한 방문"), id="hangul"),
    ],
)
def test_typographic_differences_are_one_quotation(text: str, quote: str) -> None:
    (hit,) = hits(text, quote)
    if quote in text and not text.startswith("\ufeff"):
        pytest.fail("the case shows no difference")
    assert hit.match == ("exact" if quote in text else "typographic")


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        pytest.param("He will not approve the deal", "He will approve the deal", id="not-dropped"),
        pytest.param("He will approve the deal", "He will not approve the deal", id="not-added"),
        pytest.param("They never met in person", "They met in person", id="never-dropped"),
        pytest.param("They can meet in June", "They can't meet in June", id="contraction-added"),
        pytest.param("They can't meet in June", "They can meet in June", id="contraction-dropped"),
        pytest.param("killed 25 people there", "killed 26 people there", id="digit"),
        pytest.param("killed 25 people there", "killed 2.5 people there", id="point"),
        pytest.param("killed 1,000 people", "killed 1000 people", id="separator"),
        pytest.param("a rise of 5 per cent", "a rise of 5 percent", id="spelling"),
        pytest.param("The minister resigned", "The prime minister resigned", id="word-added"),
        pytest.param("The Minister resigned", "The minister resigned", id="case"),
        pytest.param("The ﬁne was small", "The fine was small", id="ligature"),
        pytest.param("résumé was read out", "resume was read out", id="accent"),
        pytest.param("We will fight and win", "We will … win", id="elision"),
        pytest.param("Rain fell on the town", "The mayor opened a new bridge", id="invented"),
        pytest.param("One two three", "three two One", id="order"),
        pytest.param("the U.N. voted today", "the UN voted today", id="full-stops"),
    ],
)
def test_any_other_difference_is_no_quotation(text: str, quote: str) -> None:
    assert found(text, quote) == []


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        pytest.param("They cannot approve it", "not approve it", id="cannot"),
        pytest.param("They can\u00adnot approve it", "not approve it", id="cannot-soft-hyphen"),
        pytest.param("a non-violent march began", "violent march began", id="non-violent"),
        pytest.param("a non\u2011violent march began", "violent march began", id="U+2011"),
        pytest.param("a non\u00adviolent march began", "violent march began", id="soft-hyphen"),
        pytest.param("say they didn't do it", "say they did", id="didn't"),
        pytest.param("say they didn’t do it", "say they did", id="didn’t"),
        pytest.param("say they didn't do it", "say they didn", id="didn"),
        pytest.param("yes they can`t go", "yes they can", id="can`t"),
        pytest.param("yes they can´t go", "yes they can", id="can´t"),
        pytest.param("yes they can\u2032t go", "yes they can", id="prime"),
        pytest.param("yes they can\u00ad't go", "yes they can", id="can't-soft-hyphen"),
        pytest.param("met the friend of Kim's aunt", "the friend of Kim", id="possessive"),
        pytest.param("about 1.5 million people", "5 million people", id="decimals"),
        pytest.param("about 1,500 people came", "500 people came", id="thousands"),
        pytest.param("about 1\u202f200\u202f000 people", "200 000 people", id="narrow-spaces"),
        pytest.param("it cost about $1.50 then", "it cost about $1", id="price"),
        pytest.param("it cost about 15 dollars", "it cost about 1", id="digits"),
        pytest.param("it fell to -5 degrees", "5 degrees", id="sign"),
        pytest.param("it fell to \u22125 degrees", "5 degrees", id="minus-sign"),
        pytest.param("about 1/2 of them left", "2 of them left", id="fraction"),
        pytest.param("left at 14:10 on Monday", "10 on Monday", id="time"),
        pytest.param("in the 2023–24 season", "24 season", id="range"),
        pytest.param("the U.S. is out", "S. is out", id="abbreviation"),
        pytest.param("the naïve man went", "the naï", id="inside-a-word"),
        pytest.param("the cafe\u0301s were full", "the café", id="plural-of-NFD"),
        pytest.param("the cafe\u0301 was full", "the cafe", id="letter-without-its-mark"),
        pytest.param("यह क्या है", "यह क", id="letter-without-its-vowel"),
        pytest.param("می\u200cخواهم بروم", "می", id="non-joiner"),
        pytest.param("👩\u200d🚀 flew", "👩", id="emoji-of-two"),
        pytest.param("👍🏽 he wrote", "👍", id="emoji-without-its-skin"),
        pytest.param("wait… for it", "wait.", id="part-of-an-ellipsis"),
    ],
)
def test_a_quotation_begins_and_ends_with_whole_words_and_numbers(text: str, quote: str) -> None:
    assert found(text, quote) == []


@pytest.mark.parametrize(
    ("text", "quote"),
    [
        ("“We go,” he said.", "We go"),
        ("peace—at last—came", "at last"),
        ("said (in June) that", "in June"),
        ("so it ended.Next day", "Next day"),
        ("costs $5, not more", "costs $5"),
        ("at 5. Then it rained", "at 5"),
        ("Friday–Sunday is off", "Friday"),
        ("the boys' club met", "the boys"),
        ("either/or is no choice", "or is no choice"),
        ("from 24 300 people left", "300 people left"),
        ("日本は核実験を非難した", "核実験を非難"),
        ("ไทยประกาศวันหยุด", "ประกาศ"),
    ],
)
def test_marks_around_a_quotation_are_borders(text: str, quote: str) -> None:
    assert found(text, quote) == [quote]


def test_every_place_is_found_in_order() -> None:
    text = "No deal. “No  deal.” No deal-maker. NO DEAL. no deal No\ndeal"
    assert found(text, "No deal") == ["No deal", "No  deal", "No\ndeal"]


def test_a_replaced_run_is_taken_whole() -> None:
    text = "the «\u00a0big\u00a0» day - - it  ended"
    assert found(text, '"big" day') == ["«\u00a0big\u00a0» day"]
    assert found(text, "big") == ["big"]
    assert found(text, "it ended") == ["it  ended"]


@pytest.mark.parametrize("quote", ["", " ", "\n\t", "\u00ad", "\u200b\ufeff", "\u00ad \u00ad"])
def test_nothing_is_found_nowhere(quote: str) -> None:
    assert found("some text", quote) == []
    assert found("", quote) == []
    assert names("some text", quote) == []


@pytest.mark.parametrize(
    "text", ["", "a", "a b", "\u0301", "\u0301\u0301", "\u00ad", "\ud800", "…"]
)
def test_short_and_strange_texts_are_no_trouble(text: str) -> None:
    for quote in (text, "a", "\u0301", "\ud800 x", "a b c" * 100):
        hits(text, quote)
        names(text, quote)


# Names


@pytest.mark.parametrize(
    ("text", "name", "expected"),
    [
        ("Ohio's governor left Ohio-based firms", "Ohio", ["Ohio", "Ohio"]),
        ("Ohio’s governor", "Ohio’s", ["Ohio"]),
        ("the workers’ rights", "workers'", ["workers"]),
        ("anti-Kim leaflets", "Kim", ["Kim"]),
        ("Kimberley left", "Kim", []),
        ("The Kremlin said; the Kremlin knew", "the Kremlin", ["Kremlin", "Kremlin"]),
        ("Foreign Ministry; the foreign ministry", "Foreign Ministry", ["Foreign Ministry"]),
        ("Police said police left", "the police", ["Police", "police"]),
        ("Kim\nJong  Un left", "Kim Jong Un", ["Kim\nJong  Un"]),
        ("O'Neil met D’Angelo", "Neil", []),
        ("1.5 million", "5 million", []),
        ("J.Smith left", "Smith", ["Smith"]),
        ("Beyonce\u0301 sang", "Beyoncé", ["Beyonce\u0301"]),
        ("Corp… ended", "Corp.", []),
        ("安倍晋三首相が", "安倍晋三", ["安倍晋三"]),
        ("The The played", "The The", ["The", "The"]),
    ],
)
def test_names_stand_in_possessives_and_compounds(
    text: str, name: str, expected: list[str]
) -> None:
    assert names(text, name) == expected


def test_names_of_both_cases_come_in_order() -> None:
    found_names = list(Folded.of("alpha Alpha alpha").names("Alpha"))
    assert [hit.start for hit in found_names] == [0, 6, 12]


# Words


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("— … “”", 0),
        ("one", 1),
        ("It's non-violent, 1,200 strong", 4),
        ("two naïve".replace("ï", "i\u0308"), 2),
        ("नमस्ते दुनिया", 2),
        ("日本は", 3),
        ("ไทย", 3),
    ],
)
def test_words_are_counted(text: str, count: int) -> None:
    assert words(text) == count


# Any text


def reference_fold(text: str) -> str:
    """Folding, written for plainness: what the fast one must agree with."""
    text = unicodedata.normalize("NFC", text)
    text = re.sub("[\u00ad\u200b\u2060\ufeff]", "", text)
    text = re.sub(r"\s+", " ", text)
    text = re.sub("(?:(?<=^)|(?<=[ (]))[«‹] ", '"', text)
    text = re.sub(r" [»›](?=$|[ .,;:!?)])", '"', text)
    text = re.sub("[\"'`´«»‘’‚‛“”„‟′‹›\uff02]+", '"', text)
    return re.sub("[-\u2010\u2011\u2012–—―−]+", "-", text)


WORDS = st.one_of(
    st.sampled_from(
        "the a not never cannot minister Kim's don't café Köln naïve co-operate 5 1.5 $1,200 "
        "2024 U.S. “yes” 'no' non-violent São crème Łódź über Ελλάδα Москва 北京 القاهرة".split()
    ),
    st.text(alphabet="abcdefgéöüçñ", min_size=1, max_size=8),
    st.integers(0, 10**7).map(str),
)
#: No word twice, so that a quotation has one place.
TEXTS = st.lists(WORDS, min_size=4, max_size=40, unique_by=reference_fold)
_SPACES = [" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u2009", "\u202f", "\u3000", " \n"]
_VARIANTS: dict[str, Sequence[str]] = {
    " ": _SPACES,
    '"': ['"', "“", "”", "„", "‟", "«", "»", "\uff02"],
    "“": ["“", '"', "„", "«", "« ", "«\u00a0", "‘", "``"],
    "”": ["”", '"', "“", "»", " »", "\u202f»", "’", "''"],
    "'": ["'", "’", "‘", "`", "´", "\u2032"],
    "-": ["-", "\u2010", "\u2011", "–", "—", "--"],
    ".": ["."],
}


@st.composite
def altered(draw: st.DrawFn, text: str) -> str:
    """The text in another typography."""
    pieces = []
    before = " "
    for character in text:
        if before.isalpha() and character.isalpha() and draw(st.integers(0, 9)) == 0:
            pieces.append(draw(st.sampled_from(["\u00ad", "\u200b", "\u2060"])))
        pieces.append(draw(st.sampled_from(_VARIANTS.get(character, [character]))))
        before = character
    return unicodedata.normalize(draw(st.sampled_from(["NFC", NFD])), "".join(pieces))


@given(st.data())
def test_a_quotation_altered_only_in_typography_is_found(data: st.DataObject) -> None:
    drawn = data.draw(TEXTS)
    first = data.draw(st.integers(0, len(drawn) - 3))
    last = data.draw(st.integers(first + 3, len(drawn)))
    before, inside, after = drawn[:first], " ".join(drawn[first:last]), drawn[last:]
    setting = data.draw(altered(inside))
    text = " ".join([*before, setting, *after])
    quote = data.draw(altered(inside))
    start = len(" ".join([*before, ""]))
    assert [(start, start + len(setting))] == [(hit.start, hit.end) for hit in hits(text, quote)]


def _other_word(draw: Any, token: str) -> str:
    return str(draw(WORDS.filter(lambda word: reference_fold(word) != reference_fold(token))))


def _other_digit(draw: Any, token: str) -> str:
    places = [place for place, character in enumerate(token) if character.isdigit()]
    if not places:
        return _other_word(draw, token)
    place = draw(st.sampled_from(places))
    digit = draw(st.sampled_from([d for d in "0123456789" if d != token[place]]))
    return f"{token[:place]}{digit}{token[place + 1 :]}"


NEGATIONS = ["not", "never", "no"]
_CHANGES: list[Callable[[Any, str], str]] = [
    _other_word,
    _other_digit,
    lambda _draw, token: "not " + token,
    lambda draw, token: f"{token} {draw(st.sampled_from(NEGATIONS))}",
    lambda _draw, _token: "",
]


@given(st.data())
def test_a_quotation_with_a_changed_word_digit_or_negation_is_not_found(
    data: st.DataObject,
) -> None:
    drawn = data.draw(TEXTS)
    text = " ".join(drawn)
    first = data.draw(st.integers(0, len(drawn) - 3))
    last = data.draw(st.integers(first + 3, len(drawn)))
    quoted = drawn[first:last]
    # A word that is dropped at an end leaves a shorter quotation, which is right.
    place = data.draw(st.integers(1, len(quoted) - 2))
    change = data.draw(st.sampled_from(_CHANGES))
    changed = [*quoted]
    changed[place] = change(data.draw, quoted[place])
    quote = data.draw(altered(" ".join(" ".join(changed).split())))
    if reference_fold(quote) not in reference_fold(text):
        assert hits(text, quote) == []


@given(st.text(), st.text())
@example("« a »b", '"a"b')
@example("a\u00ad\u0301", "á")
@example("\u0301", "\u0301")
def test_any_hit_keeps_its_promises(text: str, quote: str) -> None:
    hits(text, quote)
    hits(text + quote + text, quote)
    for hit in Folded.of(text + " " + quote).names(quote):
        assert 0 <= hit.start < hit.end <= len(text) + 1 + len(quote)


@given(st.text(), st.text(), st.text())
def test_a_verbatim_quotation_is_found_wherever_it_stands(
    before: str, inside: str, after: str
) -> None:
    quote = f"x{inside}x"
    text = f"{before} {quote} {after}"
    start = len(before) + 1
    places = [(hit.start, hit.end) for hit in hits(text, quote)]
    assert any(one <= start + len(quote) and two >= start for one, two in places)


@given(
    st.text() | st.text(alphabet="ab ,.-\u2013\u201c\u00ab\u00bb\u2026\u00ad\u0301\u200b\u00e9\n")
)
def test_the_folded_copy_alone_is_that_beside_the_text(text: str) -> None:
    assert fold(text) == Folded.of(text).folded


@given(st.text() | st.text(alphabet="ab 1-.\u0e01\u4e00\u0301\u201c\n"), st.integers(1, 4))
def test_words_are_counted_up_to_a_limit(text: str, most: int) -> None:
    assert words(text, most=most) == min(most, words(text))


@given(st.text())
def test_folding_twice_changes_nothing_more(text: str) -> None:
    assert fold(fold(text)) == fold(text)


# Hostile texts: each would take minutes if time grew with the square of the length.

MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "unit",
    "\"|« | »|\u00ad|a\u00ad|\u0301|\u0301\u0323|e\u0301\u0323|1|1,|June |(((| |. |…|--|a-|a'|ก|"
    "👩\u200d|\u1100\u1161|ab ".split("|"),
)
def test_a_long_text_of_one_thing_takes_linear_time(unit: str) -> None:
    text = unit * (50_000 // len(unit))
    folded = Folded.of(text)
    for quote in (unit * 3, "a b c", text[: len(text) // 2] + "x", text[1 : len(text) // 2]):
        list(zip(range(3), folded.find(quote), strict=False))
        list(zip(range(3), folded.find(quote + "!"), strict=False))
    words(text)


def test_a_letter_may_have_many_marks_in_any_order() -> None:
    assert found("so a\u0301\u0323\u0302\u0304\u0306 was", "a\u0323\u0301\u0302\u0304\u0306 was")


def test_a_search_goes_on_after_places_inside_a_word() -> None:
    assert found("ab" * 500 + " abab", "abab") == ["abab"]


def test_a_letter_under_a_megabyte_of_marks_is_left_alone() -> None:
    text = "e" + "\u0301\u0323" * (MEGABYTE // 2) + " and then"
    assert found(text, "and then") == ["and then"]


def test_a_long_quotation_of_a_text_that_repeats_itself_ends() -> None:
    text = "ab " * (MEGABYTE // 3)
    assert found(text, text[: MEGABYTE // 2 - 1]) == []


# What is told at once


def test_a_border_between_ascii_characters_is_told_at_once_as_it_is_step_by_step() -> None:
    signs = [chr(number) for number in range(128)]
    for before, after in itertools.product(signs, repeat=2):
        for left, right in (("x", "y"), ("2", "345"), (" ", " "), ("", "")):
            # A mark that is left out is no border, and no ASCII.
            text = left + before + after + right
            marked = left + before + "\u00ad" + after + right
            at = len(left) + 1
            assert spans._joined(text, at) == spans._joined(marked, at), text


@given(
    st.text(alphabet="ab 1.,-'\u201c\u2019\u2026\u00ad\u0301\n"),
    st.text(alphabet="ab 1.,-'\u201c\u2019\u2026\u00ad\u0301\n", max_size=4),
)
def test_the_one_place_of_a_quotation_is_found_as_one_of_many_is(text: str, quote: str) -> None:
    folded = Folded.of(text)
    wanted = quote.strip(BLANK)
    needle = fold(wanted)
    places = list(folded._places(wanted, needle, folded._is_whole)) if needle else []
    assert not places or [(hit.start, hit.end) for hit in folded.find(quote)] == places
