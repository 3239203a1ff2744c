"""The readers against each other."""

from __future__ import annotations

import pytest

from evals import ceiling, data
from evals.prediction import from_record
from evals.scored import beside, ceiling_column
from evals.scoring import score

CORPUS = data.load()


def test_each_reader_is_scored_against_the_other() -> None:
    pairs = ceiling.agreements(CORPUS)
    assert [(pair.system, pair.gold) for pair in pairs] == [("a", "b"), ("b", "a")]
    for pair in pairs:
        assert pair.numbers.strict is not None
        assert 0.9 < pair.numbers.strict <= 1
        assert pair.numbers.interval is not None
    mean = sum(pair.numbers.strict or 0 for pair in pairs) / 2
    assert ceiling.ceiling(pairs) == pytest.approx(mean)


def test_a_reader_agrees_with_itself() -> None:
    for reader in CORPUS.readers:
        for result in ceiling.against(CORPUS, reader, reader):
            for name, field in result.fields.items():
                assert field.strict.vital_found == field.strict.vital, (result.case, name)
                assert field.strict.spurious == field.strict.incorrect == 0, (result.case, name)


def test_readers_disagree_where_one_has_what_the_other_lacks() -> None:
    one, other = ceiling.agreements(CORPUS)
    assert one.numbers.fields["who"].strict != other.numbers.fields["who"].strict


def test_a_readers_item_borrows_the_keys_of_the_settled_item_it_matches() -> None:
    case = CORPUS.case("pravda-visit-planned")
    keyed = ceiling.keyed(case, case.readers["a"])
    assert keyed.reactions[0].anchors == case.gold.reactions[0].anchors
    assert keyed.when[1].granularity == "month"
    assert {nugget.claim for nugget in keyed.what.nuggets} <= {
        nugget.claim for nugget in case.gold.what.nuggets
    }


def test_a_readers_sentence_that_carries_no_settled_claim_is_one_claim_itself() -> None:
    case = CORPUS.case("pravda-visit-planned")
    reader = case.readers["a"]
    strange = reader.model_copy(
        update={"what": reader.what.model_copy(update={"statement": "Something happened."})}
    )
    (nugget,) = ceiling.keyed(case, strange).what.nuggets
    assert (nugget.claim, nugget.importance, nugget.anchors) == ("Something happened.", "vital", ())


def test_readers_find_what_is_vital_in_the_settled_record() -> None:
    for case in CORPUS.cases:
        for record in case.readers.values():
            for field in score(case, from_record(record)).fields.values():
                assert field.strict.missing == 0


def test_the_ceiling_is_above_every_floor_in_every_field() -> None:
    columns = beside(CORPUS)
    readers = columns.pop("readers")
    assert set(columns) == {"lead-3", "names", "other gold"}
    for column in columns.values():
        for name, value in column.items():
            assert (value or 0) < (readers[name] or 0)


def test_there_is_no_ceiling_of_one_reader() -> None:
    alone = data.Corpus(CORPUS.directory, (data.Case("x", "y", CORPUS.cases[0].gold, {}),))
    assert ceiling_column(alone) is None
