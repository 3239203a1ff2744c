"""The gate: whether a run is worse than a baseline, on these articles and by name.

Two guards. *Items*: a vital item that the baseline found in every repeat and that is now
found in none. *Fields*: a field's F1 has dropped by more than exchanging repeats within
each article explains: a stratified permutation test, one-sided, Holm-adjusted over the six
fields. Both say what changed on these articles, and nothing about others.
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import NamedTuple

from evals.metrics import of_tally
from evals.scoring import Tally
from evals.vital import ItemName
from summarizer.schema import FIELD_NAMES, FieldName

#: The chance of a false alarm that the field guard allows itself, over all six fields. With
#: what the item guard may add, the gate as a whole stays under 5 % (see the simulation in
#: tests/test_evals_gate.py).
ALPHA = 0.03
#: An engine that may answer differently each time is judged on at least so many repeats.
LEAST_REPEATS = 5
_DRAWS = 9_999
_MOST_SUMS = 2_000_000

#: Article → field → one tally per repeat.
Tallies = Mapping[str, Mapping[FieldName, Sequence[Tally]]]


@dataclass(frozen=True)
class Side:
    """One side of the comparison: tallies, and in how many repeats a vital item was found."""

    repeats: int
    tallies: Tallies
    found: Mapping[ItemName, int]

    def f1(self, name: FieldName) -> float | None:
        """One field's F1 over all articles and repeats."""
        return _f1([each for by_field in self.tallies.values() for each in by_field[name]])


@dataclass(frozen=True)
class FieldChange:
    """What became of a field. `p` is Holm-adjusted; None where nothing was counted."""

    before: float | None
    after: float | None
    p: float | None
    detectable: float | None

    @property
    def worse(self) -> bool:
        """Whether the field guard fails."""
        return self.p is not None and self.p <= ALPHA


@dataclass(frozen=True)
class Verdict:
    """The gate's decision and its reasons."""

    fields: Mapping[FieldName, FieldChange]
    lost: tuple[ItemName, ...]

    @property
    def passed(self) -> bool:
        """Whether neither guard fails."""
        return not self.lost and not any(change.worse for change in self.fields.values())


def decide(baseline: Side, now: Side) -> Verdict:
    """Compare two sides over the same articles and gold. ValueError if they are not."""
    if set(baseline.tallies) != set(now.tallies) or set(baseline.found) != set(now.found):
        raise ValueError("the two sides are about different articles or items")
    raw = {name: p_value(baseline, now, name) for name in FIELD_NAMES}
    adjusted = holm({name: p for name, p in raw.items() if p is not None})
    return Verdict(
        {
            name: FieldChange(
                baseline.f1(name), now.f1(name), adjusted.get(name), detectable(baseline, now, name)
            )
            for name in FIELD_NAMES
        },
        tuple(
            item
            for item, count in baseline.found.items()
            if count == baseline.repeats and now.found[item] == 0
        ),
    )


def p_value(baseline: Side, now: Side, name: FieldName) -> float | None:
    """How often repeats exchanged within their articles drop F1 at least as far as seen.

    Exact while the number of different sums stays small, else from a fixed number of
    random exchanges with a fixed seed. None if a side has nothing to count.
    """
    before, after = baseline.f1(name), now.f1(name)
    if before is None or after is None:
        return None
    if after >= before:
        return 1.0
    pools = [
        _Pool.of(baseline.tallies[article][name], now.tallies[article][name])
        for article in sorted(baseline.tallies)
    ]
    whole = _Part(sum(pool.found for pool in pools), sum(pool.counted for pool in pools))
    sums = _all_sums(pools)
    exact = sums is not None
    if sums is None:
        dice = random.Random(0)
        sums = Counter(_drawn_sum(pools, dice) for _ in range(_DRAWS))
    drop = before - after
    as_far = sum(ways for first, ways in sums.items() if _drop(first, whole) >= drop - 1e-12)
    total = sums.total()
    return as_far / total if exact else (as_far + 1) / (total + 1)


def holm(p_values: Mapping[FieldName, float]) -> dict[FieldName, float]:
    """Holm's step-down adjustment."""
    adjusted: dict[FieldName, float] = {}
    highest = 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda each: p_values[each])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = highest
    return adjusted


def detectable(baseline: Side, now: Side, name: FieldName) -> float | None:
    """The smallest drop of a field's F1 that the field guard could have seen; None if none.

    Vital items that the baseline found are taken away one by one, from each article in
    turn and in every repeat of a run like the baseline, until the test would fail with the
    strictest of Holm's levels.
    """
    level = ALPHA / len(FIELD_NAMES)
    # A side that is like the baseline, with as many repeats as the run that is judged.
    like = {
        article: {**fields, name: _repeated(fields[name], now.repeats)}
        for article, fields in baseline.tallies.items()
    }
    before = baseline.f1(name)
    for article in _takeable(like, name):
        like[article][name] = [_lose_one(tally) for tally in like[article][name]]
        side = Side(now.repeats, like, {})
        p = p_value(baseline, side, name)
        after = side.f1(name)
        if before is not None and after is not None and p is not None and p <= level:
            return before - after
    return None


def _repeated(tallies: Sequence[Tally], count: int) -> list[Tally]:
    return [tally for tally, _ in zip(itertools.cycle(tallies), range(count), strict=False)]


def _takeable(tallies: Tallies, name: FieldName) -> Iterator[str]:
    """Articles in turn, each as often as every repeat has a vital item to lose."""
    left = {
        article: min(tally.vital_found for tally in fields[name])
        for article, fields in tallies.items()
    }
    while any(left.values()):
        for article in sorted(left):
            if left[article]:
                left[article] -= 1
                yield article


def _lose_one(tally: Tally) -> Tally:
    return tally + Tally(vital_found=-1, missing=1)


def _f1(tallies: Sequence[Tally]) -> float | None:
    return of_tally(reduce(Tally.__add__, tallies, Tally())).f1


class _Part(NamedTuple):
    """What F1 is made of, summed over tallies: F1 is found / counted."""

    found: int
    counted: int

    @classmethod
    def of(cls, tally: Tally) -> _Part:
        """Of a strict tally, which has no partial matches."""
        claimed = tally.vital_found + tally.incorrect + tally.spurious
        return cls(2 * tally.vital_found, claimed + tally.vital)

    def plus(self, other: _Part) -> _Part:
        return _Part(self.found + other.found, self.counted + other.counted)


@dataclass(frozen=True)
class _Pool:
    """The repeats of one article, both sides together; `first` of them were the baseline's."""

    parts: tuple[_Part, ...]
    first: int

    @classmethod
    def of(cls, one: Sequence[Tally], other: Sequence[Tally]) -> _Pool:
        return cls(tuple(map(_Part.of, (*one, *other))), len(one))

    @property
    def found(self) -> int:
        return sum(part.found for part in self.parts)

    @property
    def counted(self) -> int:
        return sum(part.counted for part in self.parts)

    def sums(self) -> Counter[_Part]:
        """The sums that the first side may have, with the number of ways to each."""
        chosen: list[Counter[_Part]] = [Counter({_Part(0, 0): 1})]
        chosen += [Counter() for _ in range(self.first)]
        for part in self.parts:
            for size in range(self.first, 0, -1):
                for before, ways in chosen[size - 1].items():
                    chosen[size][before.plus(part)] += ways
        return chosen[self.first]


def _all_sums(pools: Sequence[_Pool]) -> Counter[_Part] | None:
    """The sums of the first side over all articles; None if they are too many to list."""
    together: Counter[_Part] = Counter({_Part(0, 0): 1})
    for pool in pools:
        own = pool.sums()
        if len(together) * len(own) > _MOST_SUMS:
            return None
        following: Counter[_Part] = Counter()
        for before, ways in together.items():
            for part, more in own.items():
                following[before.plus(part)] += ways * more
        together = following
    return together


def _drawn_sum(pools: Sequence[_Pool], dice: random.Random) -> _Part:
    """The first side's sum after one random exchange in every article."""
    found = counted = 0
    for pool in pools:
        for part in dice.sample(pool.parts, pool.first):
            found += part.found
            counted += part.counted
    return _Part(found, counted)


def _drop(first: _Part, whole: _Part) -> float:
    """How far F1 drops from the first side to the second; no drop where one is empty."""
    second = _Part(whole.found - first.found, whole.counted - first.counted)
    if not first.counted or not second.counted:
        return 0.0
    return first.found / first.counted - second.found / second.counted
