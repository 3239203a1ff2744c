"""The one more question: what it says, and what its answer changes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from summarizer import repair
from summarizer.article import Article
from summarizer.draft import Draft
from summarizer.grounding import Checked, EvidenceIndex, claim_of, ground
from summarizer.schema import FIELD_NAMES, Reaction, What, When, Who

TEXT = """Ferry crews in Halden end their strike

Monday, 3 March 2031

Ferry crews in Halden ended a nine-day strike on Sunday after Nordlys Line agreed to hire forty
sailors. The deal cost 3.5 million crowns, Mr. Dahl of the line said.

"We have our weekends back," said Runa Dale, who speaks for the crews.

In 2027 the crews had struck for two days.

Share this article: Mail | Print
"""
LEAD = "Ferry crews in Halden ended a nine-day strike on Sunday"
SPEECH = '"We have our weekends back," said Runa Dale'
INDEX = EvidenceIndex(Article.from_text(TEXT))

WHAT = {"evidence": [LEAD], "statement": "Ferry crews in Halden ended a nine-day strike."}
BAD_WHAT = {"evidence": ["crews in Oslo ended a strike"], "statement": "Oslo's strike ended."}
HALDEN = {"evidence": [LEAD], "name": "Halden", "country": "NO"}
OSLO = {"evidence": ["crews in Oslo joined the strike"], "name": "Oslo", "country": "NO"}
RUNA = {"evidence": [SPEECH], "name": "Runa Dale", "kind": "person", "role": None}
SPOKE: dict[str, Any] = {
    "evidence": [SPEECH],
    "speaker": "Runa Dale",
    "quote": "We have our weekends back",
    "statement": "She welcomes free weekends.",
    "stance": "supportive",
}
SUNDAY = {
    "evidence": [LEAD],
    "text": "on Sunday",
    "date": "2031-03-02",
    "event": "The strike ends.",
}


def entries(**fields: Any) -> list[Checked]:
    empty: dict[str, Any] = {name: None if name == "what" else [] for name in FIELD_NAMES}
    return ground(Draft.model_validate(empty | fields), INDEX)


def kept(merged: list[Checked]) -> list[str]:
    """The claims of the verified items, in order."""
    return [claim_of(entry.draft) for entry in merged if entry.item is not None]


def failed(merged: list[Checked]) -> list[str]:
    return [claim_of(entry.draft) for entry in merged if entry.rejection is not None]


# The question


def test_a_failed_item_is_told_with_its_problem_and_near_passages() -> None:
    bad = OSLO | {"evidence": ["Ferry crews in Halden ended a ten-day strike on Sunday"]}
    question = repair.problems_text(entries(where=[bad]), INDEX)
    lines = question.split("\n")
    assert lines[0].startswith('1. in `where`: {"evidence":["Ferry crews in Halden ended a ten')
    assert lines[1] == (
        "   Problem: “Ferry crews in Halden ended a ten-day strike on Sunday” does not stand in "
        "the article word for word."
    )
    passage = lines[2].removeprefix("   Passage: ")
    assert json.loads(passage) == (
        "Ferry crews in Halden ended a nine-day strike on Sunday after Nordlys Line agreed to hire "
        "forty\nsailors."
    )


def test_each_item_is_numbered_and_told_as_one_line_of_json() -> None:
    bad = WHAT | {"evidence": ["one\ntwo\nthree"], "statement": "It\nended."}
    question = repair.problems_text(
        entries(what=bad, where=[OSLO, OSLO | {"name": "Bergen"}]), INDEX
    )
    assert re.findall(r"^(\d+)\. in `(\w+)`: (\{.*\})$", question, re.MULTILINE)
    assert [line[:2] for line in question.split("\n") if not line.startswith(" ") and line] == [
        "1.",
        "2.",
        "3.",
    ]


def test_suggestions_are_verbatim_whole_sentences_of_the_article() -> None:
    changes = [
        "The deal cost 3.6 million crowns",
        "crews had struck for three days in 2027",
        "We have our evenings back, said Runa Dale",
        "Share this article by mail or print",
        "unrelated words about heron bridges",
    ]
    bad = [OSLO | {"evidence": [change]} for change in changes]
    question = repair.problems_text(entries(where=bad), INDEX)
    passages = [
        json.loads(line.removeprefix("   Passage: "))
        for line in question.split("\n")
        if line.startswith("   Passage: ")
    ]
    assert passages
    for passage in passages:
        assert INDEX.span(passage) is not None
        assert not passage.endswith(("3.", "Mr"))
    assert not any("Share" in passage for passage in passages)


def test_nothing_is_suggested_where_nothing_is_near() -> None:
    bad = OSLO | {"evidence": ["unrelated words about heron bridges"]}
    assert "Passage" not in repair.problems_text(entries(where=[bad]), INDEX)


def test_a_failed_item_does_not_give_way_to_an_unlike_one() -> None:
    other = {"evidence": ["Runa Dale, who speaks"], "name": "Runa Dale", "kind": "person"}
    first = entries(who=[RUNA | {"name": "Ola Berg", "evidence": ["nobody came to the fair"]}])
    merged = repair.merge(first, entries(who=[other | {"role": None}]))
    assert failed(merged) == ["Ola Berg"]
    assert kept(merged) == ["Runa Dale"]


def test_an_article_without_full_stops_is_suggested_in_part() -> None:
    index = EvidenceIndex(Article.from_text("The crews went on and on " * 4_000))
    draft = entries(where=[OSLO | {"evidence": ["The crews went off and on and on and on"]}])
    question = repair.problems_text(draft, index)
    assert "Passage" in question
    assert len(question) < 3_000


def test_nothing_failed_asks_nothing() -> None:
    assert repair.problems_text([], INDEX) == ""


def test_uncited_quotations_are_listed_as_they_stand() -> None:
    spans = INDEX.speeches()
    assert repair.uncited_text(spans) == '- "We have our weekends back,"'
    assert repair.uncited_text([]) == "(none)"
    assert repair.uncited_text(spans * 500).count("\n") == 19


# The answer


def test_a_mended_item_takes_the_place_of_the_failed_one() -> None:
    line = {
        "evidence": ["Nordlys Line agreed to hire forty"],
        "name": "Nordlys Line",
        "kind": "organization",
        "role": None,
    }
    bad = RUNA | {"evidence": ["We have our evenings back, said Runa Dale"]}
    first = entries(what=WHAT, who=[bad, line])
    merged = repair.merge(first, entries(who=[RUNA]))
    assert kept(merged) == [WHAT["statement"], "Runa Dale", "Nordlys Line"]
    assert failed(merged) == []


def test_a_verified_item_is_frozen() -> None:
    first = entries(what=WHAT, who=[RUNA], where=[OSLO])
    second = entries(what=WHAT | {"statement": "Crews ended it."}, who=[RUNA | {"kind": "group"}])
    merged = repair.merge(first, second)
    assert kept(merged) == [WHAT["statement"], "Runa Dale"]
    (who,) = [entry.item for entry in merged if entry.field == "who"]
    assert isinstance(who, Who)
    assert who.kind == "person"
    assert failed(merged) == ["Oslo"]


def test_a_frozen_reaction_is_not_given_twice_with_and_without_its_quote() -> None:
    reported = SPOKE | {"quote": "who speaks for the crews", "evidence": [f"{SPEECH}, who speaks"]}
    first = entries(what=WHAT, reactions=[reported])
    assert [entry.problems for entry in first] == [(), ()]
    merged = repair.merge(first, entries(reactions=[SPOKE]))
    assert [type(entry.item) for entry in merged] == [What, Reaction]
    assert merged == first


def test_what_fails_again_stays_as_it_was() -> None:
    first = entries(where=[OSLO])
    again = OSLO | {"evidence": ["crews in Oslo joined a long strike"]}
    merged = repair.merge(first, entries(where=[again]))
    assert len(merged) == 1
    assert merged[0] is first[0]


def test_what_fails_anew_is_kept_as_failed() -> None:
    other = {"evidence": ["the fishermen of Bergen protested"], "name": "Bergen", "country": "NO"}
    merged = repair.merge(entries(where=[OSLO]), entries(where=[other]))
    assert failed(merged) == ["Oslo", "Bergen"]


def test_a_new_item_is_added() -> None:
    merged = repair.merge(entries(what=WHAT), entries(reactions=[SPOKE]))
    assert kept(merged) == [WHAT["statement"], SPOKE["statement"]]


def test_a_failed_main_event_gives_way_to_any_verified_one() -> None:
    merged = repair.merge(entries(what=BAD_WHAT), entries(what=WHAT))
    assert len(merged) == 1
    assert isinstance(merged[0].item, What)
    assert len(repair.merge(entries(), entries(what=WHAT))) == 1


def test_an_item_that_lost_a_part_is_mended_by_one_that_keeps_it() -> None:
    first = entries(when=[SUNDAY | {"date": "2031-03-03"}], reactions=[SPOKE | {"quote": "We won"}])
    assert all(entry.item is not None and entry.problems for entry in first)
    merged = repair.merge(first, entries(when=[SUNDAY], reactions=[SPOKE]))
    time, reaction = (entry.item for entry in merged)
    assert isinstance(time, When)
    assert isinstance(reaction, Reaction)
    assert time.date == "2031-03-02"
    assert reaction.quote is not None


def test_an_item_that_lost_a_part_stays_if_the_second_answer_is_worse() -> None:
    first = entries(when=[SUNDAY | {"date": "2031-03-03"}])
    merged = repair.merge(first, entries(when=[SUNDAY | {"text": "on Monday morning"}]))
    assert len(merged) == 1
    assert merged[0] is first[0]


def test_a_failed_item_gives_way_to_one_that_lost_only_a_part() -> None:
    first = entries(when=[SUNDAY | {"evidence": ["crews in Oslo ended it"]}])
    merged = repair.merge(first, entries(when=[SUNDAY | {"date": "2031-03-03"}]))
    (entry,) = merged
    assert isinstance(entry.item, When)
    assert entry.item.date is None
    assert entry.problems


def test_two_answers_alike_are_one() -> None:
    first = entries(what=WHAT, who=[RUNA], reactions=[SPOKE])
    merged = repair.merge(first, first)
    assert merged == first


_ITEMS = st.fixed_dictionaries(
    {
        "what": st.sampled_from([None, WHAT, BAD_WHAT]),
        "who": st.lists(st.sampled_from([RUNA, RUNA | {"name": "Ola"}]), max_size=3),
        "where": st.lists(st.sampled_from([HALDEN, OSLO]), max_size=3),
        "when": st.lists(
            st.sampled_from([SUNDAY, SUNDAY | {"date": "2031-03-03"}, SUNDAY | {"text": "soon"}]),
            max_size=3,
        ),
        "reactions": st.lists(
            st.sampled_from([SPOKE, SPOKE | {"quote": "We won"}, SPOKE | {"speaker": "Ola"}]),
            max_size=3,
        ),
    }
)


@given(_ITEMS, _ITEMS)
def test_a_second_answer_never_costs_a_verified_item(
    one: dict[str, Any], two: dict[str, Any]
) -> None:
    first, second = entries(**one), entries(**two)
    merged = repair.merge(first, second)
    whole = [entry for entry in first if entry.item is not None and not entry.problems]
    assert all(any(entry is other for other in merged) for entry in whole)
    for field in FIELD_NAMES:
        before = sum(entry.field == field and entry.item is not None for entry in first)
        after = sum(entry.field == field and entry.item is not None for entry in merged)
        assert after >= before
    assert sum(entry.field == "what" and entry.item is not None for entry in merged) <= 1


@pytest.mark.parametrize(
    "quote", ["", "\u0301", "x" * 100_000, "{{ braces }} {% raw %}", "\x1b[2J"]
)
def test_a_hostile_answer_is_told_on_its_line(quote: str) -> None:
    question = repair.problems_text(entries(where=[OSLO | {"evidence": [quote]}]), INDEX)
    assert question.count("\n") <= 3
    assert "\x1b" not in question.split("\n")[0]
