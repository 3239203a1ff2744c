"""Maximum-weight one-to-one assignment with integer weights of any size."""

from __future__ import annotations

from collections.abc import Mapping


def assign(weights: Mapping[tuple[int, int], int], rows: int, columns: int) -> dict[int, int]:
    """Row → column pairs whose weights sum to the most; only pairs that have a weight.

    `weights` holds positive integers for the pairs that may be made. Of assignments of
    equal weight the one that pairs early rows with early columns is taken, so that the
    answer depends on nothing but the arguments.

    The method is the shortest augmenting path one (Jonker and Volgenant; O(n³)), on
    integers throughout: scores of several ranks fit into one weight without rounding.
    """
    if not weights or not rows or not columns:
        return {}
    size = max(rows, columns)
    # Rank below every difference of weight: the sum over n pairs stays under `scale`.
    scale = size * (size + 1) * (size + 1) + 1
    cost = [[0] * size for _ in range(size)]
    for (row, column), weight in weights.items():
        if weight <= 0:
            raise ValueError("a weight must be positive")
        cost[row][column] = -(weight * scale + (size - row) * (size - column))
    chosen = _Tree(cost).columns()
    return {
        row: column for row, column in enumerate(chosen) if row < rows and (row, column) in weights
    }


class _Tree:
    """A perfect assignment of least cost, grown row by row; `cost` is square.

    Rows and columns count from 1 in here; 0 stands for the row that is being placed.
    """

    def __init__(self, cost: list[list[int]]) -> None:
        self._cost = cost
        self._size = len(cost)
        self._row_price = [0] * (self._size + 1)
        self._column_price = [0] * (self._size + 1)
        self._row_of = [0] * (self._size + 1)

    def columns(self) -> list[int]:
        """The column of each row, both from 0."""
        for row in range(1, self._size + 1):
            self._place(row)
        chosen = [0] * self._size
        for column in range(1, self._size + 1):
            chosen[self._row_of[column] - 1] = column - 1
        return chosen

    def _place(self, row: int) -> None:
        """Find the cheapest path from the row to a free column, and turn it over."""
        self._row_of[0] = row
        self._slack: list[int | None] = [None] * (self._size + 1)
        self._came_from = [0] * (self._size + 1)
        self._done = [False] * (self._size + 1)
        column = 0
        while self._row_of[column]:
            self._done[column] = True
            column = self._grow(column)
        while column:
            self._row_of[column] = self._row_of[self._came_from[column]]
            column = self._came_from[column]

    def _grow(self, column: int) -> int:
        """Take the nearest column into the tree of alternating paths, and return it."""
        row = self._row_of[column]
        nearest = -1
        delta: int | None = None
        for other in range(1, self._size + 1):
            if self._done[other]:
                continue
            prices = self._row_price[row] + self._column_price[other]
            reduced = self._cost[row - 1][other - 1] - prices
            known = self._slack[other]
            if known is None or reduced < known:
                self._slack[other] = known = reduced
                self._came_from[other] = column
            if delta is None or known < delta:
                delta, nearest = known, other
        assert delta is not None  # a column is free as long as a row is being placed
        for other in range(self._size + 1):
            known = self._slack[other]
            if self._done[other]:
                self._row_price[self._row_of[other]] += delta
                self._column_price[other] -= delta
            elif known is not None:
                self._slack[other] = known - delta
        return nearest
