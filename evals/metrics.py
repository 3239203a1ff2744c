"""Metrics: precision, recall, F1 and their means and intervals, from tallies.

An empty denominator makes a number None ("n/a"): never 0, never 1, never NaN.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Literal

from evals.scoring import ArticleScore, Tally
from summarizer.schema import FIELD_NAMES, FieldName

Reading = Literal["strict", "lenient"]
#: Repeats of a run: for each repeat the scores of all articles, in the same order.
Repeats = Sequence[Sequence[ArticleScore]]


@dataclass(frozen=True)
class Metrics:
    """Precision, recall and F1 of one tally, each None where nothing was counted."""

    precision: float | None
    recall: float | None
    f1: float | None


@dataclass(frozen=True)
class Interval:
    """A 95 % delete-one-article jackknife interval, cut to what the statistic may be."""

    low: float
    high: float
    articles: int


@dataclass(frozen=True)
class FieldNumbers:
    """Everything printed about one field; means over repeats, tallies summed."""

    strict: Metrics
    lenient: Metrics
    okay_credited: Metrics
    coverage: float | None
    many_to_one_recall: float | None
    tally: Tally
    lenient_tally: Tally
    attributes: Mapping[str, tuple[int, int]]
    interval: Interval | None


@dataclass(frozen=True)
class Numbers:
    """A run's numbers: per field, and the headline that is their unweighted mean."""

    articles: int
    repeats: int
    fields: Mapping[FieldName, FieldNumbers]
    strict: float | None
    lenient: float | None
    okay_credited: float | None
    interval: Interval | None


def of_tally(tally: Tally) -> Metrics:
    """Precision, recall and F1 of a tally.

    Recall is vital found / vital; precision V / (V + incorrect + spurious) with V the
    vital items found; okay items found are neutral. A partial match counts half in the
    numerators and whole in the denominators. F1 is 2V / (both denominators): the harmonic
    mean where there is one, and 0 for an empty answer to something.
    """
    credit = tally.vital_found + tally.vital_partial / 2
    claimed = tally.vital_found + tally.vital_partial + tally.incorrect + tally.spurious
    return Metrics(
        _ratio(credit, claimed),
        _ratio(credit, tally.vital),
        _ratio(2 * credit, claimed + tally.vital),
    )


def okay_credited(tally: Tally) -> Metrics:
    """The secondary variant: okay items found raise precision instead of being neutral."""
    right = tally.vital_found + tally.okay_found
    precision = _ratio(right, right + tally.incorrect + tally.spurious)
    recall = _ratio(tally.vital_found, tally.vital)
    if precision is None or recall is None:
        return Metrics(precision, recall, None if recall is None else 0.0)
    return Metrics(precision, recall, _ratio(2 * precision * recall, precision + recall) or 0.0)


def coverage(tally: Tally) -> float | None:
    """All gold items found / all gold items."""
    return _ratio(tally.vital_found + tally.okay_found, tally.vital + tally.okay)


def pooled(scores: Sequence[ArticleScore], name: FieldName, reading: Reading = "strict") -> Tally:
    """One field's counts over articles."""
    tallies = (getattr(score.fields[name], reading) for score in scores)
    return reduce(Tally.__add__, tallies, Tally())


def field_f1(repeats: Repeats, name: FieldName, reading: Reading = "strict") -> float | None:
    """One field's F1, the mean over repeats of what is pooled over articles."""
    return mean(of_tally(pooled(scores, name, reading)).f1 for scores in repeats)


def headline(repeats: Repeats, reading: Reading = "strict") -> float | None:
    """The unweighted mean of the six fields' F1."""
    return mean(field_f1(repeats, name, reading) for name in FIELD_NAMES)


def numbers(repeats: Repeats) -> Numbers:
    """Every number of a run, for repeats of the same articles. ValueError without any."""
    if not repeats or not repeats[0]:
        raise ValueError("there is nothing to count")
    per_field = {name: _field_numbers(repeats, name) for name in FIELD_NAMES}
    return Numbers(
        articles=len(repeats[0]),
        repeats=len(repeats),
        fields=per_field,
        strict=mean(each.strict.f1 for each in per_field.values()),
        lenient=mean(each.lenient.f1 for each in per_field.values()),
        okay_credited=mean(each.okay_credited.f1 for each in per_field.values()),
        interval=jackknife(repeats, headline),
    )


def jackknife(
    repeats: Repeats,
    statistic: Callable[[Repeats], float | None],
    *,
    bounds: tuple[float, float] = (0.0, 1.0),
) -> Interval | None:
    """The statistic's interval from leaving out one article at a time, with Student's t.

    It is cut to the `bounds` of the statistic. None for fewer than two articles, or where
    leaving one out leaves nothing to count.
    """
    articles = len(repeats[0])
    whole = statistic(repeats)
    left_out = [
        statistic([[*scores[:i], *scores[i + 1 :]] for scores in repeats]) for i in range(articles)
    ]
    known = [value for value in left_out if value is not None]
    if whole is None or articles < 2 or len(known) < articles:
        return None
    centre = sum(known) / articles
    variance = (articles - 1) / articles * sum((value - centre) ** 2 for value in known)
    reach = student_t(articles - 1) * math.sqrt(variance)
    low, high = bounds
    return Interval(max(low, whole - reach), min(high, whole + reach), articles)


def student_t(freedom: int) -> float:
    """The 97.5 % point of Student's t; between listed degrees of freedom the wider one."""
    return _T[bisect.bisect_right(_T_FREEDOM, freedom) - 1]


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of what is known; None if nothing is."""
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


_T_FREEDOM = (*range(1, 31), 40, 60, 120, 1000)
_T = (
    12.7063, 4.3027, 3.1825, 2.7765, 2.5706, 2.4470, 2.3647, 2.3061, 2.2622, 2.2282, 2.2010,
    2.1789, 2.1604, 2.1448, 2.1315, 2.1200, 2.1099, 2.1010, 2.0931, 2.0860, 2.0797, 2.0739,
    2.0687, 2.0639, 2.0596, 2.0556, 2.0519, 2.0485, 2.0453, 2.0423, 2.0211, 2.0003, 1.9800,
    1.9624,
)  # fmt: skip


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _field_numbers(repeats: Repeats, name: FieldName) -> FieldNumbers:
    strict = [pooled(scores, name) for scores in repeats]
    lenient = [pooled(scores, name, "lenient") for scores in repeats]
    whole = reduce(Tally.__add__, strict)
    attributes: dict[str, tuple[int, int]] = {}
    for scores in repeats:
        for score in scores:
            for attribute, (right, total) in score.fields[name].attributes.items():
                before = attributes.get(attribute, (0, 0))
                attributes[attribute] = (before[0] + right, before[1] + total)
    return FieldNumbers(
        strict=_mean_metrics([of_tally(tally) for tally in strict]),
        lenient=_mean_metrics([of_tally(tally) for tally in lenient]),
        okay_credited=_mean_metrics([okay_credited(tally) for tally in strict]),
        coverage=coverage(whole),
        many_to_one_recall=_ratio(whole.covered, whole.vital),
        tally=whole,
        lenient_tally=reduce(Tally.__add__, lenient),
        attributes=attributes,
        interval=jackknife(repeats, lambda some: field_f1(some, name)),
    )


def _mean_metrics(each: Sequence[Metrics]) -> Metrics:
    return Metrics(
        mean(metrics.precision for metrics in each),
        mean(metrics.recall for metrics in each),
        mean(metrics.f1 for metrics in each),
    )
