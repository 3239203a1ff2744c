"""Tricks that must not pay: none raises F1, whatever answer it starts from."""

from __future__ import annotations

import dataclasses
import random
import re
from collections.abc import Callable, Mapping

import pytest

from evals import data, floors, metrics
from evals.data import Case
from evals.prediction import Item, Prediction, from_record
from evals.scored import score_all
from summarizer.schema import FIELD_NAMES, FieldName

CORPUS = data.load()
Trick = Callable[[Case, Prediction], Prediction]


def changed(answer: Prediction, **fields: tuple[Item, ...]) -> Prediction:
    items: dict[FieldName, tuple[Item, ...]] = dict(answer.items)
    items.update(fields)  # type: ignore[arg-type]  # keyword names are field names here
    return Prediction(items)


def restated(answer: Prediction, change: Callable[[str], str]) -> Prediction:
    """The answer with every statement changed."""
    return Prediction({
        field: tuple(
            dataclasses.replace(item, statement=item.statement and change(item.statement))
            for item in items
        )
        for field, items in answer.items.items()
    })  # fmt: skip


def quote_everything(case: Case, answer: Prediction) -> Prediction:
    quoted = tuple(Item((each,), statement=each) for each in floors.sentences(case.text))
    return changed(
        answer,
        background=answer.of("background") + quoted,
        reactions=answer.of("reactions")
        + tuple(dataclasses.replace(each, name="Putin") for each in quoted),
    )


def say_it_all_in_one_sentence(case: Case, answer: Prediction) -> Prediction:
    everything = tuple(floors.sentences(case.text))
    return changed(answer, what=(Item(everything, statement=case.text),))


def list_every_name(case: Case, answer: Prediction) -> Prediction:
    names = floors.by_names(case)
    return changed(
        answer,
        who=answer.of("who") + names.of("who"),
        where=answer.of("where") + names.of("who"),
    )


def duplicates(_: Case, answer: Prediction) -> Prediction:
    return Prediction({field: items + items for field, items in answer.items.items()})


def swapped_speakers(case: Case, answer: Prediction) -> Prediction:
    names = [*(item.name for item in answer.of("reactions")[1:]), case.gold.who[0].name]
    swapped = zip(answer.of("reactions"), names, strict=True) if answer.of("reactions") else ()
    return changed(
        answer, reactions=tuple(dataclasses.replace(item, name=name) for item, name in swapped)
    )


def flipped_numbers(_: Case, answer: Prediction) -> Prediction:
    words = {"two": "three", "second": "third", "once": "twice", "nine": "ten", "first": "third"}
    pattern = re.compile(rf"\d+|\b(?:{'|'.join(words)})\b", re.IGNORECASE)

    def flip(match: re.Match[str]) -> str:
        number = match[0]
        return str(int(number) + 1) if number.isdigit() else words[number.casefold()]

    return restated(answer, lambda statement: pattern.sub(flip, statement))


def negation(_: Case, answer: Prediction) -> Prediction:
    verbs = re.compile(r"\b(will|is|are|has|have|was|were|did|does|do|said)\b")
    return restated(answer, lambda statement: verbs.sub(r"\1 not", statement, count=1))


def empty_output(_: Case, answer: Prediction) -> Prediction:
    assert answer.items
    return Prediction(failure="refused")


def okay_padding(case: Case, answer: Prediction) -> Prediction:
    """Every okay item of the gold, word for word."""
    padded = dict(answer.items)
    for field in FIELD_NAMES[1:]:
        own = from_record(case.gold).of(field)
        okay = tuple(
            item
            for item, gold in zip(own, case.gold.items(field), strict=True)
            if gold.importance == "okay"
        )
        padded[field] = answer.of(field) + okay
    return Prediction(padded)


TRICKS = [
    quote_everything, say_it_all_in_one_sentence, list_every_name, duplicates,
    swapped_speakers, flipped_numbers, negation, empty_output, okay_padding,
]  # fmt: skip


def answers(kept: float) -> dict[str, Prediction]:
    """A reader's answers of which a share of the items is kept."""
    dice = random.Random(kept)
    return {
        case.name: Prediction({
            field: tuple(item for item in items if dice.random() < kept)
            for field, items in from_record(case.readers["b"]).items.items()
        })
        for case in CORPUS.cases
    }  # fmt: skip


def f1(given: Mapping[str, Prediction]) -> dict[FieldName | None, float]:
    numbers = score_all(CORPUS, [given], sensitivity=()).numbers
    values: dict[FieldName | None, float] = {
        field: each.strict.f1 or 0.0 for field, each in numbers.fields.items()
    }
    values[None] = numbers.strict or 0.0
    return values


@pytest.mark.parametrize("kept", [1.0, 0.7, 0.4])
@pytest.mark.parametrize("trick", TRICKS, ids=lambda trick: trick.__name__)
def test_no_trick_raises_f1(trick: Trick, kept: float) -> None:
    honest = answers(kept)
    tricked = {case.name: trick(case, honest[case.name]) for case in CORPUS.cases}
    assert tricked != honest
    before, after = f1(honest), f1(tricked)
    for field, value in before.items():
        # From an answer with nothing right in a field any guess is a step up.
        if value > 0.2:
            assert after[field] <= value + 1e-9, field


@pytest.mark.parametrize(
    "trick",
    [quote_everything, list_every_name, duplicates, swapped_speakers, flipped_numbers,
     negation, empty_output],
    ids=lambda trick: trick.__name__,
)  # fmt: skip
def test_most_tricks_cost(trick: Trick) -> None:
    honest = answers(1.0)
    tricked = {case.name: trick(case, honest[case.name]) for case in CORPUS.cases}
    assert f1(tricked)[None] < f1(honest)[None]


@pytest.mark.parametrize("field", FIELD_NAMES[1:])
def test_an_unmatched_item_lowers_precision(field: FieldName) -> None:
    honest = answers(1.0)
    extra = Item(
        ("Photo: Getty Images",), statement="A photo was taken.", name="Getty Images",
        text="Photo", date=None, event="a photo",
    )  # fmt: skip
    name = "pravda-visit-announced"
    answer = honest[name]
    tricked = {**honest, name: Prediction({**answer.items, field: (*answer.of(field), extra)})}
    before, after = (
        score_all(CORPUS, [each], sensitivity=()).numbers.fields[field].strict
        for each in (honest, tricked)
    )
    assert before.precision is not None
    assert after.precision is not None
    assert after.precision < before.precision
    assert after.recall == before.recall


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_items_changes_nothing(seed: int) -> None:
    honest = answers(0.7)
    dice = random.Random(seed)
    shuffled = {
        name: Prediction({
            field: tuple(dice.sample(items, len(items))) for field, items in answer.items.items()
        })
        for name, answer in honest.items()
    }  # fmt: skip
    one, other = (score_all(CORPUS, [each]) for each in (honest, shuffled))
    assert one == other


def test_whitespace_around_words_changes_nothing_but_verbatim_evidence() -> None:
    honest = answers(1.0)
    spaced = {
        name: restated(answer, lambda statement: f"  {statement.replace(' ', '  ')}\n")
        for name, answer in honest.items()
    }
    one, other = (score_all(CORPUS, [each], sensitivity=()).numbers for each in (honest, spaced))
    assert one == other


def test_an_answer_twice_is_found_once() -> None:
    honest = answers(1.0)
    doubled = {case.name: duplicates(case, honest[case.name]) for case in CORPUS.cases}
    before, after = (
        score_all(CORPUS, [each], sensitivity=()).numbers for each in (honest, doubled)
    )
    for field in FIELD_NAMES[1:]:
        assert after.fields[field].tally.vital_found == before.fields[field].tally.vital_found
        assert after.fields[field].tally.spurious >= before.fields[field].tally.vital_found


def test_an_empty_answer_stays_in_the_mean() -> None:
    honest = answers(1.0)
    name = CORPUS.cases[0].name
    numbers = score_all(
        CORPUS, [{**honest, name: Prediction(failure="refused")}], sensitivity=()
    ).numbers
    assert numbers.strict is not None
    assert numbers.strict < 1
    whole = metrics.of_tally(numbers.fields["what"].tally)
    assert whole.recall == pytest.approx(
        1 - sum(n.importance == "vital" for n in CORPUS.cases[0].gold.what.nuggets) / 13
    )
