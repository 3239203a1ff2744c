"""The gate: what it must catch, and how rarely it may cry wolf."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evals import gate
from evals.gate import ALPHA, Side, decide, detectable, holm, p_value
from evals.metrics import of_tally
from evals.scoring import Tally
from evals.vital import ItemName
from summarizer.schema import FIELD_NAMES, FieldName

ARTICLES = ("a", "b", "c", "d", "e")


def side(
    counts: Mapping[str, Sequence[tuple[int, int]]], field: FieldName = "who", vital: int = 4
) -> Side:
    """A side from (vital found, spurious) of each repeat of each article, in one field."""
    repeats = len(next(iter(counts.values())))
    tallies = {
        article: {
            name: [
                Tally(vital=vital, vital_found=found, missing=vital - found, spurious=extra)
                if name == field
                else Tally()
                for found, extra in rows
            ]
            for name in FIELD_NAMES
        }
        for article, rows in counts.items()
    }
    return Side(repeats, tallies, {})


def brute_force(baseline: Side, now: Side, name: FieldName) -> float:
    """The p value by listing every exchange."""

    def f1(rows: Sequence[Tally]) -> float:
        return of_tally(sum(rows, Tally())).f1 or 0.0

    pools = [
        [*baseline.tallies[article][name], *now.tallies[article][name]]
        for article in baseline.tallies
    ]
    seen = (baseline.f1(name) or 0) - (now.f1(name) or 0)
    as_far = total = 0
    ways = [list(itertools.combinations(range(len(p)), baseline.repeats)) for p in pools]
    for way in itertools.product(*ways):
        first = [pool[i] for pool, chosen in zip(pools, way, strict=True) for i in chosen]
        second = [
            tally
            for pool, chosen in zip(pools, way, strict=True)
            for i, tally in enumerate(pool)
            if i not in chosen
        ]
        as_far += f1(first) - f1(second) >= seen - 1e-12
        total += 1
    return as_far / total


ROWS = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 2)), min_size=3, max_size=3)


@settings(max_examples=60)
@given(st.tuples(ROWS, ROWS), st.tuples(ROWS, ROWS))
def test_the_p_value_is_that_of_all_exchanges(
    before: tuple[list[tuple[int, int]], list[tuple[int, int]]],
    after: tuple[list[tuple[int, int]], list[tuple[int, int]]],
) -> None:
    one, other = (side(dict(zip("ab", rows, strict=True))) for rows in (before, after))
    p = p_value(one, other, "who")
    assert p is not None
    if (other.f1("who") or 0) < (one.f1("who") or 0):
        assert p == pytest.approx(brute_force(one, other, "who"))
    else:
        assert p == 1


def test_by_hand() -> None:
    # Of the 6 ways to take 2 of 4 repeats only the one that was seen drops so far.
    assert p_value(side({"a": [(4, 0)] * 2}), side({"a": [(3, 0)] * 2}), "who") == 1 / 6
    # Two articles double the evidence.
    both = {"a": [(4, 0)] * 2, "b": [(4, 0)] * 2}
    worse = {"a": [(3, 0)] * 2, "b": [(3, 0)] * 2}
    assert p_value(side(both), side(worse), "who") == 1 / 36
    # More that is spurious is a drop as well; a rise is none.
    assert p_value(side({"a": [(4, 0)] * 2}), side({"a": [(4, 1)] * 2}), "who") == 1 / 6
    assert p_value(side({"a": [(3, 0)] * 2}), side({"a": [(4, 0)] * 2}), "who") == 1
    assert p_value(side({"a": [(4, 0)] * 2}), side({"a": [(4, 0)] * 2}), "who") == 1


def test_a_field_with_nothing_to_count_has_no_p_value() -> None:
    assert p_value(side({"a": [(4, 0)]}), side({"a": [(4, 0)]}), "where") is None


def test_many_different_sums_are_sampled_with_a_fixed_seed() -> None:
    dice = random.Random(7)
    one, other = (
        side(
            {
                f"article {n}": [(dice.randrange(60), dice.randrange(60)) for _ in range(6)]
                for n in range(12)
            },
            vital=60,
        )
        for _ in range(2)
    )
    better, worse = sorted((one, other), key=lambda each: -(each.f1("who") or 0))
    p = p_value(better, worse, "who")
    assert p is not None
    assert 0 < p < 1
    assert p_value(better, worse, "who") == p
    assert (p * 10_000) == pytest.approx(round(p * 10_000))


def test_holm_by_hand() -> None:
    assert holm({"what": 0.01, "who": 0.04, "where": 0.03}) == {
        "what": pytest.approx(0.03),
        "where": pytest.approx(0.06),
        "who": pytest.approx(0.06),
    }
    assert holm({"what": 0.9, "who": 0.8}) == {"what": 1.0, "who": 1.0}


def test_the_smallest_change_it_could_have_seen() -> None:
    five = side({article: [(4, 0)] * 5 for article in ARTICLES})
    # One item lost in every repeat of one article: 1/252 is under 0.03/6.
    assert detectable(five, five, "who") == pytest.approx(1 - 2 * 19 / (19 + 20))
    one = side({article: [(4, 0)] for article in ARTICLES})
    # With one repeat all five articles together give 1/32, which is not.
    assert detectable(one, one, "who") is None


@pytest.mark.parametrize("repeats", [5, 8])
def test_what_it_says_it_could_have_seen_it_does_see(repeats: int) -> None:
    baseline = side({article: [(4, 0)] * repeats for article in ARTICLES})
    drop = detectable(baseline, baseline, "who")
    assert drop is not None
    worse = side({
        article: [(3 if article == "a" else 4, 0)] * repeats for article in ARTICLES
    })  # fmt: skip
    assert (baseline.f1("who") or 0) - (worse.f1("who") or 0) == pytest.approx(drop)
    assert decide(baseline, worse).fields["who"].worse


def test_a_vital_item_lost_in_every_repeat_fails_by_name() -> None:
    item: ItemName = ("a", "who", "0: Ana Lopes")
    other: ItemName = ("a", "who", "1: Jon Field")
    tallies = side({"a": [(4, 0)]}).tallies
    before = Side(1, tallies, {item: 1, other: 0})
    verdict = decide(before, Side(1, tallies, {item: 0, other: 0}))
    assert not verdict.passed
    assert verdict.lost == (item,)
    assert decide(before, Side(1, tallies, {item: 1, other: 1})).passed


@pytest.mark.parametrize(("before", "after"), [(4, 0), (5, 1)])
def test_an_item_lost_now_and_then_is_no_loss_by_name(before: int, after: int) -> None:
    tallies = side({"a": [(4, 0)] * 5}).tallies
    item: ItemName = ("a", "who", "0: Ana Lopes")
    assert decide(Side(5, tallies, {item: before}), Side(5, tallies, {item: after})).passed


def test_sides_about_different_things_are_not_compared() -> None:
    with pytest.raises(ValueError, match="different"):
        decide(side({"a": [(4, 0)]}), side({"b": [(4, 0)]}))


def simulated(dice: random.Random, chances: Mapping[ItemName, float], repeats: int) -> Side:
    """Repeats of a system that finds each vital item with its own chance."""
    tallies: dict[str, dict[FieldName, list[Tally]]] = {
        article: {name: [] for name in FIELD_NAMES} for article in ARTICLES
    }
    found = dict.fromkeys(chances, 0)
    for _ in range(repeats):
        right: dict[tuple[str, FieldName], list[bool]] = {}
        for item, chance in chances.items():
            hit = dice.random() < chance
            found[item] += hit
            right.setdefault(item[:2], []).append(hit)
        for (article, name), own in right.items():
            extra = sum(dice.random() < 0.3 for _ in range(3))
            tally = Tally(vital=len(own), vital_found=sum(own), spurious=extra)
            tallies[article][name].append(tally)
    return Side(repeats, tallies, found)


def test_false_alarms_on_unchanged_repeats_are_at_most_five_per_cent() -> None:
    """500 simulated nights of a system that does not change, five repeats each.

    Two thirds of the 60 vital items are sure; the others have any chance of being found.
    """
    dice = random.Random(1)
    nights = 500
    alarms = 0
    for _ in range(nights):
        chances: dict[ItemName, float] = {
            (article, name, f"{n}"): 1.0 if dice.random() < 2 / 3 else dice.random()
            for article in ARTICLES
            for name in FIELD_NAMES
            for n in range(2)
        }
        baseline, now = (simulated(dice, chances, gate.LEAST_REPEATS) for _ in range(2))
        p_values = {name: p_value(baseline, now, name) for name in FIELD_NAMES}
        adjusted = holm({name: p for name, p in p_values.items() if p is not None})
        lost = any(
            count == baseline.repeats and now.found[item] == 0
            for item, count in baseline.found.items()
        )
        alarms += lost or min(adjusted.values()) <= ALPHA
    assert alarms / nights <= 0.05
