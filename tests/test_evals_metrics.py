"""Precision, recall, F1, means and intervals."""

from __future__ import annotations

import dataclasses
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from evals import metrics
from evals.metrics import Metrics, coverage, jackknife, of_tally, okay_credited
from evals.prediction import Prediction, from_record
from evals.scoring import ArticleScore, Tally, score
from tests.evals_builders import case

COUNTS = st.integers(0, 9)


@st.composite
def tallies(draw: st.DrawFn) -> Tally:
    found, missing, okay_found, okay_missing, partial, incorrect = (draw(COUNTS) for _ in range(6))
    return Tally(
        vital=found + missing + partial,
        okay=okay_found + okay_missing,
        vital_found=found,
        okay_found=okay_found,
        vital_partial=partial,
        incorrect=incorrect,
        spurious=draw(COUNTS),
        missing=missing,
    )


def test_by_hand() -> None:
    tally = Tally(vital=4, okay=3, vital_found=2, okay_found=2, incorrect=1, spurious=1, missing=1)
    assert of_tally(tally) == Metrics(2 / 4, 2 / 4, 4 / 8)
    assert okay_credited(tally).precision == 4 / 6
    assert okay_credited(tally).f1 == pytest.approx(2 * (4 / 6) * 0.5 / (4 / 6 + 0.5))
    assert coverage(tally) == 4 / 7


def test_empty_denominators_are_not_numbers() -> None:
    assert of_tally(Tally()) == Metrics(None, None, None)
    assert of_tally(Tally(vital=2, missing=2)) == Metrics(None, 0.0, 0.0)
    assert of_tally(Tally(spurious=1)) == Metrics(0.0, None, 0.0)
    assert okay_credited(Tally()) == Metrics(None, None, None)
    assert coverage(Tally()) is None


@given(tallies())
def test_f1_is_the_harmonic_mean_where_there_is_one(tally: Tally) -> None:
    found = of_tally(tally)
    for value in (found.precision, found.recall, found.f1):
        assert value is None or (0 <= value <= 1 and not math.isnan(value))
    if found.precision and found.recall:
        harmonic = 2 * found.precision * found.recall / (found.precision + found.recall)
        assert found.f1 == pytest.approx(harmonic)


@given(tallies())
def test_okay_matches_are_neutral_and_wrong_items_are_not(tally: Tally) -> None:
    more_okay = dataclasses.replace(tally, okay=tally.okay + 1, okay_found=tally.okay_found + 1)
    assert of_tally(more_okay) == of_tally(tally)
    worse = of_tally(dataclasses.replace(tally, spurious=tally.spurious + 1))
    before = of_tally(tally)
    if tally.vital_found:
        assert worse.precision is not None
        assert before.precision is not None
        assert worse.precision < before.precision


@pytest.mark.parametrize("freedom", [*range(1, 31), 35, 40, 59, 60, 119, 120, 999])
def test_students_t_is_scipys_or_wider(freedom: int) -> None:
    right = stats.t.ppf(0.975, freedom)
    mine = metrics.student_t(freedom)
    if freedom in {*range(1, 31), 40, 60, 120}:
        assert mine == pytest.approx(right, abs=1e-4)
    assert right - 1e-4 <= mine <= right * 1.02


def scores(found: str) -> list[ArticleScore]:
    """An article for each character: `+` all right, `-` empty."""
    one = case()
    right = {"+": from_record(one.gold), "-": Prediction()}
    return [score(one, right[each]) for each in found]


def test_counts_are_pooled_over_articles_and_fields_weigh_the_same() -> None:
    numbers = metrics.numbers([scores("++-")])
    for field in numbers.fields.values():
        assert (field.strict.precision, field.strict.recall) == (1.0, 2 / 3)
        assert field.strict.f1 == pytest.approx(4 / 5)
    assert numbers.strict == pytest.approx(4 / 5)
    assert (numbers.articles, numbers.repeats) == (3, 1)


def test_repeats_are_worked_out_one_by_one_and_averaged() -> None:
    numbers = metrics.numbers([scores("++"), scores("+-")])
    assert numbers.fields["who"].strict.f1 == pytest.approx((1 + 2 / 3) / 2)
    assert numbers.fields["who"].tally.vital == 4


def test_the_jackknife_by_hand() -> None:
    # Three articles, one empty: F1 without each is 2/3, 2/3 and 1.
    left_out = [2 / 3, 2 / 3, 1]
    centre = sum(left_out) / 3
    error = math.sqrt(2 / 3 * sum((value - centre) ** 2 for value in left_out))
    found = jackknife([scores("++-")], metrics.headline)
    assert found is not None
    assert found.low == pytest.approx(max(0, 0.8 - 4.3027 * error))
    assert (found.high, found.articles) == (1.0, 3)


def test_there_is_no_interval_of_one_article() -> None:
    assert jackknife([scores("+")], metrics.headline) is None


def test_nothing_to_count_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing"):
        metrics.numbers([])
    with pytest.raises(ValueError, match="nothing"):
        metrics.numbers([[]])
