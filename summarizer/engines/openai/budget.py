"""What may be spent: each request's worst cost is reserved before it is sent."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from dataclasses import dataclass

#: Amounts are whole billionths of a US dollar: sums of them are exact.
UNITS = 1_000_000_000


class Budget:
    """At most `max_cost` US dollars, for every engine and article that shares it.

    What is spent and what is reserved together never pass it, so that the real costs do
    not either, where none is more than was reserved for it.
    """

    def __init__(self, max_cost: float) -> None:
        self._most = math.floor(max_cost * UNITS)
        self._spent = 0
        self._reserved = 0
        #: Who waits for so much, in turn.
        self._waiting: deque[tuple[int, asyncio.Future[Reservation | None]]] = deque()

    @property
    def spent(self) -> float:
        """US dollars, with the worst cost of each request that may have cost something."""
        return self._spent / UNITS

    @property
    def reserved(self) -> float:
        """US dollars, for requests under way."""
        return self._reserved / UNITS

    def reserve(self, cost: float) -> Reservation | None:
        """Set so many US dollars aside; None if that is more than is left."""
        amount = math.ceil(cost * UNITS)
        if self._spent + self._reserved + amount > self._most:
            return None
        self._reserved += amount
        return Reservation(amount)

    async def acquire(self, cost: float) -> Reservation | None:
        """As `reserve`, but wait for what others have set aside and may not need.

        None is the answer only where what is spent leaves no room. A budget that is shared
        with other processes asks for more here.
        """
        amount = math.ceil(cost * UNITS)
        if not self._waiting and (found := self.reserve(cost)) is not None:
            return found
        turn: asyncio.Future[Reservation | None] = asyncio.get_running_loop().create_future()
        self._waiting.append((amount, turn))
        self._hand_on()
        try:
            return await turn
        except BaseException:
            if turn.done() and not turn.cancelled() and (found := turn.result()) is not None:
                self.settle(found, 0.0)
            elif (amount, turn) in self._waiting:
                self._waiting.remove((amount, turn))
                self._hand_on()
            raise

    def commit(self, cost: float) -> Reservation:
        """Set aside for what is under way already, whether or not so much is left."""
        amount = math.ceil(cost * UNITS)
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
        self._spent += reservation.amount if cost is None else math.ceil(cost * UNITS)
        self._hand_on()

    def _hand_on(self) -> None:
        """Give what is free to those who wait, and none to those it will never do for."""
        while self._waiting:
            amount, turn = self._waiting[0]
            if self._spent + amount > self._most:
                found = None
            elif self._spent + self._reserved + amount > self._most:
                return
            else:
                self._reserved += amount
                found = Reservation(amount)
            self._waiting.popleft()
            if not turn.done():
                turn.set_result(found)
            elif found is not None:
                self._reserved -= amount


@dataclass(slots=True)
class Reservation:
    """What is set aside for one request, in billionths of a US dollar."""

    amount: int
    settled: bool = False
