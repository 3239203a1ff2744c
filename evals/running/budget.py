"""A budget in US dollars that is never passed knowingly."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


class BudgetSpent(Exception):
    """The next call might pass the budget."""


@dataclass
class Budget:
    """Holds back, before each call, what it may cost; None as a limit never stops.

    `call` is what one full-length answer costs at the public price. A call is taken to cost
    that, or as much as the dearest so far.
    """

    limit: float | None
    call: float = 0.0
    spent: float = 0.0
    _held: float = field(default=0.0, init=False)
    _dearest: float = field(default=0.0, init=False)

    @contextmanager
    def hold(self) -> Iterator[Held]:
        """Hold back the price of one call while it is made. Raises BudgetSpent."""
        price = max(self.call, self._dearest)
        if self.limit is not None and self.spent + self._held + price > self.limit:
            raise BudgetSpent
        self._held += price
        held = Held(price)
        try:
            yield held
        finally:
            self._held -= price
            self.spent += held.paid
            self._dearest = max(self._dearest, held.paid)


@dataclass
class Held:
    """What a call is taken to have cost until its real price is known."""

    paid: float

    def settle(self, cost: float | None) -> None:
        """Put in what the call did cost; unknown, it counts as what was held back."""
        if cost is not None:
            self.paid = cost
