"""When an item says what a gold item says."""

from __future__ import annotations

import pytest

from evals.data import GoldBackground, GoldReaction, GoldWhen, GoldWhere, GoldWho, Nugget
from evals.matching import STATEMENT_WORDS, judge, judge_claim
from evals.prediction import Item

SPAN = "Eva Holm opened the bridge in Arrowby on 4 May"


def who(name: str, *aliases: str) -> GoldWho:
    return GoldWho(
        name=name, aliases=aliases, kind="person", role=None, importance="vital", evidence=(SPAN,)
    )


def when(date: str | None, text: str = "4 May") -> GoldWhen:
    return GoldWhen(text=text, date=date, event="x", importance="vital", evidence=(SPAN,))


def test_a_name_is_the_gold_name_or_an_alias_whatever_the_evidence() -> None:
    gold = who("Eva Holm", "Holm")
    for right in ("Eva Holm", "HOLM", "Mrs Holm"):
        assert judge(Item(("other",), name=right), gold, "who").level == "exact"
    for wrong in ("Eva", "Holms", "Eva Holm Berg", None):
        assert judge(Item((SPAN,), name=wrong), gold, "who").level == "none"


def test_a_broader_place_is_partial_and_a_narrower_one_nothing() -> None:
    gold = GoldWhere(
        name="Arrowby", aliases=(), country=None, within=("Norland",), importance="vital",
        evidence=(SPAN,),
    )  # fmt: skip
    assert judge(Item((SPAN,), name="Arrowby"), gold, "where").level == "exact"
    assert judge(Item((SPAN,), name="Norland"), gold, "where").level == "partial"
    assert judge(Item((SPAN,), name="Arrowby Square"), gold, "where").level == "none"


@pytest.mark.parametrize(
    ("gold", "mine", "level"),
    [
        ("2024-05-04", "2024-05-04", "exact"),
        ("2024-05-04", "2024-05", "overlap"),
        ("2024-05-04", "2024-05-04/2024-05-04", "overlap"),
        ("2024-05-04/2024-05-06", "2024-05-06/2024-05-09", "overlap"),
        ("2024-05-04", "2024-05-05", "none"),
        ("2024-05-04", None, "none"),
        (None, "2024-05-04", "none"),
    ],
)
def test_times_are_the_same_value_or_overlap(
    gold: str | None, mine: str | None, level: str
) -> None:
    assert judge(Item((SPAN,), text="4 May", date=mine), when(gold), "when").level == level


def test_a_time_belongs_to_its_event() -> None:
    item = Item(("Something else was on 4 May 2024",), text="4 May", date="2024-05-04")
    assert judge(item, when("2024-05-04"), "when").reason == "other evidence"


def test_times_without_a_date_share_a_word() -> None:
    gold = when(None, "right after the trip")
    assert judge(Item((SPAN,), text="after it"), gold, "when").level == "exact"
    assert judge(Item((SPAN,), text="soon"), gold, "when").level == "none"


def test_a_reaction_needs_its_speaker_and_its_span() -> None:
    gold = GoldReaction(
        speaker="Eva Holm", speaker_aliases=(), stance="neutral", statement="x", quote=None,
        importance="vital", evidence=(SPAN,), anchors=(("never said",),), forbidden=(),
    )  # fmt: skip
    assert judge(Item((SPAN,), name="Eva Holm", statement="y"), gold, "reactions").level == "exact"
    assert judge(Item((SPAN,), name="Max", statement="y"), gold, "reactions").level == "none"
    other = Item(("Eva Holm left",), name="Eva Holm", statement="y")
    assert judge(other, gold, "reactions").level == "none"


def background(**keys: tuple[object, ...]) -> GoldBackground:
    return GoldBackground.model_validate(
        {"statement": "x", "date": None, "importance": "vital", "evidence": (SPAN,), **keys}
    )


def test_background_needs_span_and_anchors_and_nothing_forbidden() -> None:
    gold = background(anchors=(("opened", "opens"), ("bridge",)), forbidden=("not opened",))
    right = Item((SPAN,), statement="She opened a bridge.")
    assert judge(right, gold, "background").level == "exact"
    missing = judge(Item((SPAN,), statement="She opened a road."), gold, "background")
    assert (missing.level, missing.contradicts) == ("none", False)
    flipped = judge(Item((SPAN,), statement="The bridge was not opened."), gold, "background")
    assert (flipped.level, flipped.contradicts) == ("none", True)
    elsewhere = Item(("Another place",), statement="She opened a bridge.")
    assert judge(elsewhere, gold, "background").level == "none"


def test_evidence_matches_from_the_threshold_on() -> None:
    gold = background(anchors=(("bridge",),))
    half = Item(("Eva Holm opened the bridge and then went home again",), statement="A bridge.")
    assert judge(half, gold, "background", threshold=500).similarity == 500
    assert judge(half, gold, "background", threshold=500).level == "exact"
    assert judge(half, gold, "background", threshold=501).level == "none"


def test_only_the_first_three_spans_are_read() -> None:
    gold = background(anchors=(("bridge",),))
    late = Item(("one", "two", "three", SPAN), statement="A bridge.")
    assert judge(late, gold, "background").level == "none"
    third = Item(("one", "two", SPAN), statement="A bridge.")
    assert judge(third, gold, "background").level == "exact"


def test_a_statement_that_says_everything_claims_nothing() -> None:
    nugget = Nugget(claim="x", importance="vital", anchors=(("bridge",),), forbidden=())
    long = Item((SPAN,), statement="bridge " * (STATEMENT_WORDS + 1))
    assert judge_claim(long, nugget, (SPAN,)).level == "none"
    fits = Item((SPAN,), statement="bridge " * STATEMENT_WORDS)
    assert judge_claim(fits, nugget, (SPAN,)).level == "exact"
