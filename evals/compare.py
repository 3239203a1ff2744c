"""Comparison of runs: paired differences per field, and items gained and lost by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from evals import baseline, metrics
from evals.metrics import Interval, Repeats
from evals.scoring import ArticleScore
from evals.vital import ItemName
from summarizer.schema import FIELD_NAMES, FieldName


@dataclass(frozen=True)
class Difference:
    """The second run's F1 less the first's, with a jackknife interval over articles."""

    value: float | None
    interval: Interval | None


@dataclass(frozen=True)
class Comparison:
    """A run beside a first one, on the same articles.

    `fields` has the headline under None. `moved` maps an item to the shares of repeats that
    found it in the first and in the second run, where they differ.
    """

    fields: Mapping[FieldName | None, Difference]
    moved: Mapping[ItemName, tuple[float, float]]

    @property
    def gained(self) -> dict[ItemName, tuple[float, float]]:
        """Items that the second run finds more often, those with the largest change first."""
        return self._moved(1)

    @property
    def lost(self) -> dict[ItemName, tuple[float, float]]:
        """Items that the second run finds less often, those with the largest change first."""
        return self._moved(-1)

    def _moved(self, sign: int) -> dict[ItemName, tuple[float, float]]:
        some = {
            item: shares
            for item, shares in self.moved.items()
            if sign * (shares[1] - shares[0]) > 0
        }
        return dict(sorted(some.items(), key=lambda entry: -abs(entry[1][1] - entry[1][0])))


def compare(first: Repeats, second: Repeats) -> Comparison:
    """Pair two scored runs article by article. ValueError if their articles differ."""
    if [score.case for score in first[0]] != [score.case for score in second[0]]:
        raise ValueError("the runs are about different articles")
    one, other = baseline.side_of(first), baseline.side_of(second)
    shares = {
        item: (one.found[item] / one.repeats, other.found[item] / other.repeats)
        for item in one.found
    }
    fields: dict[FieldName | None, Difference] = {
        name: _difference(first, second, _field(name)) for name in FIELD_NAMES
    }
    fields[None] = _difference(first, second, metrics.headline)
    return Comparison(fields, {item: each for item, each in shares.items() if each[0] != each[1]})


def _field(name: FieldName) -> Callable[[Repeats], float | None]:
    return lambda repeats: metrics.field_f1(repeats, name)


def _difference(
    first: Repeats, second: Repeats, statistic: Callable[[Repeats], float | None]
) -> Difference:
    """Leaving an article out of both runs at once is what makes the difference paired."""

    def difference(both: Repeats) -> float | None:
        before = statistic(both[: len(first)])
        after = statistic(both[len(first) :])
        return None if before is None or after is None else after - before

    both: Sequence[Sequence[ArticleScore]] = [*first, *second]
    return Difference(difference(both), metrics.jackknife(both, difference, bounds=(-1.0, 1.0)))
