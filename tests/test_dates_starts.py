"""Places where a time expression may begin: none is missed, so that the grammar is tried there."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from summarizer.dates.grammar import EXPRESSION
from summarizer.dates.starts import starts

_WORDS = (
    "Jan Feb. March may May June, SEPT Sept. October 4 18th 18-19 31 2024 2023-24 1950s 2024-06-18 "
    "18.06.2024 06/18/2024 Mon Tues Wednesday, saturday Sunday the of to and - \u2013 / . , ( last "
    "Next this coming previous week weekend month year years days decade Early mid late mid- today "
    "Tonight overnight yesterday TOMORROW day morning afternoon evening night over at on during "
    "two Three a an twelve fifty 14 twenty-first first Third fifteenth thirtieth ago earlier later "
    "before after since in \u0131 \u017f K \xe9 _ 's \u2019s \n \xa0 Kim"
).split(" ")
_TEXTS = st.lists(
    st.tuples(st.sampled_from(_WORDS), st.sampled_from((" ", " ", " ", "", "-", ", ", "\n")))
).map(lambda parts: "".join(word + gap for word, gap in parts))


@settings(max_examples=400)
@given(_TEXTS | st.text())
def test_every_expression_begins_at_a_start(text: str) -> None:
    assert {match.start() for match in EXPRESSION.finditer(text)} <= set(starts(text))


@given(_TEXTS)
def test_starts_are_places_in_order(text: str) -> None:
    found = starts(text)
    assert found == sorted(set(found))
    assert all(text[start].isalnum() for start in found)


def test_common_words_are_starts_only_before_words_of_time() -> None:
    assert starts("On the table at the bank, a man saw an open door this way on day one.") == []
    text = "At the weekend, three days after the first, this morning"
    assert [text[start:].split(maxsplit=1)[0] for start in starts(text)] == [
        "At",
        "three",
        "the",
        "first,",
        "this",
    ]


def test_a_text_without_words_of_time_has_none() -> None:
    assert starts("12 people on the first of two boats, 300 m from the shore") == []
