"""A worker's part of the limits that all have together: what its engine goes by."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from summarizer.distributed.limits import Ask, Lease
from summarizer.engines.openai.budget import UNITS, Budget, Reservation
from summarizer.engines.openai.limits import Entry, Pace

#: Asks for a lease. It raises LimitsLost, and so does the request that needs one.
Lend = Callable[[Ask], Awaitable[Lease]]
#: Tells what is spent and reserved and asks for so much more, in billionths of a US dollar.
Fund = Callable[[int, int, int], Awaitable[int | None]]


class LimitsLost(Exception):
    """Nobody holds the limits any more. The run has to end: nothing may be sent without."""


@dataclass(slots=True, eq=False)
class _Taken(Entry):
    """What a request took, and the number of the lease that it is of."""

    lease: int = 0


@dataclass(slots=True)
class _Held:
    """What is left of a lease, until a time."""

    number: int = 0
    requests: int = 0
    tokens: int = 0
    until: float = -math.inf


class LeasedPace(Pace):
    """Requests and tokens per minute out of a lease. For one event loop.

    A request that finds nothing left waits, and the one at the head of the queue asks for a
    new lease: for as many as wait behind it, or as were sent within the last one. What is
    left of the old one goes back with that.
    """

    def __init__(
        self, worker: str, lend: Lend, *, most_tokens: int | None, clock: Callable[[], float]
    ) -> None:
        """`most_tokens` is the limit per minute, or None if there is none for tokens."""
        super().__init__()
        self._worker = worker
        self._lend = lend
        self._most_tokens = most_tokens
        self._clock = clock
        self._held = _Held()
        self._corrections: dict[int, list[int]] = {}
        #: When requests were sent, as far back as a lease lasts.
        self._sent: deque[float] = deque()
        self._not_before = -math.inf

    def wait(self, tokens: int, now: float) -> float:
        """Seconds until a request fits, or until it makes sense to ask for a lease."""
        return 0.0 if self._fits(tokens, now) else max(0.001, self._not_before - now)

    def take(self, tokens: int, now: float) -> Entry:
        """Use a share."""
        taken = _Taken(now, self._amount(tokens), self._held.number)
        self._held.requests -= 1
        self._held.tokens -= taken.amount
        self._sent.append(now)
        return taken

    def correct(self, entry: Entry, tokens: int) -> None:
        """The difference is told with the next lease."""
        if self._most_tokens is not None and isinstance(entry, _Taken):
            self._owe(entry.lease, 0, tokens - entry.amount)
            entry.amount = tokens

    async def refill(self, tokens: int, waiting: int) -> bool:
        """Ask for a lease, unless there is one or it is too early."""
        now = self._clock()
        if now < self._not_before or self._fits(tokens, now):
            return False
        old = self._held
        self._owe(old.number, -old.requests, -old.tokens)
        self._held = _Held()
        owed = tuple((n, both[0], both[1]) for n, both in self._corrections.items())
        self._corrections.clear()
        wanted = max(waiting, len(self._sent))
        lease = await self._lend(Ask(self._worker, wanted, self._amount(tokens), owed))
        # From when it was asked for: it ends here no later than where it is held.
        self._held = _Held(lease.number, lease.requests, lease.tokens, now + lease.seconds)
        self._not_before = self._clock() + lease.wait
        while self._sent and self._sent[0] <= now - lease.seconds:
            self._sent.popleft()
        return True

    def _fits(self, tokens: int, now: float) -> bool:
        held = self._held
        return held.requests > 0 and held.tokens >= self._amount(tokens) and now < held.until

    def _amount(self, tokens: int) -> int:
        """More than the limit counts as all of it."""
        return 0 if self._most_tokens is None else min(tokens, self._most_tokens)

    def _owe(self, number: int, requests: int, tokens: int) -> None:
        if requests or tokens:
            both = self._corrections.setdefault(number, [0, 0])
            both[0] += requests
            both[1] += tokens


class LeasedBudget(Budget):
    """A part of what all may spend, which grows as there is need. For one event loop."""

    def __init__(self, fund: Fund) -> None:
        super().__init__(0.0)
        self._fund = fund
        self._turn = asyncio.Lock()
        self._settled = asyncio.Event()

    async def acquire(self, cost: float) -> Reservation | None:
        """Set so many US dollars aside, of more than there was if that is needed.

        Where there is no more, wait for what this worker's requests have set aside and may
        not need.
        """
        while True:
            if (found := self.reserve(cost)) is not None:
                return found
            async with self._turn:
                if (found := self.reserve(cost)) is not None:  # another has asked meanwhile
                    return found
                self._settled.clear()
                most = await self._ask(math.ceil(cost * UNITS))
                if most is not None:
                    self._most = most
                    return self.reserve(cost)
                if not self._reserved and not self._settled.is_set():
                    return None
            await self._settled.wait()

    def settle(self, reservation: Reservation, cost: float | None) -> None:
        """As a Budget's, and whoever waits asks again."""
        super().settle(reservation, cost)
        self._settled.set()

    async def account(self) -> None:
        """Tell what is spent, and give back what is not needed."""
        async with self._turn:
            await self._ask(0)

    async def _ask(self, need: int) -> int | None:
        # What is given back here may be another's by the time of the answer.
        self._most = self._spent + self._reserved
        return await self._fund(self._spent, self._reserved, need)
