"""Tallies, verdicts and their reasons."""

from __future__ import annotations

import dataclasses

import pytest

from evals.prediction import Item, Prediction, from_record
from evals.scoring import Tally, score
from tests.evals_builders import OPENED, answer, case, raw_record

BUILT = "The bridge took three years to build."


def test_the_gold_itself_is_all_right() -> None:
    result = score(case(), from_record(case().gold))
    for field in result.fields.values():
        assert field.strict == field.lenient
        assert field.strict.vital_found == field.strict.vital == field.strict.covered
        assert field.strict.okay_found == field.strict.okay
        assert (field.strict.incorrect, field.strict.spurious, field.strict.missing) == (0, 0, 0)
        assert all(right == compared for right, compared in field.attributes.values())


def test_an_empty_answer_misses_everything_vital() -> None:
    result = score(case(), Prediction(failure="refused"))
    assert result.failure == "refused"
    for field in result.fields.values():
        assert field.strict.missing == field.strict.vital
        assert field.strict.spurious == 0


def test_a_claim_that_the_sentence_contradicts_is_incorrect() -> None:
    wrong = Item((OPENED,), statement="Ana Lopes closed the bridge, opened on 4 May.")
    what = score(case(), answer(what=[wrong])).fields["what"]
    assert what.strict == Tally(vital=2, vital_found=1, incorrect=1, covered=1)
    assert [each.outcome for each in what.gold] == ["incorrect", "found"]
    assert "closed" in what.gold[0].reason


def test_a_sentence_with_no_claim_is_one_wrong_answer() -> None:
    empty = Item((OPENED,), statement="There was an event.")
    what = score(case(), answer(what=[empty])).fields["what"]
    assert what.strict == Tally(vital=2, incorrect=1, missing=2)
    elsewhere = Item((BUILT,), statement="Ana Lopes opened it on 4 May.")
    # The number and name are held by the headline or the article, the span is another.
    what = score(case(), answer(what=[elsewhere])).fields["what"]
    assert what.strict == Tally(vital=2, spurious=1, missing=2)


def test_a_second_statement_is_spurious() -> None:
    right = Item((OPENED,), statement="Ana Lopes opened the bridge on 4 May.")
    again = dataclasses.replace(right, statement="Mayor Lopes opened a bridge on 4 May.")
    what = score(case(), answer(what=[right, again])).fields["what"]
    assert (what.strict.vital_found, what.strict.spurious) == (2, 1)


def test_vital_comes_before_okay_and_both_before_similarity() -> None:
    raw = raw_record()
    raw["background"] = [
        {**raw["background"][0], "importance": "okay", "anchors": [["bridge"]]},
        {**raw["background"][0], "evidence": ["took three years to build"],
         "anchors": [["bridge"]]},
    ]  # fmt: skip
    item = Item((BUILT,), statement="The bridge was long in building.")
    field = score(case(raw), answer(background=[item])).fields["background"]
    assert [each.outcome for each in field.gold] == ["missing", "found"]
    assert field.verdicts[0].gold == (1,)


def test_an_okay_match_is_neutral() -> None:
    item = Item((OPENED,), name="Jon Field")
    tally = score(case(), answer(who=[item])).fields["who"].strict
    assert tally == Tally(vital=1, okay=1, okay_found=1, missing=1)


def test_incorrect_is_the_right_span_with_a_wrong_value() -> None:
    item = Item(('Eva Holm called it "a waste of money".',), name="Max Brand", statement="Bad.")
    field = score(case(), answer(reactions=[item])).fields["reactions"]
    assert (field.strict.incorrect, field.strict.missing) == (1, 0)
    assert field.verdicts[0].outcome == "incorrect"
    assert field.gold[0].outcome == "incorrect"
    assert field.verdicts[0].reason == "another speaker"


def test_a_duplicate_is_spurious_and_takes_no_other_items_place() -> None:
    item = Item((OPENED,), name="Lopes")
    field = score(case(), answer(who=[item, dataclasses.replace(item, name="Ana Lopes")]))
    who = field.fields["who"]
    assert (who.strict.vital_found, who.strict.incorrect, who.strict.spurious) == (1, 0, 1)
    assert sorted(each.reason for each in who.verdicts) == ["", "a duplicate"]


def test_an_unsupported_item_cannot_match() -> None:
    item = Item((BUILT,), statement="The bridge took three years and 9 days to build.")
    field = score(case(), answer(background=[item])).fields["background"]
    assert (field.strict.vital_found, field.strict.spurious) == (0, 1)
    assert field.verdicts[0].reason == "unsupported: the number '9' is not in its evidence"
    assert field.gold[0].reason == "no supported item in this field"


def test_many_to_one_counts_what_one_item_says_at_once() -> None:
    raw = raw_record()
    raw["background"] = [
        {**raw["background"][0], "anchors": [["three"]]},
        {**raw["background"][0], "anchors": [["build"]]},
    ]
    item = Item((BUILT,), statement="It took three years to build.")
    tally = score(case(raw), answer(background=[item])).fields["background"].strict
    assert (tally.vital_found, tally.covered) == (1, 2)


def test_a_broader_place_counts_half_and_only_leniently() -> None:
    raw = raw_record()
    raw["where"][0]["within"] = ["May"]
    item = Item((OPENED,), name="May")
    field = score(case(raw), answer(where=[item])).fields["where"]
    assert field.strict == Tally(vital=1, incorrect=1)
    assert field.lenient == Tally(vital=1, vital_partial=1)


@pytest.mark.parametrize("threshold", [400, 500, 600])
def test_the_threshold_decides_on_evidence(threshold: int) -> None:
    raw = raw_record()
    raw["background"][0]["anchors"] = [["years"]]
    # Four of its eight tokens are among the gold's seven: Dice 8/15.
    item = Item(("years to build. The old ferry stopped in",), statement="It took years.")
    found = score(case(raw), answer(background=[item]), threshold=threshold)
    assert found.fields["background"].strict.vital_found == (threshold <= 500)


def test_attributes_are_compared_on_matched_pairs_alone() -> None:
    items = [
        Item((OPENED,), name="Lopes", kind="person", role="the Mayor"),
        Item((OPENED,), name="Jon Field", kind="group", role="Engineer"),
        Item((OPENED,), name="Arrowby", kind="person", role="Mayor"),
    ]
    who = score(case(), answer(who=items)).fields["who"]
    assert who.attributes == {"kind": (1, 2), "role": (1, 2)}
