"""Everything that is worked out from predictions: numbers, sensitivity, floors, ceiling."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from evals import ceiling, floors, metrics
from evals.answering import Answer
from evals.checks import Checks
from evals.data import Corpus
from evals.matching import THRESHOLD
from evals.metrics import Numbers
from evals.prediction import Prediction
from evals.scoring import ArticleScore, score
from summarizer.schema import FIELD_NAMES, FieldName

#: The evidence thresholds of the sensitivity rows, in thousandths.
SENSITIVITY = (400, 500, 600)

#: A column of F1 values; the key None is the headline.
Column = Mapping[FieldName | None, float | None]


@dataclass(frozen=True)
class Scored:
    """Scores of repeats of the same articles, and the numbers from them."""

    scores: tuple[tuple[ArticleScore, ...], ...]
    numbers: Numbers
    sensitivity: Mapping[int, Column]


@dataclass(frozen=True)
class Service:
    """What answering took: label-free checks, wall seconds of each answer, failures."""

    checks: Checks
    seconds: tuple[float, ...]
    failures: Mapping[str, int]

    @classmethod
    def of(cls, answers: Sequence[tuple[Answer, str]]) -> Service:
        """Of answers and the texts of their articles."""
        failed = Counter(answer.failure for answer, _ in answers if answer.failure)
        return cls(
            sum((answer.checks(text) for answer, text in answers), Checks()),
            tuple(answer.seconds for answer, _ in answers),
            dict(sorted(failed.items())),
        )


def score_all(
    corpus: Corpus,
    repeats: Sequence[Mapping[str, Prediction]],
    *,
    sensitivity: Sequence[int] = SENSITIVITY,
) -> Scored:
    """Score repeats of predictions by case name. KeyError if an article has none."""

    def at(threshold: int) -> tuple[tuple[ArticleScore, ...], ...]:
        return tuple(
            tuple(score(case, answers[case.name], threshold=threshold) for case in corpus.cases)
            for answers in repeats
        )

    scores = at(THRESHOLD)
    return Scored(
        scores,
        metrics.numbers(scores),
        {
            threshold: f1_column(scores if threshold == THRESHOLD else at(threshold))
            for threshold in sensitivity
        },
    )


def f1_column(scores: metrics.Repeats) -> Column:
    """Strict F1 of every field and of the headline."""
    column: dict[FieldName | None, float | None] = {
        name: metrics.field_f1(scores, name) for name in FIELD_NAMES
    }
    column[None] = metrics.headline(scores)
    return column


def floor_columns(corpus: Corpus) -> dict[str, Column]:
    """F1 of each floor."""
    return {
        name: f1_column(score_all(corpus, [answers], sensitivity=()).scores)
        for name, answers in floors.floors(corpus).items()
    }


def ceiling_column(corpus: Corpus) -> Column | None:
    """Mean F1 over ordered pairs of readers; None if fewer than two labelled everything."""
    pairs = ceiling.agreements(corpus)
    if not pairs:
        return None
    column: dict[FieldName | None, float | None] = {
        name: ceiling.field_ceiling(pairs, name) for name in FIELD_NAMES
    }
    column[None] = ceiling.ceiling(pairs)
    return column


def beside(corpus: Corpus) -> dict[str, Column]:
    """The columns that every score is read beside: floors, then the readers' agreement."""
    columns: dict[str, Column] = dict(floor_columns(corpus))
    readers = ceiling_column(corpus)
    if readers is not None:
        columns["readers"] = readers
    return columns
