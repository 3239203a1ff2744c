"""The assignment, against SciPy's and against its own definition."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from evals.assignment import assign

Weights = dict[tuple[int, int], int]


@st.composite
def sparse(draw: st.DrawFn) -> tuple[Weights, int, int]:
    rows, columns = draw(st.integers(1, 7)), draw(st.integers(1, 7))
    pairs = st.tuples(st.integers(0, rows - 1), st.integers(0, columns - 1))
    weights = draw(st.dictionaries(pairs, st.integers(1, 50), max_size=rows * columns))
    return weights, rows, columns


@given(sparse())
def test_it_weighs_as_much_as_scipys(problem: tuple[Weights, int, int]) -> None:
    weights, rows, columns = problem
    dense = [[weights.get((r, c), 0) for c in range(columns)] for r in range(rows)]
    right = sum(
        dense[r][c] for r, c in zip(*linear_sum_assignment(dense, maximize=True), strict=True)
    )
    mine = assign(weights, rows, columns)
    assert sum(weights[pair] for pair in mine.items()) == right


@given(sparse())
def test_it_is_one_to_one_on_allowed_pairs(problem: tuple[Weights, int, int]) -> None:
    weights, rows, columns = problem
    mine = assign(weights, rows, columns)
    assert len(set(mine.values())) == len(mine)
    assert all(pair in weights for pair in mine.items())


@given(st.integers(1, 5), st.integers(1, 5))
def test_ties_go_by_order(rows: int, columns: int) -> None:
    weights = dict.fromkeys(itertools.product(range(rows), range(columns)), 7)
    assert assign(weights, rows, columns) == {i: i for i in range(min(rows, columns))}


def test_weights_far_beyond_floats_are_exact() -> None:
    huge = 10**40
    weights = {(0, 0): huge, (0, 1): huge + 1, (1, 0): huge, (1, 1): huge}
    assert assign(weights, 2, 2) == {0: 1, 1: 0}


def test_one_great_pair_is_given_up_for_two_that_sum_to_more() -> None:
    assert assign({(0, 0): 5, (0, 1): 4, (1, 0): 4}, 2, 2) == {0: 1, 1: 0}


def test_nothing_to_assign() -> None:
    assert assign({}, 3, 3) == {}
    assert assign({}, 0, 0) == {}


def test_a_weight_that_is_not_positive_is_refused() -> None:
    with pytest.raises(ValueError, match="positive"):
        assign({(0, 0): 0}, 1, 1)
