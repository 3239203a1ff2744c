"""What may be spent: each request's worst cost is reserved before it is sent. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Amounts are whole billionths of a US dollar: sums of them are exact.
_UNITS = 1_000_000_000


class Budget:
    """At most `max_cost` US dollars, for every engine and article that shares it.

    What is spent and what is reserved together never pass it, so that the real costs do
    not either, where none is more than was reserved for it.
    """

    def __init__(self, max_cost: float) -> None:
        self._most = math.floor(max_cost * _UNITS)
        self._spent = 0
        self._reserved = 0

    @property
    def spent(self) -> float:
        """US dollars, with the worst cost of each request that may have cost something."""
        return self._spent / _UNITS

    @property
    def reserved(self) -> float:
        """US dollars, for requests under way."""
        return self._reserved / _UNITS

    def reserve(self, cost: float) -> Reservation | None:
        """Set so many US dollars aside; None if that is more than is left."""
        amount = math.ceil(cost * _UNITS)
        if self._spent + self._reserved + amount > self._most:
            return None
        self._reserved += amount
        return Reservation(amount)

    def settle(self, reservation: Reservation, cost: float | None) -> None:
        """The request cost so many US dollars, or, with None, perhaps as much as reserved.

        Only the first call for a reservation counts.
        """
        if reservation.settled:
            return
        reservation.settled = True
        self._reserved -= reservation.amount
        self._spent += reservation.amount if cost is None else math.ceil(cost * _UNITS)


@dataclass(slots=True)
class Reservation:
    """What is set aside for one request, in billionths of a US dollar."""

    amount: int
    settled: bool = False
