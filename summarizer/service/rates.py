"""What each key may ask for: requests in any minute, and dollars in a day of UTC."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

from summarizer.service.auth import Key
from summarizer.service.problems import LIMITED, Problem

_MINUTE = 60.0
_DAY = 86_400


class Rates:
    """Counts by key. A key's own limit goes before the general one; None is no limit.

    `clock` is a monotonic one, in seconds; `wall_clock` gives seconds since the epoch. The
    counts are those of this process since it began.
    """

    def __init__(
        self,
        *,
        requests_per_minute: int | None = None,
        cost_per_day: float | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        self._requests_per_minute = requests_per_minute
        self._cost_per_day = cost_per_day
        self._clock = clock
        self._wall_clock = wall_clock
        self._asked: dict[str, deque[float]] = {}
        #: By key: the day, counted from the epoch, and what it has cost.
        self._costs: dict[str, tuple[int, float]] = {}

    def admit(self, key: Key) -> None:
        """Count a request of this key. Raises the Problem to answer with if it is one too many.

        What is refused is not counted.
        """
        self.check_cost(key)
        limit = key.requests_per_minute or self._requests_per_minute
        if limit is None:
            return
        now = self._clock()
        asked = self._asked.setdefault(key.name, deque())
        while asked and asked[0] <= now - _MINUTE:
            asked.popleft()
        if len(asked) >= limit:
            wait = max(1, math.ceil(asked[0] + _MINUTE - now))
            told = f"The key {key.name} may ask {limit:,} times in a minute."
            raise Problem(LIMITED, told, retry_after=wait)
        asked.append(now)

    def spend(self, key: Key, dollars: float | None) -> None:
        """Count what a request of this key has cost, if that is known."""
        if dollars:
            day = self._today()
            self._costs[key.name] = (day, self.spent(key) + dollars)

    def spent(self, key: Key) -> float:
        """The US dollars that this key has cost today."""
        day, cost = self._costs.get(key.name, (0, 0.0))
        return cost if day == self._today() else 0.0

    def check_cost(self, key: Key) -> None:
        """Raise the Problem to answer with if this key has cost what it may."""
        limit = key.cost_per_day if key.cost_per_day is not None else self._cost_per_day
        if limit is None or self.spent(key) < limit:
            return
        now = self._wall_clock()
        wait = math.ceil((self._today() + 1) * _DAY - now)
        raise Problem(
            LIMITED,
            f"The key {key.name} has cost what it may cost in a day, {limit:g} US dollars.",
            retry_after=max(1, wait),
        )

    def _today(self) -> int:
        return int(self._wall_clock() // _DAY)
